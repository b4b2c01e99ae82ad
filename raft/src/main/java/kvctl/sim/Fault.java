package kvctl.sim;

import java.util.List;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;

/**
 * Something that a seed has drawn to be done, to whom. It names nodes and numbers and holds nothing of the run that drew it,
 * so that another run can do it again.
 *
 * @param text for people, in few words
 * @param parts done one after the other, at one instant
 */
public record Fault(Kind kind, String text, List<Part> parts) {
    /** What a deed returns that needs no end, or has one of its own. */
    public static final Runnable NO_END = () -> {};

    /** What can be done. */
    public enum Kind {
        /** A process ends at once, and is started again later. */
        KILL("kill"),
        /** All processes end at once. */
        POWER_CUT("power-cut"),
        /** A process ended, and of the writes that it had not synced some are lost. */
        LOST_WRITES("lost-writes"),
        /** A disk comes back older than it promised; in force until no replica is forgetful any more. */
        ROLLBACK("rollback"),
        /** A write or sync fails and ends the process; in force until that is started again. */
        DISK_ERROR("disk-error"),
        /** Saves take long. */
        SLOW_DISK("slow-disk"),
        /** A disk has no room, or nearly none. */
        FULL_DISK("full-disk"),
        /** A process stands still. */
        PAUSE("pause"),
        /** Clocks run fast or slow. */
        CLOCK("clock"),
        /** Two sides that do not reach each other. */
        PARTITION("partition"),
        /** Two sides, and one node that reaches both. */
        BRIDGE("bridge"),
        /** One node that reaches nobody. */
        ISOLATE("isolate"),
        /** Links that are cut in one direction. */
        ONE_WAY("one-way"),
        /** Messages are late. */
        DELAY("delay"),
        /** Messages are lost. */
        DROP("drop"),
        /** Messages arrive twice. */
        DUPLICATE("duplicate"),
        /** Messages overtake each other. */
        REORDER("reorder"),
        /** Some messages are late by many election timeouts. */
        LATE("late"),
        /** Old messages arrive again. */
        REPLAY("replay"),
        /** A client does not reach some nodes. */
        CLIENT_CUT("client-cut"),
        /** Connections of clients break. */
        CLIENT_DROP("client-drop"),
        /** Requests and answers of clients are late. */
        CLIENT_DELAY("client-delay"),
        /** No fault: something that is asked of a cluster, as any administrator may. */
        ASKED("asked");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /** Such faults end together: whoever ends one heals all links. */
        boolean cutsLinks() {
            return this == PARTITION || this == BRIDGE || this == ISOLATE || this == ONE_WAY;
        }

        /** Its name on the command line. */
        public String word() {
            return word;
        }
    }

    /** Does something to a target. */
    public interface Deed {
        /** Returns what ends it, or {@link #NO_END}; null if it can't be done as things stand, and nothing was done. */
        Runnable doTo(Chaos.Target on);
    }

    /**
     * One deed of a fault.
     *
     * @param lastsUs how long it lasts; drawn once it is done
     */
    public record Part(Deed deed, ToLongFunction<RandomGenerator> lastsUs) {}

    /** A fault of one part. */
    public static Fault of(Kind kind, String text, ToLongFunction<RandomGenerator> lastsUs, Deed deed) {
        return new Fault(kind, text, List.of(new Part(deed, lastsUs)));
    }

    /** So long in the mean. */
    public static ToLongFunction<RandomGenerator> about(int meanMs) {
        return dice -> Simulation.exponential(dice, meanMs * 1000L);
    }

    /** In one half of the cases so long in the mean, in the other half so. */
    static ToLongFunction<RandomGenerator> about(int oneMs, int otherMs) {
        return dice -> about(dice.nextBoolean() ? oneMs : otherMs).applyAsLong(dice);
    }

    /** A fault that has no end, or one of its own. */
    public static Fault endless(Kind kind, String text, Deed deed) {
        return of(kind, text, dice -> 0, deed);
    }
}
