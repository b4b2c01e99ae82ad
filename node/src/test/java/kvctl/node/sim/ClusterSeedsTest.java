package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Many seeds of a whole cluster: groups join and leave and shards move under clients, and under every fault the simulator
 * knows. -Dkvctl.seed=N runs one seed and prints its trace, -Dkvctl.seeds=N sets how many, -Dkvctl.firstSeed=N where to
 * begin.
 */
class ClusterSeedsTest {
    @Test
    void shardsMoveUnderChaosAndNothingIsLostOrDoubled() {
        Long only = Long.getLong("kvctl.seed");
        if (only != null) {
            ClusterRun.Outcome outcome = ClusterRun.recorded(only, 20_000);
            System.out.println(outcome.report());
            assertThat(outcome.breach()).isNull();
            return;
        }
        long first = Long.getLong("kvctl.firstSeed", 1);
        long count = Long.getLong("kvctl.seeds", 300);
        long startNs = System.nanoTime();
        List<ClusterRun.Outcome> outcomes = new ArrayList<>();
        LongStream.range(first, first + count).forEach(seed -> outcomes.add(ClusterRun.run(seed)));
        print(first, outcomes, (System.nanoTime() - startNs) / 1e6);
        List<String> failures = outcomes.stream()
                .filter(outcome -> outcome.breach() != null)
                .map(ClusterRun.Outcome::report)
                .toList();
        if (!failures.isEmpty()) {
            fail(failures.size() + " of " + count + " seeds failed; the first:\n" + failures.get(0));
        }
    }

    @Test
    void theSameSeedIsTheSameRun() {
        for (long seed = 5_000; seed < 5_010; seed++) {
            ClusterRun.Outcome once = ClusterRun.run(seed);
            ClusterRun.Outcome again = ClusterRun.recorded(seed, 10);
            assertThat(again.traceHash()).as("trace of seed %d", seed).isEqualTo(once.traceHash());
            assertThat(again.events()).isEqualTo(once.events());
            assertThat(again.done()).isEqualTo(once.done());
        }
    }

    @Test
    void anotherSeedIsAnotherRun() {
        assertThat(LongStream.range(6_000, 6_005)
                        .map(seed -> ClusterRun.run(seed).traceHash())
                        .distinct())
                .hasSize(5);
    }

    private static void print(long first, List<ClusterRun.Outcome> outcomes, double realMs) {
        long simulatedMs =
                outcomes.stream().mapToLong(ClusterRun.Outcome::simulatedMs).sum();
        System.out.printf(
                "cluster simulator: seeds %d..%d, %d failed; %.1f h simulated in %.0f s = %.0f : 1; %,d events,"
                        + " %,d configurations, %,d moves, %,d requests done, %,d unknown, %,d faults%n",
                first,
                first + outcomes.size() - 1,
                outcomes.stream().filter(outcome -> outcome.breach() != null).count(),
                simulatedMs / 3.6e6,
                realMs / 1000,
                simulatedMs / realMs,
                outcomes.stream().mapToLong(ClusterRun.Outcome::events).sum(),
                outcomes.stream().mapToLong(ClusterRun.Outcome::configurations).sum(),
                outcomes.stream().mapToLong(ClusterRun.Outcome::moves).sum(),
                outcomes.stream().mapToLong(ClusterRun.Outcome::done).sum(),
                outcomes.stream().mapToLong(ClusterRun.Outcome::unknown).sum(),
                outcomes.stream().mapToLong(ClusterRun.Outcome::faults).sum());
    }
}
