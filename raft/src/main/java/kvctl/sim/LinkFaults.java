package kvctl.sim;

/**
 * How a directed link treats messages; probabilities from 0 to 1, times in microseconds of virtual time.
 *
 * @param delayMinUs shortest delay
 * @param delayMeanUs mean of the exponential delay on top; messages still keep their order, as on one connection
 * @param loss a message vanishes
 * @param duplicate a message arrives twice
 * @param reorder a message may overtake and be overtaken
 * @param longReorder a message is late by 0.2 to 2.2 s, mostly nearer to the first, out of order
 * @param replay an old message of the link, up to 16 messages back, arrives again
 */
public record LinkFaults(
        long delayMinUs,
        long delayMeanUs,
        double loss,
        double duplicate,
        double reorder,
        double longReorder,
        double replay) {
    /** A healthy local network. */
    public static final LinkFaults NONE = new LinkFaults(200, 300, 0, 0, 0, 0, 0);

    /** Unreliable as in the MIT 6.5840 tests: 0 to 26 ms delay and every tenth message lost. */
    public static final LinkFaults UNRELIABLE = new LinkFaults(100, 9_000, 0.1, 0, 1, 0, 0);

    /** Draws the faults of a seed. */
    public static LinkFaults draw(Dice dice) {
        return new LinkFaults(
                dice.oneOf(dice.times(50, 200, 2_000)),
                dice.oneOf(dice.times(100, 1_000, 10_000, 40_000)),
                dice.maybe(0.3),
                dice.maybe(0.5),
                dice.maybe(1.0),
                dice.maybe(0.1),
                dice.maybe(0.3));
    }

    public LinkFaults withLongReorder(double probability) {
        return new LinkFaults(delayMinUs, delayMeanUs, loss, duplicate, reorder, probability, replay);
    }
}
