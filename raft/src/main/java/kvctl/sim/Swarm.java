package kvctl.sim;

import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import kvctl.raft.RaftConfig;

/**
 * What one seed does to its cluster. Every fault is on in some seeds and off in others: a fault that is always there hides
 * bugs that need its absence. Rates are mean times between faults, in virtual ms; 0 turns the fault off.
 *
 * @param nodes number of nodes
 * @param chaosMs how long faults last; afterwards everything heals and the group must converge
 * @param links faults of every link
 * @param limits of every replica
 * @param snapshotBytes size of a snapshot
 * @param crashMs a process is killed, its write on the way kept, lost or torn, and started again later
 * @param powerCutMs all processes are killed at once
 * @param rollbackMs a crashed disk comes back older than its promises; on a minority of nodes at a time
 * @param pauseMs a process stands still, for up to some election timeouts
 * @param partitionMs links are cut, in one of several shapes
 * @param diskErrorMs one of the next writes of a disk fails
 * @param slowDiskMs a disk is slow for a while
 * @param clockDrift clocks run up to this share faster or slower
 * @param transferMs leadership is to be handed to some node
 * @param proposeMs between proposals
 * @param readMs between reads
 * @param commandBytes largest command
 */
public record Swarm(
        int nodes,
        int chaosMs,
        LinkFaults links,
        RaftConfig.Limits limits,
        int snapshotBytes,
        int crashMs,
        int powerCutMs,
        int rollbackMs,
        int pauseMs,
        int partitionMs,
        int diskErrorMs,
        int slowDiskMs,
        double clockDrift,
        int transferMs,
        int proposeMs,
        int readMs,
        int commandBytes) {

    /** Draws the options of a seed. */
    public static Swarm draw(int nodes, RandomGenerator random) {
        Dice dice = new Dice(random);
        return new Swarm(
                nodes,
                dice.oneOf(3_000, 6_000, 15_000),
                new LinkFaults(
                        dice.oneOf(50, 200, 2_000),
                        dice.oneOf(100, 1_000, 10_000, 40_000),
                        dice.maybe(0.3),
                        dice.maybe(0.5),
                        dice.maybe(1.0),
                        dice.maybe(0.1),
                        dice.maybe(0.3)),
                limits(dice),
                dice.oneOf(0, 100, 2_000),
                dice.maybeEvery(500, 1_000, 3_000),
                dice.maybeEvery(4_000, 8_000),
                random.nextInt(4) == 0 ? dice.oneOf(1_000, 3_000) : 0,
                dice.maybeEvery(1_000, 3_000),
                dice.maybeEvery(400, 1_000, 3_000),
                dice.maybeEvery(1_000, 4_000),
                dice.maybeEvery(1_000, 4_000),
                dice.maybe(0.1),
                dice.maybeEvery(300, 1_000, 3_000),
                dice.oneOf(2, 10, 30, 100),
                dice.maybeEvery(10, 50),
                dice.oneOf(8, 30, 300));
    }

    private static RaftConfig.Limits limits(Dice dice) {
        int snapshotEntries = dice.oneOf(1, 3, 10, 50, 1_000_000);
        return new RaftConfig.Limits(
                dice.oneOf(1, 200, 4_000, 1 << 20),
                dice.oneOf(1, 2, 8, 64),
                dice.oneOf(1, 2_000, 1 << 20),
                dice.oneOf(500, 20_000, 1 << 20),
                dice.oneOf(1, 10, 1_000),
                dice.oneOf(1, 500, 1 << 20),
                snapshotEntries,
                dice.oneOf(300, 10_000, 16 << 20),
                Math.min(dice.oneOf(0, 1, 5, 20), snapshotEntries - 1),
                dice.oneOf(16, 200, 100_000));
    }

    private record Dice(RandomGenerator random) {
        int oneOf(int... values) {
            return values[random.nextInt(values.length)];
        }

        /** Off in half of the seeds, else anything up to {@code max}. */
        double maybe(double max) {
            return random.nextBoolean() ? 0 : Math.round(random.nextDouble() * max * 100) / 100.0;
        }

        int maybeEvery(int... values) {
            int drawn = random.nextInt(2 * values.length);
            return IntStream.range(0, values.length)
                    .filter(i -> i == drawn)
                    .map(i -> values[i])
                    .findFirst()
                    .orElse(0);
        }
    }
}
