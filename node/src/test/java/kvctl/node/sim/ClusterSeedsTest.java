package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import kvctl.sim.Outcome;
import kvctl.sim.SeedRange;
import org.junit.jupiter.api.Test;

/**
 * Many seeds of a whole cluster: groups join and leave and shards move under clients, and under every fault the simulator
 * knows. {@link SeedRange#asked} says how to run others; one alone prints its trace.
 */
class ClusterSeedsTest {
    @Test
    void G15_shardsMoveUnderChaosAndNothingIsLostOrDoubled() {
        SeedRange asked = SeedRange.asked(System.getProperties(), 300);
        if (asked.count() == 1) {
            Outcome outcome = ClusterRun.recorded(asked.first(), 20_000);
            System.out.println(outcome.report());
            assertThat(outcome.broken()).isNull();
            return;
        }
        long startNs = System.nanoTime();
        List<Outcome> outcomes = asked.seeds().mapToObj(ClusterRun::run).toList();
        System.out.println("cluster simulator: " + Outcome.summary(outcomes, (System.nanoTime() - startNs) / 1e6));
        assertThat(Outcome.failures(outcomes)).isEmpty();
    }

    @Test
    void theSameSeedIsTheSameRun() {
        for (long seed = 5_000; seed < 5_010; seed++) {
            Outcome once = ClusterRun.run(seed);
            Outcome again = ClusterRun.recorded(seed, 10);
            assertThat(again.traceHash()).as("trace of seed %d", seed).isEqualTo(once.traceHash());
            assertThat(again.events()).isEqualTo(once.events());
            assertThat(again.counts()).isEqualTo(once.counts());
        }
    }

    @Test
    void anotherSeedIsAnotherRun() {
        assertThat(LongStream.range(6_000, 6_005)
                        .map(seed -> ClusterRun.run(seed).traceHash())
                        .distinct())
                .hasSize(5);
    }
}
