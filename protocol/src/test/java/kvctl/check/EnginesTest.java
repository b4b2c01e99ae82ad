package kvctl.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import kvctl.check.Histories.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The engines against brute force, and against histories that are true because the model ran them. */
class EnginesTest {
    private static final Budget BUDGET = Budget.steps(1_000_000);

    @ParameterizedTest
    @EnumSource
    void theyAgreeWithBruteForceOnSmallHistories(Form form) {
        int bad = 0;
        int witnessed = 0;
        int versioned = 0;
        for (int seed = 0; seed < 10_000; seed++) {
            List<Operation> history = small(seed, form);
            Verdict.Kind truth = BruteForce.explains(history) ? Verdict.Kind.OK : Verdict.Kind.VIOLATED;
            String what = "seed " + seed + " " + history;
            assertThat(new Search("k", history, BUDGET).run(Register.INITIAL).kind())
                    .as("search, %s", what)
                    .isEqualTo(truth);
            assertThat(Linearizability.search("k", history, BUDGET).kind())
                    .as("search that looks who was seen, %s", what)
                    .isEqualTo(truth);
            Verdict byVersions = Versioned.check("k", history);
            if (byVersions != null) {
                assertThat(byVersions.kind()).as("versioned, %s", what).isEqualTo(truth);
                versioned++;
            }
            if (Witness.explains(history)) {
                assertThat(truth).as("witness, %s", what).isEqualTo(Verdict.Kind.OK);
                witnessed++;
            }
            assertThat(Linearizability.check(new History(history)).kind())
                    .as("all together, %s", what)
                    .isEqualTo(truth);
            bad += truth == Verdict.Kind.VIOLATED ? 1 : 0;
        }
        boolean versions = form == Form.ALL || form == Form.VERSIONS;
        assertThat(bad).as("violated").isBetween(versions ? 1_000 : 300, 9_000);
        assertThat(versioned).as("decided by versions").isGreaterThanOrEqualTo(versions ? 9_000 : 0);
        assertThat(witnessed).as("decided by the log").isGreaterThanOrEqualTo(form == Form.ALL ? 3_000 : 0);
    }

    private static List<Operation> small(int seed, Form form) {
        Histories from = new Histories(seed, seed % 3, form);
        List<Operation> history = from.good("k", 2 + seed % 6, 50 + seed % 400, seed % 2 == 0 ? 0 : 30);
        for (int i = 0; i < seed % 3; i++) {
            history = from.mutated(history);
        }
        return new ArrayList<>(new History(history).byKey().getOrDefault("k", List.of()));
    }

    @ParameterizedTest
    @EnumSource
    void trueHistoriesPass(Form form) {
        for (int seed = 0; seed < 50; seed++) {
            List<Operation> all = new ArrayList<>();
            Histories from = new Histories(seed, seed % 4, form);
            for (int key = 0; key < 5; key++) {
                all.addAll(from.good("k" + key, 200, 400, 2));
            }
            Verdict verdict = Linearizability.check(new History(all));
            assertThat(verdict.kind()).as("seed %d: %s", seed, verdict).isEqualTo(Verdict.Kind.OK);
        }
    }

    @Test
    void aHistoryWithoutUnknownOutcomesIsDecidedByItsLog() {
        for (int seed = 0; seed < 200; seed++) {
            List<Operation> history = new Histories(seed, seed % 4, Form.ALL).good("k", 100, 400, 0);
            Verdict verdict = Linearizability.check(new History(history));
            assertThat(verdict.kind()).isEqualTo(Verdict.Kind.OK);
            assertThat(verdict.counts().byWitness()).isEqualTo(1);
        }
    }

    /** The answer to a repeat that another group gives has the index of the first group's log. */
    @Test
    void E7_aLogThatDoesNotFitConvictsNobody() {
        List<Operation> history = List.of(
                Call.put(1, "k", "a", 0).written(10, 1).at(2, 900),
                Call.get(1, "k", 20).read(30, "a", 1).at(2, 5));
        assertThat(Witness.explains(history)).isFalse();
        Verdict verdict = Linearizability.check(new History(history));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.OK);
        assertThat(verdict.counts().byVersions()).isEqualTo(1);
    }

    @Test
    void whoeverSawAnUnknownWriteEndsIt() {
        Operation lost = Call.append(1, "k", "b", 5).unknown();
        Operation seen = Call.get(2, "k", 30).read(40, "abc", Operation.NOT_TOLD);
        Operation put = Call.put(3, "k", "a", 0).written(10, Operation.NOT_TOLD);
        Operation end = Call.append(3, "k", "c", 12).written(20, Operation.NOT_TOLD);
        assertThat(Observed.cut(List.of(put, lost, end, seen)).get(1).endNs()).isEqualTo(40);
        Operation other = Call.append(4, "k", "bc", 12).unknown();
        assertThat(Observed.cut(List.of(put, lost, end, seen, other)).get(1).endNs())
                .as("another may have written the same")
                .isEqualTo(Operation.OPEN);
    }

    @Test
    void anUnknownWriteThatWasSeenLaterIsFoundByVersionsToo() {
        List<Operation> history = List.of(
                Call.put(1, "k", "a", 0).unknown(),
                Call.append(2, "k", "b", 10).written(20, 5),
                Call.get(2, "k", 30).read(40, "b", 5),
                Call.get(2, "k", 50).read(60, "a", 9));
        assertThat(Versioned.check("k", history)).isEqualTo(Verdict.OK);
    }

    @Test
    void whatNoUnknownWriteCanExplainIsConvictedWithoutASearch() {
        Operation a = Call.put(1, "k", "a", 0).written(10, 3);
        Operation b = Call.put(1, "k", "b", 20).written(30, 4);
        convictedByVersions(a, b, Call.get(2, "k", 40).read(50, "a", 3));
        convictedByVersions(a, b, Call.get(2, "k", 40).read(50, "z", 4));
        convictedByVersions(a, b, Call.get(2, "k", 40).read(50, null, 0));
        convictedByVersions(
                Call.append(1, "k", "a", 0).written(10, 3),
                Call.get(2, "k", 20).read(30, "xa", 3),
                Call.get(2, "k", 40).read(50, "ya", 3));
    }

    private static void convictedByVersions(Operation... operations) {
        List<Operation> history = new ArrayList<>(List.of(operations));
        for (int i = 0; i < 40; i++) {
            history.add(Call.append(10 + i, "k", "x" + i, 0).unknown());
        }
        Verdict verdict = Linearizability.check(new History(history));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(verdict.counts().byVersions()).isEqualTo(1);
    }

    @Test
    void aSetOfTakenOperationsIsWhatWasPutIn() {
        Taken taken = new Taken(1);
        List<Integer> order = new ArrayList<>();
        for (int id = 64; id < 300; id += 2) {
            order.add(id + 1);
            order.add(id);
        }
        order.add(3);
        for (int i = 0; i < order.size(); i++) {
            assertThat(taken.has(order.get(i))).isFalse();
            taken = taken.with(order.get(i));
            assertThat(taken.has(order.get(i))).isTrue();
            assertThat(taken.has(order.get(0))).isTrue();
        }
        assertThat(taken.has(4)).isFalse();
        assertThat(taken.has(300)).isFalse();
        Taken otherWay = new Taken(1);
        for (int i = order.size() - 1; i >= 0; i--) {
            otherWay = otherWay.with(order.get(i));
        }
        assertThat(otherWay).isEqualTo(taken).hasSameHashCodeAs(taken);
    }
}
