package kvctl.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import kvctl.check.Histories.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShrinkTest {
    private static final Budget BUDGET = Budget.steps(50_000);

    @ParameterizedTest
    @EnumSource
    void noCutMakesAViolationOfATrueHistory(Form form) {
        SplittableRandom random = new SplittableRandom(7);
        for (int seed = 0; seed < 5_000; seed++) {
            List<Operation> history = new Histories(seed, seed % 3, form).good("k", 14, 500, seed % 2 * 20);
            List<Operation> telling = Observed.cut(new History(history).byKey().getOrDefault("k", List.of()));
            long toNs = 1_000_000L + random.nextInt(1500);
            List<Operation> ended = Shrink.until(telling, toNs);
            assertThat(judged(ended, Register.INITIAL))
                    .as("seed %d until %d: %s", seed, toNs, ended)
                    .isNotEqualTo(Verdict.Kind.VIOLATED);
            long fromNs = 1_000_000L + random.nextInt(1000) - 100;
            List<Operation> begun = Shrink.from(ended, fromNs);
            assertThat(judged(begun, Register.ANYTHING))
                    .as("seed %d from %d: %s", seed, fromNs, begun)
                    .isNotEqualTo(Verdict.Kind.VIOLATED);
            List<Operation> fewer = new ArrayList<>(begun);
            fewer.removeIf(op -> op.done() && !op.effective() && random.nextBoolean());
            List<Operation> seen = new Shrink("k", telling, BUDGET).simple(fewer);
            assertThat(judged(seen, Register.ANYTHING))
                    .as("seed %d, fewer: %s", seed, seen)
                    .isNotEqualTo(Verdict.Kind.VIOLATED);
        }
    }

    private static Verdict.Kind judged(List<Operation> operations, Register first) {
        return new Search("k", operations, BUDGET).run(first).kind();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsLeftOfAViolationIsOne(Form form) {
        int violated = 0;
        int cut = 0;
        for (int seed = 0; seed < 2_000; seed++) {
            Histories from = new Histories(seed, seed % 3, form);
            List<Operation> history = from.mutated(from.mutated(from.good("k", 10, 300, seed % 2 * 20)));
            Verdict verdict = Linearizability.check(new History(history));
            if (verdict.kind() == Verdict.Kind.VIOLATED) {
                violated++;
                List<Operation> window = verdict.window();
                assertThat(history).containsAll(window);
                assertThat(verdict.operations()).hasSizeLessThanOrEqualTo(window.size());
                cut += window.size() <= 5 ? 1 : 0;
                assertThat(BruteForce.explains(window))
                        .as("seed %d: %s", seed, verdict)
                        .isFalse();
            }
        }
        assertThat(violated).isGreaterThan(200);
        assertThat(cut).isGreaterThan(violated / 2);
    }

    @Test
    void aLongHistoryIsCutToTheFewOperationsThatShowIt() {
        for (int seed = 0; seed < 20; seed++) {
            List<Operation> history = new ArrayList<>(new Histories(seed, 0, Form.VERSIONS).good("k", 600, 800, 1));
            long lastNs = history.stream()
                    .filter(Operation::done)
                    .mapToLong(Operation::endNs)
                    .max()
                    .orElseThrow();
            Operation put = Call.put(1000, "k", "acknowledged", lastNs + 10).written(lastNs + 20, 10_000);
            Operation read = Call.get(1000, "k", lastNs + 30).read(lastNs + 40, null, 0);
            history.add(put);
            history.add(read);
            history.removeIf(op -> op.kind() == Operation.Kind.DELETE && !op.done());
            history.addAll(new Histories(seed, 0, Form.VERSIONS).good("j", 600, 800, 1));
            Verdict verdict = Linearizability.check(new History(history));
            assertThat(verdict.kind()).isEqualTo(Verdict.Kind.VIOLATED);
            assertThat(verdict.window()).as("seed %d", seed).containsExactly(put, read);
            assertThat(verdict.anyStart()).isTrue();
        }
    }

    @Test
    void aViolationThatNeedsTheEmptyBeginningKeepsIt() {
        Operation read = Call.get(1, "k", 0).read(10, "a", 1);
        Operation put = Call.put(2, "k", "a", 20).written(30, 1);
        Verdict verdict = Linearizability.check(new History(List.of(read, put)));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(verdict.anyStart()).isFalse();
        assertThat(verdict.window()).containsExactly(read);
    }
}
