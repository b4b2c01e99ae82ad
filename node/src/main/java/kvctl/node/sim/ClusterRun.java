package kvctl.node.sim;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import kvctl.sim.Chaos;
import kvctl.sim.Outcome;
import kvctl.sim.Simulation;
import kvctl.sim.Timetable;

/**
 * One seed of a whole cluster from beginning to end: first chaos with configurations that come and go under clients, and
 * nothing may break; then everything heals, and moves must end, replicas become equal, all clients be answered and their
 * history be explained. The same seed is the same run, so a failing one is run again with a recorded trace.
 */
public final class ClusterRun {
    /** After healing; a client may wait for its time limit, a node for its next question for the map. */
    private static final long CONVERGE_MS = 30_000;

    private static final int REPORT_ROWS = 120;

    private final Options options;
    private final Simulation simulation;
    private final ShardSwarm swarm;
    private final KvCluster cluster;
    private final Load load;
    private final ClusterChaos chaos;

    /**
     * What is run.
     *
     * @param only numbers of the faults that are done, by the seed's {@link Timetable}; null: all that the seed draws
     */
    public record Options(long seed, Shape shape, Set<Integer> only) {
        /** A seed with all its faults. */
        public static Options of(long seed, Shape shape) {
            return new Options(seed, shape, null);
        }

        public Options only(Collection<Integer> numbers) {
            return new Options(seed, shape, Set.copyOf(numbers));
        }

        /** The command that runs it again, without the seed's number. */
        String again() {
            String faults = only == null
                    ? ""
                    : "--only "
                            + (only.isEmpty()
                                    ? "none"
                                    : only.stream()
                                            .sorted()
                                            .map(String::valueOf)
                                            .collect(Collectors.joining(",")))
                            + " ";
            return "kvctl simulate --trace " + shape.options() + faults + "--seed ";
        }
    }

    /** @param again what to do again; null: draws */
    private ClusterRun(Options options, Timetable again) {
        this.options = options;
        this.simulation = new Simulation(options.seed());
        this.swarm = ShardSwarm.draw(simulation.random("swarm"), options.shape());
        this.cluster = new KvCluster(simulation, swarm.topology(), swarm.pace(), true);
        cluster.clientTimeout(swarm.patienceMs());
        this.load = new Load(cluster, swarm.load());
        this.chaos = new ClusterChaos(cluster, swarm, again == null ? null : new Chaos.Again(again, options.only()));
    }

    private static ClusterRun of(Options options) {
        return new ClusterRun(options, options.only() == null ? null : timetable(options));
    }

    /** All that a seed does, up to where it breaks if it does. */
    public static Timetable timetable(Options options) {
        ClusterRun all = new ClusterRun(Options.of(options.seed(), options.shape()), null);
        all.run(0);
        return all.chaos.timetable();
    }

    /** Runs a seed, and draws the cluster's size too; the trace's end is kept if it fails. */
    public static Outcome run(long seed) {
        return run(Options.of(seed, Shape.DRAWN), new Coverage());
    }

    /** Runs a seed and counts what met what; the trace's end is kept if it fails. */
    public static Outcome run(Options options, Coverage coverage) {
        ClusterRun run = of(options);
        Outcome outcome = run.run(0);
        coverage.add(run.cluster.underway());
        return outcome.broken() == null ? outcome : recorded(options, REPORT_ROWS);
    }

    /** Runs a seed and keeps the last {@code rows} rows of its trace. */
    public static Outcome recorded(Options options, int rows) {
        return of(options).run(rows);
    }

    /** Does again what is left of a timetable of the same seed and shape. */
    static Outcome again(Options options, Timetable timetable) {
        return new ClusterRun(options, timetable).run(0);
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
                options.seed(),
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
                options.again(),
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
