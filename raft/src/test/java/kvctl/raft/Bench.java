package kvctl.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import kvctl.raft.Message.AppendEntries;
import kvctl.raft.Message.AppendEntriesReply;
import kvctl.raft.Message.InstallSnapshot;
import kvctl.raft.Message.PreVoteReply;
import kvctl.raft.Message.RequestVoteReply;

/**
 * One replica on a bench: node 1 of n, with a store and a state machine in memory, and a tester who is all the others. Every
 * input is a turn of its own, unless put between {@link #hold} and {@link #turn}.
 */
final class Bench implements Outbox, Store {
    static final int GROUP = 1;
    static final int HEARTBEAT_MS = 50;
    static final int ELECTION_MIN_MS = 300;
    static final int ELECTION_MAX_MS = 600;

    record Sent(int to, Message message) {}

    /** Replies with the number of the entry; its state is the list of all commands. */
    static final class Machine implements StateMachine {
        final List<String> applied = new ArrayList<>();
        long index;
        long term;

        @Override
        public long lastApplied() {
            return index;
        }

        @Override
        public long lastAppliedTerm() {
            return term;
        }

        @Override
        public List<Object> apply(List<Entry> entries) {
            List<Object> replies = new ArrayList<>();
            for (Entry entry : entries) {
                Invariant.check(entry.index() == index + 1, "in order", entry.index(), index);
                index = entry.index();
                term = entry.term();
                boolean command = entry.kind() == Entry.Kind.COMMAND;
                if (command) {
                    applied.add(new String(entry.command(), UTF_8));
                }
                replies.add(command ? new String(entry.command(), UTF_8) : null);
            }
            return replies;
        }

        @Override
        public Source openSnapshot() {
            byte[] bytes = String.join(",", applied).getBytes(UTF_8);
            long lastIndex = index;
            long lastTerm = term;
            return new Source() {
                private int offset;

                @Override
                public long lastIncludedIndex() {
                    return lastIndex;
                }

                @Override
                public long lastIncludedTerm() {
                    return lastTerm;
                }

                @Override
                public byte[] read(int maxBytes) {
                    int from = offset;
                    offset = Math.min(bytes.length, from + maxBytes);
                    return Arrays.copyOfRange(bytes, from, offset);
                }

                @Override
                public void close() {
                    offset = bytes.length;
                }
            };
        }

        @Override
        public Sink receiveSnapshot(long lastIncludedIndex, long lastIncludedTerm) {
            StringBuilder received = new StringBuilder();
            return new Sink() {
                @Override
                public void write(byte[] chunk) {
                    received.append(new String(chunk, UTF_8));
                }

                @Override
                public void install() {
                    applied.clear();
                    applied.addAll(List.of(received.toString().split(",")));
                    index = lastIncludedIndex;
                    term = lastIncludedTerm;
                }

                @Override
                public void abort() {
                    received.setLength(0);
                }
            };
        }
    }

    /** Remembers its answer. */
    static final class Answer implements Waiter {
        Object reply;
        long index;
        Failure failure;
        int answers;

        @Override
        public void done(long atIndex, Object withReply) {
            index = atIndex;
            reply = withReply;
            answers++;
        }

        @Override
        public void failed(Failure why) {
            failure = why;
            answers++;
        }

        boolean isDone() {
            return index > 0;
        }
    }

    final Machine machine = new Machine();
    /** Sends and saves in the order in which they happened. */
    final List<Object> order = new ArrayList<>();

    final List<Sent> sent = new ArrayList<>();
    private final int voters;
    private final RaftConfig.Limits limits;
    private HardState hardState = HardState.INITIAL;
    private LogStart logStart = LogStart.BEGINNING;
    private final List<Entry> log = new ArrayList<>();
    private boolean forgetful;
    boolean failsToSave;
    boolean recovered;
    private boolean held;
    Turn turn;
    long nowMs = 10_000;

    Bench(int voters) {
        this(voters, RaftConfig.Limits.DEFAULT);
    }

    Bench(int voters, RaftConfig.Limits limits) {
        this.voters = voters;
        this.limits = limits;
    }

    // --- what it starts from ---

    Bench term(long currentTerm, int votedFor) {
        hardState = new HardState(currentTerm, votedFor);
        return this;
    }

    /** A log of commands with these terms. */
    Bench log(long... terms) {
        log.clear();
        log.addAll(entries(1, terms));
        return this;
    }

    Bench forgetful() {
        forgetful = true;
        return this;
    }

    Bench start() {
        turn = new Turn(1, this, this);
        RaftConfig config = new RaftConfig(
                1,
                IntStream.rangeClosed(1, voters).boxed().toList(),
                HEARTBEAT_MS,
                ELECTION_MIN_MS,
                ELECTION_MAX_MS,
                limits);
        turn.add(GROUP, config, machine, shortestTimeouts(), nowMs);
        return this;
    }

    private static RandomGenerator shortestTimeouts() {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                return 0;
            }

            @Override
            public int nextInt(int origin, int bound) {
                return origin;
            }
        };
    }

    /** Entries from {@code first} on; the command says where it stands. */
    static List<Entry> entries(long first, long... terms) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < terms.length; i++) {
            long index = first + i;
            entries.add(Entry.command(index, terms[i], (index + ":" + terms[i]).getBytes(UTF_8)));
        }
        return entries;
    }

    // --- inputs; each gives what was sent because of it ---

    List<Sent> receive(int from, Message message) {
        turn.receive(GROUP, from, message, nowMs);
        return turn();
    }

    List<Sent> pass(long ms) {
        nowMs += ms;
        return turn();
    }

    Answer propose(String command) {
        Answer answer = new Answer();
        turn.propose(GROUP, command.getBytes(UTF_8), answer);
        turn();
        return answer;
    }

    Answer read() {
        Answer answer = new Answer();
        turn.read(GROUP, answer);
        turn();
        return answer;
    }

    /** Inputs that follow are one batch, until {@link #turn}. */
    Bench hold() {
        held = true;
        return this;
    }

    Bench go() {
        held = false;
        return this;
    }

    List<Sent> turn() {
        if (held) {
            return List.of();
        }
        int before = sent.size();
        turn.prepare(nowMs);
        turn.save();
        turn.finish(nowMs);
        return List.copyOf(sent.subList(before, sent.size()));
    }

    /** Elected by node 2 (and 3 of five) in the next term. */
    Bench lead() {
        pass(ELECTION_MAX_MS);
        for (int voter = 2; voter <= voters / 2 + 1; voter++) {
            receive(voter, new PreVoteReply(status().currentTerm() + 1, true));
        }
        long term = status().currentTerm();
        for (int voter = 2; voter <= voters / 2 + 1; voter++) {
            receive(voter, new RequestVoteReply(term, true));
        }
        Invariant.check(status().role() == RaftStatus.Role.LEADER, "it was elected");
        return this;
    }

    /** A follower acknowledges all up to {@code index} with the newest round. */
    List<Sent> ack(int from, long index) {
        return ack(from, index, lastRound());
    }

    List<Sent> ack(int from, long index, long round) {
        return receive(from, new AppendEntriesReply(status().currentTerm(), true, index, 0, 0, round, true));
    }

    /** Round of the last AppendEntries or chunk that was sent. */
    long lastRound() {
        for (int i = sent.size() - 1; i >= 0; i--) {
            if (sent.get(i).message() instanceof AppendEntries append) {
                return append.round();
            }
            if (sent.get(i).message() instanceof InstallSnapshot chunk) {
                return chunk.round();
            }
        }
        return 0;
    }

    /** AppendEntries of leader 2. */
    static AppendEntries append(
            long term, long prevLogIndex, long prevLogTerm, List<Entry> entries, long leaderCommit) {
        long last = prevLogIndex + entries.size();
        return new AppendEntries(term, 2, prevLogIndex, prevLogTerm, entries, leaderCommit, last, 1);
    }

    // --- outputs ---

    RaftStatus status() {
        return turn.status(GROUP);
    }

    /** Terms of the saved log. */
    List<Long> savedTerms() {
        return log.stream().map(Entry::term).toList();
    }

    LogStart savedStart() {
        return logStart;
    }

    HardState savedHardState() {
        return hardState;
    }

    /** The messages of one kind among {@code sent}. */
    static <M extends Message> List<M> only(Class<M> kind, List<Sent> sent) {
        return sent.stream()
                .map(Sent::message)
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    static <M extends Message> M one(Class<M> kind, List<Sent> sent) {
        List<M> found = only(kind, sent);
        Invariant.check(found.size() == 1, "one " + kind.getSimpleName() + " in " + sent);
        return found.get(0);
    }

    // --- ports ---

    @Override
    public void send(int groupId, int to, Message message) {
        sent.add(new Sent(to, message));
        order.add(message);
    }

    @Override
    public Restored restore(int groupId) {
        return new Restored(hardState, logStart, List.copyOf(log), forgetful);
    }

    @Override
    public void recovered(int groupId) {
        recovered = true;
    }

    @Override
    public void save(List<Save> saves) {
        if (failsToSave) {
            throw new IllegalStateException("disk failed");
        }
        for (Save save : saves) {
            order.add(save);
            if (save.hardState() != null) {
                hardState = save.hardState();
            }
            if (save.install() != null) {
                save.install().install();
            }
            if (save.logStart() != null) {
                startAt(save.logStart());
            }
            if (!save.entries().isEmpty()) {
                long first = save.entries().get(0).index();
                log.removeIf(entry -> entry.index() >= first);
                log.addAll(save.entries());
            }
        }
    }

    private void startAt(LogStart start) {
        boolean known = start.index() == logStart.index()
                || log.stream().anyMatch(entry -> entry.index() == start.index() && entry.term() == start.term());
        log.removeIf(entry -> !known || entry.index() <= start.index());
        logStart = start;
    }

    @Override
    public void apply(Runnable effects) {
        effects.run();
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
