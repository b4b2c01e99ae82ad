package kvctl.cli.launch;

import java.util.List;

/** What can be done to a node's process. */
enum NodeVerb {
    /** SIGKILL. */
    KILL("Kill node processes at once (SIGKILL), as a power cut would.", "killed"),
    /** SIGTERM, then SIGKILL. */
    STOP("Stop nodes in order; what has not stopped after 10 s is killed.", "stopped"),
    /** A new process on the same data and port. */
    START("Start nodes that are not running, on their data and port.", "started"),
    /** Stop if it runs, then start. */
    RESTART("Stop nodes in order if they run, and start them again.", "restarted"),
    /** SIGSTOP. */
    PAUSE("Freeze node processes (SIGSTOP): they keep their connections and answer nothing.", "paused"),
    /** SIGCONT. */
    RESUME("Let frozen node processes go on (SIGCONT).", "resumed");

    private final String header;
    private final String done;

    NodeVerb(String header, String done) {
        this.header = header;
        this.done = done;
    }

    String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    String header() {
        return header;
    }

    /** The word that says it has been done. */
    String done() {
        return done;
    }

    /** It changes something about a node in that state. */
    boolean suits(NodeRun.State state) {
        return switch (this) {
            case KILL, STOP -> state.alive();
            case START -> !state.alive();
            case RESTART -> true;
            case PAUSE -> state == NodeRun.State.RUNNING;
            case RESUME -> state == NodeRun.State.PAUSED;
        };
    }

    /** It takes a node that works away, for good or for a moment. */
    boolean interrupts() {
        return this == KILL || this == STOP || this == PAUSE || this == RESTART;
    }

    /** How to undo it, or null. */
    NodeVerb undo() {
        return switch (this) {
            case KILL, STOP -> START;
            case PAUSE -> RESUME;
            case START, RESTART, RESUME -> null;
        };
    }

    List<String> examples() {
        return List.of(
                "  kvctl " + word() + " n2",
                "  kvctl " + word() + " 'leader(g1)'",
                "  kvctl " + word() + " all -o json");
    }
}
