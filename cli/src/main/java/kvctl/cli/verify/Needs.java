package kvctl.cli.verify;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a case needs of the cluster.
 *
 * @param servers of the group in the suite; with fewer nodes it is done to as many as there are, {@value #LEAST} at least
 * @param powers what must be possible
 */
record Needs(int servers, Set<Power> powers) {
    /** With fewer there is no majority without one of them. */
    static final int LEAST = 3;

    static final String PAUSED = "moves are paused (kvctl migrate resume)";

    /** What can be done to a cluster. */
    enum Power {
        /** Nodes obey commands that break their links. */
        FAULTS,
        /** Nodes are processes of this machine, to be killed and started. */
        KILLS,
        /** Groups may join and leave. */
        MOVES
    }

    /** What the cluster offers. */
    record Stage(int nodes, Set<Power> powers) {}

    static Needs of(int servers, Power... powers) {
        return new Needs(servers, new TreeSet<>(Set.of(powers)));
    }

    /** Why it can't be done there; null if it can. */
    String missing(Stage stage) {
        if (stage.nodes() < LEAST) {
            return "it takes " + LEAST + " nodes";
        }
        for (Power power : powers) {
            if (!stage.powers().contains(power)) {
                return switch (power) {
                    case FAULTS -> "the nodes obey no faults (faults: true in the topology)";
                    case KILLS -> "the nodes are no processes that kvctl started here (name the cluster with -c)";
                    case MOVES -> PAUSED;
                };
            }
        }
        return null;
    }

    /** For people: {@code 5 nodes, faults, kills}. */
    String text() {
        StringBuilder text = new StringBuilder(servers + " nodes");
        powers.forEach(power -> text.append(", ").append(power.name().toLowerCase(Locale.ROOT)));
        return text.toString();
    }
}
