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

    /**
     * What came of a seed.
     *
     * @param seed the seed
     * @param swarm what was done
     * @param violation the first broken property, or null
     * @param events number of events
     * @param simulatedMs virtual time that passed
     * @param traceHash equal for equal runs
     * @param committed entries committed
     * @param proposals proposals acknowledged
     * @param reads reads granted
     * @param terms terms that had a leader
     * @param faults faults injected, those of links not counted
     * @param trace the end of the recorded trace, empty unless asked for
     */
    public record Outcome(
            long seed,
            Swarm swarm,
            Violation violation,
            long events,
            long simulatedMs,
            long traceHash,
            long committed,
            long proposals,
            long reads,
            int terms,
            int faults,
            String trace) {
        /** What a person needs to look into a failure. */
        public String report() {
            return "seed " + seed + (violation == null ? " passed" : " FAILED: " + violation.getMessage())
                    + "\n  options  " + swarm
                    + "\n  run      " + simulatedMs + " ms, " + events + " events, " + committed + " committed, "
                    + proposals + " acknowledged, " + reads + " reads, " + terms + " terms, " + faults + " faults"
                    + "\n  again    mvn -pl raft test -Dtest=SimulatorSeedsTest -Dkvctl.seed=" + seed
                    + (trace.isEmpty() ? "" : "\n" + trace);
        }
    }

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
                simulation, new SimCluster.Options(nodes, 1, 50, 300, 600, swarm.limits(), swarm.snapshotBytes()));
        this.chaos = new Chaos(cluster, swarm);
    }

    /** Runs a seed on {@code nodes} nodes; the trace's end is kept if it fails. */
    public static Outcome run(long seed, int nodes) {
        Outcome outcome = new SeedRun(seed, nodes).run(0);
        return outcome.violation() == null ? outcome : recorded(seed, nodes, 200);
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
                checks.committed(),
                checks.answers().proposals(),
                checks.answers().reads(),
                checks.terms(),
                chaos.faults(),
                rows > 0 ? simulation.trace().tail(rows) : "");
    }

    private void chaos() {
        RandomGenerator clocks = simulation.random("clocks");
        for (SimNode node : cluster.nodes()) {
            double drift = swarm.clockDrift() * (2 * clocks.nextDouble() - 1);
            node.clock(1 + drift, clocks.nextInt(100_000));
        }
        cluster.startAll();
        chaos.begin();
        every(swarm.proposeMs(), () -> cluster.propose(someNode(), 8 + clients.nextInt(swarm.commandBytes())));
        every(swarm.readMs(), () -> cluster.read(someNode(), () -> {}));
        cluster.runFor(swarm.chaosMs());
    }

    private void converge() {
        chaos.end();
        clientsAreOver = true;
        simulation.trace().comment(simulation.nowUs(), () -> "everything heals");
        cluster.awaitLeader(ELECT_MS);
        cluster.agree(8, 1, CONVERGE_MS);
        cluster.awaitEqual(CONVERGE_MS);
    }

    private void every(int meanMs, Runnable request) {
        if (meanMs > 0) {
            simulation.after(Simulation.exponential(clients, meanMs * 1000L), () -> {
                if (!clientsAreOver) {
                    request.run();
                    every(meanMs, request);
                }
            });
        }
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
