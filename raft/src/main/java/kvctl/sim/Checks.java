package kvctl.sim;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kvctl.raft.Entry;
import kvctl.raft.HardState;
import kvctl.raft.Message;
import kvctl.raft.RaftStatus;

/**
 * Watches one group from outside and throws a {@link Violation} at the first event after which a {@link Property} does
 * not hold. It knows everything that was ever in any log, on any disk and in any state machine; it looks only at what
 * an event touched, since nothing else can have changed.
 *
 * <p>Log matching is checked by induction: an entry is known by (index, term); it has one content and one predecessor,
 * wherever it appears. Equal ends of two logs then mean equal logs.
 */
final class Checks {
    /** What is known of the entry at one (index, term). */
    private static final class Known {
        final Entry entry;
        final long prevTerm;
        /** Bit n: node n has had it on its disk. */
        long disks;

        Known(Entry entry, long prevTerm) {
            this.entry = entry;
            this.prevTerm = prevTerm;
        }
    }

    /** What was seen of a replica since its start. */
    private static final class Seen {
        int incarnation = -1;
        long commitIndex;
        long lastApplied;
        long currentTerm;
        boolean leading;
    }

    /** Bytes that a log may hold beyond its thresholds: one batch that is already on its way. */
    private final long logBytesMax;

    private final int groupId;
    private final int majority;
    private final Map<Integer, SimDisk> disks;
    private final Map<Long, Known> known = new HashMap<>();
    private final TreeMap<Long, Integer> leaders = new TreeMap<>();
    /** By term: highest index that its leader had committed. */
    private final TreeMap<Long, Long> committedIn = new TreeMap<>();

    private final TreeMap<Integer, Seen> seen = new TreeMap<>();
    private final Answers answers = new Answers();
    /** By index: term of the committed entry, and the hash of the state after it. */
    private long[] committedTerms = new long[64];

    private long[] stateHashes = new long[64];
    private long committed;
    private long applied;

    Checks(int groupId, Map<Integer, SimDisk> disks, long logBytesMax) {
        this.groupId = groupId;
        this.majority = disks.size() / 2 + 1;
        this.disks = disks;
        this.logBytesMax = logBytesMax;
    }

    Answers answers() {
        return answers;
    }

    /** Highest index known to be committed. */
    long committed() {
        return committed;
    }

    /** Number of terms that had a leader. */
    int terms() {
        return leaders.size();
    }

    /** The committed entry at {@code index}. */
    Entry committedEntry(long index) {
        return known.get(key(index, committedTerms[(int) index])).entry;
    }

    private static long key(long index, long term) {
        return index << 24 | term;
    }

    static void require(boolean holds, Property property, String what, Object... details) {
        if (!holds) {
            throw broken(property, what, details);
        }
    }

    private static Violation broken(Property property, String what, Object... details) {
        return new Violation(property, String.format(what, details));
    }

    // --- entries ---

    /** Entries that are in a log or on their way to one, behind an entry of {@code prevTerm}. */
    private void entriesSeen(long prevTerm, List<Entry> entries) {
        long previous = prevTerm;
        for (Entry entry : entries) {
            Known first = known.get(key(entry.index(), entry.term()));
            if (first == null) {
                known.put(key(entry.index(), entry.term()), new Known(entry, previous));
            } else if (!first.entry.equals(entry) || first.prevTerm != previous) {
                require(
                        first.prevTerm == previous && Wire.digest(first.entry) == Wire.digest(entry),
                        Property.LOG_MATCHING,
                        "entry %s behind term %d, and elsewhere %s behind term %d",
                        entry,
                        previous,
                        first.entry,
                        first.prevTerm);
            }
            previous = entry.term();
        }
    }

    /** A node starts. */
    void started(int nodeId) {
        seen.put(nodeId, new Seen());
    }

    /** Before a node's save begins. */
    void saving(int nodeId, DiskImage.Change change) {
        DiskImage.Group log = disks.get(nodeId).current(groupId);
        List<Entry> entries = change.entries();
        Seen replica = seen.computeIfAbsent(nodeId, id -> new Seen());
        boolean stillLeads = replica.leading
                && (change.hardState() == null || change.hardState().currentTerm() == replica.currentTerm);
        if (stillLeads) {
            require(
                    change.state() == null
                            && (entries.isEmpty() || entries.get(0).index() == log.lastIndex() + 1),
                    Property.LEADER_APPEND_ONLY,
                    "S%d leads term %d with a log up to %d and saves from %s on",
                    nodeId,
                    replica.currentTerm,
                    log.lastIndex(),
                    entries.isEmpty() ? "a snapshot" : entries.get(0));
        }
        if (entries.isEmpty()) {
            return;
        }
        long prevIndex = entries.get(0).index() - 1;
        long prevTerm = change.logStart() != null && change.logStart().index() == prevIndex
                ? change.logStart().term()
                : log.term(prevIndex);
        entriesSeen(prevTerm, entries);
    }

    void durable(int nodeId, List<Entry> entries) {
        for (Entry entry : entries) {
            Known entryKnown = known.computeIfAbsent(
                    key(entry.index(), entry.term()), id -> new Known(entry, prevTermOnDisk(nodeId, entry)));
            entryKnown.disks |= 1L << nodeId;
        }
    }

    private long prevTermOnDisk(int nodeId, Entry entry) {
        return disks.get(nodeId).current(groupId).term(entry.index() - 1);
    }

    // --- messages ---

    void sent(int from, Message message) {
        SimDisk disk = disks.get(from);
        DiskImage.Group durable = disk.durable(groupId);
        if (disk.forgetful(groupId) && promises(message)) {
            throw broken(Property.FORGETFUL_ABSTAINS, "S%d sends %s", from, Wire.text(message));
        }
        if (message instanceof Message.AppendEntries append) {
            leads(from, append.term());
            entriesSeen(append.prevLogTerm(), append.entries());
        }
        boolean wouldBe = message instanceof Message.PreVote
                || message instanceof Message.PreVoteReply reply && reply.voteGranted();
        boolean logIsThere = !(message instanceof Message.AppendEntriesReply reply)
                || !reply.success()
                || durable.lastIndex() >= reply.matchIndex()
                || durable.hardState.currentTerm() > reply.term();
        if (!logIsThere || !wouldBe && durable.hardState.currentTerm() < message.term()) {
            throw broken(
                    Property.DURABLE_BEFORE_SENT,
                    "S%d has term %d and a log up to %d on disk and sends %s",
                    from,
                    durable.hardState.currentTerm(),
                    durable.lastIndex(),
                    Wire.text(message));
        }
        if (message instanceof Message.RequestVote request) {
            voted(from, durable.hardState, request.term(), from);
        }
    }

    /** A vote is given to {@code to}: it must be on the voter's disk. */
    void voteSent(int from, int to, Message.RequestVoteReply reply) {
        if (reply.voteGranted()) {
            voted(from, disks.get(from).durable(groupId).hardState, reply.term(), to);
        }
    }

    private static void voted(int voter, HardState durable, long term, int candidate) {
        require(
                durable.currentTerm() > term || durable.currentTerm() == term && durable.votedFor() == candidate,
                Property.DURABLE_BEFORE_SENT,
                "S%d votes for S%d in term %d with %s on disk",
                voter,
                candidate,
                term,
                durable);
    }

    private static boolean promises(Message message) {
        if (message instanceof Message.RequestVoteReply reply) {
            return reply.voteGranted();
        }
        if (message instanceof Message.PreVoteReply reply) {
            return reply.voteGranted();
        }
        if (message instanceof Message.AppendEntriesReply reply) {
            return reply.counts();
        }
        if (message instanceof Message.InstallSnapshotReply reply) {
            return reply.counts();
        }
        return !(message instanceof Message.TimeoutNow);
    }

    // --- replicas ---

    /** After a step of a node. */
    void stepped(int nodeId, int incarnation, RaftStatus status) {
        Seen replica = seen.computeIfAbsent(nodeId, id -> new Seen());
        if (replica.incarnation != incarnation) {
            replica.incarnation = incarnation;
            replica.commitIndex = status.commitIndex();
            replica.lastApplied = status.lastApplied();
            replica.currentTerm = status.currentTerm();
        }
        if (status.commitIndex() < replica.commitIndex
                || status.lastApplied() < replica.lastApplied
                || status.currentTerm() < replica.currentTerm
                || status.lastApplied() > status.commitIndex()
                || status.commitIndex() > status.lastLogIndex()) {
            throw broken(
                    Property.COMMIT_MONOTONE,
                    "S%d went from commit %d, applied %d, term %d to %s",
                    nodeId,
                    replica.commitIndex,
                    replica.lastApplied,
                    replica.currentTerm,
                    status);
        }
        if (status.logBytes() > logBytesMax) {
            throw broken(Property.BOUNDED, "log of S%d has %d bytes", nodeId, status.logBytes());
        }
        boolean leading = status.role() == RaftStatus.Role.LEADER;
        if (leading) {
            leads(nodeId, status.currentTerm());
            if (!replica.leading || replica.currentTerm != status.currentTerm()) {
                logIsComplete(nodeId, status.currentTerm());
            }
        }
        if (leading
                && replica.leading
                && replica.currentTerm == status.currentTerm()
                && status.commitIndex() > replica.commitIndex) {
            countedInOwnTerm(nodeId, status);
        }
        commitsSeen(nodeId, replica.commitIndex, status);
        replica.commitIndex = status.commitIndex();
        replica.lastApplied = status.lastApplied();
        replica.currentTerm = status.currentTerm();
        replica.leading = leading;
    }

    private void leads(int nodeId, long term) {
        Integer leader = leaders.putIfAbsent(term, nodeId);
        if (leader != null && leader != nodeId) {
            throw broken(Property.ELECTION_SAFETY, "S%d and S%d both lead term %d", leader, nodeId, term);
        }
        if (disks.get(nodeId).forgetful(groupId)) {
            throw broken(Property.FORGETFUL_ABSTAINS, "S%d leads term %d", nodeId, term);
        }
    }

    /** By log matching, holding the last entry that was committed in an earlier term is holding them all. */
    private void logIsComplete(int nodeId, long term) {
        Map.Entry<Long, Long> before = committedIn.lowerEntry(term);
        if (before == null) {
            return;
        }
        long index = before.getValue();
        DiskImage.Group log = disks.get(nodeId).current(groupId);
        require(
                index <= log.start.index() || log.term(index) == committedTerms[(int) index],
                Property.LEADER_COMPLETENESS,
                "S%d leads term %d and its log of %d..%d lacks the committed entry %d:%d",
                nodeId,
                term,
                log.start.index() + 1,
                log.lastIndex(),
                index,
                committedTerms[(int) index]);
    }

    private void countedInOwnTerm(int nodeId, RaftStatus status) {
        long term = disks.get(nodeId).current(groupId).term(status.commitIndex());
        if (term != status.currentTerm()) {
            throw broken(
                    Property.COUNTED_IN_OWN_TERM,
                    "S%d leads term %d and commits %d:%d",
                    nodeId,
                    status.currentTerm(),
                    status.commitIndex(),
                    term);
        }
    }

    private void commitsSeen(int nodeId, long from, RaftStatus status) {
        DiskImage.Group log = disks.get(nodeId).current(groupId);
        for (long index = Math.max(from, log.start.index()) + 1; index <= status.commitIndex(); index++) {
            long term = log.term(index);
            if (index <= committed) {
                require(
                        committedTerms[(int) index] == term,
                        Property.STATE_MACHINE_SAFETY,
                        "S%d takes %d:%d for committed, which is %d:%d",
                        nodeId,
                        index,
                        term,
                        index,
                        committedTerms[(int) index]);
            } else {
                committedFirst(nodeId, index, term);
                committedIn.merge(status.currentTerm(), index, Math::max);
            }
        }
    }

    private void committedFirst(int nodeId, long index, long term) {
        require(
                index == committed + 1,
                Property.COMMITTED_IS_DURABLE,
                "S%d commits %d after %d",
                nodeId,
                index,
                committed);
        Known entry = known.get(key(index, term));
        require(
                entry != null && Long.bitCount(entry.disks) >= majority,
                Property.COMMITTED_IS_DURABLE,
                "S%d commits %d:%d, which is on the disks of %s",
                nodeId,
                index,
                term,
                entry == null ? "nobody" : Long.toBinaryString(entry.disks));
        committedTerms = grown(committedTerms, index);
        committedTerms[(int) index] = term;
        committed = index;
    }

    private static long[] grown(long[] array, long index) {
        return index < array.length ? array : Arrays.copyOf(array, array.length * 2);
    }

    // --- state machines ---

    void applied(int nodeId, Entry entry, SimMachine.State after) {
        long index = entry.index();
        if (index <= applied) {
            stateIs(nodeId, after);
            return;
        }
        require(index == applied + 1, Property.STATE_MACHINE_SAFETY, "S%d applies %d after %d", nodeId, index, applied);
        applied = index;
        stateHashes = grown(stateHashes, index);
        stateHashes[(int) index] = after.hash();
        answers.applied(entry);
    }

    /** A snapshot was installed. */
    void stateIs(int nodeId, SimMachine.State state) {
        require(
                state.index() <= applied && stateHashes[(int) state.index()] == state.hash(),
                Property.STATE_MACHINE_SAFETY,
                "S%d has another state than others after entry %d:%d",
                nodeId,
                state.index(),
                state.term());
    }

    /**
     * A forgetful replica counts again: it must hold every committed entry that it ever had on its disk, since it may
     * have been counted for it.
     */
    void recovered(int nodeId) {
        DiskImage.Group log = disks.get(nodeId).current(groupId);
        for (long index = log.start.index() + 1; index <= committed; index++) {
            Known entry = known.get(key(index, committedTerms[(int) index]));
            require(
                    (entry.disks >> nodeId & 1) == 0 || log.term(index) == committedTerms[(int) index],
                    Property.FORGETFUL_ABSTAINS,
                    "S%d counts again and lacks %d:%d, which it had acknowledged",
                    nodeId,
                    index,
                    committedTerms[(int) index]);
        }
    }
}
