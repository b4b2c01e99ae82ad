package kvctl.node.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import kvctl.protocol.Configuration;
import org.junit.jupiter.api.Test;

class BalancerTest {
    @Test
    void G2_withoutGroupsNobodyOwnsAShard() {
        assertThat(Balancer.balance(new int[] {1, 2, 0, 1}, List.of())).containsExactly(0, 0, 0, 0);
    }

    @Test
    void firstGroupsShareWhatNobodyOwns() {
        assertThat(Balancer.balance(new int[7], groups(1, 1, 1))).containsExactly(1, 1, 1, 2, 2, 3, 3);
    }

    @Test
    void moreGroupsThanShardsGetOneOrNone() {
        assertThat(Balancer.balance(new int[2], groups(1, 1, 1, 1))).containsExactly(1, 2);
        assertThat(Balancer.balance(new int[] {4, 3}, groups(1, 1, 1, 1))).containsExactly(4, 3);
        assertThat(Balancer.balance(new int[] {4, 4}, groups(1, 1, 1, 1))).containsExactly(4, 1);
    }

    @Test
    void weightsSetTheShares() {
        assertThat(counts(Balancer.balance(new int[16], groups(2, 1, 1)), 3)).containsExactly(8, 4, 4);
        assertThat(counts(Balancer.balance(new int[10], groups(3, 1)), 2)).containsExactly(8, 2);
        assertThat(counts(Balancer.balance(new int[10], groups(Integer.MAX_VALUE, 1)), 2))
                .containsExactly(10, 0);
    }

    @Test
    void largestRemainderRoundsUpIfThatCostsNothing() {
        assertThat(counts(Balancer.balance(new int[10], groups(10, 1)), 2)).containsExactly(9, 1);
    }

    @Test
    void whoHasMoreKeepsItIfItMay() {
        assertThat(Balancer.balance(new int[] {2, 2, 2, 1, 1}, groups(1, 1))).containsExactly(2, 2, 2, 1, 1);
        assertThat(Balancer.balance(new int[] {2, 2, 2, 2, 1}, groups(1, 1))).containsExactly(2, 2, 2, 1, 1);
    }

    @Test
    void argumentsStayAsTheyAre() {
        int[] before = {1, 1, 1, 1};
        assertThat(Balancer.balance(before, groups(1, 1))).containsExactly(1, 1, 2, 2);
        assertThat(before).containsExactly(1, 1, 1, 1);
    }

    @Test
    void G2_noBalancedAssignmentHasFewerMoves() {
        for (int seed = 0; seed < 1500; seed++) {
            Random random = new Random(seed);
            int shards = 1 + random.nextInt(6);
            int groupCount = 1 + random.nextInt(4);
            List<Configuration.Group> groups = randomGroups(random, groupCount, seed % 2 == 0 ? 1 : 4);
            int[] before = random.ints(shards, 0, groupCount + 2).toArray(); // 0: nobody, groupCount + 1: gone
            int[] balanced = Balancer.balance(before, groups);
            assertBalanced(balanced, groups, "seed " + seed);
            assertThat(moves(before, balanced)).as("moves, seed %d", seed).isEqualTo(fewestMoves(before, groups));
        }
    }

    /** Tries every assignment that there is. */
    private static int fewestMoves(int[] before, List<Configuration.Group> groups) {
        int fewest = Integer.MAX_VALUE;
        int[] tried = new int[before.length];
        long all = (long) Math.pow(groups.size(), before.length);
        for (long each = 0; each < all; each++) {
            long digits = each;
            for (int shard = 0; shard < tried.length; shard++) {
                tried[shard] = 1 + (int) (digits % groups.size());
                digits /= groups.size();
            }
            if (isBalanced(tried, groups)) {
                fewest = Math.min(fewest, moves(before, tried));
            }
        }
        return fewest;
    }

    @Test
    void largeAssignmentsAreBalancedAndMoveNoMoreThanTheirSurplus() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int groupCount = 1 + random.nextInt(seed % 10 == 0 ? 256 : 12);
            List<Configuration.Group> groups = randomGroups(random, groupCount, 1 + random.nextInt(9));
            int[] before = random.ints(1 + random.nextInt(4096), 0, groupCount + 2)
                    .map(group -> random.nextInt(3) == 0 ? 1 : group)
                    .toArray();
            int[] balanced = Balancer.balance(before, groups);
            assertBalanced(balanced, groups, "seed " + seed);
            int kept = 0;
            for (int group = 1; group <= groupCount; group++) {
                kept += Math.min(counts(before, groupCount)[group - 1], counts(balanced, groupCount)[group - 1]);
            }
            assertThat(moves(before, balanced)).as("seed %d", seed).isEqualTo(before.length - kept);
        }
    }

    @Test
    void G2_balancedAssignmentStaysAndOrderOfGroupsDoesNotMatter() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            List<Configuration.Group> groups = randomGroups(random, 1 + random.nextInt(9), 5);
            int[] before =
                    random.ints(1 + random.nextInt(100), 0, groups.size() + 2).toArray();
            int[] balanced = Balancer.balance(before, groups);
            assertThat(Balancer.balance(balanced, groups)).as("seed %d", seed).isEqualTo(balanced);
            List<Configuration.Group> shuffled = new ArrayList<>(groups);
            Collections.shuffle(shuffled, random);
            assertThat(Balancer.balance(before, shuffled)).as("seed %d", seed).isEqualTo(balanced);
        }
    }

    @Test
    void joinsAndLeavesMoveNoShardBetweenSurvivors() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int shards = 1 + random.nextInt(64);
            List<Configuration.Group> few = groups(
                    IntStream.generate(() -> 1).limit(1 + random.nextInt(6)).toArray());
            List<Configuration.Group> many = groups(IntStream.generate(() -> 1)
                    .limit(few.size() + 1 + random.nextInt(6))
                    .toArray());
            List<Configuration.Group> survivors = new ArrayList<>(many);
            Collections.shuffle(survivors, random);
            survivors = survivors.subList(0, 1 + random.nextInt(survivors.size()));

            int[] before = Balancer.balance(new int[shards], few);
            int[] joined = Balancer.balance(before, many);
            int[] left = Balancer.balance(joined, survivors);
            for (int shard = 0; shard < shards; shard++) {
                if (joined[shard] != before[shard]) {
                    assertThat(joined[shard]).as("join, seed %d", seed).isGreaterThan(few.size());
                }
                int group = joined[shard];
                if (survivors.stream().anyMatch(survivor -> survivor.groupId() == group)) {
                    assertThat(left[shard]).as("leave, seed %d", seed).isEqualTo(group);
                }
            }
        }
    }

    private static void assertBalanced(int[] shardGroups, List<Configuration.Group> groups, String what) {
        assertThat(isBalanced(shardGroups, groups))
                .as("%s: %s of %s", what, Arrays.toString(counts(shardGroups, groups.size())), groups)
                .isTrue();
        if (groups.stream().allMatch(group -> group.weight() == groups.get(0).weight())) {
            int[] counts = counts(shardGroups, groups.size());
            assertThat(Arrays.stream(counts).max().getAsInt()
                            - Arrays.stream(counts).min().getAsInt())
                    .as(what)
                    .isLessThanOrEqualTo(1);
        }
    }

    /** Every shard has a group of the list, and no group is a whole shard off its ideal share. */
    static boolean isBalanced(int[] shardGroups, List<Configuration.Group> groups) {
        int[] counts = counts(shardGroups, groups.size());
        long weights = groups.stream().mapToLong(Configuration.Group::weight).sum();
        return Arrays.stream(counts).sum() == shardGroups.length
                && groups.stream()
                        .allMatch(group -> Math.abs(counts[group.groupId() - 1] * weights
                                        - (long) shardGroups.length * group.weight())
                                < weights);
    }

    private static int moves(int[] before, int[] after) {
        return (int) IntStream.range(0, before.length)
                .filter(shard -> before[shard] != after[shard])
                .count();
    }

    /** Shards of the groups 1, 2 and so on; others are not counted. */
    private static int[] counts(int[] shardGroups, int groups) {
        int[] counts = new int[groups];
        for (int group : shardGroups) {
            if (group >= 1 && group <= groups) {
                counts[group - 1]++;
            }
        }
        return counts;
    }

    private static List<Configuration.Group> randomGroups(Random random, int count, int maxWeight) {
        return groups(random.ints(count, 1, maxWeight + 1).toArray());
    }

    /** Groups with the ids 1, 2 and so on. */
    private static List<Configuration.Group> groups(int... weights) {
        return IntStream.rangeClosed(1, weights.length)
                .mapToObj(id -> new Configuration.Group(id, "g" + id, List.of(1), weights[id - 1]))
                .toList();
    }
}
