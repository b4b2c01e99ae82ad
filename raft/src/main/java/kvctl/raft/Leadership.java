package kvctl.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import kvctl.raft.Message.AppendEntries;
import kvctl.raft.Message.AppendEntriesReply;
import kvctl.raft.Ready.ChunkWanted;
import kvctl.raft.Ready.Outgoing;

/** A leader's side of replication and of linearizable reads. Exists only while the replica leads, for one term. */
final class Leadership {
    /** A read whose round has been confirmed: it may be served once {@code readIndex} is applied. */
    record Read(Waiter waiter, long readIndex, long round) {}

    private final RaftConfig config;
    private final Quorum quorum;
    private final RaftLog log;
    private final long term;
    /** Index of this term's no-op: until it is committed nothing is known of commitIndex (HAZARDS R3). */
    private final long noopIndex;

    private final List<Progress> followers = new ArrayList<>();
    private final List<Waiter> arrivedReads = new ArrayList<>();
    private final ArrayDeque<Read> roundReads = new ArrayDeque<>();
    private long round;
    private long transfers;
    private long uncommittedBytes;
    long heartbeatDueMs;
    /** Node that leadership is handed to, 0 if none. */
    int transferTarget;

    long transferDeadlineMs;
    private boolean timeoutNowSent;

    Leadership(RaftConfig config, Quorum quorum, RaftLog log, long commitIndex, long term, long nowMs) {
        this.config = config;
        this.quorum = quorum;
        this.log = log;
        this.term = term;
        this.noopIndex = log.lastIndex() + 1;
        this.heartbeatDueMs = nowMs;
        for (long index = commitIndex + 1; index < noopIndex; index++) {
            uncommittedBytes += log.get(index).sizeBytes(); // The limit holds across terms (HAZARDS A1).
        }
        for (int nodeId : config.voters()) {
            if (nodeId != config.nodeId()) {
                followers.add(new Progress(nodeId, noopIndex, nowMs));
            }
        }
    }

    List<RaftStatus.Peer> peers() {
        return followers.stream()
                .map(p -> new RaftStatus.Peer(p.nodeId, p.matchIndex, p.nextIndex, p.mode.toString(), p.lastContactMs))
                .toList();
    }

    Progress follower(int nodeId) {
        for (Progress progress : followers) {
            if (progress.nodeId == nodeId) {
                return progress;
            }
        }
        return null;
    }

    // --- proposals and commitment ---

    /** True if the leader takes no more proposals for now (HAZARDS A1, R14). */
    boolean busy(int moreBytes) {
        return transferTarget != 0
                || (uncommittedBytes > 0
                        && uncommittedBytes + moreBytes > config.limits().uncommittedBytes());
    }

    void appended(Entry entry) {
        uncommittedBytes += entry.sizeBytes();
    }

    void committed(long from, long to) {
        for (long index = from; index <= to; index++) {
            uncommittedBytes -= log.get(index).sizeBytes();
        }
    }

    /** The index that may be committed: on a quorum, and of this term (paper §5.4.2); else 0. */
    long committable() {
        long index = quorum.reachedValue(nodeId ->
                nodeId == config.nodeId() ? log.savedIndex() : follower(nodeId).countedMatch());
        return index >= noopIndex ? index : 0;
    }

    // --- sending ---

    /** What each follower should be sent now. A broadcast goes to all, as a heartbeat or to confirm leadership. */
    void replicate(long commitIndex, boolean heartbeat, long nowMs, List<Outgoing> out, List<ChunkWanted> chunks) {
        boolean broadcast = heartbeat || readsCanStart(commitIndex);
        if (broadcast) {
            round++;
            startReads(commitIndex);
        }
        for (Progress progress : followers) {
            boolean sent = switch (progress.mode) {
                case PROBE -> probe(progress, commitIndex, out);
                case REPLICATE -> pipeline(progress, commitIndex, out);
                case SNAPSHOT -> false;
            };
            if (progress.mode == Progress.Mode.SNAPSHOT && progress.chunkIsDue(nowMs, config)) {
                progress.chunkSent(nowMs, round);
                chunks.add(new ChunkWanted(progress.nodeId, progress.transferId, progress.transferOffset, round));
            }
            if (broadcast && !sent) {
                out.add(new Outgoing(progress.nodeId, heartbeat(progress, commitIndex)));
            }
        }
    }

    private boolean probe(Progress progress, long commitIndex, List<Outgoing> out) {
        if (needsSnapshot(progress) || progress.waiting) {
            return false;
        }
        progress.waiting = true;
        int maxBytes = config.limits().messageBytes();
        out.add(new Outgoing(progress.nodeId, append(progress.nextIndex, commitIndex, maxBytes)));
        return true;
    }

    private boolean pipeline(Progress progress, long commitIndex, List<Outgoing> out) {
        boolean sent = false;
        while (progress.nextIndex <= log.lastIndex()
                && !needsSnapshot(progress)
                && !progress.windowFull(config.limits())) {
            AppendEntries append =
                    append(progress.nextIndex, commitIndex, config.limits().messageBytes());
            long bytes = 0;
            for (Entry entry : append.entries()) {
                bytes += entry.sizeBytes();
            }
            progress.sent(append.prevLogIndex() + append.entries().size(), bytes);
            out.add(new Outgoing(progress.nodeId, append));
            sent = true;
        }
        return sent;
    }

    private boolean needsSnapshot(Progress progress) {
        if (progress.nextIndex >= log.firstIndex()) {
            return false;
        }
        progress.sendSnapshot(++transfers);
        return true;
    }

    /** Without entries. Where the follower's log is unknown it claims nothing about it: index 0 matches everywhere. */
    private AppendEntries heartbeat(Progress progress, long commitIndex) {
        boolean unknown = progress.mode == Progress.Mode.SNAPSHOT || progress.nextIndex < log.firstIndex();
        return append(unknown ? 1 : progress.nextIndex, commitIndex, 0);
    }

    private AppendEntries append(long nextIndex, long commitIndex, int maxBytes) {
        long prevLogIndex = nextIndex - 1;
        List<Entry> entries = maxBytes == 0 ? List.of() : log.slice(nextIndex, log.lastIndex(), maxBytes);
        long prevLogTerm = prevLogIndex == 0 ? 0 : log.term(prevLogIndex);
        return new AppendEntries(
                term, config.nodeId(), prevLogIndex, prevLogTerm, entries, commitIndex, log.lastIndex(), round);
    }

    // --- answers ---

    void answered(Progress progress, long answeredRound, boolean counts, long nowMs) {
        progress.lastContactMs = nowMs;
        progress.ackedRound = Math.max(progress.ackedRound, answeredRound);
        progress.counts = counts;
    }

    private long reachedRound() {
        return quorum.reachedValue(nodeId -> {
            if (nodeId == config.nodeId()) {
                return round;
            }
            Progress progress = follower(nodeId);
            return progress.countsInQuorums() ? progress.ackedRound : 0;
        });
    }

    void appendAnswered(Progress progress, AppendEntriesReply reply) {
        if (reply.round() == 0) {
            return; // Refuses a message of an older term: says nothing of this one.
        }
        if (reply.success()) {
            matched(progress, reply);
        } else if (reply.matchIndex() < progress.matchIndex && reply.round() > progress.matchedRound) {
            progress.forgot(log.lastIndex());
            progress.probeFrom(reply.matchIndex() + 1);
        } else if (progress.mode != Progress.Mode.SNAPSHOT && reply.conflictIndex() < progress.nextIndex) {
            long last = log.lastIndexOfTermAtMost(reply.conflictIndex(), reply.conflictTerm());
            boolean inLog = reply.conflictIndex() >= log.start().index() && log.term(last) <= reply.conflictTerm();
            progress.probeFrom(inLog ? last + 1 : log.start().index()); // Before the log's start: a snapshot.
        }
    }

    private void matched(Progress progress, AppendEntriesReply reply) {
        progress.matchedRound = Math.max(progress.matchedRound, reply.round());
        long index = Math.min(reply.matchIndex(), log.lastIndex());
        boolean caughtUp = switch (progress.mode) {
            case PROBE -> index >= progress.nextIndex - 1;
            case SNAPSHOT -> index >= log.start().index();
            case REPLICATE -> false;
        };
        progress.matched(index);
        if (caughtUp) {
            progress.replicate();
        } else if (progress.mode == Progress.Mode.SNAPSHOT && index >= progress.snapshotIndex) {
            progress.sendSnapshot(++transfers); // It holds this snapshot, and the log has moved on meanwhile.
        }
    }

    void chunkAnswered(Progress progress, long transferId, long nextOffset, long answeredRound) {
        if (progress.mode != Progress.Mode.SNAPSHOT || progress.transferId != transferId) {
            return;
        }
        if (nextOffset == 0) {
            progress.sendSnapshot(++transfers);
        }
        if (nextOffset != 0 && nextOffset <= progress.transferOffset && answeredRound < progress.chunkRound) {
            return; // An older answer that came late (HAZARDS A5).
        }
        progress.transferOffset = nextOffset;
        progress.waiting = false;
    }

    /** Not to a follower that does not answer: an open snapshot holds disk space and the log (HAZARDS S6, A1). */
    boolean sendsSnapshotTo(int nodeId, long nowMs) {
        Progress progress = follower(nodeId);
        return progress.mode == Progress.Mode.SNAPSHOT && progress.answers(nowMs, config);
    }

    /** The snapshot of this transfer can't be read on: begin another. */
    void transferLost(int nodeId, long transferId) {
        Progress progress = follower(nodeId);
        if (progress != null && progress.transferId == transferId) {
            progress.sendSnapshot(++transfers);
        }
    }

    // --- linearizable reads (thesis §6.4) ---

    boolean tooManyReads() {
        return arrivedReads.size() + roundReads.size() >= config.limits().waitingReads();
    }

    void read(Waiter waiter) {
        arrivedReads.add(waiter);
    }

    /** Reads wait that no round was begun for, and commitIndex is proven in this term (HAZARDS C1, R3). */
    boolean readsCanStart(long commitIndex) {
        return !arrivedReads.isEmpty() && commitIndex >= noopIndex;
    }

    private void startReads(long commitIndex) {
        if (commitIndex < noopIndex) {
            return;
        }
        for (Waiter waiter : arrivedReads) {
            roundReads.add(new Read(waiter, commitIndex, round));
        }
        arrivedReads.clear();
    }

    /** Moves the reads whose round a quorum has answered to {@code confirmed}. */
    void confirmReads(List<Read> confirmed) {
        if (roundReads.isEmpty()) {
            return;
        }
        long reached = reachedRound();
        while (!roundReads.isEmpty() && roundReads.peek().round() <= reached) {
            confirmed.add(roundReads.remove());
        }
    }

    /** Every read that is not confirmed; leadership is over (HAZARDS C3). */
    List<Waiter> pendingReads() {
        List<Waiter> pending = new ArrayList<>();
        roundReads.forEach(read -> pending.add(read.waiter()));
        pending.addAll(arrivedReads);
        return pending;
    }

    // --- staying in office, handing over ---

    /** False if no quorum has answered for an election timeout (CheckQuorum, thesis §6.2). */
    boolean hearsQuorum(long nowMs) {
        return quorum.reached(
                nodeId -> nodeId == config.nodeId() || follower(nodeId).hears(nowMs, config));
    }

    void transferTo(int nodeId, long deadlineMs) {
        transferTarget = nodeId;
        transferDeadlineMs = deadlineMs;
        timeoutNowSent = false;
    }

    /** Asks the target for an election, once, when it holds everything (thesis §3.10). */
    void handOver(List<Outgoing> out) {
        if (transferTarget == 0 || timeoutNowSent) {
            return;
        }
        Progress target = follower(transferTarget);
        if (target.matchIndex == log.lastIndex() && target.countsInQuorums()) {
            timeoutNowSent = true;
            out.add(new Outgoing(transferTarget, new Message.TimeoutNow(term, config.nodeId(), log.lastIndex())));
        }
    }
}
