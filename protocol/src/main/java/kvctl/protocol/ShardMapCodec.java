package kvctl.protocol;

import java.util.ArrayList;
import java.util.List;

/** Shard maps in bytes, as nodes tell them to each other and to clients, and as nodes keep them. */
public final class ShardMapCodec {
    private ShardMapCodec() {}

    public static void write(BytesWriter out, ShardMap map) {
        out.varint(map.revision());
        out.varint(map.number());
        out.string(map.clusterId());
        out.varint(map.shardGroups().length);
        for (int shard = 0; shard < map.shardGroups().length; shard++) {
            out.varint(map.shardGroups()[shard]);
            out.varint(map.movingTo()[shard]);
        }
        out.varint(map.groups().size());
        for (ShardMap.Group group : map.groups()) {
            out.varint(group.groupId());
            out.string(group.name());
            ConfigurationCodec.writeIds(out, group.nodeIds());
            out.varint(group.leaderId());
        }
        out.varint(map.nodes().size());
        for (ShardMap.Node node : map.nodes()) {
            out.varint(node.nodeId());
            out.string(node.name());
            out.string(node.host());
            out.varint(node.port());
        }
        out.bool(map.steering().paused());
        out.varint(map.steering().bytesPerS());
    }

    /** @throws ProtocolException if the bytes are no map */
    public static ShardMap read(BytesReader in) throws ProtocolException {
        long revision = in.varint();
        long number = in.varint();
        String clusterId = in.string();
        int shards = ConfigurationCodec.readShardCount(in, 2);
        int[] shardGroups = new int[shards];
        int[] movingTo = new int[shards];
        for (int i = 0; i < shards; i++) {
            shardGroups[i] = in.varint(Integer.MAX_VALUE);
            movingTo[i] = in.varint(Integer.MAX_VALUE);
        }
        int groupCount = in.count(4);
        List<ShardMap.Group> groups = new ArrayList<>(groupCount);
        for (int i = 0; i < groupCount; i++) {
            groups.add(new ShardMap.Group(
                    in.varint(Integer.MAX_VALUE),
                    in.string(),
                    ConfigurationCodec.readIds(in),
                    in.varint(Integer.MAX_VALUE)));
        }
        int nodeCount = in.count(4);
        List<ShardMap.Node> nodes = new ArrayList<>(nodeCount);
        for (int i = 0; i < nodeCount; i++) {
            nodes.add(new ShardMap.Node(in.varint(Integer.MAX_VALUE), in.string(), in.string(), in.varint(65535)));
        }
        ShardMap.Steering steering = new ShardMap.Steering(in.bool(), in.varint());
        return new ShardMap(revision, number, clusterId, shardGroups, movingTo, groups, nodes, steering);
    }
}
