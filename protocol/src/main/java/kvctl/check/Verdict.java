package kvctl.check;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What the checker found.
 *
 * @param kind the answer
 * @param key the key it stands on; null if ok, or if there was too little load
 * @param reason one line; null if ok
 * @param operations of a violation: the longest order of the window's operations that explains what was seen, and last
 *     one that can't follow
 * @param window of a violation: the fewest operations of the key found that no order explains, by start. The answers of
 *     those that reach over its edges are not needed for that: in {@code operations} they are unknown
 * @param anyStart no order explains the window, whatever was there before it; if false, the window is the beginning
 * @param counts what was looked at
 */
public record Verdict(
        Kind kind,
        String key,
        String reason,
        List<Operation> operations,
        List<Operation> window,
        boolean anyStart,
        Counts counts) {
    static final Verdict OK = new Verdict(Kind.OK, null, null, List.of(), List.of(), false, Counts.NONE);

    /** The answers. */
    public enum Kind {
        /** The history can be explained. */
        OK,
        /** No order of the operations explains what was seen. */
        VIOLATED,
        /** The search was given up, or there was too little load. */
        UNKNOWN
    }

    /**
     * How the verdict came about.
     *
     * @param operations all of the history, {@code unknown} of them without a known outcome
     * @param byWitness keys decided by the order of the log, {@code byVersions} by their versions, {@code bySearch} by
     *     search or not at all
     * @param violated keys that are
     * @param undecided keys whose search was given up
     */
    public record Counts(
            int keys,
            long operations,
            long unknown,
            int byWitness,
            int byVersions,
            int bySearch,
            int violated,
            int undecided) {
        static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0, 0);
    }

    static Verdict violated(String key, String reason, List<Operation> operations) {
        return new Verdict(Kind.VIOLATED, key, reason, operations, operations, false, Counts.NONE);
    }

    static Verdict unknown(String key, String reason) {
        return new Verdict(Kind.UNKNOWN, key, reason, List.of(), List.of(), false, Counts.NONE);
    }

    Verdict with(Counts newCounts) {
        return new Verdict(kind, key, reason, operations, window, anyStart, newCounts);
    }

    /** The answer, the reason, and what shows it. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder(kind.name());
        if (reason != null) {
            out.append(": ").append(reason);
        }
        if (!window.isEmpty()) {
            out.append("; ").append(anyStart ? "whatever was before, " : "").append("no order explains {");
            out.append(window.stream().map(Operation::toString).collect(Collectors.joining("; ")));
            out.append('}');
        }
        return out.toString();
    }
}
