package kvctl.protocol;

import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * One rule of a fault that somebody made on purpose: on a directed link between two nodes, or in one node (HAZARDS A10).
 * A cut in both directions, or between sets of nodes, is many rules under one id. {@link #parse} and {@link #text} are
 * its one text form; nodes have names there and ids here. Immutable.
 *
 * <p>Constructors throw {@link IllegalArgumentException} with one line for a user if a number is out of its bounds.
 */
public sealed interface Fault {
    /** Longest delay and jump of a clock, in ms. */
    int MS_MAX = 3_600_000;

    /** Longest wait at each sync, in ms. */
    int SYNC_MS_MAX = 60_000;

    /** Chances are counted in hundredths of a percent: this many are 100%. */
    int CERTAIN = 10_000;

    /** Slowest and fastest clock, in thousandths of its rate. */
    int RATE_MIN = 10;

    int RATE_MAX = 100_000;

    /** On what {@code from} sends to {@code to}; never on the other direction. */
    sealed interface OfLink extends Fault {
        int from();

        int to();
    }

    /** In a node. */
    sealed interface OfNode extends Fault {
        int node();
    }

    /** No byte crosses. Acknowledgements of TCP itself can't be kept back. */
    record Cut(int from, int to) implements OfLink {
        public Cut {
            FaultText.checkLink(from, to);
        }
    }

    /** Each message is {@code delayMs} late, give or take up to {@code jitterMs}; order is kept. */
    record Delay(int from, int to, int delayMs, int jitterMs) implements OfLink {
        public Delay {
            FaultText.checkLink(from, to);
            FaultText.checkRange("A delay in ms", delayMs, 1, MS_MAX);
            FaultText.checkRange("The jitter of " + delayMs + " ms", jitterMs, 0, delayMs);
        }
    }

    /** Each message is lost with this chance. */
    record Drop(int from, int to, int chance) implements OfLink {
        public Drop {
            FaultText.checkLink(from, to);
            FaultText.checkChance(chance);
        }
    }

    /** Each message comes twice with this chance. */
    record Duplicate(int from, int to, int chance) implements OfLink {
        public Duplicate {
            FaultText.checkLink(from, to);
            FaultText.checkChance(chance);
        }
    }

    /** Each message is held back with this chance, for up to {@code withinMs}, and those behind it overtake it. */
    record Reorder(int from, int to, int chance, int withinMs) implements OfLink {
        public Reorder {
            FaultText.checkLink(from, to);
            FaultText.checkChance(chance);
            FaultText.checkRange("A delay in ms", withinMs, 1, MS_MAX);
        }
    }

    /** Messages are held back, as far as there is room for them, and delivered when the fault is healed. */
    record Clog(int from, int to) implements OfLink {
        public Clog {
            FaultText.checkLink(from, to);
        }
    }

    /** Each sync of the disk takes this much longer. */
    record SlowDisk(int node, int syncMs) implements OfNode {
        public SlowDisk {
            FaultText.checkNode(node);
            FaultText.checkRange("The wait of a sync in ms", syncMs, 1, SYNC_MS_MAX);
        }
    }

    /** Writes fail, there is no space left. */
    record FullDisk(int node) implements OfNode {
        public FullDisk {
            FaultText.checkNode(node);
        }
    }

    /** The next sync fails, which stops the node (HAZARDS D8). */
    record FailingDisk(int node) implements OfNode {
        public FailingDisk {
            FaultText.checkNode(node);
        }
    }

    /** The clock that timers run by jumps by so many ms, also back; and back again when the fault is healed. */
    record ClockJump(int node, int offsetMs) implements OfNode {
        public ClockJump {
            FaultText.checkNode(node);
            FaultText.checkRange("The jump of a clock in ms", offsetMs, -MS_MAX, MS_MAX);
        }
    }

    /** The clock that timers run by goes so many thousandths as fast; it does not jump when the fault is healed. */
    record ClockRate(int node, int permille) implements OfNode {
        public ClockRate {
            FaultText.checkNode(node);
            FaultText.checkRange("The rate of a clock in thousandths", permille, RATE_MIN, RATE_MAX);
        }
    }

    /** True if the node has a part in enforcing it. */
    default boolean concerns(int nodeId) {
        if (this instanceof OfLink link) {
            return link.from() == nodeId || link.to() == nodeId;
        }
        return ((OfNode) this).node() == nodeId;
    }

    /**
     * Reads the text form, say {@code delay n1>n2 80ms jitter 20ms}.
     *
     * @param ids id of a named node; throws {@link IllegalArgumentException} if there is none
     * @throws IllegalArgumentException with one line for a user
     */
    static Fault parse(String text, ToIntFunction<String> ids) {
        return FaultText.parse(text, ids);
    }

    /** The text form; {@link #parse} reads it back equal. */
    default String text(IntFunction<String> names) {
        return FaultText.print(this, names);
    }
}
