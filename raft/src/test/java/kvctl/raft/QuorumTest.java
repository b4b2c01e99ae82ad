package kvctl.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntToLongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Majorities of one set of voters and of two at once, against counting on one's fingers (paper §6; HAZARDS M2). */
class QuorumTest {
    private static final int NODES = 7;

    /** @param votes bit n: node n says yes */
    private static boolean isMajority(List<Integer> members, int votes) {
        int yes = 0;
        for (int member : members) {
            yes += (votes >> member & 1) == 1 ? 1 : 0;
        }
        return 2 * yes > members.size();
    }

    private static boolean isQuorum(Quorum quorum, int votes) {
        return isMajority(quorum.voters(), votes)
                && (quorum.outgoing().isEmpty() || isMajority(quorum.outgoing(), votes));
    }

    private static List<Integer> members(SplittableRandom random, int least) {
        List<Integer> members = new ArrayList<>();
        int share = 1 + random.nextInt(5);
        do {
            members.clear();
            for (int node = 1; node <= NODES; node++) {
                if (random.nextInt(6) < share) {
                    members.add(node);
                }
            }
        } while (members.size() < least);
        return members;
    }

    @Test
    void M2_everyQuestionNeedsAMajorityOfBothSets() {
        SplittableRandom random = new SplittableRandom(1);
        int joint = 0;
        for (int round = 0; round < 500; round++) {
            Quorum quorum = new Quorum(members(random, 1), members(random, 0));
            joint += quorum.outgoing().isEmpty() ? 0 : 1;
            long[] values = LongStream.generate(() -> random.nextInt(5))
                    .limit(NODES + 1)
                    .toArray();
            for (int votes = 0; votes < 2 << NODES; votes += 2) {
                int yes = votes;
                assertThat(quorum.reached(node -> (yes >> node & 1) == 1))
                        .as("%s, votes %s", quorum, Integer.toBinaryString(yes))
                        .isEqualTo(isQuorum(quorum, yes));
                assertThat(quorum.lost(node -> (yes >> node & 1) == 1)).isEqualTo(!isQuorum(quorum, ~yes));
            }
            assertThat(quorum.reachedValue(node -> values[node]))
                    .as("%s of %s", quorum, values)
                    .isEqualTo(highestThatAQuorumHas(quorum, node -> values[node]));
        }
        assertThat(joint).isBetween(400, 499);
    }

    private static long highestThatAQuorumHas(Quorum quorum, IntToLongFunction value) {
        for (long highest = 5; highest > 0; highest--) {
            int votes = 0;
            for (int node = 1; node <= NODES; node++) {
                votes |= value.applyAsLong(node) >= highest ? 1 << node : 0;
            }
            if (isQuorum(quorum, votes)) {
                return highest;
            }
        }
        return 0;
    }

    @Test
    void M2_twoQuorumsAlwaysShareAMember() {
        SplittableRandom random = new SplittableRandom(2);
        for (int round = 0; round < 300; round++) {
            List<Integer> before = members(random, 1);
            List<Integer> after = members(random, 1);
            List<Quorum> steps = List.of(Quorum.of(before), new Quorum(after, before), Quorum.of(after));
            for (int votes = 0; votes < 2 << NODES; votes += 2) {
                int yes = votes;
                for (int step = 0; step < 3; step++) {
                    for (int next = Math.max(0, step - 1); next <= Math.min(2, step + 1); next++) {
                        boolean both = steps.get(step).reached(node -> (yes >> node & 1) == 1)
                                && steps.get(next).reached(node -> (yes >> node & 1) == 0);
                        assertThat(both)
                                .as("%s and %s", steps.get(step), steps.get(next))
                                .isFalse();
                    }
                }
            }
        }
    }
}
