package kvctl.node.sim;

import java.util.List;
import kvctl.sim.Outcome;
import kvctl.sim.Simulation;

/**
 * One seed of a whole cluster from beginning to end: first chaos with configurations that come and go under clients, and
 * nothing may break; then everything heals, and moves must end, replicas become equal, all clients be answered and their
 * history be explained. The same seed is the same run, so a failing one is run again with a recorded trace.
 */
public final class ClusterRun {
    /** After healing; a client may wait for its time limit, a node for its next question for the map. */
    private static final long CONVERGE_MS = 30_000;

    private static final int REPORT_ROWS = 120;

    private final long seed;
    private final Shape shape;
    private final Simulation simulation;
    private final ShardSwarm swarm;
    private final KvCluster cluster;
    private final Load load;
    private final ClusterChaos chaos;

    private ClusterRun(long seed, Shape shape) {
        this.seed = seed;
        this.shape = shape;
        this.simulation = new Simulation(seed);
        this.swarm = ShardSwarm.draw(simulation.random("swarm"), shape);
        this.cluster = new KvCluster(simulation, swarm.topology(), swarm.pace(), true);
        cluster.clientTimeout(swarm.patienceMs());
        this.load = new Load(cluster, swarm.load());
        this.chaos = new ClusterChaos(cluster, swarm);
    }

    /** Runs a seed, and draws the cluster's size too; the trace's end is kept if it fails. */
    public static Outcome run(long seed) {
        return run(seed, Shape.DRAWN);
    }

    /** Runs a seed; the trace's end is kept if it fails. */
    public static Outcome run(long seed, Shape shape) {
        Outcome outcome = new ClusterRun(seed, shape).run(0);
        return outcome.broken() == null ? outcome : recorded(seed, shape, REPORT_ROWS);
    }

    /** Runs a seed and keeps the last {@code rows} rows of its trace. */
    public static Outcome recorded(long seed, Shape shape, int rows) {
        return new ClusterRun(seed, shape).run(rows);
    }

    private Outcome run(int rows) {
        if (rows > 0) {
            cluster.recordTrace();
        }
        Breach breach = null;
        try {
            begin();
            cluster.runFor(swarm.chaosMs());
            converge();
        } catch (Breach broken) {
            breach = broken;
        }
        return new Outcome(
                seed,
                swarm,
                breach,
                simulation.events(),
                simulation.nowUs() / 1000,
                simulation.trace().hash(),
                List.of(
                        new Outcome.Count("configurations", cluster.checks().configurations()),
                        new Outcome.Count("moves", cluster.checks().finishedMoves()),
                        new Outcome.Count("requests done", load.done()),
                        new Outcome.Count("unknown", load.unknown()),
                        new Outcome.Count("faults", chaos.count())),
                "kvctl simulate --trace " + shape.options() + "--seed ",
                rows > 0 ? simulation.trace().tail(rows) : "");
    }

    private void begin() {
        chaos.setClocks();
        cluster.startAll();
        if (swarm.filler() > 0) {
            load.fill(swarm.filler(), swarm.fillerBytes());
        }
        chaos.begin();
        load.start();
    }

    private void converge() {
        load.stop();
        chaos.end();
        simulation.trace().comment(simulation.nowUs(), () -> "everything heals");
        cluster.awaitQuiet(CONVERGE_MS);
        load.clients().forEach(client -> client.kv().setRequestTimeoutMs(CONVERGE_MS));
        load.verify();
        cluster.awaitQuiet(CONVERGE_MS);
    }
}
