package kvctl.protocol;

/** Answer to a {@link Hello}; after a refusal the node closes the connection. */
public sealed interface HelloReply extends Frame {
    /**
     * Come in.
     *
     * @param version the protocol version to speak: the highest that both know
     * @param incarnation of the answering node's data directory
     * @param map for clients, so that a one-shot needs no further round trip; null for peers
     */
    record Accepted(int version, String clusterId, int nodeId, String name, long incarnation, ShardMap map)
            implements HelloReply {}

    /** Not here; {@code message} is one line for a human. */
    record Refused(Code code, String message) implements HelloReply {}

    /** Why a hello is refused. */
    enum Code {
        /** The node belongs to another cluster. */
        WRONG_CLUSTER,
        /** No protocol version is known to both. */
        WRONG_VERSION,
        /** The peer is not one that the topology names, or comes with an incarnation that is known to be over. */
        WRONG_IDENTITY,
        /** Too many connections. */
        BUSY,
        /** The node is about to stop. */
        STOPPING
    }
}
