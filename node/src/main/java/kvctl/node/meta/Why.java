package kvctl.node.meta;

import java.util.List;
import java.util.stream.Collectors;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.ShardMap;

/** Says in one line why no fewer moves would do. */
final class Why {
    private static final int NAMES_LISTED = 3;

    private Why() {}

    /** Empty if a change moves nothing; but a move that is no change is told as one. */
    static String line(Configuration before, Configuration after, Change change) {
        List<Configuration.Move> moves = before.movesTo(after);
        if (change instanceof Change.Move move) {
            return moves.isEmpty()
                    ? "Shard " + move.shardId() + " belongs to " + move.group() + " already: nothing is changed."
                    : "Shard " + move.shardId() + " goes to " + move.group() + ", and nothing else moves: 1 move.";
        }
        if (moves.isEmpty()) {
            return "";
        }
        int size = moves.size();
        String fewest = ": " + count(size, "move") + (size == 1 ? " is" : " are") + " the fewest.";
        if (moves.stream().allMatch(move -> move.fromGroupId() == ShardMap.NO_GROUP)) {
            return count(size, "shard") + (size == 1 ? " has" : " have") + " no group yet" + fewest;
        }
        List<Configuration.Group> gone = missingIn(after, before.groups());
        if (moves.stream().allMatch(move -> after.group(move.fromGroupId()) == null)) {
            return names(gone) + (gone.size() == 1 ? " leaves " : " leave ") + count(size, "shard")
                    + " that must go to others" + fewest;
        }
        List<Configuration.Group> fresh = missingIn(before, after.groups());
        if (size == least(fresh, after)) {
            return names(fresh) + " must get " + count(size, "shard") + " and can have " + (size == 1 ? "it" : "them")
                    + " only from others" + fewest;
        }
        int shards = before.shardGroups().length;
        return "In a balanced configuration " + (shards - size) + " of " + count(shards, "shard")
                + " can stay where they are, not more" + fewest;
    }

    /** How many shards these groups have at least in any balanced configuration: as many as the others may not have. */
    private static long least(List<Configuration.Group> groups, Configuration after) {
        long shards = after.shardGroups().length;
        long weights =
                after.groups().stream().mapToLong(Configuration.Group::weight).sum();
        long roundedDown = 0;
        long othersRoundedUp = 0;
        for (Configuration.Group group : after.groups()) {
            long ideal = shards * group.weight();
            if (groups.contains(group)) {
                roundedDown += ideal / weights;
            } else {
                othersRoundedUp += (ideal + weights - 1) / weights;
            }
        }
        return Math.max(roundedDown, shards - othersRoundedUp);
    }

    private static List<Configuration.Group> missingIn(Configuration configuration, List<Configuration.Group> groups) {
        return groups.stream()
                .filter(group -> configuration.group(group.groupId()) == null)
                .toList();
    }

    private static String names(List<Configuration.Group> groups) {
        if (groups.size() > NAMES_LISTED) {
            return groups.size() + " groups";
        }
        return groups.stream().map(Configuration.Group::name).collect(Collectors.joining(" and "));
    }

    static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
