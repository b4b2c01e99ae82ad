package kvctl.sim;

import java.util.random.RandomGenerator;
import kvctl.raft.RaftConfig;

/**
 * What one seed does to its group: its size and limits, its clients, and the faults that {@link Chaos} injects.
 *
 * @param nodes number of nodes
 * @param chaosMs how long faults last; afterwards everything heals and the group must converge
 * @param links faults of every link
 * @param limits of every replica
 * @param snapshotBytes size of a snapshot
 * @param faults of processes and disks
 * @param proposeMs mean time between proposals, in virtual ms
 * @param readMs mean time between reads; 0: there are none
 * @param commandBytes largest command
 */
public record Swarm(
        int nodes,
        int chaosMs,
        LinkFaults links,
        RaftConfig.Limits limits,
        int snapshotBytes,
        Faults faults,
        int proposeMs,
        int readMs,
        int commandBytes) {
    /** Shortest election timeout; the longest is twice as long. */
    static final int ELECTION_MS = 300;

    /** Draws the options of a seed. */
    public static Swarm draw(int nodes, RandomGenerator random) {
        Dice dice = new Dice(random, ELECTION_MS);
        return new Swarm(
                nodes,
                dice.oneOf(3_000, 6_000, 15_000),
                LinkFaults.draw(dice),
                limits(dice),
                dice.oneOf(0, 100, 2_000),
                Faults.draw(dice),
                dice.oneOf(2, 10, 30, 100),
                dice.maybeOneOf(10, 50),
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
}
