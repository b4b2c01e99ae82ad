package kvctl.check;

import java.util.function.BooleanSupplier;

/**
 * How much a check may cost; what costs more is {@link Verdict.Kind#UNKNOWN}. The checker has no clock of its own.
 *
 * @param stepsMax steps of the search for each key; some million are a second
 * @param statesMax states that the search of a key remembers, some 100 bytes each and 1/8 byte more for each operation
 *     that is concurrent with others
 * @param expired asked now and then; once true, what is not decided yet stays so
 */
public record Budget(long stepsMax, int statesMax, BooleanSupplier expired) {
    /** Enough for keys with some thousand operations, a few of them concurrent; seconds, at worst. */
    public static final Budget USUAL = steps(5_000_000);

    /** Only the steps are bounded, and the states by some 200 MB. */
    public static Budget steps(long stepsMax) {
        return new Budget(stepsMax, 1_000_000, () -> false);
    }

    /** For the one retry that an unknown verdict deserves (HAZARDS §4). */
    public Budget times(int factor) {
        return new Budget(stepsMax * factor, Math.multiplyExact(statesMax, factor), expired);
    }
}
