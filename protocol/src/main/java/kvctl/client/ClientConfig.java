package kvctl.client;

import java.util.List;

/**
 * Settings of a client.
 *
 * @param endpoints {@code host:port} of some or all nodes; the others are learned
 * @param clusterId only this cluster will do; empty: the first that answers
 * @param name what the client calls itself
 * @param at id of the node that it counts as being beside; 0: none
 * @param requestTimeoutMs until a request without an answer is given up
 * @param silentMs until another replica is asked because the asked one is silent
 * @param maxInFlight requests that are under way at a time; more wait in the client
 * @param maxWaiting requests that are under way or wait; one more fails as BUSY
 * @param giveUpWhenAllRefuse fail at once, not at the deadline, while every endpoint refuses the connection
 */
record ClientConfig(
        List<String> endpoints,
        String clusterId,
        String name,
        int at,
        long requestTimeoutMs,
        long silentMs,
        int maxInFlight,
        int maxWaiting,
        boolean giveUpWhenAllRefuse) {
    /** First wait before a retry; doubled each time. */
    static final long BACKOFF_MS = 10;

    static final long BACKOFF_MAX_MS = 320;

    /** First wait before a shard is asked for again that neither its old nor its new group serves; doubled each time. */
    static final long WRONG_GROUP_MS = 5;

    static final long WRONG_GROUP_MAX_MS = 50;

    /** The map is asked for at most this often. */
    static final long REFRESH_MS = 50;

    /** A node that refused the connection is not tried again before. */
    static final long RECONNECT_MS = 50;

    /** While no map is known, the next endpoint is tried beside one that has not answered for so long. */
    static final long NEXT_ENDPOINT_MS = 100;
}
