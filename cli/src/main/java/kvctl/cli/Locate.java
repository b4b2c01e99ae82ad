package kvctl.cli;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import kvctl.protocol.ShardMap;
import kvctl.protocol.Shards;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "locate",
        header = "Show where keys live: shard, group, leader and replicas.",
        description =
                "%nTells it from the shard map; the keys need not exist, and no data is read. LEADER is who led last "
                        + "as far as the node knows that was asked; if it knows none, all are asked.",
        footer = {"  kvctl locate city", "  kvctl locate '{user1}:name' '{user1}:age'    a tag keeps keys together"})
final class Locate implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "1..*", paramLabel = "KEY", description = "Keys, whether they exist or not.")
    private List<String> keys;

    Locate(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        List<byte[]> wanted = keys.stream().map(Keys::of).toList();
        ShardMap map = session.connection().freshMap();
        ClusterView view = null;
        try (Rows rows = Rows.many(
                session,
                "locate",
                Column.bytes("key"),
                Column.number("shard"),
                Column.text("group"),
                Column.text("leader"),
                Column.text("replicas"),
                Column.text("moving_to"))) {
            for (byte[] key : wanted) {
                int shard = Shards.of(key, map.shardGroups().length);
                ShardMap.Group owner = group(map, map.shardGroups()[shard]);
                if (view == null && owner != null && owner.leaderId() == 0) {
                    view = session.connection().view(map);
                }
                ShardMap.Group target = group(map, map.movingTo()[shard]);
                rows.row(
                        key,
                        shard,
                        owner == null ? null : owner.name(),
                        owner == null ? null : leader(map, owner, view),
                        owner == null ? List.of() : names(map, owner.nodeIds()),
                        target == null ? null : target.name());
            }
        }
        return 0;
    }

    private static ShardMap.Group group(ShardMap map, int groupId) {
        return groupId == ShardMap.NO_GROUP ? null : map.group(groupId);
    }

    private static String leader(ShardMap map, ShardMap.Group group, ClusterView view) {
        if (group.leaderId() != 0) {
            return nodeName(map, group.leaderId());
        }
        ClusterView.Node leader = view.leader(group.groupId());
        return leader == null ? null : leader.place().name();
    }

    static List<String> names(ShardMap map, List<Integer> nodeIds) {
        return nodeIds.stream()
                .map(id -> Objects.requireNonNullElse(nodeName(map, id), "node " + id))
                .toList();
    }

    private static String nodeName(ShardMap map, int nodeId) {
        return map.nodes().stream()
                .filter(node -> node.nodeId() == nodeId)
                .map(ShardMap.Node::name)
                .findFirst()
                .orElse(null);
    }
}
