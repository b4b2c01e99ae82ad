package kvctl.check;

import java.util.Locale;

/**
 * One call of one client and how it ended, as the client saw it. Keys and values are bytes as ISO-8859-1 text.
 *
 * @param endNs when the answer was there; {@link #OPEN} if it never came
 * @param value what a get returned, null: no such key
 * @param version that the answer told: of the value read, that the write took, or that a cas or delete found instead
 * (0: no such key); {@link #NOT_TOLD} if histories have no versions
 * @param effective a write that took effect; false for a cas or delete that did not, and for reads
 * @param groupId group in whose log the answer stands, {@link #NO_GROUP} if that is not known
 * @param index of a write's entry in that log, or of the last entry that the read saw applied; {@link #NO_INDEX}
 */
public record Operation(
        Call call,
        long endNs,
        Outcome outcome,
        String value,
        long version,
        boolean effective,
        int groupId,
        long index) {
    /** End of an operation whose answer never came: it may take effect at any later time (HAZARDS E11). */
    public static final long OPEN = Long.MAX_VALUE;

    public static final long NOT_TOLD = -1;
    public static final int NO_GROUP = -1;
    public static final long NO_INDEX = 0;

    /** What was called. */
    public enum Kind {
        /** Reads the value. */
        GET,
        /** Replaces the value. */
        PUT,
        /** Puts something behind the value; a missing key counts as empty. */
        APPEND,
        /** Removes the key; changes nothing if there is none. */
        DELETE,
        /** Replaces the value if its version, or it itself, is as expected. */
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

    public Operation {
        if (outcome == Outcome.DONE && endNs < call.startNs()) {
            throw new IllegalArgumentException("ends at " + endNs + " ns, before it starts: " + call);
        }
    }

    /** This, as an entry of a group's log. */
    public Operation at(int newGroupId, long newIndex) {
        return new Operation(call, endNs, outcome, value, version, effective, newGroupId, newIndex);
    }

    public int process() {
        return call.process();
    }

    public Kind kind() {
        return call.kind();
    }

    public String key() {
        return call.key();
    }

    public String argument() {
        return call.argument();
    }

    public long startNs() {
        return call.startNs();
    }

    boolean done() {
        return outcome == Outcome.DONE;
    }

    boolean write() {
        return kind() != Kind.GET;
    }

    /** It happened, and was over at its end; otherwise it may never have happened. */
    boolean ends() {
        return endNs != OPEN;
    }

    /** A cas that expects a value, not a version. */
    boolean expectsValue() {
        return call.expectedValue() != null;
    }

    /** For reports: {@code p3 append k "x" -> v7 [120..340]}. */
    @Override
    public String toString() {
        StringBuilder out =
                new StringBuilder("p" + process() + " " + kind().name().toLowerCase(Locale.ROOT));
        out.append(' ').append(key());
        if (kind() == Kind.CAS) {
            out.append(expectsValue() ? " \"" + call.expectedValue() + "\"" : " v" + call.expectedVersion());
        }
        if (argument() != null) {
            out.append(" \"").append(argument()).append('"');
        }
        out.append(" -> ");
        String told = version == NOT_TOLD ? "" : "v" + version;
        if (outcome != Outcome.DONE) {
            out.append(outcome == Outcome.FAILED ? "failed" : "unknown");
        } else if (kind() == Kind.GET) {
            out.append(value == null ? "none" : ("\"" + value + "\" " + told).strip());
        } else if (effective) {
            out.append(told.isEmpty() ? "done" : told);
        } else {
            out.append(told.isEmpty() ? "not done" : "not done, " + told);
        }
        return out + " [" + startNs() + ".." + (endNs == OPEN ? "" : endNs) + "]";
    }
}
