package kvctl.sim;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import kvctl.raft.Entry;
import kvctl.raft.Message;
import kvctl.raft.Outbox;
import kvctl.raft.RaftConfig;
import kvctl.raft.RaftStatus;
import kvctl.raft.Turn;
import kvctl.raft.Waiter;

/**
 * Nodes 1..n on one virtual clock, each with a replica of every group, under {@link Checks}. Verbs act at the current
 * instant; time passes only in {@link #runFor}, {@link #until} and the {@code await} verbs, which throw a {@link
 * Violation} as soon as a property is broken.
 */
public final class SimCluster {
    /** The only group, unless more are asked for. */
    public static final int GROUP = 1;

    /**
     * @param nodes number of nodes
     * @param groups number of groups, each with a replica on every node
     * @param heartbeatMs see {@link RaftConfig}
     * @param electionTimeoutMinMs see {@link RaftConfig}
     * @param electionTimeoutMaxMs see {@link RaftConfig}
     * @param limits see {@link RaftConfig}
     * @param snapshotBytes size of the state machines' snapshots, about
     */
    public record Options(
            int nodes,
            int groups,
            int heartbeatMs,
            int electionTimeoutMinMs,
            int electionTimeoutMaxMs,
            RaftConfig.Limits limits,
            int snapshotBytes) {
        public static Options of(int nodes) {
            return new Options(nodes, 1, 50, 300, 600, RaftConfig.Limits.DEFAULT, 100);
        }

        public Options withLimits(RaftConfig.Limits newLimits) {
            return new Options(
                    nodes, groups, heartbeatMs, electionTimeoutMinMs, electionTimeoutMaxMs, newLimits, snapshotBytes);
        }
    }

    private record Packet(int groupId, Message message) implements SimNetwork.Packet {
        @Override
        public long sizeBytes() {
            return Wire.sizeBytes(message);
        }

        @Override
        public long digest() {
            return Wire.digest(message);
        }

        @Override
        public String text() {
            return Wire.text(message);
        }
    }

    private final Simulation simulation;
    private final Options options;
    private final SimNetwork<Packet> network;
    private final TreeMap<Integer, SimDisk> disks = new TreeMap<>();
    private final TreeMap<Integer, SimNode> nodes = new TreeMap<>();
    private final TreeMap<Integer, Checks> checks = new TreeMap<>();
    private final TreeMap<Integer, Integer> waiting = new TreeMap<>();
    private Consumer<? super SimNode> onDiskFailure = node -> {};
    private Function<SimNode, RandomGenerator> timeouts = this::drawnTimeouts;

    public SimCluster(Simulation simulation, Options options) {
        this.simulation = simulation;
        this.options = options;
        this.network = new SimNetwork<>(simulation, options.nodes(), this::sent, this::receive);
        for (int nodeId = 1; nodeId <= options.nodes(); nodeId++) {
            SimDisk disk = new SimDisk(nodeId, simulation.random("disk " + nodeId), new DiskWatch());
            disks.put(nodeId, disk);
            nodes.put(nodeId, new SimNode(nodeId, simulation, disk, outboxOf(nodeId), this::program, new NodeWatch()));
        }
        for (int groupId = 1; groupId <= options.groups(); groupId++) {
            checks.put(groupId, new Checks(groupId, disks, logBytesMax(options.limits())));
        }
    }

    /** A cluster of {@code nodeCount} nodes with one group and healthy links, started. */
    public static SimCluster started(long seed, int nodeCount) {
        return new SimCluster(new Simulation(seed), Options.of(nodeCount)).startAll();
    }

    /**
     * A leader holds its log back for a snapshot on its way until it is four times as long (HAZARDS S6). Where a turn applies
     * less than a leader takes in, applying lags behind without a bound.
     */
    private static long logBytesMax(RaftConfig.Limits limits) {
        return limits.applyBytes() < limits.uncommittedBytes()
                ? Long.MAX_VALUE
                : 5 * limits.snapshotBytes() + 2 * limits.uncommittedBytes() + limits.messageBytes();
    }

    // --- wiring ---

    private void program(SimNode node, Turn turn, long nowMs) {
        List<Integer> voters = nodeIds();
        waiting.put(node.nodeId(), 0);
        for (int groupId : checks.keySet()) {
            RaftConfig config = new RaftConfig(
                    node.nodeId(),
                    voters,
                    options.heartbeatMs(),
                    options.electionTimeoutMinMs(),
                    options.electionTimeoutMaxMs(),
                    options.limits());
            SimMachine machine =
                    new SimMachine(groupId, node.nodeId(), node.disk(), options.snapshotBytes(), new MachineWatch());
            node.machines().put(groupId, machine);
            checks.get(groupId).started(node.nodeId());
            turn.add(groupId, config, machine, timeouts.apply(node), nowMs);
        }
    }

    /** Each group of a node has dice of its own: with the same ones all would elect at the same time (HAZARDS A7). */
    private RandomGenerator drawnTimeouts(SimNode node) {
        int group = node.machines().size();
        String name = "timeouts " + node.nodeId() + " " + node.incarnation();
        return simulation.random(group == GROUP ? name : name + " " + group);
    }

    /** Scripts choose who times out first. */
    void timeouts(Function<SimNode, RandomGenerator> chosen) {
        timeouts = chosen;
    }

    private Outbox outboxOf(int from) {
        return (groupId, to, message) -> network.send(from, to, new Packet(groupId, message));
    }

    private void sent(int from, int to, Packet packet) {
        int groupId = packet.groupId();
        Message message = packet.message();
        checks.get(groupId).sent(from, message);
        if (message instanceof Message.RequestVoteReply reply) {
            checks.get(groupId).voteSent(from, to, reply);
        }
    }

    private void receive(int from, int to, Packet packet) {
        nodes.get(to).receive(packet.groupId(), from, packet.message());
    }

    private final class DiskWatch implements SimDisk.Watcher {
        @Override
        public void saving(int groupId, int nodeId, DiskImage.Change change) {
            checks.get(groupId).saving(nodeId, change);
            simulation
                    .trace()
                    .note(simulation.nowUs(), nodeId, change.digest(), () -> "S" + nodeId + " saves " + change);
        }

        @Override
        public void durable(int groupId, int nodeId, List<Entry> entries) {
            checks.get(groupId).durable(nodeId, entries);
        }

        @Override
        public void recovered(int groupId, int nodeId) {
            checks.get(groupId).recovered(nodeId);
        }
    }

    private final class NodeWatch implements SimNode.Watcher {
        @Override
        public void stepped(SimNode node) {
            for (Map.Entry<Integer, Checks> group : checks.entrySet()) {
                RaftStatus status = node.status(group.getKey());
                group.getValue().stepped(node.nodeId(), node.incarnation(), status);
            }
        }

        @Override
        public void diskFailed(SimNode node) {
            onDiskFailure.accept(node);
        }
    }

    private final class MachineWatch implements SimMachine.Watcher {
        @Override
        public void applied(int groupId, int nodeId, Entry entry, SimMachine.State after) {
            checks.get(groupId).applied(nodeId, entry, after);
        }

        @Override
        public void applied(int groupId, int nodeId, List<Entry> entries) {
            long digest = entries.get(entries.size() - 1).index();
            simulation
                    .trace()
                    .note(simulation.nowUs(), nodeId, digest, () -> "S" + nodeId + " applies " + Wire.text(entries));
        }

        @Override
        public void installed(int groupId, int nodeId, SimMachine.State state) {
            checks.get(groupId).stateIs(nodeId, state);
            simulation
                    .trace()
                    .note(simulation.nowUs(), nodeId, state.hash(), () -> "S" + nodeId + " installs " + state);
        }
    }

    // --- parts ---

    public Simulation simulation() {
        return simulation;
    }

    public Options options() {
        return options;
    }

    public SimNetwork<?> network() {
        return network;
    }

    public SimNode node(int nodeId) {
        return nodes.get(nodeId);
    }

    public Collection<SimNode> nodes() {
        return nodes.values();
    }

    public List<Integer> nodeIds() {
        return IntStream.rangeClosed(1, options.nodes()).boxed().toList();
    }

    Checks checks() {
        return checks.get(GROUP);
    }

    Checks checks(int groupId) {
        return checks.get(groupId);
    }

    /** Waiters of running nodes that have no answer yet. */
    public int waiting() {
        return waiting.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** What to do when a disk fails a write; the node is down then. */
    public void onDiskFailure(Consumer<? super SimNode> reaction) {
        onDiskFailure = reaction;
    }

    /** Keeps the trace as text, with the replicas of the first group in its columns. */
    public SimCluster recordTrace() {
        simulation.trace().record(options.nodes(), this::stateOf);
        return this;
    }

    /** Role, term, commit index and last index, for a column of the trace. */
    public String stateOf(int nodeId) {
        SimNode node = nodes.get(nodeId);
        if (!node.up()) {
            return "down";
        }
        RaftStatus status = node.status(GROUP);
        char role = "FPCL".charAt(status.role().ordinal());
        return "" + role + status.currentTerm() + " " + status.commitIndex() + "/" + status.lastLogIndex()
                + (status.forgetful() ? "?" : "") + (node.paused() ? " zzz" : "");
    }

    // --- verbs on processes ---

    public SimCluster startAll() {
        nodes.values().stream().filter(node -> !node.up()).forEach(SimNode::start);
        return this;
    }

    public void crash(int nodeId) {
        crash(nodeId, SimDisk.Comeback.WHOLE);
    }

    public void crash(int nodeId, SimDisk.Comeback comeback) {
        waiting.put(nodeId, 0);
        nodes.get(nodeId).crash(comeback);
    }

    public void start(int nodeId) {
        nodes.get(nodeId).start();
    }

    public void restart(int nodeId) {
        crash(nodeId);
        start(nodeId);
    }

    public void pause(int nodeId) {
        nodes.get(nodeId).pause();
    }

    public void resume(int nodeId) {
        nodes.get(nodeId).resume();
    }

    // --- verbs on links ---

    public void isolate(int nodeId) {
        network.isolate(nodeId);
    }

    public void heal() {
        network.healAll();
    }

    // --- verbs of clients ---

    /** One proposal of a client; {@link #state} says what became of it. */
    public final class Proposal implements Waiter {
        private final byte[] command;
        private final int nodeId;
        private final int incarnation;
        private Failure failure;
        private long index;
        private int answersSeen;

        private Proposal(byte[] command, int nodeId) {
            this.command = command;
            this.nodeId = nodeId;
            this.incarnation = nodes.get(nodeId).incarnation();
        }

        /** True if it was committed and applied. */
        public boolean done() {
            return index > 0;
        }

        public boolean answered() {
            return answersSeen > 0;
        }

        /** Index of its entry; 0 unless {@link #done}. */
        public long index() {
            return index;
        }

        /** Why it failed, null if it did not. */
        public Failure failure() {
            return failure;
        }

        @Override
        public void done(long atIndex, Object reply) {
            index = atIndex;
            answeredNow();
            checks().answers().done(command, atIndex, reply);
        }

        @Override
        public void failed(Failure why) {
            failure = why;
            answeredNow();
            checks().answers().failed(command, why);
        }

        private void answeredNow() {
            Checks.require(++answersSeen == 1, Property.ANSWERED_ONCE, "a proposal at S%d has two answers", nodeId);
            answeredOnce(nodeId, incarnation);
        }
    }

    private void answeredOnce(int nodeId, int incarnation) {
        if (nodes.get(nodeId).incarnation() == incarnation) {
            waiting.merge(nodeId, -1, Integer::sum);
        }
    }

    /** Proposes a new command of {@code size} bytes at a node, whoever leads. */
    public Proposal propose(int nodeId, int size) {
        Proposal proposal = new Proposal(checks().answers().command(size), nodeId);
        if (nodes.get(nodeId).up()) {
            waiting.merge(nodeId, 1, Integer::sum);
            nodes.get(nodeId).execute(turn -> turn.propose(GROUP, proposal.command, proposal));
        }
        return proposal;
    }

    /** A linearizable read at a node; {@code granted} runs if it may be served. */
    public void read(int nodeId, Runnable granted) {
        SimNode node = nodes.get(nodeId);
        if (!node.up()) {
            return;
        }
        long before = checks().answers().acknowledged();
        int incarnation = node.incarnation();
        waiting.merge(nodeId, 1, Integer::sum);
        node.execute(turn -> turn.read(GROUP, new Waiter() {
            private int answersSeen;

            @Override
            public void done(long index, Object reply) {
                once();
                checks().answers().read(before, index, node.machine(GROUP).lastApplied());
                granted.run();
            }

            @Override
            public void failed(Failure why) {
                once();
            }

            private void once() {
                Checks.require(++answersSeen == 1, Property.ANSWERED_ONCE, "a read at S%d has two answers", nodeId);
                answeredOnce(nodeId, incarnation);
            }
        }));
    }

    /** Asks a node to hand leadership over. */
    public void transfer(int nodeId, int to) {
        SimNode node = nodes.get(nodeId);
        node.execute(turn -> turn.transferLeadership(GROUP, to, node.nowMs()));
    }

    // --- time ---

    public void runFor(long ms) {
        simulation.runFor(ms * 1000);
    }

    /** Lets time pass until {@code goal} holds; returns whether it came to hold within {@code limitMs}. */
    public boolean until(BooleanSupplier goal, long limitMs) {
        return simulation.runUntil(goal, limitMs * 1000);
    }

    /** The leader of the highest term among running nodes, 0 if there is none. */
    public int leader() {
        int leader = 0;
        long term = -1;
        for (SimNode node : nodes.values()) {
            if (node.up() && !node.paused()) {
                RaftStatus status = node.status(GROUP);
                if (status.role() == RaftStatus.Role.LEADER && status.currentTerm() > term) {
                    leader = node.nodeId();
                    term = status.currentTerm();
                }
            }
        }
        return leader;
    }

    /** Waits until a majority follows one leader; returns it. */
    public int awaitLeader(long limitMs) {
        Checks.require(until(this::led, limitMs), Property.CONVERGENCE, "no leader within %d ms", limitMs);
        return leader();
    }

    private boolean led() {
        int leader = leader();
        if (leader == 0) {
            return false;
        }
        long term = nodes.get(leader).status(GROUP).currentTerm();
        int followers = 0;
        for (SimNode node : nodes.values()) {
            if (node.up() && !node.paused()) {
                RaftStatus status = node.status(GROUP);
                followers += status.currentTerm() == term && status.leaderId() == leader ? 1 : 0;
            }
        }
        return followers > options.nodes() / 2;
    }

    /** Number of nodes whose state machine has applied {@code index}, as their process or their disk says. */
    public int appliedBy(long index) {
        int count = 0;
        for (SimDisk disk : disks.values()) {
            count += disk.state(GROUP).index() >= index ? 1 : 0;
        }
        return count;
    }

    /**
     * Has a new command committed and applied by at least {@code expected} nodes, proposing it again (as another command)
     * wherever a leader is, as the MIT tests' {@code one} does; returns its index.
     */
    public long agree(int size, int expected, long limitMs) {
        return agree(this::leader, size, expected, limitMs);
    }

    /** As the other one, with another idea of who leads. */
    long agree(IntSupplier leads, int size, int expected, long limitMs) {
        long endUs = simulation.nowUs() + limitMs * 1000;
        while (simulation.nowUs() < endUs) {
            int leader = leads.getAsInt();
            if (leader == 0) {
                runFor(20);
                continue;
            }
            Proposal proposal = propose(leader, size);
            long limitUs = Math.min(2_000_000, endUs - simulation.nowUs());
            simulation.runUntil(
                    () -> proposal.failure() != null || proposal.done() && appliedBy(proposal.index()) >= expected,
                    limitUs);
            if (proposal.done() && appliedBy(proposal.index()) >= expected) {
                return proposal.index();
            }
        }
        throw new Violation(
                Property.CONVERGENCE, "no agreement of " + expected + " nodes within " + limitMs + " ms: " + this);
    }

    /** Waits until all nodes have equal logs and states, nobody waits, and no replica is forgetful. */
    public void awaitEqual(long limitMs) {
        Checks.require(until(this::equal, limitMs), Property.CONVERGENCE, "not equal within %d ms: %s", limitMs, this);
    }

    private boolean equal() {
        SimDisk first = disks.get(1);
        for (SimNode node : nodes.values()) {
            if (!node.up() || node.status(GROUP).forgetful()) {
                return false;
            }
            DiskImage.Group group = node.disk().current(GROUP);
            if (!group.state.equals(first.state(GROUP))
                    || group.lastIndex() != first.current(GROUP).lastIndex()
                    || group.lastTerm() != first.current(GROUP).lastTerm()
                    || group.state.index() != group.lastIndex()) {
                return false;
            }
        }
        return waiting() == 0;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("at " + simulation.nowUs() / 1000 + " ms");
        for (int nodeId : nodeIds()) {
            text.append(", S").append(nodeId).append(' ').append(stateOf(nodeId));
            text.append(" applied ").append(disks.get(nodeId).state(GROUP).index());
        }
        return text.append(", waiting ").append(waiting()).toString();
    }
}
