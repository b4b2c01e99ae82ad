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
    void shardsMoveUnderChaosAndNothingIsLostOrDoubled() {
        SeedRange asked = SeedRange.asked(System.getProperties(), 300);
        if (asked.count() == 1) {
            Outcome outcome = ClusterRun.recorded(asked.first(), Shape.DRAWN, 20_000);
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
            Outcome again = ClusterRun.recorded(seed, Shape.DRAWN, 10);
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

    /** The smallest and the largest cluster that may be asked for, and the one that everybody asks for. */
    @Test
    void theSizeIsTheOneAskedForAndTheReplayAsksForItToo() {
        for (Shape shape : List.of(new Shape(5, 4), new Shape(3, 8), new Shape(9, 1), new Shape(9, 8))) {
            Outcome outcome = ClusterRun.run(17, shape);
            assertThat(outcome.broken()).as("%s", shape).isNull();
            ShardSwarm swarm = (ShardSwarm) outcome.options();
            assertThat(swarm.nodes()).isEqualTo(shape.nodes());
            assertThat(swarm.groups()).isEqualTo(shape.groups());
            assertThat(outcome.report())
                    .contains("kvctl simulate --trace --nodes " + shape.nodes() + " --groups " + shape.groups()
                            + " --seed 17");
        }
        ShardSwarm drawn = (ShardSwarm) ClusterRun.run(17).options();
        ShardSwarm fixed = (ShardSwarm) ClusterRun.run(17, new Shape(0, 4)).options();
        assertThat(fixed.nodes()).isEqualTo(drawn.nodes());
        assertThat(fixed.load()).isEqualTo(drawn.load());
        assertThat(ClusterRun.run(17).report()).contains("kvctl simulate --trace --seed 17");
    }
}
