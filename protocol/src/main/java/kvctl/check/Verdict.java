package kvctl.check;

import java.util.List;

/**
 * What the checker found.
 *
 * @param kind the answer
 * @param key the key it stands on, if not ok
 * @param reason one line, if not ok
 * @param operations that show it, in the order that got furthest: of a violation, the longest order of operations that
 *     explains what was seen, and last one that can't follow
 */
public record Verdict(Kind kind, String key, String reason, List<Operation> operations) {
    static final Verdict OK = new Verdict(Kind.OK, null, null, List.of());

    /** The answers. */
    public enum Kind {
        /** The history can be explained. */
        OK,
        /** No order of the operations explains what was seen. */
        VIOLATED,
        /** The search was given up. */
        UNKNOWN
    }

    static Verdict violated(String key, String reason, List<Operation> operations) {
        return new Verdict(Kind.VIOLATED, key, reason, operations);
    }

    static Verdict unknown(String key, String reason) {
        return new Verdict(Kind.UNKNOWN, key, reason, List.of());
    }
}
