package kvctl.node.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * The gate that the simulators have to pass: each bug of the list, planted into the product, must break a seed of its
 * budget, and that seed must pass without it. -Dkvctl.mutant=TEXT takes only those with that text in id or name, and
 * -Dkvctl.seeds=N gives all of them that budget.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MutantsTest {
    private static final Path ROOT = Path.of("..");
    private static final long LIMIT_S = 120;

    private final Sources sources = new Sources();
    private final World unchanged = new World(Map.of());
    private int planted;
    private int found;
    private long worstSeed;
    private Mutant worst;

    @AfterAll
    void end() throws IOException {
        sources.close();
        if (planted > 0) {
            System.out.printf(
                    "found mutants: %d / %d%s%n",
                    found, planted, worst == null ? "" : ", worst at seed %d (%s)".formatted(worstSeed, worst));
        }
    }

    @Tag("slow")
    @TestFactory
    Stream<DynamicTest> everyPlantedBugIsFound() throws IOException {
        String only = System.getProperty("kvctl.mutant", "");
        return Mutant.all().stream()
                .filter(mutant -> mutant.toString().contains(only))
                .map(mutant -> DynamicTest.dynamicTest(mutant.toString(), () -> isFound(mutant)));
    }

    private void isFound(Mutant mutant) throws Exception {
        planted++;
        int budget = Integer.getInteger("kvctl.seeds", mutant.seeds());
        World world = new World(sources.compile(mutant.file(), mutant.source(ROOT)));
        long startNs = System.nanoTime();
        long seed = 0;
        Throwable broken = null;
        while (broken == null && seed < budget) {
            broken = run(mutant, world, ++seed);
        }
        long ms = (System.nanoTime() - startNs) / 1_000_000;
        assertThat(broken)
                .as("%s: the %s simulator must find it within %d seeds", mutant, mutant.simulator(), budget)
                .isNotNull();
        System.out.printf(
                "mutant %s: seed %d of %d, %d ms, %s%n",
                mutant,
                seed,
                budget,
                ms,
                broken.getMessage().lines().findFirst().orElse(""));
        assertThat(run(mutant, unchanged, seed))
                .as("seed %d without a mutant", seed)
                .isNull();
        found++;
        if (seed > worstSeed) {
            worstSeed = seed;
            worst = mutant;
        }
    }

    /** In a thread that may be left behind: a mutant may run for ever, and that is not to count as found. */
    private static Throwable run(Mutant mutant, World world, long seed) throws Exception {
        FutureTask<Throwable> task = new FutureTask<>(() -> mutant.simulator().run(world, seed));
        Thread thread = new Thread(task, "seed " + seed + " of " + mutant);
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get(LIMIT_S, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("seed %d of %s has no end".formatted(seed, mutant), e);
        } catch (ExecutionException e) {
            Throwable cause = Simulator.cause(e.getCause());
            throw new AssertionError("seed %d of %s ends in %s".formatted(seed, mutant, cause), cause);
        }
    }

    /** So that "found" is no artefact of compiling or loading: the first seeds pass with everything loaded anew. */
    @Test
    void nothingIsFoundWhereNothingIsPlanted() throws Exception {
        String file = "raft/src/main/java/kvctl/raft/Raft.java";
        Mutant nothing = new Mutant(
                "R0",
                "nothing",
                file,
                Simulator.RAFT3,
                1,
                List.of(),
                List.of(new Mutant.Edit(List.of("final class Raft {"), List.of("final class Raft {"))));
        World world = new World(sources.compile(file, nothing.source(ROOT)));
        for (long seed = 1; seed <= 5; seed++) {
            assertThat(Simulator.RAFT3.run(world, seed)).isNull();
            assertThat(Simulator.CLUSTER.run(world, seed)).isNull();
        }
    }

    /** Without the slow seeds: whoever changes the product sees at once which bugs have lost their place. */
    @Test
    void everyBugHasItsPlaceInTheProduct() throws IOException {
        List<Mutant> all = Mutant.all();
        assertThat(all).isNotEmpty();
        for (Mutant mutant : all) {
            assertThat(mutant.source(ROOT)).isNotEmpty();
        }
    }

    @Test
    void aBugWithoutExactlyOnePlaceIsRefused() {
        String list = "R1 no such line\nraft/src/main/java/kvctl/raft/Raft.java\nraft3 1\n- no such line\n\n"
                + "R1 many such lines\nraft/src/main/java/kvctl/raft/Raft.java\nraft3 1\n- }\n";
        for (Mutant mutant : Mutant.read(list)) {
            assertThatThrownBy(() -> mutant.source(ROOT))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("at one place");
        }
    }
}
