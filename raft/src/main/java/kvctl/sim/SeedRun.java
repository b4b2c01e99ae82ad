package kvctl.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import kvctl.raft.RaftStatus;

/**
 * One seed from beginning to end: first chaos, under which nothing may break; then everything heals, and the group must
 * answer and become equal within a bound. The same seed is the same run, so a failing one is run again with a
 * recorded trace.
 */
public final class SeedRun {
    /** After healing: to elect a leader; ten of the longest election timeouts. */
    private static final long ELECT_MS = 6_000;
    /** To commit, and then to become equal; a backlog of thousands of entries goes one at a time in some seeds. */
    private static final long CONVERGE_MS = 30_000;

    private static final String AGAIN = "mvn -pl raft test -Dtest=SimulatorSeedsTest -Dkvctl.seed=";

    private final long seed;
    private final Swarm swarm;
    private final Simulation simulation;
    private final SimCluster cluster;
    private final Chaos chaos;
    private final RandomGenerator clients;
    private boolean clientsAreOver;

    private SeedRun(long seed, int nodes) {
        this.seed = seed;
        this.simulation = new Simulation(seed);
        this.swarm = Swarm.draw(nodes, simulation.random("swarm"));
        this.clients = simulation.random("clients");
        this.cluster = new SimCluster(
                simulation,
                new SimCluster.Options(
                        nodes, 1, 50, Swarm.ELECTION_MS, 2 * Swarm.ELECTION_MS, swarm.limits(), swarm.snapshotBytes()));
        this.chaos = new GroupChaos(cluster, swarm).chaos();
    }

    /** Runs a seed on {@code nodes} nodes; the trace's end is kept if it fails. */
    public static Outcome run(long seed, int nodes) {
        Outcome outcome = new SeedRun(seed, nodes).run(0);
        return outcome.broken() == null ? outcome : recorded(seed, nodes, 200);
    }

    /** Runs a seed and keeps the last {@code rows} rows of its trace. */
    public static Outcome recorded(long seed, int nodes, int rows) {
        return new SeedRun(seed, nodes).run(rows);
    }

    private Outcome run(int rows) {
        if (rows > 0) {
            cluster.recordTrace();
        }
        Violation violation = null;
        try {
            chaos();
            converge();
        } catch (Violation broken) {
            violation = broken;
        } catch (IllegalStateException broken) {
            violation = new Violation(Property.NODE_INVARIANT, broken.getMessage());
            violation.initCause(broken);
        }
        Checks checks = cluster.checks();
        return new Outcome(
                seed,
                swarm,
                violation,
                simulation.events(),
                simulation.nowUs() / 1000,
                simulation.trace().hash(),
                List.of(
                        new Outcome.Count("entries committed", checks.committed()),
                        new Outcome.Count(
                                "writes acknowledged", checks.answers().proposals()),
                        new Outcome.Count("reads", checks.answers().reads()),
                        new Outcome.Count("elections won", checks.terms()),
                        new Outcome.Count("faults", chaos.count())),
                AGAIN,
                rows > 0 ? simulation.trace().tail(rows) : "");
    }

    private void chaos() {
        chaos.setClocks();
        cluster.startAll();
        chaos.begin();
        every(swarm.proposeMs(), () -> cluster.propose(someNode(), 8 + clients.nextInt(swarm.commandBytes())));
        every(swarm.readMs(), () -> cluster.read(someNode(), () -> {}));
        cluster.runFor(swarm.chaosMs());
    }

    private void converge() {
        cluster.nodes().forEach(node -> node.disk().failWrite(0));
        chaos.end();
        clientsAreOver = true;
        simulation.trace().comment(simulation.nowUs(), () -> "everything heals");
        cluster.awaitLeader(ELECT_MS);
        cluster.agree(8, 1, CONVERGE_MS);
        cluster.awaitEqual(CONVERGE_MS);
    }

    private void every(int meanMs, Runnable request) {
        simulation.repeat(clients, meanMs, () -> clientsAreOver, request);
    }

    /** Mostly one that believes it leads, deposed and paused ones included; else anybody. */
    private int someNode() {
        List<Integer> leaders = new ArrayList<>();
        for (SimNode node : cluster.nodes()) {
            if (node.up() && node.status(SimCluster.GROUP).role() == RaftStatus.Role.LEADER) {
                leaders.add(node.nodeId());
            }
        }
        return leaders.isEmpty() || clients.nextInt(8) == 0
                ? 1 + clients.nextInt(swarm.nodes())
                : leaders.get(clients.nextInt(leaders.size()));
    }
}
