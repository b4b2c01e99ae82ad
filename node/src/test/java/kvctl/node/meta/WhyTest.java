package kvctl.node.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import org.junit.jupiter.api.Test;

class WhyTest {
    private static final Pattern MUST_GET = Pattern.compile("must get (\\d+) shards? .*: (\\d+) move");

    /** Held against every balanced assignment that there is. */
    @Test
    void whatNewGroupsMustGetIsTheLeastThatTheyCanHave() {
        int said = 0;
        int otherwise = 0;
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            List<Configuration.Group> old = groups(random, 1, 1 + random.nextInt(2));
            List<Configuration.Group> all = new ArrayList<>(old);
            all.addAll(groups(random, old.size() + 1, 1 + random.nextInt(2)));
            int[] shardGroups =
                    random.ints(1 + random.nextInt(6), 1, old.size() + 1).toArray();
            if (random.nextBoolean()) {
                shardGroups = Balancer.balance(shardGroups, old);
            }
            Configuration before = new Configuration(1, shardGroups, old);
            Configuration after = new Configuration(2, Balancer.balance(shardGroups, all), all);
            String why = Why.line(before, after, new Change.Join(List.of()));
            int moves = before.movesTo(after).size();
            assertThat(why.isEmpty()).as("seed %d", seed).isEqualTo(moves == 0);
            Matcher matcher = MUST_GET.matcher(why);
            if (matcher.find()) {
                said++;
                int least = least(shardGroups.length, old.size(), all);
                assertThat(List.of(matcher.group(1), matcher.group(2)))
                        .as("seed %d: %s", seed, why)
                        .containsOnly(Integer.toString(least));
                assertThat(moves).as("seed %d", seed).isEqualTo(least);
            } else if (moves > 0) {
                otherwise++;
                int shards = shardGroups.length;
                assertThat(why).contains(" " + (shards - moves) + " of " + Why.count(shards, "shard"));
            }
        }
        assertThat(said).isGreaterThan(100);
        assertThat(otherwise).isGreaterThan(10);
    }

    /** Fewest shards that groups with an id above {@code old} have in a balanced assignment. */
    private static int least(int shards, int old, List<Configuration.Group> groups) {
        int least = shards;
        int[] tried = new int[shards];
        for (long each = 0; each < Math.pow(groups.size(), shards); each++) {
            long digits = each;
            int fresh = 0;
            for (int shard = 0; shard < shards; shard++) {
                tried[shard] = 1 + (int) (digits % groups.size());
                fresh += tried[shard] > old ? 1 : 0;
                digits /= groups.size();
            }
            if (fresh < least && BalancerTest.isBalanced(tried, groups)) {
                least = fresh;
            }
        }
        return least;
    }

    private static List<Configuration.Group> groups(Random random, int firstId, int count) {
        List<Configuration.Group> groups = new ArrayList<>();
        for (int id = firstId; id < firstId + count; id++) {
            groups.add(new Configuration.Group(id, "g" + id, List.of(1), 1 + random.nextInt(3)));
        }
        return groups;
    }

    @Test
    void oneIsSingularAndManyNamesAreCounted() {
        Configuration before = new Configuration(1, new int[] {1, 1, 1, 1, 1}, groups(new Random(1), 1, 1));
        List<Configuration.Group> five = new ArrayList<>();
        for (int id = 1; id <= 5; id++) {
            five.add(new Configuration.Group(id, "g" + id, List.of(1), 1));
        }
        assertThat(line(before, five.subList(0, 5)))
                .isEqualTo("4 groups must get 4 shards and can have them only from others: 4 moves are the fewest.");
        assertThat(line(before, five.subList(0, 3)))
                .isEqualTo("g2 and g3 must get 3 shards and can have them only from others: 3 moves are the fewest.");
        Configuration two = new Configuration(1, new int[] {1, 1}, five.subList(0, 1));
        assertThat(line(two, five.subList(0, 2)))
                .isEqualTo("g2 must get 1 shard and can have it only from others: 1 move is the fewest.");
        Configuration none = new Configuration(1, new int[1], List.of());
        assertThat(line(none, five.subList(0, 1))).isEqualTo("1 shard has no group yet: 1 move is the fewest.");
        Configuration both = new Configuration(1, new int[] {1, 2}, five.subList(0, 3));
        assertThat(line(both, five.subList(2, 3)))
                .isEqualTo("g1 and g2 leave 2 shards that must go to others: 2 moves are the fewest.");
    }

    private static String line(Configuration before, List<Configuration.Group> groups) {
        int[] shardGroups = Balancer.balance(before.shardGroups(), groups);
        return Why.line(before, new Configuration(2, shardGroups, groups), new Change.Leave(List.of()));
    }
}
