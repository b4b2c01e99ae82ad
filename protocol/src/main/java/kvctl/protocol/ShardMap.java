package kvctl.protocol;

import java.util.List;

/**
 * Who owns which shard, and where the groups' replicas are.
 *
 * @param number of the configuration; a client prefers the higher one
 * @param clusterId of the cluster
 * @param shardGroups group id of each shard; its length is the number of shards, 1 to 4096
 * @param groups all groups
 * @param nodes all nodes
 */
public record ShardMap(long number, String clusterId, int[] shardGroups, List<Group> groups, List<Node> nodes) {
    /** {@code leaderId} is a hint, 0 if unknown. */
    public record Group(int groupId, String name, List<Integer> nodeIds, int leaderId) {}

    public record Node(int nodeId, String name, String host, int port) {}
}
