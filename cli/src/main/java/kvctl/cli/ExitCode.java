package kvctl.cli;

/**
 * How a command ended, as scripts see it. The numbers and the names (in JSON errors and after {@code expect-error}) are
 * frozen: scripts depend on them.
 */
public enum ExitCode {
    /** The command did what it was asked to do; an empty scan is a success. */
    OK(0, "success (an empty scan is a success)"),
    /** A bug in kvctl; a report file is named. */
    INTERNAL(1, "internal error, a bug; the report file is named"),
    /** The command line itself is wrong. */
    USAGE(2, "usage: bad command, option, quoting, format or size"),
    /** There is no such key. */
    NOT_FOUND(3, "key not found (get, delete --must-exist)"),
    /** Nobody answers. */
    UNREACHABLE(4, "cannot reach the cluster or node: not running, refused, closed"),
    /** No leader in time, and certainly nothing was changed. */
    NO_QUORUM(5, "no leader or quorum within the time limit; the request was not applied"),
    /** A write was sent and not answered. */
    UNKNOWN_OUTCOME(6, "outcome unknown: a write was sent and not answered; it may or may not be applied"),
    /** The state is not as the command requires it. */
    CONFLICT(7, "precondition failed or conflict (cas, already exists, already running)"),
    /** The topology, a port or a data directory is not usable. */
    CONFIG(8, "topology or configuration invalid, port in use, data directory locked"),
    /** Refused without the user's consent. */
    UNSAFE(9, "refused as unsafe without --yes (or no terminal to ask on)"),
    /** The script expected something else. */
    EXPECTATION(10, "expectation failed (expect, expect-error, wait, verify)"),
    /** The history of a check can't be explained. */
    VIOLATED(11, "check, verify: what clients saw breaks a promise (not linearizable, lost or doubled)"),
    /** A check that says neither yes nor no. */
    UNDECIDED(
            12, "check: not decided, by too little load or a search that was given up; verify: nothing could be done"),
    /** Ctrl-C. */
    INTERRUPTED(130, "interrupted (SIGINT, Ctrl-C)"),
    /** Told to end. */
    TERMINATED(143, "terminated (SIGTERM)");

    private final int code;
    private final String meaning;

    ExitCode(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    static ExitCode of(int code) {
        for (ExitCode each : values()) {
            if (each.code == code) {
                return each;
            }
        }
        return INTERNAL;
    }

    /** What the process returns to the shell. */
    public int code() {
        return code;
    }

    /** One line for humans. */
    public String meaning() {
        return meaning;
    }

    /** Whether the same command may succeed later without a change. */
    public boolean retryable() {
        return this == UNREACHABLE || this == NO_QUORUM;
    }
}
