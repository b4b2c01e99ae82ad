package kvctl.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Who owns which shard now, which shards are on their way, and where the groups' replicas are. The controller's state as
 * nodes and clients need it.
 *
 * @param revision counts every change of the map, each finished move too; whoever has two maps uses the higher one
 * @param number of the newest configuration; while a shard moves, its map entry is still of an older one
 * @param clusterId of the cluster
 * @param shardGroups group that owns each shard, {@link #NO_GROUP} for none; its length is the number of shards, 1 to
 *     4096
 * @param movingTo group that is taking each shard over, {@link #NO_GROUP} for none
 * @param groups all groups, the controller among them
 * @param nodes all nodes
 * @param steering how moves are to be carried out
 */
public record ShardMap(
        long revision,
        long number,
        String clusterId,
        int[] shardGroups,
        int[] movingTo,
        List<Group> groups,
        List<Node> nodes,
        Steering steering) {
    /** Id of the group that holds the configurations; it owns no shard. */
    public static final int CONTROLLER = 0;

    /** Nobody; the controller can't own a shard, so its id serves. */
    public static final int NO_GROUP = 0;

    /** {@code leaderId} is a hint, 0 if unknown. */
    public record Group(int groupId, String name, List<Integer> nodeIds, int leaderId) {}

    public record Node(int nodeId, String name, String host, int port) {}

    /**
     * How moves are carried out.
     *
     * @param paused nothing more is copied until that is over
     * @param bytesPerS most bytes per second that one group takes in; 0: as fast as it goes
     */
    public record Steering(boolean paused, long bytesPerS) {
        public static final Steering FREE = new Steering(false, 0);
    }

    /** The groups that own or may own shards: all but the controller. */
    public List<Group> dataGroups() {
        return groups.stream().filter(group -> group.groupId() != CONTROLLER).toList();
    }

    /** The node's name, or its number if the map does not have it. */
    public String nodeName(int nodeId) {
        for (Node node : nodes) {
            if (node.nodeId() == nodeId) {
                return node.name();
            }
        }
        return "node " + nodeId;
    }

    /** Null: there is no such group. */
    public Group group(int groupId) {
        for (Group group : groups) {
            if (group.groupId() == groupId) {
                return group;
            }
        }
        return null;
    }

    /** Null: there is no such group. */
    public Group group(String name) {
        for (Group group : groups) {
            if (group.name().equals(name)) {
                return group;
            }
        }
        return null;
    }

    /** Shards that are on their way. */
    public int moves() {
        int moves = 0;
        for (int to : movingTo) {
            moves += to == NO_GROUP ? 0 : 1;
        }
        return moves;
    }

    /** The same with these hints; groups without one get 0. */
    public ShardMap withLeaders(Map<Integer, Integer> leaders) {
        List<Group> named = new ArrayList<>();
        for (Group group : groups) {
            int leaderId = leaders.getOrDefault(group.groupId(), 0);
            named.add(new Group(group.groupId(), group.name(), group.nodeIds(), leaderId));
        }
        return new ShardMap(revision, number, clusterId, shardGroups, movingTo, named, nodes, steering);
    }
}
