package kvctl.node.sim;

import java.util.Arrays;
import java.util.List;
import kvctl.sim.Fault;

/**
 * In how many runs which operation was under way while which fault was in force. Adding runs up is all that it does: a run
 * is the same whether it is counted or not. One thread at a time.
 */
public final class Coverage {
    /** What a cluster does. */
    public enum Operation {
        /** Requests of clients. */
        GET("get"),
        PUT("put"),
        APPEND("append"),
        DELETE("delete"),
        CAS("cas"),
        /** From when it is asked for until its last shard has arrived, or it is refused. */
        JOIN("join"),
        LEAVE("leave"),
        MOVE("move"),
        /** Moves are to pause, resume or go slower. */
        STEER("steer"),
        /** A leader is asked to hand over. */
        TRANSFER("transfer"),
        /** A candidate asks for votes. */
        ELECTION("elect"),
        /** A leader sends a piece of a snapshot. */
        SNAPSHOT("snapshot"),
        /** A shard on its way is still served where it was. */
        COPY("copy"),
        /** A shard on its way is served by nobody. */
        FREEZE("freeze"),
        /** A group takes in the pieces of a shard. */
        INSTALL("install"),
        /** The rows of a shard that has arrived elsewhere are still to be deleted. */
        CLEAR("clear");

        private final String word;

        Operation(String word) {
            this.word = word;
        }

        /** Its name on the command line. */
        public String word() {
            return word;
        }
    }

    /** All kinds that are faults, in order. */
    public static final List<Fault.Kind> FAULTS = Arrays.stream(Fault.Kind.values())
            .filter(kind -> kind != Fault.Kind.ASKED)
            .toList();

    private final long[][] seeds = new long[Operation.values().length][Fault.Kind.values().length];
    private long runs;

    void add(Underway run) {
        runs++;
        for (Operation operation : Operation.values()) {
            for (Fault.Kind fault : FAULTS) {
                seeds[operation.ordinal()][fault.ordinal()] += run.met(operation, fault) ? 1 : 0;
            }
        }
    }

    /** Runs that were counted. */
    public long runs() {
        return runs;
    }

    /** Runs in which the operation was under way while the fault was in force. */
    public long runs(Operation operation, Fault.Kind fault) {
        return seeds[operation.ordinal()][fault.ordinal()];
    }

    /** Pairs that there are. */
    public static int pairs() {
        return Operation.values().length * FAULTS.size();
    }

    /** Pairs that have met in one run at least. */
    public int covered() {
        int covered = 0;
        for (long[] row : seeds) {
            for (long each : row) {
                covered += each > 0 ? 1 : 0;
            }
        }
        return covered;
    }
}
