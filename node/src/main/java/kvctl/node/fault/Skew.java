package kvctl.node.fault;

/**
 * What faults make of a clock, on top of what they made of it before: {@code base + (real - since) * rate + jump}. Changing
 * the rate makes no jump. Immutable.
 */
record Skew(long sinceMs, long baseMs, int permille, long jumpMs) {
    /** A clock that is right. */
    static final Skew NONE = new Skew(0, 0, 1000, 0);

    long at(long realMs) {
        return baseMs + (realMs - sinceMs) * permille / 1000 + jumpMs;
    }

    /** From now on it goes at this rate, and has jumped by so much in all. */
    Skew change(long realMs, int newPermille, long newJumpMs) {
        return new Skew(realMs, at(realMs) - jumpMs, newPermille, newJumpMs);
    }
}
