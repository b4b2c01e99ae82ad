package kvctl.node.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import kvctl.node.Topology;
import kvctl.node.meta.Pace;
import kvctl.sim.LinkFaults;

/**
 * What one seed does to its cluster. Every fault is on in some seeds and off in others: a fault that is always there hides
 * bugs that need its absence. Rates are mean times between faults, in virtual ms; 0 turns the fault off.
 *
 * @param nodes number of nodes
 * @param groups number of groups at the beginning
 * @param shards number of shards
 * @param chaosMs how long faults last; afterwards everything heals and the cluster must converge
 * @param snapshotEntries the logs are cut after so many entries
 * @param links faults of the links between nodes
 * @param clientLoss share of the frames between clients and nodes that break their connection
 * @param clientDelayMs mean delay of these frames
 * @param changeMs between requests to join, leave or move
 * @param steerMs between requests to pause, resume or throttle moves
 * @param crashMs a process is killed, and started again later; of its unsynced commits a prefix is left
 * @param powerCutMs all processes are killed at once
 * @param forgetMs a crashed disk comes back older than its promises; of each group one at a time
 * @param transferMs leadership of some group is to be handed to some node
 * @param pauseMs a process stands still
 * @param partitionMs links are cut, in one of several shapes
 * @param clientCutMs a client is cut from some nodes
 * @param diskErrorMs one of the next writes or syncs of a disk fails
 * @param slowDiskMs a disk is slow for a while
 * @param clockDrift clocks run up to this share faster or slower
 * @param load of the clients
 * @param filler keys that are there from the beginning
 * @param fillerBytes size of their values
 * @param pace how moves are cut into steps
 * @param patienceMs time limit of the clients
 */
public record ShardSwarm(
        int nodes,
        int groups,
        int shards,
        int chaosMs,
        int snapshotEntries,
        LinkFaults links,
        double clientLoss,
        int clientDelayMs,
        int changeMs,
        int steerMs,
        int crashMs,
        int powerCutMs,
        int forgetMs,
        int transferMs,
        int pauseMs,
        int partitionMs,
        int clientCutMs,
        int diskErrorMs,
        int slowDiskMs,
        double clockDrift,
        Load.Options load,
        int filler,
        int fillerBytes,
        Pace pace,
        int patienceMs) {
    private static final int HEARTBEAT_MS = 50;
    private static final int ELECTION_MS = 200;
    private static final int FIRST_PORT = 7101;

    /** Draws the options of a seed. */
    public static ShardSwarm draw(RandomGenerator random) {
        Dice dice = new Dice(random);
        return new ShardSwarm(
                dice.oneOf(3, 3, 4, 5),
                dice.oneOf(1, 2, 3),
                dice.oneOf(2, 5, 8),
                dice.oneOf(1_500, 2_500, 4_000),
                dice.oneOf(4, 20, 100, 10_000),
                new LinkFaults(
                        dice.oneOf(50, 200, 1_000),
                        dice.oneOf(100, 500, 5_000, 20_000),
                        dice.maybe(0.2),
                        dice.maybe(0.3),
                        dice.maybe(1.0),
                        dice.maybe(0.05),
                        dice.maybe(0.2)),
                dice.maybe(0.05),
                dice.oneOf(0, 1, 10),
                dice.oneOf(150, 400, 1_000),
                dice.maybeEvery(700),
                dice.maybeEvery(300, 700, 1_500),
                random.nextInt(6) == 0 ? 1_000 : 0,
                random.nextInt(4) == 0 ? 700 : 0,
                dice.maybeEvery(300),
                dice.maybeEvery(400, 1_000),
                dice.maybeEvery(400, 1_000),
                dice.maybeEvery(500),
                dice.maybeEvery(500, 1_500),
                dice.maybeEvery(1_000),
                dice.maybe(0.1),
                new Load.Options(
                        1 + random.nextInt(4), dice.oneOf(2, 8, 30), dice.oneOf(0, 10, 40), 0.35, dice.maybe(0.5)),
                dice.oneOf(0, 40, 120),
                dice.oneOf(1, 30, 300),
                new Pace(
                        dice.oneOf(1, 2, 8),
                        dice.oneOf(1, 200, 2_000, 64 << 10),
                        dice.oneOf(0, 3, 64),
                        dice.oneOf(3, 50),
                        2_000),
                dice.oneOf(300, 1_000, 4_000));
    }

    /** The nodes, and the groups of the beginning; three replicas each, the controller on the first three. */
    public Topology topology() {
        List<Topology.Group> made = new ArrayList<>();
        for (int group = 1; group <= groups; group++) {
            int first = group - 1;
            made.add(new Topology.Group(
                    group,
                    "g" + group,
                    IntStream.range(0, 3)
                            .map(i -> 1 + (first + i) % nodes)
                            .sorted()
                            .boxed()
                            .toList()));
        }
        return topology(shards, nodes, snapshotEntries, 16 << 20, made);
    }

    /** A topology with the timing of simulations; the controller is on the first three nodes. */
    static Topology topology(
            int shards, int nodes, int snapshotEntries, int snapshotBytes, List<Topology.Group> groups) {
        Topology.Settings settings = new Topology.Settings(
                Topology.Settings.DEFAULT.heapBytes(), snapshotEntries, snapshotBytes, HEARTBEAT_MS, ELECTION_MS, true);
        List<Topology.Node> made = IntStream.rangeClosed(1, nodes)
                .mapToObj(id -> new Topology.Node(id, "n" + id, "127.0.0.1", FIRST_PORT + id - 1, settings))
                .toList();
        return new Topology("sim", shards, made, List.of(1, 2, 3), groups);
    }

    private record Dice(RandomGenerator random) {
        int oneOf(int... values) {
            return values[random.nextInt(values.length)];
        }

        /** Off in half of the seeds, else anything up to {@code max}. */
        double maybe(double max) {
            return random.nextBoolean() ? 0 : Math.round(random.nextDouble() * max * 100) / 100.0;
        }

        /** Off in half of the seeds. */
        int maybeEvery(int... values) {
            int drawn = random.nextInt(2 * values.length);
            return drawn < values.length ? values[drawn] : 0;
        }
    }
}
