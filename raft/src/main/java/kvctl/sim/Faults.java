package kvctl.sim;

/**
 * What {@link Chaos} does to processes, disks and whole sets of links in one seed; what single links do to messages is in
 * {@link LinkFaults}. Rates are mean times between faults, in virtual ms; 0 turns the fault off.
 *
 * @param longMs mean length of the longer ones of pauses and partitions: some election timeouts
 * @param crashMs a process is killed, with its write on the way kept, lost or torn, and started again later
 * @param powerCutMs all processes are killed at once
 * @param rollbackMs a crashed disk comes back older than its promises; on a minority at a time
 * @param pauseMs a process stands still, for up to some election timeouts
 * @param partitionMs links are cut, in one of several shapes
 * @param diskErrorMs one of the next writes of a disk fails
 * @param slowDiskMs a disk is slow for a while
 * @param clockDrift clocks run up to this share faster or slower
 * @param transferMs leadership is to be handed to some node
 */
public record Faults(
        int longMs,
        int crashMs,
        int powerCutMs,
        int rollbackMs,
        int pauseMs,
        int partitionMs,
        int diskErrorMs,
        int slowDiskMs,
        double clockDrift,
        int transferMs) {
    /** Draws the faults of a seed. */
    public static Faults draw(Dice dice) {
        return new Faults(
                5 * dice.electionMs(),
                dice.maybeOneOf(dice.times(500, 1_000, 3_000)),
                dice.maybeOneOf(dice.times(4_000, 8_000)),
                dice.random().nextInt(4) == 0 ? dice.oneOf(dice.times(1_000, 3_000)) : 0,
                dice.maybeOneOf(dice.times(1_000, 3_000)),
                dice.maybeOneOf(dice.times(400, 1_000, 3_000)),
                dice.maybeOneOf(dice.times(1_000, 4_000)),
                dice.maybeOneOf(dice.times(1_000, 4_000)),
                dice.maybe(0.1),
                dice.maybeOneOf(dice.times(300, 1_000, 3_000)));
    }
}
