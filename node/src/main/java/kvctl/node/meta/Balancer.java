package kvctl.node.meta;

import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import kvctl.protocol.Configuration;
import kvctl.protocol.ShardMap;

/**
 * Gives every group its share of the shards with the fewest moves (HAZARDS G2).
 *
 * <p>A group's ideal share is shards * weight / sum of all weights. Balanced means that every group has its ideal share
 * rounded down or up, so no group is a whole shard off, and groups of equal weight differ by one at most. Which groups
 * round up is free as long as the sum is right: a move is saved wherever a group that has more than its share rounded
 * down may round up. Nothing else can save one, because a group keeps min(has, may have) shards whichever they are.
 */
public final class Balancer {
    private Balancer() {}

    /**
     * The balanced assignment that differs from {@code shardGroups} in the fewest shards. It depends on ids, weights and
     * the present assignment alone, not on the order of {@code groups}. With equal weights, no shard moves between two
     * groups that stay when others join or leave a balanced assignment.
     *
     * @param shardGroups group of each shard, {@link ShardMap#NO_GROUP} or the id of a group that is gone; not changed
     * @param groups who shares the shards, ids and weights from 1; if there are none, nobody owns a shard
     */
    public static int[] balance(int[] shardGroups, List<Configuration.Group> groups) {
        SortedMap<Integer, Integer> room = counts(shardGroups, groups);
        int[] balanced = new int[shardGroups.length];
        for (int shard = 0; shard < balanced.length; shard++) {
            int groupId = shardGroups[shard];
            if (room.getOrDefault(groupId, 0) > 0) {
                room.merge(groupId, -1, Integer::sum);
                balanced[shard] = groupId;
            }
        }
        for (int shard = 0; shard < balanced.length && !groups.isEmpty(); shard++) {
            if (balanced[shard] == ShardMap.NO_GROUP) {
                while (room.get(room.firstKey()) == 0) {
                    room.remove(room.firstKey());
                }
                balanced[shard] = room.firstKey();
                room.merge(room.firstKey(), -1, Integer::sum);
            }
        }
        return balanced;
    }

    /** How many shards each group is to have; their sum is the number of shards, unless there is no group. */
    private static SortedMap<Integer, Integer> counts(int[] shardGroups, List<Configuration.Group> groups) {
        int shards = shardGroups.length;
        long weights = groups.stream().mapToLong(Configuration.Group::weight).sum();
        SortedMap<Integer, Integer> has = new TreeMap<>();
        for (int groupId : shardGroups) {
            has.merge(groupId, 1, Integer::sum);
        }
        List<Share> shares = groups.stream()
                .map(group -> Share.of(group, has.getOrDefault(group.groupId(), 0), shards, weights))
                .toList();
        SortedMap<Integer, Integer> counts = new TreeMap<>();
        shares.forEach(share -> counts.put(share.groupId, share.floor));
        int left = shards - shares.stream().mapToInt(Share::floor).sum();
        // The remainders add up to so many whole shards, so there are at least as many shares to round up.
        shares.stream()
                .filter(share -> share.remainder > 0)
                .sorted(Share.ROUND_UP_FIRST)
                .limit(groups.isEmpty() ? 0 : left)
                .forEach(share -> counts.merge(share.groupId, 1, Integer::sum));
        return counts;
    }

    /**
     * The ideal share of one group is floor + remainder / weights.
     *
     * @param has shards that the group has now
     */
    private record Share(int groupId, int has, int floor, long remainder) {
        /** Only the first rule saves moves; the others choose among equals. */
        static final Comparator<Share> ROUND_UP_FIRST = Comparator.comparing((Share share) -> share.has <= share.floor)
                .thenComparing(Share::remainder, Comparator.reverseOrder())
                .thenComparing(Share::isUntouched)
                .thenComparing(Share::groupId);

        static Share of(Configuration.Group group, int has, int shards, long weights) {
            long ideal = (long) shards * group.weight();
            return new Share(group.groupId(), has, (int) (ideal / weights), ideal % weights);
        }

        /** Neither gives nor gets a shard as long as it is not rounded up. */
        boolean isUntouched() {
            return has > 0 && has == floor;
        }
    }
}
