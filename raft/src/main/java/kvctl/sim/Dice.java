package kvctl.sim;

import java.util.random.RandomGenerator;

/**
 * Draws the options of a seed. A fault is on in about half of the seeds and off in the others: one that is always there
 * hides bugs that need its absence.
 *
 * @param random the seed's
 * @param electionMs shortest election timeout of those who are going to suffer
 */
public record Dice(RandomGenerator random, int electionMs) {
    /** The election timeout that {@link #times} are written down for. */
    private static final int USUAL_ELECTION_MS = 300;

    public int oneOf(int... values) {
        return values[random.nextInt(values.length)];
    }

    /** Nothing in half of the seeds, else anything up to {@code max}. */
    public double maybe(double max) {
        return random.nextBoolean() ? 0 : Math.round(random.nextDouble() * max * 100) / 100.0;
    }

    /** 0 in half of the seeds, else one of the values. */
    public int maybeOneOf(int... values) {
        int drawn = random.nextInt(2 * values.length);
        return drawn < values.length ? values[drawn] : 0;
    }

    /** Times, or other numbers, as long to these election timeouts as the given ones are to timeouts of 300 to 600 ms. */
    public int[] times(int... usual) {
        int[] scaled = usual.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (int) ((long) usual[i] * electionMs / USUAL_ELECTION_MS);
        }
        return scaled;
    }
}
