package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import kvctl.raft.RaftConfig;
import kvctl.raft.RaftStatus;

/**
 * A cluster with the verbs of the MIT 6.5840 tests: servers are connected or not, a command is submitted once or until it is
 * agreed on. Times are theirs: heartbeats every 100 ms, about a second to elect.
 *
 * <p>Their logs begin with the first command. Ours begin with a leader's no-op, and each new term adds one, so where they
 * count indexes this counts commands.
 */
final class MitCluster {
    final SimCluster cluster;
    final RandomGenerator random;
    final int size;
    private final TreeSet<Integer> connected;

    MitCluster(long seed, int size) {
        this(seed, size, RaftConfig.Limits.DEFAULT);
    }

    MitCluster(long seed, int size, RaftConfig.Limits limits) {
        this.size = size;
        cluster = new SimCluster(new Simulation(seed), new SimCluster.Options(size, 1, 100, 300, 600, limits, 200));
        random = cluster.simulation().random("scenario");
        connected = new TreeSet<>(cluster.nodeIds());
        cluster.startAll();
    }

    /** With a snapshot about every ten entries, as in their snapshot tests. */
    static MitCluster withSnapshots(long seed, int size) {
        return new MitCluster(seed, size, RaftConfig.Limits.DEFAULT.withSnapshots(10, 1_000, 2));
    }

    MitCluster unreliable() {
        cluster.network().faults(LinkFaults.UNRELIABLE);
        return this;
    }

    /** The {@code n}-th server behind {@code nodeId}, around the circle. */
    int next(int nodeId, int n) {
        return (nodeId - 1 + n) % size + 1;
    }

    int randomNode() {
        return 1 + random.nextInt(size);
    }

    // --- links and processes ---

    void connect(int nodeId) {
        connected.add(nodeId);
        rewire();
    }

    void connectAll() {
        connected.addAll(cluster.nodeIds());
        rewire();
    }

    void disconnect(int... nodeIds) {
        for (int nodeId : nodeIds) {
            connected.remove(nodeId);
        }
        rewire();
    }

    boolean isConnected(int nodeId) {
        return connected.contains(nodeId);
    }

    private void rewire() {
        for (int from : cluster.nodeIds()) {
            for (int to : cluster.nodeIds()) {
                if (connected.contains(from) && connected.contains(to)) {
                    cluster.network().heal(from, to);
                } else {
                    cluster.network().cut(from, to);
                }
            }
        }
    }

    void crash(int nodeId) {
        if (cluster.node(nodeId).up()) {
            cluster.crash(nodeId);
        }
    }

    void start(int nodeId) {
        if (!cluster.node(nodeId).up()) {
            cluster.start(nodeId);
        }
    }

    void crashAll() {
        cluster.nodeIds().forEach(this::crash);
    }

    void startAll() {
        cluster.startAll();
    }

    void sleep(long ms) {
        cluster.runFor(ms);
    }

    // --- leaders ---

    /** The leader of the highest term among connected running servers, 0 if there is none. */
    int leader() {
        int leader = 0;
        long term = -1;
        for (int nodeId : connected) {
            SimNode node = cluster.node(nodeId);
            if (node.up() && leads(nodeId) && term(nodeId) > term) {
                leader = nodeId;
                term = term(nodeId);
            }
        }
        return leader;
    }

    boolean leads(int nodeId) {
        return cluster.node(nodeId).status(SimCluster.GROUP).role() == RaftStatus.Role.LEADER;
    }

    long term(int nodeId) {
        return cluster.node(nodeId).status(SimCluster.GROUP).currentTerm();
    }

    /** Their checkOneLeader: a leader that a majority follows shows up within five seconds. */
    int checkOneLeader() {
        assertThat(cluster.until(this::followed, 5_000))
                .as("one leader, %s", cluster)
                .isTrue();
        return leader();
    }

    private boolean followed() {
        int leader = leader();
        if (leader == 0) {
            return false;
        }
        int followers = 0;
        for (int nodeId : connected) {
            SimNode node = cluster.node(nodeId);
            if (node.up()) {
                RaftStatus status = node.status(SimCluster.GROUP);
                followers += status.leaderId() == leader && status.currentTerm() == term(leader) ? 1 : 0;
            }
        }
        return followers > size / 2;
    }

    void checkNoLeader() {
        assertThat(leader())
                .as("no leader among connected servers, %s", cluster)
                .isZero();
    }

    // --- commands ---

    /** Submits one command at a server, once. */
    SimCluster.Proposal submit(int nodeId) {
        return cluster.propose(nodeId, 8);
    }

    /** Submits so many commands at a server, all at once. */
    List<SimCluster.Proposal> submit(int nodeId, int count) {
        return Stream.generate(() -> submit(nodeId)).limit(count).toList();
    }

    /** Their one(): has a command agreed on by {@code expected} servers within ten seconds, two per attempt. */
    long one(int expected) {
        return one(8, expected);
    }

    long one(int bytes, int expected) {
        return cluster.agree(this::leader, bytes, expected, 10_000);
    }

    /** {@link #one}, one after the other. */
    void agree(int expected, int count) {
        for (int i = 0; i < count; i++) {
            one(expected);
        }
    }

    /** Commands that some server has applied. */
    long commands() {
        return cluster.nodes().stream()
                .mapToLong(node -> node.disk().state(SimCluster.GROUP).commands())
                .max()
                .orElse(0);
    }

    /** Log and promise of the largest server, in bytes on disk. */
    long logBytes() {
        return cluster.nodes().stream()
                .mapToLong(node -> node.disk().raftBytes(SimCluster.GROUP))
                .max()
                .orElse(0);
    }
}
