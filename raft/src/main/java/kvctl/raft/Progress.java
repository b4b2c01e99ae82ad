package kvctl.raft;

import java.util.ArrayDeque;

/** What a leader knows of one follower (paper, Figure 2: nextIndex, matchIndex). Exists only while it leads. */
final class Progress {
    /** How the follower is sent entries. */
    enum Mode {
        /** Where its log matches is unknown: one message at a time. */
        PROBE,
        /** It matches: messages are sent without waiting for answers. */
        REPLICATE,
        /** The entries it needs are dropped: it gets a snapshot, a chunk at a time. */
        SNAPSHOT
    }

    private record Inflight(long lastIndex, long bytes) {}

    final int nodeId;
    private final ArrayDeque<Inflight> inflight = new ArrayDeque<>();
    private long inflightBytes;
    Mode mode = Mode.PROBE;
    long nextIndex;
    long matchIndex;
    /** Round of the newest message that proved a match: what a later one says of less is news (HAZARDS S7). */
    long matchedRound;
    /** Round of the newest answer; a quorum of these confirms leadership (HAZARDS C2). */
    long ackedRound;
    /** When the follower last answered in this term. */
    long lastContactMs;
    /** A probe or chunk is on its way; the next goes when it is answered, or with the next heartbeat. */
    boolean waiting;
    /** False while the follower is forgetful (HAZARDS D4). */
    boolean counts = true;
    /** A follower that lost what it had acknowledged counts again from this match on (HAZARDS S7). */
    long countsFromIndex;
    /** The snapshot transfer under way, 0 if none, and the first byte the follower lacks. */
    long transferId;

    long transferOffset;
    /** Last index that the snapshot holds; beyond reach until it is opened. */
    long snapshotIndex;

    private long chunkSentMs;
    /** Round that the last chunk carried. */
    long chunkRound;

    Progress(int nodeId, long nextIndex, long nowMs) {
        this.nodeId = nodeId;
        this.nextIndex = nextIndex;
        this.lastContactMs = nowMs;
    }

    /** False for a follower that is, or was caught, forgetful: it is part of no majority until it has caught up. */
    boolean countsInQuorums() {
        return counts && matchIndex >= countsFromIndex;
    }

    /** True if the follower counts and answered within an election timeout. */
    boolean hears(long nowMs, RaftConfig config) {
        return countsInQuorums() && answers(nowMs, config);
    }

    /** The index that counts towards a majority. */
    long countedMatch() {
        return countsInQuorums() ? matchIndex : 0;
    }

    /** The follower says that it lacks what it had acknowledged: nothing that it said before holds (HAZARDS S7). */
    void forgot(long leaderLastIndex) {
        matchIndex = 0;
        countsFromIndex = leaderLastIndex;
    }

    boolean windowFull(RaftConfig.Limits limits) {
        return inflight.size() >= limits.inflightMessages() || inflightBytes >= limits.inflightBytes();
    }

    void sent(long lastIndex, long bytes) {
        nextIndex = lastIndex + 1;
        inflight.add(new Inflight(lastIndex, bytes));
        inflightBytes += bytes;
    }

    /** The follower's log is proven equal up to {@code index}. */
    void matched(long index) {
        matchIndex = Math.max(matchIndex, index);
        nextIndex = Math.max(nextIndex, matchIndex + 1);
        while (!inflight.isEmpty() && inflight.peek().lastIndex() <= matchIndex) {
            inflightBytes -= inflight.remove().bytes();
        }
    }

    void probeFrom(long index) {
        become(Mode.PROBE);
        nextIndex = Math.max(index, matchIndex + 1);
    }

    void replicate() {
        become(Mode.REPLICATE);
        nextIndex = matchIndex + 1;
    }

    void sendSnapshot(long newTransferId) {
        become(Mode.SNAPSHOT);
        transferId = newTransferId;
    }

    /** The follower is there, and asked for a chunk or has been silent about one for long. */
    boolean chunkIsDue(long nowMs, RaftConfig config) {
        return answers(nowMs, config) && (!waiting || nowMs - chunkSentMs >= config.electionTimeoutMinMs());
    }

    /** True if the follower answered within an election timeout. */
    boolean answers(long nowMs, RaftConfig config) {
        return nowMs - lastContactMs < config.electionTimeoutMaxMs();
    }

    void chunkSent(long nowMs, long round) {
        waiting = true;
        chunkSentMs = nowMs;
        chunkRound = round;
    }

    private void become(Mode newMode) {
        mode = newMode;
        waiting = false;
        inflight.clear();
        inflightBytes = 0;
        transferId = 0;
        transferOffset = 0;
        snapshotIndex = Long.MAX_VALUE;
    }
}
