package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FewestTest {
    private static final List<Integer> FORTY =
            IntStream.rangeClosed(1, 40).boxed().toList();

    @Test
    void whatIsNeededIsFoundWhereverItStands() {
        for (Set<Integer> needed :
                List.of(Set.of(1), Set.of(40), Set.of(3, 17, 38), Set.of(20, 21), Set.<Integer>of())) {
            Fewest fewest = Fewest.of(FORTY, kept -> kept.containsAll(needed), 1_000);
            assertThat(Set.copyOf(fewest.left())).isEqualTo(needed);
            assertThat(fewest.isMinimal()).isTrue();
            assertThat(fewest.tries()).isLessThan(80);
        }
    }

    /** Failures that need one of several sets, or are not there with too much: no single one of the rest can be left out. */
    @Test
    void nothingThatIsLeftCanBeLeftOutAlone() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 200; round++) {
            Set<Integer> one = drawn(random);
            Set<Integer> other = drawn(random);
            int veto = random.nextInt(60);
            Predicate<Set<Integer>> fails = kept ->
                    kept.containsAll(one) && !(kept.contains(veto) && kept.size() < 30) || kept.containsAll(other);
            if (!fails.test(Set.copyOf(FORTY))) {
                continue;
            }
            Fewest fewest = Fewest.of(FORTY, fails, 10_000);
            assertThat(fails.test(Set.copyOf(fewest.left()))).isTrue();
            for (int number : fewest.left()) {
                Set<Integer> without = new HashSet<>(fewest.left());
                without.remove(number);
                assertThat(fails.test(without))
                        .as("%s without %d", fewest, number)
                        .isFalse();
            }
        }
    }

    private static Set<Integer> drawn(SplittableRandom random) {
        return random.ints(1 + random.nextInt(5), 1, 41).boxed().collect(Collectors.toSet());
    }

    @Test
    void triesHaveAnEndAndWhatIsLeftThenFailsAsWell() {
        Set<Integer> needed = Set.of(5, 25);
        Fewest fewest = Fewest.of(FORTY, kept -> kept.containsAll(needed), 6);
        assertThat(fewest.tries()).isEqualTo(6);
        assertThat(fewest.isMinimal()).isFalse();
        assertThat(fewest.left()).containsAll(needed).hasSizeLessThan(40);
    }
}
