package kvctl.node.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import kvctl.node.sim.ClusterRun;
import kvctl.node.sim.Coverage;
import kvctl.node.sim.Shape;
import org.junit.jupiter.api.Test;

/** The schedule of a seed that breaks because of a planted bug is shortened to what that bug needs. */
class ShortestTest {
    private static final Path ROOT = Path.of("..");
    private static final int SEEDS = 40;

    /** A commit that is not synced is lost with its process, and not otherwise. */
    @Test
    void whatIsLeftIsWhatTheBugNeeds() throws Exception {
        Mutant mutant = Mutant.all().stream()
                .filter(each -> each.toString().contains("a commit is not synced"))
                .findFirst()
                .orElseThrow();
        try (Sources sources = new Sources()) {
            World world = new World(sources.compile(mutant.file(), mutant.source(ROOT)));
            LongFunction<?> shortening = (LongFunction<?>) Class.forName(ShortestOf.class.getName(), true, world)
                    .getDeclaredConstructor()
                    .newInstance();
            long seed = 0;
            Map<?, ?> found = null;
            while (found == null && seed < SEEDS) {
                found = (Map<?, ?>) shortening.apply(++seed);
            }
            assertThat(found).as("a seed that breaks").isNotNull();
            System.out.println(found.get("report"));
            List<?> left = (List<?>) found.get("left");
            assertThat(found.get("breaks")).isEqualTo(true);
            assertThat(found.get("isMinimal")).isEqualTo(true);
            assertThat((List<?>) found.get("needless")).isEmpty();
            assertThat(left.size()).isLessThan((Integer) found.get("of"));
            assertThat(((List<?>) found.get("kinds")).stream().map(Object::toString))
                    .containsAnyOf("kill", "power-cut", "rollback", "disk-error");
            assertThat(found.get("report").toString()).contains("kvctl simulate --trace --only ", " --seed " + seed);

            List<Integer> numbers =
                    left.stream().map(each -> Integer.valueOf(each.toString())).toList();
            ClusterRun.Options same = ClusterRun.Options.of(seed, Shape.DRAWN).only(numbers);
            assertThat(ClusterRun.run(same, new Coverage()).broken())
                    .as("the same without the bug")
                    .isNull();
            assertThat(new ShortestOf().apply(seed)).as("nothing to shorten").isNull();
        }
    }
}
