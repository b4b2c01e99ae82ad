package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;

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
 * Many seeds of a five-node group under every fault the simulator knows. {@link SeedRange#asked} says how to run others; one
 * alone prints its trace.
 */
class SimulatorSeedsTest {
    private static final int NODES = 5;
    private static final int THREADS = 2;

    @Tag("slow")
    @Test
    void aThousandSeedsKeepEveryProperty() throws Exception {
        SeedRange asked = SeedRange.asked(System.getProperties(), 1_000);
        if (asked.count() == 1) {
            Outcome outcome = SeedRun.recorded(asked.first(), NODES, 20_000);
            System.out.println(outcome.report());
            assertThat(outcome.broken()).isNull();
            return;
        }
        long startNs = System.nanoTime();
        List<Outcome> outcomes = inParallel(asked.seeds());
        System.out.println("simulator: " + Outcome.summary(outcomes, (System.nanoTime() - startNs) / 1e6));
        assertThat(Outcome.failures(outcomes)).isEmpty();
    }

    @Test
    void theSameSeedIsTheSameRun() {
        for (long seed = 5_000; seed < 5_010; seed++) {
            Outcome once = SeedRun.run(seed, NODES);
            Outcome again = SeedRun.recorded(seed, NODES, 10);
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
            Outcome three = SeedRun.run(seed, 3);
            assertThat(three.broken()).as(three::report).isNull();
            Outcome seven = SeedRun.run(seed, 7);
            assertThat(seven.broken()).as(seven::report).isNull();
        }
    }

    /** Threads share nothing: each seed has a simulation of its own. */
    private static List<Outcome> inParallel(LongStream seeds) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Outcome>> runs = seeds.mapToObj(seed -> (Callable<Outcome>) () -> SeedRun.run(seed, NODES))
                    .toList();
            List<Outcome> outcomes = new ArrayList<>();
            for (Future<Outcome> outcome : threads.invokeAll(runs)) {
                outcomes.add(outcome.get());
            }
            return outcomes;
        } finally {
            threads.shutdownNow();
        }
    }
}
