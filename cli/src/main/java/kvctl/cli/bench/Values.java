package kvctl.cli.bench;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Values of one length, cut at chance places from letters that the seed gives. Safe to use from any thread. */
final class Values {
    private static final int PLACES = 4096;
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz012345";

    private final byte[] pool;
    private final int length;

    Values(long seed, int length) {
        SplittableRandom random = new SplittableRandom(seed);
        this.length = length;
        this.pool = new byte[length + PLACES];
        for (int i = 0; i < pool.length; i++) {
            pool[i] = (byte) LETTERS.charAt(random.nextInt(LETTERS.length()));
        }
    }

    byte[] next(SplittableRandom random) {
        int from = random.nextInt(PLACES);
        return Arrays.copyOfRange(pool, from, from + length);
    }
}
