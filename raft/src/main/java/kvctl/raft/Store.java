package kvctl.raft;

import java.util.List;

/**
 * Durable memory of all replicas of one node. One thread uses it: the node's loop. Written all the time, read only at
 * start. Any exception means that the disk can't be trusted: the caller stops the node and never tries again
 * (HAZARDS D8).
 */
public interface Store extends AutoCloseable {
    /** What is on disk for a group; called once per group, before anything is saved for it. */
    Restored restore(int groupId);

    /**
     * Saves all of it in one atomic, durable commit: after the return it survives power loss. Saves of different groups
     * share the commit (one fsync per turn). Everything that {@link #apply} committed before is durable then, too.
     */
    void save(List<Save> saves);

    /**
     * Runs the effects of state machines in one transaction, atomic but not durable by itself: after a crash a prefix
     * of the committed transactions and saves is there, in the order they were made. What is lost is applied again
     * from the log.
     */
    void apply(Runnable effects);

    /**
     * The replica has caught up with a leader: from the next {@link #save} on the group is no longer {@linkplain
     * Restored#forgetful() forgetful}, also after a restart.
     */
    void recovered(int groupId);

    @Override
    void close();

    /**
     * What changed in one group.
     *
     * @param groupId the group
     * @param hardState the new one, or null if unchanged
     * @param logStart the new start of the log, or null if unchanged: entries up to its index are dropped; where the
     *     stored log does not hold an entry (index, term) equal to it, all entries are dropped (HAZARDS S3)
     * @param entries to append; they replace everything stored from the first one's index on
     * @param install a received snapshot to switch to in the same commit, or null; {@code logStart} is its last entry
     */
    record Save(int groupId, HardState hardState, LogStart logStart, List<Entry> entries, StateMachine.Sink install) {}

    /** The entry just before the first one of the log: (0, 0), or the last entry that only the applied state holds. */
    record LogStart(long index, long term) {
        public static final LogStart BEGINNING = new LogStart(0, 0);
    }

    /**
     * @param hardState latest promise; {@link HardState#INITIAL} for a new group
     * @param logStart entry before the first of {@code entries}
     * @param entries the log, without gaps
     * @param forgetful the disk is older than promises this replica made: it must not vote, acknowledge or campaign
     *     until it has caught up (HAZARDS D4)
     */
    record Restored(HardState hardState, LogStart logStart, List<Entry> entries, boolean forgetful) {
        public static final Restored NOTHING = new Restored(HardState.INITIAL, LogStart.BEGINNING, List.of(), false);
    }
}
