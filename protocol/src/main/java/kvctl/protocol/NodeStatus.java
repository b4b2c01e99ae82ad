package kvctl.protocol;

import java.util.List;

/**
 * What a node says of itself.
 *
 * @param dataBytes bytes under its data directory
 * @param rssBytes resident memory of the process, 0 where it can't be read
 * @param freeBytes what its disk can still take; less than {@link #LITTLE_ROOM_BYTES} and it takes no writes
 * @param faults ids of the faults that are in force here, made on purpose; empty on a sound node
 */
public record NodeStatus(
        int nodeId,
        String name,
        long pid,
        long uptimeMs,
        long incarnation,
        long dataBytes,
        long rssBytes,
        long freeBytes,
        List<Replica> replicas,
        List<String> faults) {
    /** A node with less disk than this left takes nothing that makes it bigger. */
    public static final long LITTLE_ROOM_BYTES = 64 << 20;

    /**
     * @param role leader, follower, candidate, pre-candidate or forgetful
     * @param leaderId leader of the term as far as known, 0 if not
     * @param peers match index per node id as the leader sees it; empty on followers
     */
    public record Replica(
            int groupId,
            String group,
            String role,
            long term,
            int leaderId,
            long commitIndex,
            long lastApplied,
            long lastLogIndex,
            long firstLogIndex,
            long logBytes,
            long keys,
            List<Peer> peers) {}

    public record Peer(int nodeId, long matchIndex, boolean alive) {}
}
