package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import kvctl.sim.Fault;
import kvctl.sim.Outcome;
import kvctl.sim.SeedRange;
import kvctl.sim.Timetable;
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
            Outcome outcome = ClusterRun.recorded(ClusterRun.Options.of(asked.first(), Shape.DRAWN), 20_000);
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
            Outcome again = ClusterRun.recorded(ClusterRun.Options.of(seed, Shape.DRAWN), 10);
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
            Outcome outcome = ClusterRun.run(ClusterRun.Options.of(17, shape), new Coverage());
            assertThat(outcome.broken()).as("%s", shape).isNull();
            ShardSwarm swarm = (ShardSwarm) outcome.options();
            assertThat(swarm.nodes()).isEqualTo(shape.nodes());
            assertThat(swarm.groups()).isEqualTo(shape.groups());
            assertThat(outcome.report())
                    .contains("kvctl simulate --trace --nodes " + shape.nodes() + " --groups " + shape.groups()
                            + " --seed 17");
        }
        ShardSwarm drawn = (ShardSwarm) ClusterRun.run(17).options();
        ShardSwarm fixed = (ShardSwarm) ClusterRun.run(ClusterRun.Options.of(17, new Shape(0, 4)), new Coverage())
                .options();
        assertThat(fixed.nodes()).isEqualTo(drawn.nodes());
        assertThat(fixed.load()).isEqualTo(drawn.load());
        assertThat(ClusterRun.run(17).report()).contains("kvctl simulate --trace --seed 17");
    }

    /** So a schedule that was shortened shows what the seed itself did, and nothing else. */
    @Test
    void allThatASeedDidDoneAgainIsTheSameRun() {
        for (long seed = 5_000; seed < 5_030; seed++) {
            ClusterRun.Options options = ClusterRun.Options.of(seed, Shape.DRAWN);
            List<Timetable.Row> rows = ClusterRun.timetable(options).rows();
            assertThat(rows)
                    .extracting(Timetable.Row::number)
                    .containsExactlyElementsOf(
                            IntStream.rangeClosed(1, rows.size()).boxed().toList());
            assertThat(rows).isSortedAccordingTo(Comparator.comparingLong(Timetable.Row::atUs));
            List<Integer> all = rows.stream().map(Timetable.Row::number).toList();
            Outcome once = ClusterRun.run(options, new Coverage());
            Outcome again = ClusterRun.run(options.only(all), new Coverage());
            assertThat(again.traceHash()).as("trace of seed %d", seed).isEqualTo(once.traceHash());
            assertThat(again.counts().subList(0, 4)).isEqualTo(once.counts().subList(0, 4));
        }
    }

    @Test
    void aFaultThatIsLeftOutDoesNotHappen() {
        ClusterRun.Options options = ClusterRun.Options.of(1, Shape.DRAWN);
        Outcome none = ClusterRun.recorded(options.only(List.of()), 20_000);
        assertThat(none.broken()).isNull();
        assertThat(none.trace())
                .doesNotContain("fault ")
                .doesNotContain("crash")
                .doesNotContain("lost: ");
        assertThat(none.report()).contains("kvctl simulate --trace --only none --seed 1");
        Timetable.Row kill = ClusterRun.timetable(options).rows().stream()
                .filter(row -> row.kind() == Fault.Kind.KILL)
                .findFirst()
                .orElseThrow();
        Outcome one = ClusterRun.recorded(options.only(List.of(kill.number())), 20_000);
        assertThat(one.broken()).isNull();
        assertThat(one.trace().lines().filter(line -> line.contains(" crash"))).hasSize(1);
        assertThat(one.trace()).contains("fault " + kill.number() + ": " + kill.text());
        assertThat(one.counts().get(4)).hasToString("1 faults");
    }

    /** Few seeds suffice to see that all places that tell of operations and faults do so. */
    @Test
    void everyOperationAndEveryFaultIsCounted() {
        Coverage coverage = new Coverage();
        for (long seed = 1; seed <= 60; seed++) {
            ClusterRun.run(ClusterRun.Options.of(seed, Shape.DRAWN), coverage);
        }
        assertThat(coverage.runs()).isEqualTo(60);
        for (Coverage.Operation operation : Coverage.Operation.values()) {
            assertThat(Coverage.FAULTS.stream().mapToLong(fault -> coverage.runs(operation, fault)))
                    .as("%s", operation)
                    .anyMatch(runs -> runs > 0);
        }
        for (Fault.Kind fault : Coverage.FAULTS) {
            assertThat(coverage.runs(Coverage.Operation.APPEND, fault))
                    .as("%s", fault)
                    .isBetween(1L, 59L);
        }
        Coverage quiet = new Coverage();
        ClusterRun.run(ClusterRun.Options.of(1, Shape.DRAWN).only(List.of()), quiet);
        assertThat(quiet.covered()).isZero();
        assertThat(coverage.covered()).isBetween(Coverage.pairs() / 2, Coverage.pairs());
    }
}
