package kvctl.node.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import kvctl.node.Topology;
import kvctl.node.meta.Pace;
import kvctl.sim.Dice;
import kvctl.sim.Faults;
import kvctl.sim.LinkFaults;

/**
 * What one seed does to its cluster: its size and pace, its clients, changes of its configuration, and the faults that
 * {@link kvctl.sim.Chaos} injects. Rates are mean times, in virtual ms; 0 turns it off.
 *
 * @param nodes number of nodes
 * @param groups number of groups at the beginning
 * @param shards number of shards
 * @param chaosMs how long faults last; afterwards everything heals and the cluster must converge
 * @param snapshotEntries the logs are cut after so many entries
 * @param links faults of the links between nodes
 * @param faults of processes and disks
 * @param clientLoss share of the frames between clients and nodes that break their connection
 * @param clientDelayMs mean delay of these frames
 * @param changeMs between requests to join, leave or move
 * @param steerMs between requests to pause, resume or throttle moves
 * @param clientCutMs a client is cut from some nodes
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
        Faults faults,
        double clientLoss,
        int clientDelayMs,
        int changeMs,
        int steerMs,
        int clientCutMs,
        Load.Options load,
        int filler,
        int fillerBytes,
        Pace pace,
        int patienceMs) {
    private static final int HEARTBEAT_MS = 50;
    private static final int ELECTION_MS = 200;
    private static final int FIRST_PORT = 7101;

    /** Draws the options of a seed. What the shape asks for is drawn too, so that the rest is as it would be without. */
    public static ShardSwarm draw(RandomGenerator random, Shape shape) {
        Dice dice = new Dice(random, ELECTION_MS);
        return new ShardSwarm(
                asked(shape.nodes(), dice.oneOf(3, 3, 4, 5)),
                asked(shape.groups(), dice.oneOf(1, 2, 3)),
                Math.max(shape.groups(), dice.oneOf(2, 5, 8)),
                dice.oneOf(1_500, 2_500, 4_000),
                dice.oneOf(4, 20, 100, 10_000),
                LinkFaults.draw(dice),
                Faults.draw(dice),
                dice.maybe(0.05),
                dice.oneOf(0, 1, 10),
                dice.oneOf(150, 400, 1_000),
                dice.maybeOneOf(700),
                dice.maybeOneOf(500),
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

    private static int asked(int number, int drawn) {
        return number == 0 ? drawn : number;
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
}
