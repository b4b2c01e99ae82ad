package kvctl.check;

import java.util.Arrays;

/**
 * The set of operations that stand in the order already; never changes. Numbers from {@code optional * 64} on are taken
 * nearly in their order, so the words of that part which are full are only counted: a set is as large as what is
 * concurrent, not as the history.
 */
final class Taken {
    private final int optional;
    private final int full;
    private final long[] words;
    private final int hash;

    /** @param optional words for operations that may stay out for ever; they have the lowest numbers */
    Taken(int optional) {
        this(optional, 0, new long[optional]);
    }

    private Taken(int optional, int full, long[] words) {
        this.optional = optional;
        this.full = full;
        this.words = words;
        this.hash = 31 * full + Arrays.hashCode(words);
    }

    boolean has(int id) {
        int word = id >>> 6;
        if (word >= optional) {
            if (word - optional < full) {
                return true;
            }
            word -= full;
        }
        return word < words.length && (words[word] & 1L << id) != 0;
    }

    Taken with(int id) {
        int word = id >>> 6;
        if (word >= optional) {
            word -= full;
        }
        long[] copy = Arrays.copyOf(words, Math.max(words.length, word + 1));
        copy[word] |= 1L << id;
        int filled = 0;
        while (optional + filled < copy.length && copy[optional + filled] == -1L) {
            filled++;
        }
        if (filled == 0) {
            return new Taken(optional, full, copy);
        }
        long[] rest = new long[copy.length - filled];
        System.arraycopy(copy, 0, rest, 0, optional);
        System.arraycopy(copy, optional + filled, rest, optional, rest.length - optional);
        return new Taken(optional, full + filled, rest);
    }

    int bytes() {
        return words.length * Long.BYTES;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Taken taken
                && full == taken.full
                && hash == taken.hash
                && Arrays.equals(words, taken.words);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
