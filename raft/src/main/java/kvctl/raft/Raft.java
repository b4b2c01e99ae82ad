package kvctl.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import kvctl.raft.Message.AppendEntries;
import kvctl.raft.Message.AppendEntriesReply;
import kvctl.raft.Message.InstallSnapshot;
import kvctl.raft.Message.InstallSnapshotReply;
import kvctl.raft.Message.PreVote;
import kvctl.raft.Message.PreVoteReply;
import kvctl.raft.Message.RequestVote;
import kvctl.raft.Message.RequestVoteReply;
import kvctl.raft.Message.TimeoutNow;
import kvctl.raft.RaftStatus.Role;
import kvctl.raft.Ready.ChunkWanted;
import kvctl.raft.Ready.Outgoing;

/**
 * One replica of one group: the algorithm of the Raft paper's Figure 2, as a state machine that calls nobody. Inputs are
 * messages, proposals, reads and the time; what is to be sent, saved and applied is taken by {@link Turn}. Time and
 * randomness are arguments, so the same class runs in production and in the simulator. Not thread-safe.
 *
 * <p>Beyond Figure 2: PreVote and CheckQuorum (thesis §9.6, §6.2), ReadIndex (§6.4), leadership transfer (§3.10), a no-op
 * at the start of a term (§6.4), pipelining (§10.2), snapshots (paper §7), and a forgetful mode for a replica whose disk
 * is older than its promises (HAZARDS D4).
 */
final class Raft {
    private final int groupId;
    private final RaftConfig config;
    private final Quorum quorum;
    private final RandomGenerator random;

    // Persistent state (Figure 2): saved before anything that depends on it leaves.
    private long currentTerm;
    private int votedFor;
    private final RaftLog log;

    // Volatile state.
    private long commitIndex;
    private Role role = Role.FOLLOWER;
    private int leaderId = HardState.NOBODY;
    private long electionDeadlineMs;
    private long leaderContactMs;

    /** Only while a candidate. */
    private Ballot ballot;
    /** Only while the leader. */
    private Leadership leadership;

    private boolean forgetful;
    /** What a forgetful replica must hold: the last index of this term's leader at first contact; -1 before it. */
    private long catchUpIndex = -1;
    /** Up to where the log was proven equal to that of this term's leader. */
    private long provenIndex;

    // What the next Ready takes.
    private HardState savedHardState;
    private Store.LogStart newLogStart;
    private StateMachine.Sink install;
    private List<Outgoing> late = new ArrayList<>();
    private final List<Leadership.Read> confirmedReads = new ArrayList<>();
    private final List<Waiter> failedReads = new ArrayList<>();

    Raft(
            int groupId,
            RaftConfig config,
            Store.Restored restored,
            long lastApplied,
            RandomGenerator random,
            long nowMs) {
        this.groupId = groupId;
        this.config = config;
        this.quorum = Quorum.of(config.voters());
        this.random = random;
        // A forgetful replica begins a term of its own, and so listens only to leaders of later terms: they hold all
        // that it
        // can have acknowledged. An old message of this term's leader would tell it of a log that was still shorter.
        this.currentTerm = restored.hardState().currentTerm() + (restored.forgetful() ? 1 : 0);
        this.votedFor =
                restored.forgetful() ? HardState.NOBODY : restored.hardState().votedFor();
        this.savedHardState = restored.hardState();
        this.log = new RaftLog(restored.logStart(), restored.entries());
        this.forgetful = restored.forgetful();
        Invariant.check(
                lastApplied >= log.start().index(), "state covers the dropped log", lastApplied, log.firstIndex());
        Invariant.check(lastApplied <= log.lastIndex(), "state is not ahead of the log", lastApplied, log.lastIndex());
        this.commitIndex = lastApplied;
        resetElectionTimer(nowMs);
    }

    // --- inputs ---

    void receive(int from, Message message, long nowMs) {
        if (message instanceof PreVote preVote) {
            preVoteAsked(from, preVote, nowMs);
            return;
        }
        if (message instanceof RequestVote request && !request.transfer() && hearsLeader(nowMs)) {
            return; // A live leader is not deposed; not even the term is taken over (thesis §4.2.3, HAZARDS R10).
        }
        boolean termIsReal = !(message instanceof PreVoteReply reply && reply.voteGranted());
        if (message.term() > currentTerm && termIsReal) {
            becomeFollower(message.term(), nowMs);
        }
        if (message instanceof AppendEntries append) {
            appendEntries(from, append, nowMs);
        } else if (message instanceof AppendEntriesReply reply) {
            appendAnswered(from, reply, nowMs);
        } else if (message instanceof RequestVote request) {
            voteAsked(from, request, nowMs);
        } else if (message instanceof RequestVoteReply reply) {
            voteAnswered(from, reply, nowMs);
        } else if (message instanceof PreVoteReply reply) {
            preVoteAnswered(from, reply, nowMs);
        } else if (message instanceof InstallSnapshotReply reply) {
            chunkAnswered(from, reply, nowMs);
        } else if (message instanceof TimeoutNow timeoutNow) {
            timeoutNow(timeoutNow, nowMs);
        }
    }

    /** Fires the timers that are due. */
    void tick(long nowMs) {
        if (role == Role.LEADER) {
            if (!leadership.hearsQuorum(nowMs)) {
                becomeFollower(currentTerm, nowMs);
            } else if (leadership.transferTarget != 0 && nowMs >= leadership.transferDeadlineMs) {
                leadership.transferTo(0, 0);
            }
        } else if (nowMs >= electionDeadlineMs) {
            if (forgetful) {
                resetElectionTimer(nowMs);
            } else {
                campaign(nowMs);
            }
        }
    }

    /** When {@link #tick} has something to do next. */
    long nextDeadlineMs() {
        return role == Role.LEADER ? leadership.heartbeatDueMs : electionDeadlineMs;
    }

    /** Appends a command to the leader's log. The caller has asked {@link #refusal} before. */
    long propose(byte[] command) {
        Entry entry = Entry.command(log.lastIndex() + 1, currentTerm, command);
        log.append(entry);
        leadership.appended(entry);
        return entry.index();
    }

    /** Why a proposal of so many bytes can't be taken now, or null. */
    Waiter.Failure refusal(int bytes) {
        if (role != Role.LEADER) {
            return Waiter.Failure.NOT_LEADER;
        }
        return leadership.busy(bytes) ? Waiter.Failure.TOO_BUSY : null;
    }

    /** Asks for a read index; the waiter comes back from {@link #takeConfirmedReads} or {@link #takeFailedReads}. */
    Waiter.Failure read(Waiter waiter) {
        if (role != Role.LEADER) {
            return Waiter.Failure.NOT_LEADER;
        }
        if (leadership.tooManyReads()) {
            return Waiter.Failure.TOO_BUSY;
        }
        leadership.read(waiter);
        return null;
    }

    /** Hands leadership over, if this replica leads and the target is a follower of it; gives up after an election timeout. */
    void transferLeadership(int toNodeId, long nowMs) {
        if (role == Role.LEADER && leadership.follower(toNodeId) != null) {
            leadership.transferTo(toNodeId, nowMs + config.electionTimeoutMaxMs());
        }
    }

    // --- elections (paper §5.2, §5.4.1; thesis §9.6) ---

    private void campaign(long nowMs) {
        role = Role.PRE_CANDIDATE;
        leaderId = HardState.NOBODY;
        ballot = new Ballot();
        ballot.add(config.nodeId(), true);
        resetElectionTimer(nowMs);
        if (ballot.won(quorum)) {
            startElection(false, nowMs);
        } else {
            broadcast(new PreVote(currentTerm + 1, config.nodeId(), log.lastIndex(), log.lastTerm()));
        }
    }

    private void startElection(boolean transfer, long nowMs) {
        role = Role.CANDIDATE;
        leaderId = HardState.NOBODY;
        enterTerm(currentTerm + 1, config.nodeId());
        ballot = new Ballot();
        ballot.add(config.nodeId(), true);
        resetElectionTimer(nowMs);
        if (ballot.won(quorum)) {
            becomeLeader(nowMs);
        } else {
            broadcast(new RequestVote(currentTerm, config.nodeId(), log.lastIndex(), log.lastTerm(), transfer));
        }
    }

    private void preVoteAsked(int from, PreVote preVote, long nowMs) {
        boolean grant = preVote.term() > currentTerm
                && !forgetful
                && !hearsLeader(nowMs)
                && log.isNotAheadOf(preVote.lastLogIndex(), preVote.lastLogTerm());
        late.add(new Outgoing(from, new PreVoteReply(grant ? preVote.term() : currentTerm, grant)));
    }

    private void preVoteAnswered(int from, PreVoteReply reply, long nowMs) {
        boolean thisQuestion = reply.voteGranted() ? reply.term() == currentTerm + 1 : reply.term() == currentTerm;
        if (role != Role.PRE_CANDIDATE || !thisQuestion) {
            return;
        }
        ballot.add(from, reply.voteGranted());
        if (ballot.won(quorum)) {
            startElection(false, nowMs);
        } else if (ballot.lost(quorum)) {
            role = Role.FOLLOWER;
            ballot = null;
        }
    }

    private void voteAsked(int from, RequestVote request, long nowMs) {
        boolean grant = request.term() == currentTerm
                && !forgetful
                && (votedFor == HardState.NOBODY || votedFor == request.candidateId())
                && log.isNotAheadOf(request.lastLogIndex(), request.lastLogTerm());
        if (grant) {
            votedFor = request.candidateId();
            resetElectionTimer(nowMs);
        }
        late.add(new Outgoing(from, new RequestVoteReply(currentTerm, grant)));
    }

    private void voteAnswered(int from, RequestVoteReply reply, long nowMs) {
        if (role != Role.CANDIDATE || reply.term() != currentTerm) {
            return;
        }
        ballot.add(from, reply.voteGranted());
        if (ballot.won(quorum)) {
            becomeLeader(nowMs);
        } else if (ballot.lost(quorum)) {
            becomeFollower(currentTerm, nowMs);
        }
    }

    private void timeoutNow(TimeoutNow message, long nowMs) {
        if (message.term() == currentTerm
                && role == Role.FOLLOWER
                && message.lastLogIndex() == log.lastIndex()
                && !forgetful) {
            startElection(true, nowMs);
        }
    }

    private boolean hearsLeader(long nowMs) {
        return role == Role.LEADER
                || (leaderId != HardState.NOBODY && nowMs - leaderContactMs < config.electionTimeoutMinMs());
    }

    // --- roles ---

    private void becomeFollower(long term, long nowMs) {
        Invariant.check(term >= currentTerm, "currentTerm never falls", term, currentTerm);
        if (term > currentTerm) {
            enterTerm(term, HardState.NOBODY);
        }
        if (role == Role.LEADER) {
            failedReads.addAll(leadership.pendingReads());
            leadership = null;
            resetElectionTimer(nowMs);
        }
        role = Role.FOLLOWER;
        leaderId = HardState.NOBODY;
        ballot = null;
    }

    /** What was learnt from the leader of an older term is void: another leader's log may differ. */
    private void enterTerm(long term, int vote) {
        currentTerm = term;
        votedFor = vote;
        catchUpIndex = -1;
        provenIndex = 0;
    }

    private void becomeLeader(long nowMs) {
        role = Role.LEADER;
        leaderId = config.nodeId();
        ballot = null;
        leadership = new Leadership(config, quorum, log, commitIndex, currentTerm, nowMs);
        Entry noop = Entry.noop(log.lastIndex() + 1, currentTerm);
        log.append(noop);
        leadership.appended(noop);
    }

    private void resetElectionTimer(long nowMs) {
        electionDeadlineMs = nowMs + random.nextInt(config.electionTimeoutMinMs(), config.electionTimeoutMaxMs());
    }

    // --- follower (Figure 2, AppendEntries receiver; §7) ---

    private void appendEntries(int from, AppendEntries append, long nowMs) {
        if (append.term() < currentTerm) {
            refuseOldLeader(from);
            return;
        }
        hearLeader(append.leaderId(), nowMs);
        if (forgetful && catchUpIndex < 0) {
            catchUpIndex = append.leaderLastIndex();
        }
        long prevLogIndex = append.prevLogIndex();
        long lastNew = prevLogIndex + append.entries().size();
        if (prevLogIndex >= commitIndex && !log.matches(prevLogIndex, append.prevLogTerm())) {
            long conflictIndex = log.lastIndexOfTermAtMost(prevLogIndex, append.prevLogTerm());
            late.add(new Outgoing(
                    from,
                    new AppendEntriesReply(
                            currentTerm,
                            false,
                            log.lastIndex(),
                            log.term(conflictIndex),
                            conflictIndex,
                            append.round(),
                            !forgetful)));
            return;
        }
        for (Entry entry : append.entries()) {
            if (entry.index() > commitIndex && !log.matches(entry.index(), entry.term())) {
                if (entry.index() <= log.lastIndex()) {
                    log.truncateFrom(entry.index());
                }
                log.append(entry);
            }
        }
        provenIndex = Math.max(provenIndex, Math.max(lastNew, commitIndex));
        commitIndex = Math.max(commitIndex, Math.min(append.leaderCommit(), lastNew));
        acknowledge(from, append.round());
    }

    /** Round 0: if it leads the newer term, too, a late message of its old one must confirm no round (HAZARDS C2). */
    private void refuseOldLeader(int from) {
        late.add(new Outgoing(from, new AppendEntriesReply(currentTerm, false, log.lastIndex(), 0, 0, 0, !forgetful)));
    }

    private void hearLeader(int leader, long nowMs) {
        Invariant.check(role != Role.LEADER, "one leader per term", currentTerm, leader);
        if (role != Role.FOLLOWER) {
            becomeFollower(currentTerm, nowMs);
        }
        leaderId = leader;
        leaderContactMs = nowMs;
        resetElectionTimer(nowMs);
    }

    /** Acknowledges all that is proven. Acknowledgements of one turn are one message: the last says it all. */
    private void acknowledge(int to, long round) {
        long newestRound = round;
        if (!late.isEmpty()) {
            Outgoing last = late.get(late.size() - 1);
            if (last.to() == to
                    && last.message() instanceof AppendEntriesReply reply
                    && reply.success()
                    && reply.term() == currentTerm) {
                newestRound = Math.max(round, reply.round());
                late.remove(late.size() - 1);
            }
        }
        AppendEntriesReply reply =
                new AppendEntriesReply(currentTerm, true, provenIndex, 0, 0, newestRound, !forgetful);
        late.add(new Outgoing(to, reply));
    }

    /**
     * A chunk of a snapshot has come.
     *
     * @return true if it is to be taken into the transfer; otherwise it is answered, or too old to be
     */
    boolean acceptsChunk(int from, InstallSnapshot chunk, long nowMs) {
        if (chunk.term() > currentTerm) {
            becomeFollower(chunk.term(), nowMs);
        }
        if (chunk.term() < currentTerm) {
            refuseOldLeader(from);
            return false;
        }
        hearLeader(chunk.leaderId(), nowMs);
        if (chunk.lastIncludedIndex() <= commitIndex || install != null) {
            provenIndex = Math.max(
                    provenIndex,
                    commitIndex); // Older than what is committed here: nothing to do, but it is success (HAZARDS S4).
            acknowledge(from, chunk.round());
            return false;
        }
        return true;
    }

    void answerChunk(int to, InstallSnapshot chunk, long nextOffset) {
        late.add(new Outgoing(
                to, new InstallSnapshotReply(currentTerm, chunk.transferId(), nextOffset, chunk.round(), !forgetful)));
    }

    /** A whole snapshot was received: it becomes the state and the start of the log with this turn's save. */
    void installSnapshot(int from, InstallSnapshot last, StateMachine.Sink sink) {
        newLogStart = new Store.LogStart(last.lastIncludedIndex(), last.lastIncludedTerm());
        install = sink;
        log.startAt(newLogStart);
        commitIndex = last.lastIncludedIndex();
        provenIndex = Math.max(provenIndex, commitIndex);
        acknowledge(from, last.round());
    }

    // --- leader ---

    private void appendAnswered(int from, AppendEntriesReply reply, long nowMs) {
        Progress progress = answeringFollower(from, reply.term());
        if (progress != null) {
            leadership.answered(progress, reply.round(), reply.counts(), nowMs);
            leadership.appendAnswered(progress, reply);
            advanceCommit();
            leadership.confirmReads(confirmedReads);
        }
    }

    private void chunkAnswered(int from, InstallSnapshotReply reply, long nowMs) {
        Progress progress = answeringFollower(from, reply.term());
        if (progress != null) {
            leadership.answered(progress, reply.round(), reply.counts(), nowMs);
            leadership.chunkAnswered(progress, reply.transferId(), reply.nextOffset(), reply.round());
            leadership.confirmReads(confirmedReads);
        }
    }

    private Progress answeringFollower(int from, long term) {
        return role == Role.LEADER && term == currentTerm ? leadership.follower(from) : null;
    }

    private void advanceCommit() {
        long committable = leadership.committable();
        if (committable > commitIndex) {
            leadership.committed(commitIndex + 1, committable);
            commitIndex = committable;
        }
    }

    // --- what the turn takes ---

    /** Everything to be sent and saved now; the turn saves, then calls {@link #saved}. */
    Ready ready(long nowMs) {
        List<Outgoing> early = new ArrayList<>();
        List<ChunkWanted> chunks = new ArrayList<>();
        HardState hardState = new HardState(currentTerm, votedFor);
        boolean promised = hardState.equals(savedHardState);
        if (role == Role.LEADER) {
            boolean heartbeat = nowMs >= leadership.heartbeatDueMs;
            if (heartbeat) {
                // On the beat for all groups of a node, so that their heartbeats share frames.
                leadership.heartbeatDueMs = nowMs - Math.floorMod(nowMs, config.heartbeatMs()) + config.heartbeatMs();
            }
            List<Outgoing> out = promised ? early : late;
            leadership.replicate(commitIndex, heartbeat, nowMs, out, chunks);
            leadership.handOver(out);
            leadership.confirmReads(confirmedReads);
        }
        List<Entry> unsaved = log.unsaved();
        Store.Save save = promised && unsaved.isEmpty() && newLogStart == null
                ? null
                : new Store.Save(groupId, promised ? null : hardState, newLogStart, unsaved, install);
        Ready ready = new Ready(early, save, late, chunks);
        late = new ArrayList<>();
        return ready;
    }

    /** The save of the last Ready is durable. */
    void saved() {
        log.saved();
        savedHardState = new HardState(currentTerm, votedFor);
        newLogStart = null;
        install = null;
        if (role == Role.LEADER) {
            advanceCommit();
        }
    }

    /** A forgetful replica that holds all that it can have promised: it may count again when that is durable. */
    boolean hasCaughtUp() {
        return forgetful && catchUpIndex >= 0 && provenIndex >= catchUpIndex;
    }

    void countAgain() {
        forgetful = false;
    }

    boolean hasCommitted(long lastApplied) {
        return lastApplied < Math.min(commitIndex, log.savedIndex());
    }

    /** Committed entries behind {@code lastApplied} that are saved here, in bounded portions (HAZARDS R5, A1). */
    List<Entry> committed(long lastApplied) {
        long to = Math.min(commitIndex, log.savedIndex());
        return log.slice(lastApplied + 1, to, config.limits().applyBytes());
    }

    /** Drops the prefix of the log that the applied state holds, if it has grown over its limit. */
    void compact(long lastApplied) {
        long upTo = newLogStart == null
                ? log.compactableUpTo(lastApplied, config.limits())
                : log.start().index();
        if (upTo > log.start().index()) {
            newLogStart = new Store.LogStart(upTo, log.term(upTo));
            log.startAt(newLogStart);
        }
    }

    /** Reads whose round was confirmed since the last call. */
    List<Leadership.Read> takeConfirmedReads() {
        List<Leadership.Read> taken = List.copyOf(confirmedReads);
        confirmedReads.clear();
        return taken;
    }

    /** Reads that ended with leadership. */
    List<Waiter> takeFailedReads() {
        List<Waiter> taken = List.copyOf(failedReads);
        failedReads.clear();
        return taken;
    }

    /** True if another turn has something to do without new input. */
    boolean hasMore(long lastApplied) {
        boolean reads = role == Role.LEADER && leadership.readsCanStart(commitIndex);
        return reads || newLogStart != null || hasCommitted(lastApplied);
    }

    /** Reads that wait for their round, for a node that stops. */
    List<Waiter> pendingReads() {
        return role == Role.LEADER ? leadership.pendingReads() : List.of();
    }

    boolean sendsSnapshotTo(int nodeId, long nowMs) {
        return role == Role.LEADER && leadership.sendsSnapshotTo(nodeId, nowMs);
    }

    void transferStarted(int to, long lastIncludedIndex) {
        leadership.follower(to).snapshotIndex = lastIncludedIndex;
    }

    void transferLost(int to, long transferId) {
        if (role == Role.LEADER) {
            leadership.transferLost(to, transferId);
        }
    }

    boolean leads() {
        return role == Role.LEADER;
    }

    int leaderId() {
        return leaderId;
    }

    long currentTerm() {
        return currentTerm;
    }

    RaftStatus status(long lastApplied) {
        return new RaftStatus(
                groupId,
                config.nodeId(),
                role,
                currentTerm,
                votedFor,
                leaderId,
                commitIndex,
                lastApplied,
                log.firstIndex(),
                log.lastIndex(),
                log.bytes(),
                forgetful,
                role == Role.LEADER ? leadership.peers() : List.of());
    }

    private void broadcast(Message message) {
        for (int nodeId : config.voters()) {
            if (nodeId != config.nodeId()) {
                late.add(new Outgoing(nodeId, message));
            }
        }
    }
}
