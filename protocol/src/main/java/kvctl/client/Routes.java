package kvctl.client;

import java.util.ArrayList;
import java.util.List;
import kvctl.protocol.ShardMap;
import kvctl.protocol.Shards;

/**
 * Decides where a call goes: which shard, which group, which of its nodes. While a shard moves it is served by one of
 * two groups, and the map can't tell by which: the calls that were refused by one try the other in turn (HAZARDS G13).
 */
final class Routes {
    private final Nodes nodes;

    Routes(Nodes nodes) {
        this.nodes = nodes;
    }

    /**
     * Finds shard and group in the map, {@link Call#NOBODY} if nobody owns the shard.
     *
     * @return null, or what the map has not and will not have
     */
    String locate(Call call) {
        ShardMap map = nodes.map();
        int shards = map.shardGroups().length;
        if (call.fixedNode != 0) {
            return nodes.byId(call.fixedNode) == null ? "There is no node " + call.fixedNode + "." : null;
        }
        if (call.key != null) {
            call.shardId = Shards.of(call.key, shards);
        } else if (call.fixedShard >= shards) {
            return "There is no shard " + call.fixedShard + "; shards are 0 to " + (shards - 1) + ".";
        } else {
            call.shardId = call.fixedShard;
        }
        if (call.shardId >= 0) {
            call.groupId = groupOf(call, map);
            return null;
        }
        call.groupId = call.fixedGroup;
        if (call.groupId == Call.NO_GROUP || nodes.group(call.groupId) != null) {
            return null;
        }
        return call.groupId == ShardMap.CONTROLLER
                ? "This cluster has no controller: its shards can't be moved."
                : "There is no group " + call.groupId + ".";
    }

    private int groupOf(Call call, ShardMap map) {
        int owner = existing(map.shardGroups()[call.shardId]);
        int target = existing(map.movingTo()[call.shardId]);
        if (target != Call.NOBODY && (call.atTarget || owner == Call.NOBODY)) {
            return target;
        }
        return owner;
    }

    private int existing(int groupId) {
        return groupId == ShardMap.NO_GROUP || nodes.group(groupId) == null ? Call.NOBODY : groupId;
    }

    /** Sends the call to the other of the two groups next, if its shard is moving. False: there is no other. */
    boolean alternate(Call call) {
        if (call.shardId < 0 || existing(nodes.map().movingTo()[call.shardId]) == Call.NOBODY) {
            return false;
        }
        call.atTarget = !call.atTarget;
        return true;
    }

    /** The leader if known and in good health, else the next replica; null: all have it, or refused just now. */
    NodeLink choose(Call call, long nowMs) {
        if (call.fixedNode != 0) {
            return nodes.byId(call.fixedNode);
        }
        NodeLink leader = nodes.byId(nodes.leader(call.groupId));
        if (call.groupId != Call.NO_GROUP && leader != null && usable(call, leader, nowMs)) {
            return leader;
        }
        List<NodeLink> candidates = new ArrayList<>();
        if (call.groupId == Call.NO_GROUP) {
            candidates.addAll(nodes.all());
        } else {
            for (int nodeId : nodes.group(call.groupId).nodeIds()) {
                candidates.add(nodes.byId(nodeId));
            }
        }
        NodeLink second = null;
        for (int i = 0; i < candidates.size(); i++) {
            NodeLink candidate = candidates.get((call.rotation + i) % candidates.size());
            if (candidate == null || call.hasOpenAttemptAt(candidate) || candidate.refusedLately(nowMs)) {
                continue;
            }
            if (!candidate.suspect(nowMs)) {
                call.rotation += i + 1;
                return candidate;
            }
            second = second == null ? candidate : second;
        }
        return second;
    }

    static boolean usable(Call call, NodeLink node, long nowMs) {
        return !call.hasOpenAttemptAt(node) && isGood(node, nowMs);
    }

    static boolean isGood(NodeLink node, long nowMs) {
        return node != null && !node.suspect(nowMs) && !node.refusedLately(nowMs);
    }
}
