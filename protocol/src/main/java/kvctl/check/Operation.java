package kvctl.check;

/**
 * One call of one client, as it saw it. Keys and values are bytes as ISO-8859-1 text.
 *
 * @param process who called; one process does one thing at a time
 * @param argument value to write, null if none
 * @param expectedVersion of a cas
 * @param startNs when it was called, by the recorder's one monotonic clock
 * @param endNs when the answer was there; {@link #OPEN} if it never came
 * @param value what a get returned, null: no such key
 * @param version that the answer told: of the value read, that the write took, or that a cas or delete found instead
 * (0:
 *     no such key); {@link #NOT_TOLD} if histories have no versions
 * @param effective a write that took effect; false for a cas or delete that did not, and for reads
 */
public record Operation(
        int process,
        Kind kind,
        String key,
        String argument,
        long expectedVersion,
        long startNs,
        long endNs,
        Outcome outcome,
        String value,
        long version,
        boolean effective) {
    /** End of an operation whose answer never came: it may take effect at any later time (HAZARDS E11). */
    public static final long OPEN = Long.MAX_VALUE;

    public static final long NOT_TOLD = -1;

    /** What was called. */
    public enum Kind {
        GET,
        PUT,
        APPEND,
        DELETE,
        CAS
    }

    /** How it ended. */
    public enum Outcome {
        /** Answered. */
        DONE,
        /** Definitely without effect. */
        FAILED,
        /** May have taken effect, or may still do so. */
        UNKNOWN
    }

    boolean done() {
        return outcome == Outcome.DONE;
    }

    boolean write() {
        return kind != Kind.GET;
    }

    /** For reports: {@code p3 append k "x" -> v7 [120..340]}. */
    @Override
    public String toString() {
        StringBuilder out =
                new StringBuilder("p" + process + " " + kind.name().toLowerCase(java.util.Locale.ROOT) + " " + key);
        if (kind == Kind.CAS) {
            out.append(" v").append(expectedVersion);
        }
        if (argument != null) {
            out.append(" \"").append(argument).append('"');
        }
        out.append(" -> ");
        if (outcome != Outcome.DONE) {
            out.append(outcome == Outcome.FAILED ? "failed" : "unknown");
        } else if (kind == Kind.GET) {
            out.append(value == null ? "none" : "\"" + value + "\" v" + version);
        } else {
            out.append(effective ? "v" + version : "not done, v" + version);
        }
        return out + " [" + startNs + ".." + (endNs == OPEN ? "" : endNs) + "]";
    }
}
