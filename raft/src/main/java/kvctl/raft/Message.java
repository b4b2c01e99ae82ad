package kvctl.raft;

import java.util.List;

/**
 * What replicas of one group say to each other, named and fielded as in the paper; sender, receiver and group travel
 * beside it. Every message is safe under loss, duplication, delay and reordering (HAZARDS A5).
 */
public sealed interface Message {
    /** Term of the sender; of the would-be term in {@link PreVote} and in a granted {@link PreVoteReply}. */
    long term();

    /** "Would you vote for me in {@code term}?" Changes nobody's term or vote (thesis §9.6). */
    record PreVote(long term, int candidateId, long lastLogIndex, long lastLogTerm) implements Message {}

    /** Granted: {@code term} repeats the question's. Refused: {@code term} is the voter's own (HAZARDS R11). */
    record PreVoteReply(long term, boolean voteGranted) implements Message {}

    /** {@code transfer}: the leader asked for this election (TimeoutNow), so a live leader is no reason to refuse. */
    record RequestVote(long term, int candidateId, long lastLogIndex, long lastLogTerm, boolean transfer)
            implements Message {}

    record RequestVoteReply(long term, boolean voteGranted) implements Message {}

    /**
     * Log replication and heartbeat.
     *
     * @param leaderLastIndex last index of the leader's log, so that a forgetful replica knows what it must hold before
     *     it counts again (HAZARDS D4)
     * @param round leader-made number of this exchange; replies carry it back and confirm leadership for reads
     *     that arrived before the round was sent (HAZARDS C2)
     */
    record AppendEntries(
            long term,
            int leaderId,
            long prevLogIndex,
            long prevLogTerm,
            List<Entry> entries,
            long leaderCommit,
            long leaderLastIndex,
            long round)
            implements Message {}

    /**
     * @param success the log matches up to {@code matchIndex} and that is durable
     * @param matchIndex on success the last index proven equal; otherwise the last index of the follower's log
     * @param conflictTerm on failure the term of the follower's entry at conflictIndex
     * @param conflictIndex on failure the highest index where the logs may still be equal: the follower's last entry not
     *     behind prevLogIndex whose term is at most prevLogTerm (paper §5.3, end; HAZARDS R9)
     * @param round of the AppendEntries or InstallSnapshot that is answered
     * @param counts false while the replica is forgetful: it copies, but is no part of any majority (HAZARDS D4)
     */
    record AppendEntriesReply(
            long term,
            boolean success,
            long matchIndex,
            long conflictTerm,
            long conflictIndex,
            long round,
            boolean counts)
            implements Message {}

    /**
     * One chunk of a snapshot (paper §7).
     *
     * @param transferId leader-made number of this transfer; chunks of another one are dropped (HAZARDS S10)
     * @param offset number of bytes of the snapshot before this chunk
     * @param done last chunk; {@code digest} is then the CRC32C of all bytes of the snapshot
     */
    record InstallSnapshot(
            long term,
            int leaderId,
            long lastIncludedIndex,
            long lastIncludedTerm,
            long transferId,
            long offset,
            byte[] data,
            boolean done,
            int digest,
            long round)
            implements Message {}

    /**
     * {@code nextOffset}: first byte the receiver still lacks; 0 asks to begin again. Installed ones answer with
     * AppendEntriesReply.
     */
    record InstallSnapshotReply(long term, long transferId, long nextOffset, long round, boolean counts)
            implements Message {}

    /**
     * "Start an election at once" (thesis §3.10); valid only if the receiver's log ends at {@code lastLogIndex}
     * (HAZARDS R14).
     */
    record TimeoutNow(long term, int leaderId, long lastLogIndex) implements Message {}
}
