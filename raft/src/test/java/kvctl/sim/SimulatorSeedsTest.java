package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Many seeds of a five-node group under every fault the simulator knows. -Dkvctl.seed=N runs one seed and prints its
 * trace, -Dkvctl.seeds=N sets how many, -Dkvctl.firstSeed=N where to begin.
 */
class SimulatorSeedsTest {
    private static final int NODES = 5;
    private static final int THREADS = 2;

    @Tag("slow")
    @Test
    void aThousandSeedsKeepEveryProperty() throws Exception {
        Long only = Long.getLong("kvctl.seed");
        if (only != null) {
            SeedRun.Outcome outcome = SeedRun.recorded(only, NODES, 20_000);
            System.out.println(outcome.report());
            assertThat(outcome.violation()).isNull();
            return;
        }
        long first = Long.getLong("kvctl.firstSeed", 1);
        long count = Long.getLong("kvctl.seeds", 1_000);
        long startNs = System.nanoTime();
        List<SeedRun.Outcome> outcomes = inParallel(first, count);
        double realMs = (System.nanoTime() - startNs) / 1e6;
        print(first, outcomes, realMs);
        List<String> failures = outcomes.stream()
                .filter(outcome -> outcome.violation() != null)
                .map(SeedRun.Outcome::report)
                .toList();
        if (!failures.isEmpty()) {
            fail(failures.size() + " of " + count + " seeds failed; the first:\n" + failures.get(0));
        }
    }

    @Test
    void theSameSeedIsTheSameRun() {
        for (long seed = 5_000; seed < 5_010; seed++) {
            SeedRun.Outcome once = SeedRun.run(seed, NODES);
            SeedRun.Outcome again = SeedRun.recorded(seed, NODES, 10);
            assertThat(again.traceHash()).as("trace of seed %d", seed).isEqualTo(once.traceHash());
            assertThat(again.events()).isEqualTo(once.events());
        }
    }

    @Test
    void anotherSeedIsAnotherRun() {
        assertThat(LongStream.range(6_000, 6_005)
                        .map(seed -> SeedRun.run(seed, NODES).traceHash())
                        .distinct())
                .hasSize(5);
    }

    @Test
    void threeAndSevenNodesKeepEveryProperty() {
        for (long seed = 1; seed <= 15; seed++) {
            SeedRun.Outcome three = SeedRun.run(seed, 3);
            assertThat(three.violation()).as(three::report).isNull();
            SeedRun.Outcome seven = SeedRun.run(seed, 7);
            assertThat(seven.violation()).as(seven::report).isNull();
        }
    }

    /** Threads share nothing: each seed has a simulation of its own. */
    private static List<SeedRun.Outcome> inParallel(long first, long count) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<SeedRun.Outcome>> runs = LongStream.range(first, first + count)
                    .mapToObj(seed -> (Callable<SeedRun.Outcome>) () -> SeedRun.run(seed, NODES))
                    .toList();
            List<SeedRun.Outcome> outcomes = new ArrayList<>();
            for (Future<SeedRun.Outcome> outcome : threads.invokeAll(runs)) {
                outcomes.add(outcome.get());
            }
            return outcomes;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void print(long first, List<SeedRun.Outcome> outcomes, double realMs) {
        long simulatedMs =
                outcomes.stream().mapToLong(SeedRun.Outcome::simulatedMs).sum();
        System.out.printf(
                "simulator: seeds %d..%d, %d failed; %.1f h simulated in %.0f s = %.0f : 1; %,d events, %,d entries"
                        + " committed, %,d writes acknowledged, %,d reads, %,d elections won, %,d faults%n",
                first,
                first + outcomes.size() - 1,
                outcomes.stream().filter(outcome -> outcome.violation() != null).count(),
                simulatedMs / 3.6e6,
                realMs / 1000,
                simulatedMs / realMs,
                outcomes.stream().mapToLong(SeedRun.Outcome::events).sum(),
                outcomes.stream().mapToLong(SeedRun.Outcome::committed).sum(),
                outcomes.stream().mapToLong(SeedRun.Outcome::proposals).sum(),
                outcomes.stream().mapToLong(SeedRun.Outcome::reads).sum(),
                outcomes.stream().mapToLong(SeedRun.Outcome::terms).sum(),
                outcomes.stream().mapToLong(SeedRun.Outcome::faults).sum());
    }
}
