package kvctl.protocol;

import java.util.ArrayList;
import java.util.List;

/**
 * Which group is to own which shard: numbered, immutable, and readable by its number for ever (HAZARDS G1).
 *
 * @param number from 1; each change makes the next one
 * @param shardGroups group of each shard, {@link ShardMap#NO_GROUP} for none
 * @param groups all groups but the controller, in the order of their ids
 */
public record Configuration(long number, int[] shardGroups, List<Group> groups) {
    /**
     * @param groupId never used again for another group
     * @param nodeIds voters
     * @param weight share of the shards in proportion to the other groups' weights, from 1
     */
    public record Group(int groupId, String name, List<Integer> nodeIds, int weight) {}

    /** One shard that changes hands. */
    public record Move(int shardId, int fromGroupId, int toGroupId) {}

    /** Null: there is no such group. */
    public Group group(String name) {
        return groups.stream()
                .filter(group -> group.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Null: there is no such group. */
    public Group group(int groupId) {
        return groups.stream()
                .filter(group -> group.groupId() == groupId)
                .findFirst()
                .orElse(null);
    }

    /** What has to move so that {@code this} becomes {@code after}, in the order of the shards. */
    public List<Move> movesTo(Configuration after) {
        List<Move> moves = new ArrayList<>();
        for (int shard = 0; shard < shardGroups.length; shard++) {
            if (shardGroups[shard] != after.shardGroups[shard]) {
                moves.add(new Move(shard, shardGroups[shard], after.shardGroups[shard]));
            }
        }
        return moves;
    }
}
