package kvctl.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;

/**
 * The cluster as its nodes describe it, all asked at the same time.
 *
 * @param nodes in the order of the map
 */
record ClusterView(ShardMap map, List<Node> nodes) {
    /** Most time that one node is given: who looks at all of them should not wait long for a silent one. */
    static final long NODE_MS = 1_000;

    /**
     * One node.
     *
     * @param status null if it did not answer
     * @param problem why not; null if it did
     */
    record Node(ShardMap.Node place, NodeStatus status, KvException problem) {
        boolean isUp() {
            return status != null;
        }

        NodeStatus.Replica replica(int groupId) {
            if (status != null) {
                for (NodeStatus.Replica replica : status.replicas()) {
                    if (replica.groupId() == groupId) {
                        return replica;
                    }
                }
            }
            return null;
        }
    }

    /** Asks every node of the map. Completes with a {@link KvException} only if not even the map is known. */
    static CompletableFuture<ClusterView> ask(KvClient client, ShardMap known) {
        return client.mapAsync()
                .exceptionally(error -> {
                    if (known == null) {
                        throw KvClient.failure(error);
                    }
                    return known;
                })
                .thenCompose(map -> askNodes(client, map));
    }

    private static CompletableFuture<ClusterView> askNodes(KvClient client, ShardMap map) {
        List<CompletableFuture<Node>> asked = new ArrayList<>();
        for (ShardMap.Node place : map.nodes()) {
            asked.add(client.statusAsync(place.nodeId(), NODE_MS)
                    .handle((status, error) ->
                            new Node(place, status, error == null ? null : KvClient.failure(error))));
        }
        return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> new ClusterView(
                        map, asked.stream().map(CompletableFuture::join).toList()));
    }

    /** The node that leads the group by its own word, of two the one with the higher term; null if none does. */
    Node leader(int groupId) {
        Node leader = null;
        long term = -1;
        for (Node node : nodes) {
            NodeStatus.Replica replica = node.replica(groupId);
            if (replica != null && replica.role().equals("leader") && replica.term() > term) {
                leader = node;
                term = replica.term();
            }
        }
        return leader;
    }

    Node node(int nodeId) {
        for (Node node : nodes) {
            if (node.place().nodeId() == nodeId) {
                return node;
            }
        }
        return null;
    }

    /** The group of that name, or that serves the shard of that number; null if there is none. */
    ShardMap.Group group(String nameOrShard) {
        ShardMap.Group named = map.group(nameOrShard);
        if (named != null) {
            return named;
        }
        boolean isNumber = nameOrShard.matches("[0-9]{1,4}");
        int shard = isNumber ? Integer.parseInt(nameOrShard) : -1;
        int groupId = shard >= 0 && shard < map.shardGroups().length ? map.shardGroups()[shard] : ShardMap.NO_GROUP;
        return groupId == ShardMap.NO_GROUP ? null : map.group(groupId);
    }

    /** Ids of the faults that somebody made and that are in force somewhere. */
    List<String> faults() {
        return nodes.stream()
                .filter(Node::isUp)
                .flatMap(node -> node.status().faults().stream())
                .distinct()
                .toList();
    }

    int up() {
        return (int) nodes.stream().filter(Node::isUp).count();
    }

    /** Shards whose group has a leader. */
    int servedShards() {
        int served = 0;
        for (int groupId : map.shardGroups()) {
            served += groupId != ShardMap.NO_GROUP && leader(groupId) != null ? 1 : 0;
        }
        return served;
    }

    /** The controller first, then the others in the order of their ids. */
    List<ShardMap.Group> groups() {
        return map.groups().stream()
                .sorted(Comparator.comparingInt(ShardMap.Group::groupId))
                .toList();
    }

    /** Every node answers, every group (the controller too) has a leader, and all its replicas know it. */
    boolean isHealthy() {
        return unhealthy() == null;
    }

    /** What is missing; null if nothing is. */
    String unhealthy() {
        for (Node node : nodes) {
            if (!node.isUp()) {
                return node.place().name() + " does not answer";
            }
        }
        for (ShardMap.Group group : groups()) {
            Node leader = leader(group.groupId());
            if (leader == null) {
                return group.name() + " has no leader";
            }
            for (int nodeId : group.nodeIds()) {
                Node node = node(nodeId);
                NodeStatus.Replica replica = node == null ? null : node.replica(group.groupId());
                if (replica == null || replica.leaderId() != leader.place().nodeId()) {
                    return (node == null ? "node " + nodeId : node.place().name()) + " does not follow "
                            + leader.place().name() + " in " + group.name();
                }
            }
        }
        return null;
    }
}
