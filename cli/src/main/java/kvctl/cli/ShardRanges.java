package kvctl.cli;

import java.util.ArrayList;
import java.util.List;

/** Shards as short text. */
final class ShardRanges {
    private ShardRanges() {}

    /** The shards of a group: {@code 0-3, 7}. */
    static List<String> of(int[] shardGroups, int groupId) {
        List<String> ranges = new ArrayList<>();
        for (int first = 0; first < shardGroups.length; first++) {
            if (shardGroups[first] != groupId) {
                continue;
            }
            int last = first;
            while (last + 1 < shardGroups.length && shardGroups[last + 1] == groupId) {
                last++;
            }
            ranges.add(first == last ? "" + first : first + "-" + last);
            first = last;
        }
        return ranges;
    }

    static long count(int[] shardGroups, int groupId) {
        long count = 0;
        for (int each : shardGroups) {
            count += each == groupId ? 1 : 0;
        }
        return count;
    }
}
