package kvctl.check;

import java.util.function.BooleanSupplier;

/**
 * How much a check may cost; what costs more is {@link Verdict.Kind#UNKNOWN}. The checker has no clock of its own.
 *
 * @param stepsMax steps of the search for each key; some million are a second
 * @param bytesMax memory for the states that the search of a key remembers, roughly: some 200 bytes each, the value, and 1/8
 *     byte for each operation that is concurrent with others
 * @param expired asked now and then; once true, what is not decided yet stays so
 */
public record Budget(long stepsMax, long bytesMax, BooleanSupplier expired) {
    /** Enough for keys with some thousand operations, a few of them concurrent; seconds, at worst. */
    public static final Budget USUAL = steps(5_000_000);

    private static final long USUAL_BYTES = 256L << 20;

    /** Only the steps are bounded, and the memory by 256 MiB. */
    public static Budget steps(long stepsMax) {
        return new Budget(stepsMax, USUAL_BYTES, () -> false);
    }

    /** More steps, in the same memory, for the one retry that an unknown verdict deserves (HAZARDS §4). */
    public Budget times(int factor) {
        return new Budget(stepsMax * factor, bytesMax, expired);
    }
}
