package kvctl.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import kvctl.check.Operation.Kind;
import kvctl.check.Operation.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinearizabilityTest {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theEnginesAgreeWithBruteForceOnSmallHistories(boolean versions) {
        int[] bad = new int[1];
        int quick = 0;
        for (int seed = 0; seed < 10_000; seed++) {
            Histories from = new Histories(seed, seed % 3, versions);
            List<Operation> history = from.good("k", 2 + seed % 5, 50 + seed % 400, seed % 2 == 0 ? 0 : 30);
            for (int i = 0; i < seed % 3; i++) {
                history = from.mutated(history);
            }
            List<Operation> telling =
                    new ArrayList<>(new History(history).byKey().getOrDefault("k", List.of()));
            Verdict.Kind truth = bruteForce(telling, Register.INITIAL) ? Verdict.Kind.OK : Verdict.Kind.VIOLATED;
            String what = "seed " + seed + " " + history;
            assertThat(new Search("k", telling, 1_000_000).run().kind())
                    .as(what)
                    .isEqualTo(truth);
            assertThat(Linearizability.search("k", telling, 1_000_000).kind())
                    .as(what)
                    .isEqualTo(truth);
            Verdict byVersions = Versioned.check("k", telling);
            if (byVersions != null) {
                assertThat(byVersions.kind()).as(what).isEqualTo(truth);
                quick++;
            }
            assertThat(Linearizability.check(new History(history)).kind())
                    .as(what)
                    .isEqualTo(truth);
            bad[0] += truth == Verdict.Kind.VIOLATED ? 1 : 0;
        }
        assertThat(bad[0]).isBetween(versions ? 1_000 : 300, 9_000);
        assertThat(quick).isGreaterThan(versions ? 7_000 : -1);
    }

    @Test
    void trueHistoriesPass() {
        for (int seed = 0; seed < 50; seed++) {
            List<Operation> all = new ArrayList<>();
            Histories from = new Histories(seed, seed % 4, seed % 2 == 0);
            for (int key = 0; key < 5; key++) {
                all.addAll(from.good("k" + key, 200, 400, 2));
            }
            assertThat(Linearizability.check(new History(all)).kind())
                    .as("seed " + seed)
                    .isEqualTo(Verdict.Kind.OK);
        }
    }

    @Test
    void aLongHistoryIsCheckedByItsVersionsInSeconds() {
        List<Operation> all = new ArrayList<>();
        Histories from = new Histories(1, 0, true);
        for (int key = 0; key < 100; key++) {
            all.addAll(from.good("k" + key, 600, 800, 1));
        }
        assertThat(Linearizability.check(new History(all)).kind()).isEqualTo(Verdict.Kind.OK);
    }

    @Test
    void C4_aReadThatGoesBackInTimeIsFound() {
        Verdict verdict = Linearizability.check(new History(List.of(
                new Operation(1, Kind.PUT, "k", "a", 0, 0, 10, Outcome.DONE, null, 1, true),
                new Operation(2, Kind.PUT, "k", "b", 0, 20, 30, Outcome.DONE, null, 2, true),
                new Operation(3, Kind.GET, "k", null, 0, 40, 50, Outcome.DONE, "a", 1, false))));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(verdict.key()).isEqualTo("k");
        assertThat(verdict.reason())
                .isEqualTo("the later version was finished before the earlier one was asked for:"
                        + " p2 put k \"b\" -> v2 [20..30]");
    }

    @Test
    void aLostWriteIsFoundWithoutVersionsToo() {
        Verdict verdict = Linearizability.check(new History(List.of(
                new Operation(1, Kind.PUT, "k", "a", 0, 0, 10, Outcome.DONE, null, Operation.NOT_TOLD, true),
                new Operation(2, Kind.APPEND, "k", "b", 0, 20, 30, Outcome.DONE, null, Operation.NOT_TOLD, true),
                new Operation(3, Kind.GET, "k", null, 0, 40, 50, Outcome.DONE, "a", Operation.NOT_TOLD, false),
                new Operation(4, Kind.GET, "k", null, 0, 60, 70, Outcome.DONE, "ab", Operation.NOT_TOLD, false))));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(verdict.reason()).contains("this one can't follow: p3 get k -> \"a\"");
    }

    @Test
    void E1_anAppendThatHappenedTwiceIsFound() {
        Verdict verdict = Linearizability.check(new History(List.of(
                new Operation(1, Kind.APPEND, "k", "x;", 0, 0, 10, Outcome.DONE, null, 1, true),
                new Operation(2, Kind.GET, "k", null, 0, 20, 30, Outcome.DONE, "x;x;", 2, false))));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.VIOLATED);
    }

    @Test
    void E10_aWriteThatDefinitelyFailedMustNotBeSeen() {
        Operation failed =
                new Operation(1, Kind.PUT, "k", "a", 0, 0, 10, Outcome.FAILED, null, Operation.NOT_TOLD, false);
        Operation read = new Operation(2, Kind.GET, "k", null, 0, 20, 30, Outcome.DONE, "a", 1, false);
        assertThat(Linearizability.check(new History(List.of(failed, read))).kind())
                .isEqualTo(Verdict.Kind.VIOLATED);
    }

    @Test
    void E11_anUnknownWriteMayHappenAtAnyLaterTimeOrNever() {
        Operation unknown = new Operation(
                1, Kind.PUT, "k", "a", 0, 0, Operation.OPEN, Outcome.UNKNOWN, null, Operation.NOT_TOLD, false);
        Operation none = new Operation(2, Kind.GET, "k", null, 0, 20, 30, Outcome.DONE, null, 0, false);
        Operation some = new Operation(2, Kind.GET, "k", null, 0, 40, 50, Outcome.DONE, "a", 1, false);
        Operation noneAgain = new Operation(2, Kind.GET, "k", null, 0, 60, 70, Outcome.DONE, null, 0, false);
        assertThat(Linearizability.check(new History(List.of(unknown, none))).kind())
                .isEqualTo(Verdict.Kind.OK);
        assertThat(Linearizability.check(new History(List.of(unknown, none, some)))
                        .kind())
                .isEqualTo(Verdict.Kind.OK);
        assertThat(Linearizability.check(new History(List.of(unknown, some, noneAgain)))
                        .kind())
                .isEqualTo(Verdict.Kind.VIOLATED);
    }

    @Test
    void aSearchThatIsTooLongIsUnknownNotOk() {
        List<Operation> history = new Histories(3, 2, false).good("k", 100, 5_000, 30);
        assertThat(Linearizability.check(new History(history), 10).kind()).isEqualTo(Verdict.Kind.UNKNOWN);
    }

    @Test
    void theReportIsCutToTheShortestBeginningThatShowsIt() {
        List<Operation> history = new ArrayList<>(List.of(
                new Operation(1, Kind.PUT, "k", "a", 0, 0, 10, Outcome.DONE, null, 1, true),
                new Operation(2, Kind.GET, "k", null, 0, 20, 30, Outcome.DONE, null, 0, false)));
        for (int i = 0; i < 100; i++) {
            history.add(new Operation(
                    3, Kind.PUT, "k", "x" + i, 0, 100 + i * 10, 105 + i * 10, Outcome.DONE, null, i + 2, true));
        }
        Verdict verdict = Linearizability.check(new History(history));
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(verdict.operations()).containsExactly(history.get(0), history.get(1));
    }

    /** Tries everything: whichever operation nobody must precede comes next; unknown ones may be left over. */
    private static boolean bruteForce(List<Operation> left, Register state) {
        if (left.stream().noneMatch(Operation::done)) {
            return true;
        }
        for (Operation next : left) {
            boolean first = left.stream().noneMatch(other -> other.done() && other.endNs() < next.startNs());
            if (first) {
                List<Operation> rest = new ArrayList<>(left);
                rest.remove(next);
                for (Register after : state.step(next)) {
                    if (bruteForce(rest, after)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
