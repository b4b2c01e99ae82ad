package kvctl.node.kv;

import kvctl.protocol.Response;

/**
 * What became of a write, small enough to be kept for its repeats: never a value (HAZARDS E2, E6).
 *
 * @param number version for {@link #WRITTEN} and {@link #UNCHANGED}; size in bytes for {@link #TOO_LARGE}
 * @param index log index of the entry that was executed
 */
record Result(int kind, long number, long index) {
    /** The codes are in session rows on disk: never reuse one. */
    static final int WRITTEN = 1;

    static final int UNCHANGED = 2;
    static final int TOO_LARGE = 3;

    Response response(int groupId) {
        return switch (kind) {
            case WRITTEN -> new Response.Written(number, groupId, index);
            case UNCHANGED -> new Response.Unchanged(number, groupId, index);
            case TOO_LARGE -> new Response.Refused(Response.Code.BAD_REQUEST, Command.tooLarge(number), 0);
            default -> throw new IllegalStateException("unknown kind of result " + kind);
        };
    }
}
