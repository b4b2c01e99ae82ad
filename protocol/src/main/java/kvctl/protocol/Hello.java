package kvctl.protocol;

/**
 * First frame of whoever connects (HAZARDS A6, R19). What follows its last field is ignored, so that a later version
 * may add to it and still be answered.
 *
 * @param clusterId the cluster that is meant; a client that doesn't know leaves it empty
 * @param nodeId who connects; 0 for a client
 * @param name of the node, or what the client calls itself
 * @param incarnation of the node's data directory; 0 for a client
 * @param minVersion lowest protocol version that it speaks
 * @param maxVersion highest protocol version that it speaks
 * @param at id of the node that a client counts as being beside: what breaks the links of that one breaks this connection,
 *     where nodes obey faults; 0: nowhere, which is how older clients are read
 */
public record Hello(
        Role role, String clusterId, int nodeId, String name, long incarnation, int minVersion, int maxVersion, int at)
        implements Frame {
    /** The protocol version of this code. */
    public static final int VERSION = 1;

    /** Who connects. */
    public enum Role {
        /** Another node of the same cluster, to exchange peer frames. */
        PEER,
        /** A client, to send requests. */
        CLIENT
    }

    /** Hello of a client; {@code clusterId} may be empty. */
    public static Hello ofClient(String clusterId, String name) {
        return new Hello(Role.CLIENT, clusterId, 0, name, 0, VERSION, VERSION, 0);
    }

    /** Hello of a node to another one. */
    public static Hello ofPeer(String clusterId, int nodeId, String name, long incarnation) {
        return new Hello(Role.PEER, clusterId, nodeId, name, incarnation, VERSION, VERSION, 0);
    }

    /** The same, of a client beside that node. */
    public Hello placedAt(int place) {
        return new Hello(role, clusterId, nodeId, name, incarnation, minVersion, maxVersion, place);
    }
}
