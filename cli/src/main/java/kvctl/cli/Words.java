package kvctl.cli;

import java.util.Collection;

/** Words of a command line: quoting them so that the tokenizer reads them back, and finding the nearest known one. */
public final class Words {
    private Words() {}

    /** The word as a user would have to type it. */
    public static String quoted(String word) {
        if (!word.isEmpty() && word.chars().allMatch(Words::isPlain) && word.charAt(0) != '#' && !hasBytes(word)) {
            return word;
        }
        if (word.indexOf('\'') < 0 && word.chars().noneMatch(Character::isISOControl) && !hasBytes(word)) {
            return "'" + word + "'";
        }
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                default -> {
                    if (isByte(word, i)) {
                        Bytes.escape(out, (byte) (c - 0xdc00));
                    } else if (Character.isISOControl(c)) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }

    /** The place holds a byte that is no text, as {@link Tokenizer} writes it. */
    static boolean isByte(String word, int at) {
        char c = word.charAt(at);
        return c >= 0xdc80 && c <= 0xdcff && (at == 0 || !Character.isHighSurrogate(word.charAt(at - 1)));
    }

    private static boolean hasBytes(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (isByte(word, i)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isPlain(int c) {
        return !Character.isWhitespace(c) && !Character.isISOControl(c) && c != '\'' && c != '"' && c != '\\';
    }

    /** What to say of a node that is not there. */
    static String noNode(String typed, Collection<String> nodes) {
        String near = nearest(typed, nodes);
        return "There is no node '" + typed + "'." + (near == null ? "" : " Did you mean '" + near + "'?");
    }

    /** The known word nearest to what was typed, or null if none is near enough to be meant. */
    public static String nearest(String typed, Collection<String> known) {
        String best = null;
        int bestDistance = Math.max(1, typed.length() / 3) + 1;
        for (String word : known) {
            int distance = distance(typed, word);
            if (distance < bestDistance) {
                best = word;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replace = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replace, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
