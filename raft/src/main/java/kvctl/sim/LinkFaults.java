package kvctl.sim;

import java.util.List;

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

    /** What {@link #has} knows. */
    static final List<Fault.Kind> KINDS = List.of(
            Fault.Kind.DELAY,
            Fault.Kind.DROP,
            Fault.Kind.DUPLICATE,
            Fault.Kind.REORDER,
            Fault.Kind.LATE,
            Fault.Kind.REPLAY);

    /** True if links do this; a mean delay is a fault if it is ten times that of a healthy network. */
    boolean has(Fault.Kind kind) {
        return kind == Fault.Kind.DELAY ? delayMeanUs > 10 * NONE.delayMeanUs : chance(kind) > 0;
    }

    private double chance(Fault.Kind kind) {
        return switch (kind) {
            case DROP -> loss;
            case DUPLICATE -> duplicate;
            case REORDER -> reorder;
            case LATE -> longReorder;
            case REPLAY -> replay;
            default -> 0;
        };
    }

    /** For people. */
    String text(Fault.Kind kind) {
        String share = Chaos.percent(chance(kind)) + " of all messages ";
        return switch (kind) {
            case DELAY -> "messages are some " + delayMeanUs / 1000 + " ms on their way";
            case DROP -> share + "are lost";
            case DUPLICATE -> share + "arrive twice";
            case REORDER -> share + "may overtake others";
            case LATE -> share + "are late by 0.2 to 2.2 s";
            case REPLAY -> "behind " + share + "an old one arrives again";
            default -> kind.word();
        };
    }

    /** The same without one fault. */
    LinkFaults without(Fault.Kind kind) {
        return new LinkFaults(
                kind == Fault.Kind.DELAY ? NONE.delayMinUs : delayMinUs,
                kind == Fault.Kind.DELAY ? NONE.delayMeanUs : delayMeanUs,
                kind == Fault.Kind.DROP ? 0 : loss,
                kind == Fault.Kind.DUPLICATE ? 0 : duplicate,
                kind == Fault.Kind.REORDER ? 0 : reorder,
                kind == Fault.Kind.LATE ? 0 : longReorder,
                kind == Fault.Kind.REPLAY ? 0 : replay);
    }
}
