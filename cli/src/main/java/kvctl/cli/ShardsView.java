package kvctl.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import kvctl.client.KvClient;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardStatus;

/**
 * The shards as the leaders of their groups describe them.
 *
 * @param known by group id, then by shard id; a group without a leader that answers says nothing
 */
record ShardsView(ClusterView cluster, Map<Integer, Map<Integer, ShardStatus>> known) {
    /** Asks who leads, and then the leaders. */
    static CompletableFuture<ShardsView> ask(KvClient client) {
        return ClusterView.ask(client, null).thenCompose(cluster -> askLeaders(client, cluster));
    }

    private static CompletableFuture<ShardsView> askLeaders(KvClient client, ClusterView cluster) {
        Map<Integer, Integer> leaders = new HashMap<>();
        for (ShardMap.Group group : cluster.map().dataGroups()) {
            ClusterView.Node leader = cluster.leader(group.groupId());
            if (leader != null) {
                leaders.put(group.groupId(), leader.place().nodeId());
            }
        }
        List<CompletableFuture<List<ShardStatus>>> asked = new ArrayList<>();
        for (int nodeId : new TreeSet<>(leaders.values())) {
            asked.add(client.shardsAsync(nodeId, ClusterView.NODE_MS)
                    .exceptionally(silent -> List.of())
                    .thenApply(shards -> shards.stream()
                            .filter(shard -> Integer.valueOf(nodeId).equals(leaders.get(shard.groupId())))
                            .toList()));
        }
        return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> {
                    Map<Integer, Map<Integer, ShardStatus>> known = new HashMap<>();
                    for (CompletableFuture<List<ShardStatus>> answer : asked) {
                        answer.join()
                                .forEach(shard -> known.computeIfAbsent(shard.groupId(), id -> new HashMap<>())
                                        .put(shard.shardId(), shard));
                    }
                    return new ShardsView(cluster, known);
                });
    }

    ShardMap map() {
        return cluster.map();
    }

    /** What the group's leader says of the shard; null if it says nothing. */
    ShardStatus status(int shardId, int groupId) {
        return known.getOrDefault(groupId, Map.of()).get(shardId);
    }

    /** What the leader of the shard's owner says of it. */
    ShardStatus atOwner(int shardId) {
        return status(shardId, map().shardGroups()[shardId]);
    }

    /** What the leader of the group says of it that is taking it over. */
    ShardStatus atTarget(int shardId) {
        return status(shardId, map().movingTo()[shardId]);
    }

    /** Null for nobody. */
    String groupName(int groupId) {
        if (groupId == ShardMap.NO_GROUP) {
            return null;
        }
        ShardMap.Group group = map().group(groupId);
        return group == null ? "group " + groupId : group.name();
    }

    /** How much of the shard has arrived where it goes, 0 to 1. */
    double arrived(int shardId) {
        ShardStatus target = atTarget(shardId);
        if (target == null) {
            return 0;
        }
        if (target.state().equals("serving")) {
            return 1;
        }
        return target.totalBytes() <= 0 ? 0 : Math.min(0.99, (double) target.copiedBytes() / target.totalBytes());
    }

    /** Bytes that have arrived of each shard that is on its way. */
    Map<Integer, Long> copied() {
        Map<Integer, Long> copied = new HashMap<>();
        for (int shard = 0; shard < map().movingTo().length; shard++) {
            if (map().movingTo()[shard] != ShardMap.NO_GROUP && atTarget(shard) != null) {
                copied.put(shard, atTarget(shard).copiedBytes());
            }
        }
        return copied;
    }

    /** What the shard's move waits for, in a few words; null if it goes on. */
    String waitsFor(int shardId) {
        if (map().steering().paused()) {
            return "moves are paused";
        }
        ShardStatus target = atTarget(shardId);
        ShardStatus owner = atOwner(shardId);
        int owningGroup = map().shardGroups()[shardId];
        if (target == null && cluster.leader(map().movingTo()[shardId]) == null) {
            return "the leader of " + groupName(map().movingTo()[shardId]);
        }
        if (owner == null && owningGroup != ShardMap.NO_GROUP && cluster.leader(owningGroup) == null) {
            return "the leader of " + groupName(owningGroup);
        }
        if (target != null && !target.waitsFor().isEmpty()) {
            return target.waitsFor();
        }
        if (owner != null && !owner.waitsFor().isEmpty()) {
            return owner.waitsFor();
        }
        return target == null ? "its turn" : null; // A group takes in a few shards at a time.
    }
}
