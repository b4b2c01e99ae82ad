package kvctl.raft;

import java.util.List;

/**
 * Settings of one replica. Times in ms of the clock that is passed as {@code nowMs}.
 *
 * @param nodeId this replica's node, from 1
 * @param voters node ids of all voting members, this one included
 * @param heartbeatMs longest silence of a leader
 * @param electionTimeoutMinMs a follower that heard its leader within this time refuses votes (HAZARDS R10)
 * @param electionTimeoutMaxMs upper end (exclusive) of the randomised election timeout; a leader that has not heard a
 *     majority for this long steps down
 * @param limits on queues, batches and the log
 */
public record RaftConfig(
        int nodeId,
        List<Integer> voters,
        int heartbeatMs,
        int electionTimeoutMinMs,
        int electionTimeoutMaxMs,
        Limits limits) {

    public RaftConfig {
        voters = voters.stream().sorted().toList();
        Invariant.check(voters.contains(nodeId), "a replica is one of its group's voters");
        Invariant.check(
                voters.stream().distinct().count() == voters.size() && voters.get(0) > 0, "voters are distinct");
        Invariant.check(heartbeatMs > 0 && heartbeatMs < electionTimeoutMinMs, "heartbeat below election timeout");
        Invariant.check(electionTimeoutMinMs < electionTimeoutMaxMs, "election timeout is a range");
    }

    public RaftConfig(int nodeId, List<Integer> voters) {
        this(nodeId, voters, 100, 500, 1000, Limits.DEFAULT);
    }

    public RaftConfig withLimits(Limits newLimits) {
        return new RaftConfig(nodeId, voters, heartbeatMs, electionTimeoutMinMs, electionTimeoutMaxMs, newLimits);
    }

    /**
     * Bounds on everything (HAZARDS A1). Sizes in bytes count {@link Entry#sizeBytes()}.
     *
     * @param messageBytes most entry bytes in one AppendEntries; one larger entry still goes alone
     * @param inflightMessages AppendEntries sent to a follower and not answered yet
     * @param inflightBytes entry bytes in them
     * @param uncommittedBytes entries a leader holds uncommitted before it refuses proposals
     * @param waitingReads reads that wait for their round before more are refused
     * @param applyBytes entries applied per turn; the rest waits for the next
     * @param snapshotEntries applied entries in the log before its prefix is dropped
     * @param snapshotBytes the same in bytes (HAZARDS S12)
     * @param keptEntries applied entries that stay in the log for followers a little behind
     * @param chunkBytes of a snapshot in one message
     */
    public record Limits(
            int messageBytes,
            int inflightMessages,
            long inflightBytes,
            long uncommittedBytes,
            int waitingReads,
            long applyBytes,
            int snapshotEntries,
            long snapshotBytes,
            int keptEntries,
            int chunkBytes) {
        public static final Limits DEFAULT =
                new Limits(1 << 20, 64, 8 << 20, 32 << 20, 65_536, 8 << 20, 10_000, 16 << 20, 2_000, 256 << 10);

        public Limits {
            Invariant.check(keptEntries < snapshotEntries, "fewer entries are kept than make a snapshot");
            Invariant.check(inflightMessages > 0 && chunkBytes > 0, "limits leave room for progress");
        }

        /** The same with other thresholds for dropping the log's prefix. */
        public Limits withSnapshots(int entries, long bytes, int kept) {
            return new Limits(
                    messageBytes,
                    inflightMessages,
                    inflightBytes,
                    uncommittedBytes,
                    waitingReads,
                    applyBytes,
                    entries,
                    bytes,
                    kept,
                    chunkBytes);
        }

        public Limits withChunkBytes(int bytes) {
            return new Limits(
                    messageBytes,
                    inflightMessages,
                    inflightBytes,
                    uncommittedBytes,
                    waitingReads,
                    applyBytes,
                    snapshotEntries,
                    snapshotBytes,
                    keptEntries,
                    bytes);
        }
    }
}
