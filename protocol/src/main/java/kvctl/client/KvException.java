package kvctl.client;

import java.util.Optional;

/**
 * A request without a result. The message is one line for a human; {@link #outcome} says whether a write may have
 * happened (HAZARDS E10, E11).
 */
public final class KvException extends RuntimeException {
    /** What kind of failure. */
    public enum Code {
        /** The request makes no sense or is over a limit. */
        BAD_REQUEST(2, false),
        /** No node could be reached that could answer. */
        UNREACHABLE(4, true),
        /** The nodes there belong to another cluster or speak another version. */
        WRONG_CLUSTER(4, false),
        /** The client was closed. */
        CLOSED(4, false),
        /** The replicas answer and know no leader. */
        NO_LEADER(5, true),
        /** A majority of the replicas does not answer. */
        NO_QUORUM(5, true),
        /** No answer in time, from a request that changes nothing or was never sent. */
        TIMED_OUT(5, true),
        /** The configuration is another than expected, or is being changed already. */
        CONFLICT(7, true),
        /** Too many requests wait, here or there. */
        BUSY(5, true),
        /** A write was sent and its answer did not come: it may or may not be applied, now or later. */
        UNKNOWN(6, true),
        /** A bug. */
        INTERNAL(1, false);

        private final int exitCode;
        private final boolean retryable;

        Code(int exitCode, boolean retryable) {
            this.exitCode = exitCode;
            this.retryable = retryable;
        }

        /** Exit code of a command that ends with it. */
        public int exitCode() {
            return exitCode;
        }

        /** Asking again later can help. */
        public boolean retryable() {
            return retryable;
        }
    }

    /** What is known about the effect of the request. */
    public enum Outcome {
        /** It had no effect and will have none. */
        NOT_APPLIED,
        /** It may have taken effect, or may still do so. */
        UNKNOWN
    }

    private final Code code;
    private final Outcome outcome;
    private final String hint;
    private final RequestId requestId;

    KvException(Code code, Outcome outcome, String message, String hint, RequestId requestId) {
        super(message);
        this.code = code;
        this.outcome = outcome;
        this.hint = hint;
        this.requestId = requestId;
    }

    static KvException definite(Code code, String message) {
        return new KvException(code, Outcome.NOT_APPLIED, message, null, null);
    }

    public Code code() {
        return code;
    }

    public Outcome outcome() {
        return outcome;
    }

    /** What the user can do next, in a few words. */
    public Optional<String> hint() {
        return Optional.ofNullable(hint);
    }

    /** With an unknown outcome: the id under which the write can be repeated and is applied at most once. */
    public Optional<RequestId> requestId() {
        return Optional.ofNullable(requestId);
    }
}
