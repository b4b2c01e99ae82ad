package kvctl.node;

import java.util.function.LongUnaryOperator;

/**
 * The clock that replicas are given: monotonic ms, in which a stretch where the process stood still (SIGSTOP, suspend, a
 * long collection) counts as {@value #LONGEST_STEP_MS} ms. So what waits in the sockets is received before a timer can
 * run out over it, and nodes that were paused together do not all campaign (HAZARDS C9). Nothing about safety depends on
 * it, and faults may bend it (C8); leases, when they come, must not use it (C7). Not thread-safe.
 */
final class ReplicaClock {
    static final long LONGEST_STEP_MS = 200;

    private final LongUnaryOperator bent;
    private long lastRealMs;
    private long skippedMs;

    ReplicaClock(long realMs) {
        this(realMs, ms -> ms);
    }

    /** @param bent what a fault shows in place of a real time */
    ReplicaClock(long realMs, LongUnaryOperator bent) {
        this.bent = bent;
        lastRealMs = bent.applyAsLong(realMs);
    }

    /**
     * @param realMs monotonic time of the process
     * @param sleptMs how much of the time since the last call was meant to be slept
     */
    long read(long realMs, long sleptMs) {
        long shownMs = bent.applyAsLong(realMs);
        long stepMs = shownMs - lastRealMs;
        // It never goes back: timers that were set would be late by as much.
        skippedMs += stepMs < 0 ? stepMs : Math.max(0, stepMs - sleptMs - LONGEST_STEP_MS);
        lastRealMs = shownMs;
        return shownMs - skippedMs;
    }
}
