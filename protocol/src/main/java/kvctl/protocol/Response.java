package kvctl.protocol;

import java.util.List;

/** What a node answers. {@code index} is the log index the answer stands on, {@code groupId} the group that gave it. */
public sealed interface Response {
    /** The value of a key. */
    record Value(byte[] value, long version, int groupId, long index) implements Response {}

    /** There is no such key. */
    record NotFound(int groupId, long index) implements Response {}

    /** A write took effect; {@code version} is the key's version now (of a delete: the version the delete took). */
    record Written(long version, int groupId, long index) implements Response {}

    /**
     * A cas did not take effect: the key has {@code version}; 0 means there is no such key. Also a delete of a
     * missing key (0).
     */
    record Unchanged(long version, int groupId, long index) implements Response {}

    /** Rows in key order; {@code more}: the limit cut the page. */
    record Page(List<Row> rows, boolean more, int groupId, long index) implements Response {}

    record Row(byte[] key, byte[] value, long version) {}

    record MapReply(ShardMap map) implements Response {}

    record StatusReply(NodeStatus status) implements Response {}

    /**
     * Answer to a change, or to the plan of one.
     *
     * @param why no fewer moves would do, in one line; empty if nothing moves
     */
    record Reconfigured(Configuration before, Configuration after, String why) implements Response {}

    /** @param movesLeft shards that are still on their way into it; 0: it is complete, or an older one */
    record ConfigurationReply(Configuration configuration, int movesLeft) implements Response {}

    record ShardsReply(List<ShardStatus> shards) implements Response {}

    /** Faults in force in the node, in the order in which they were made. */
    record FaultsReply(List<FaultStatus> faults) implements Response {}

    /** Probes that came, the oldest first. */
    record ProbesReply(List<Probe> probes) implements Response {}

    /** @param ageMs since it came */
    record Probe(int fromNodeId, long number, long ageMs) {}

    /** Done, with nothing to tell. */
    record Ok() implements Response {}

    /**
     * The request was not answered.
     *
     * @param code what kind of refusal
     * @param message one line for a human
     * @param leaderId node that leads the group as far as is known; 0 if unknown
     */
    record Refused(Code code, String message, int leaderId) implements Response {}

    /** Kinds of refusal. Only a definite one proves that a write was not and will not be applied (HAZARDS E10). */
    enum Code {
        /** Another node leads the shard's group; {@code leaderId} says which. */
        NOT_LEADER(1, true),
        /** The node's group does not serve the shard, or not any more, or not yet: ask for the map again. */
        WRONG_GROUP(2, true),
        /** Too many requests are waiting: try again later. */
        BUSY(3, true),
        /** Key, value or another field is over its limit or makes no sense. */
        BAD_REQUEST(4, true),
        /** The time the client gave was over before the request was proposed. */
        EXPIRED(5, true),
        /** The session was pushed out of the table: whether an earlier try was applied is unknown. */
        SESSION_EXPIRED(6, false),
        /** Leadership was lost while the write was under way: it may be applied or not. */
        LOST_LEADERSHIP(7, false),
        /** The node stops: the write may be applied or not. */
        STOPPING(8, false),
        /** The configuration is not the expected one, or another change is under way: nothing was done. */
        CONFLICT(9, true),
        /** The node was not started for what is asked, or not by whom it is asked: nothing was done. */
        FORBIDDEN(10, true);

        private final int code;
        private final boolean definite;

        Code(int code, boolean definite) {
            this.code = code;
            this.definite = definite;
        }

        public int code() {
            return code;
        }

        public boolean definite() {
            return definite;
        }
    }
}
