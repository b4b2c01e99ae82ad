package kvctl.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import kvctl.check.Histories.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Anomalies by name, each as kvctl tells it and without versions, and what the verdict says. */
class LinearizabilityTest {
    private static final long NOT_TOLD = Operation.NOT_TOLD;

    private static Verdict check(Operation... operations) {
        return Linearizability.check(new History(List.of(operations)));
    }

    private static Verdict.Kind kind(Operation... operations) {
        return check(operations).kind();
    }

    private static long version(boolean told, long version) {
        return told ? version : NOT_TOLD;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void C4_aStaleReadIsFound(boolean told) {
        Operation a = Call.put(1, "k", "a", 0).written(10, version(told, 1));
        Operation b = Call.put(2, "k", "b", 20).written(30, version(told, 2));
        assertThat(kind(a, b, Call.get(3, "k", 40).read(50, "a", version(told, 1))))
                .isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(kind(a, b, Call.get(3, "k", 30).read(50, "a", version(told, 1))))
                .as("intervals that touch are concurrent")
                .isEqualTo(Verdict.Kind.OK);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReadThatGoesBackIsFound(boolean told) {
        Operation a = Call.put(1, "k", "a", 0).written(10, version(told, 1));
        Operation b = Call.put(2, "k", "b", 20).written(100, version(told, 2));
        Operation newer = Call.get(3, "k", 30).read(40, "b", version(told, 2));
        Operation older = Call.get(4, "k", 50).read(60, "a", version(told, 1));
        assertThat(kind(a, b, newer)).isEqualTo(Verdict.Kind.OK);
        assertThat(kind(a, b, older)).isEqualTo(Verdict.Kind.OK);
        assertThat(kind(a, b, newer, older)).isEqualTo(Verdict.Kind.VIOLATED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLostUpdateIsFound(boolean told) {
        Operation put = Call.put(1, "k", "a", 0).written(10, version(told, 1));
        Operation append = Call.append(2, "k", "b", 20).written(30, version(told, 2));
        Operation read = Call.get(3, "k", 40).read(50, "a", version(told, 1));
        Operation later = Call.get(4, "k", 60).read(70, "ab", version(told, 2));
        assertThat(kind(put, append, read, later)).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(kind(put, append, later)).isEqualTo(Verdict.Kind.OK);
    }

    @Test
    void twoCasThatBothFoundTheSameAreALostUpdate() {
        Operation put = Call.put(1, "k", "a", 0).written(10, 1);
        assertThat(kind(
                        put,
                        Call.cas(2, "k", 1, "b", 20).written(40, 2),
                        Call.cas(3, "k", 1, "c", 20).written(40, 3)))
                .isEqualTo(Verdict.Kind.VIOLATED);
        Operation foreign = Call.put(1, "k", "a", 0).written(10, NOT_TOLD);
        assertThat(kind(
                        foreign,
                        Call.casValue(2, "k", "a", "b", 20).written(40, NOT_TOLD),
                        Call.casValue(3, "k", "a", "c", 20).written(40, NOT_TOLD)))
                .isEqualTo(Verdict.Kind.VIOLATED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void E1_anAppendThatHappenedTwiceIsFound(boolean told) {
        Operation append = Call.append(1, "k", "x;", 0).written(10, version(told, 1));
        assertThat(kind(append, Call.get(2, "k", 20).read(30, "x;x;", version(told, 2))))
                .isEqualTo(Verdict.Kind.VIOLATED);
        Operation lost = Call.append(1, "k", "x;", 0).unknown();
        assertThat(kind(lost, Call.get(2, "k", 20).read(30, "x;x;", version(told, 2))))
                .isEqualTo(Verdict.Kind.VIOLATED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReadFromNowhereIsFound(boolean told) {
        Operation put = Call.put(1, "k", "a", 0).written(10, version(told, 1));
        assertThat(kind(put, Call.get(2, "k", 20).read(30, "z", version(told, 1))))
                .isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(kind(put, Call.get(2, "k", 20).read(30, "z", version(told, 2))))
                .isEqualTo(Verdict.Kind.VIOLATED);
        Operation later = Call.put(3, "k", "z", 40).written(50, version(told, 2));
        assertThat(kind(put, Call.get(2, "k", 20).read(30, "z", version(told, 2)), later))
                .as("from the future")
                .isEqualTo(Verdict.Kind.VIOLATED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aKeyThatIsGoneWithoutADeleteIsFound(boolean told) {
        Operation put = Call.put(1, "k", "a", 0).written(10, version(told, 1));
        Operation none = Call.get(2, "k", 20).read(30, null, version(told, 0));
        assertThat(kind(put, none)).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(kind(put, none, Call.delete(3, "k", 5).unknown())).isEqualTo(Verdict.Kind.OK);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDeletedKeyThatComesBackIsFound(boolean told) {
        Operation put = Call.put(1, "k", "a", 0).written(10, version(told, 1));
        Operation delete = Call.delete(1, "k", 20).written(30, version(told, 2));
        Operation read = Call.get(2, "k", 40).read(50, "a", version(told, 1));
        assertThat(kind(put, delete, read)).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(kind(put, delete, Call.delete(2, "k", 40).unchanged(50, version(told, 0))))
                .isEqualTo(Verdict.Kind.OK);
        assertThat(kind(put, delete, Call.delete(2, "k", 40).written(50, version(told, 3))))
                .isEqualTo(Verdict.Kind.VIOLATED);
    }

    @Test
    void aVersionThatStartsAgainAfterADeleteIsFound() {
        assertThat(kind(
                        Call.put(1, "k", "a", 0).written(10, 1),
                        Call.delete(1, "k", 20).written(30, 2),
                        Call.put(1, "k", "b", 40).written(50, 1)))
                .isEqualTo(Verdict.Kind.VIOLATED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCasThatWasRefusedAlthoughItFoundWhatItWantedIsFound(boolean told) {
        Operation put = Call.put(1, "k", "a", 0).written(10, version(told, 1));
        assertThat(kind(put, Call.casValue(2, "k", "a", "b", 20).unchanged(30, version(told, 1))))
                .isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(kind(put, Call.casValue(2, "k", "z", "b", 20).unchanged(30, version(told, 1))))
                .isEqualTo(Verdict.Kind.OK);
        assertThat(kind(Call.cas(2, "k", 0, "b", 20).unchanged(30, version(told, 0))))
                .isEqualTo(Verdict.Kind.VIOLATED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void E10_aWriteThatDefinitelyFailedMustNotBeSeen(boolean told) {
        Operation failed = Call.put(1, "k", "a", 0).failed(10);
        assertThat(kind(failed, Call.get(2, "k", 20).read(30, "a", version(told, 1))))
                .isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(kind(failed, Call.get(2, "k", 20).read(30, null, version(told, 0))))
                .isEqualTo(Verdict.Kind.OK);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void E11_anUnknownWriteMayHappenAtAnyLaterTimeOrNever(boolean told) {
        Operation unknown = Call.put(1, "k", "a", 10).unknown();
        Operation none = Call.get(2, "k", 20).read(30, null, version(told, 0));
        Operation some = Call.get(2, "k", 40).read(50, "a", version(told, 1));
        Operation noneAgain = Call.get(2, "k", 60).read(70, null, version(told, 0));
        assertThat(kind(unknown, none)).isEqualTo(Verdict.Kind.OK);
        assertThat(kind(unknown, none, some)).isEqualTo(Verdict.Kind.OK);
        assertThat(kind(unknown, some, noneAgain)).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(kind(unknown, Call.get(3, "k", 0).read(9, "a", version(told, 1))))
                .as("seen before it was asked for")
                .isEqualTo(Verdict.Kind.VIOLATED);
    }

    @Test
    void anUnknownReadTellsNothing() {
        assertThat(kind(Call.get(1, "k", 0).unknown(), Call.get(1, "k", 5).failed(10)))
                .isEqualTo(Verdict.Kind.OK);
    }

    @Test
    void theVerdictSaysWhatIsWrong() {
        Operation b = Call.put(2, "k", "b", 20).written(30, 2);
        Operation read = Call.get(3, "k", 40).read(50, "a", 1);
        Verdict verdict = check(Call.put(1, "k", "a", 0).written(10, 1), b, read);
        assertThat(verdict.key()).isEqualTo("k");
        assertThat(verdict.reason())
                .isEqualTo("the later version was finished before the earlier one was asked for:"
                        + " p2 put k \"b\" -> v2 [20..30]");
        assertThat(verdict.window()).containsExactly(b, read);
        assertThat(verdict.anyStart()).isTrue();
        assertThat(verdict.operations()).containsExactly(b, read);
        assertThat(verdict)
                .hasToString("VIOLATED: " + verdict.reason() + "; whatever was before, no order explains {" + b + "; "
                        + read + "}");
    }

    @Test
    void aViolationWithoutVersionsIsToldByTheLongestOrder() {
        Operation put = Call.put(1, "k", "a", 0).written(10, NOT_TOLD);
        Operation append = Call.append(2, "k", "b", 20).written(30, NOT_TOLD);
        Operation read = Call.get(3, "k", 40).read(50, "a", NOT_TOLD);
        Verdict verdict = check(put, append, read);
        assertThat(verdict.reason())
                .isEqualTo("no order of the 2 operations on 'k' explains the answers; after 1 of them this one can't"
                        + " follow: p3 get k -> \"a\" [40..50]");
        assertThat(verdict.operations()).containsExactly(append, read);
    }

    @Test
    void theSmallestKeyIsShownAndAllAreCounted() {
        List<Operation> all = new ArrayList<>(new Histories(1, 0, Form.VERSIONS).good("good", 50, 400, 10));
        for (String key : List.of("big", "small")) {
            int before = key.equals("big") ? 20 : 2;
            for (int i = 0; i < before; i++) {
                all.add(Call.put(1, key, "x" + i, i * 10L).written(i * 10L + 5, i + 1));
            }
            all.add(Call.get(1, key, 1000).read(1010, null, 0));
        }
        Verdict verdict = Linearizability.check(new History(all));
        assertThat(verdict.key()).isEqualTo("small");
        assertThat(verdict.counts().keys()).isEqualTo(3);
        assertThat(verdict.counts().violated()).isEqualTo(2);
        assertThat(verdict.counts().operations()).isEqualTo(all.size());
        assertThat(verdict.counts().unknown()).isPositive();
    }

    @Test
    void aSearchThatIsTooLongIsUnknownNotOk() {
        History history = new History(new Histories(3, 2, Form.PLAIN).good("k", 100, 5_000, 30));
        assertThat(Linearizability.check(history, 10).reason()).isEqualTo("gave up 'k' after 10 steps of the search");
        Budget fewStates = new Budget(1_000_000, 5_000, () -> false);
        assertThat(Linearizability.check(history, fewStates, MinimumLoad.ANY).reason())
                .matches("gave up 'k' after (1\\d|2\\d) states of the search, some 0 MiB");
        Verdict late = Linearizability.check(history, new Budget(1_000_000, 1_000_000, () -> true), MinimumLoad.ANY);
        assertThat(late.kind()).isEqualTo(Verdict.Kind.UNKNOWN);
        assertThat(late.reason()).isEqualTo("gave up 'k', the time is over");
        assertThat(late.counts().undecided()).isEqualTo(1);
    }

    @Test
    void longValuesCountForWhatTheyWeigh() {
        String piece = "x".repeat(10_000);
        List<Operation> all = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            all.add(Call.append(i, "k", i + piece, 0).written(100, Operation.NOT_TOLD));
        }
        all.add(Call.get(20, "k", 200).read(210, "none of these", Operation.NOT_TOLD));
        Budget oneMebibyte = new Budget(1_000_000, 1 << 20, () -> false);
        assertThat(Linearizability.check(new History(all), oneMebibyte, MinimumLoad.ANY)
                        .reason())
                .matches("gave up 'k' after \\d\\d states of the search, some 1 MiB");
    }

    @Test
    void aViolationStaysOneIfTheTimeIsOver() {
        BooleanSupplier over = () -> true;
        Verdict verdict = Linearizability.check(
                new History(List.of(
                        Call.put(1, "k", "a", 0).written(10, 1),
                        Call.put(1, "k", "b", 20).written(30, 2),
                        Call.get(1, "k", 40).read(50, "a", 1))),
                new Budget(1000, 1000, over),
                MinimumLoad.ANY);
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.VIOLATED);
    }

    @Test
    void tooLittleLoadIsUnknownWithTheReason() {
        Operation put = Call.put(1, "k", "a", 0).written(10, 1);
        Operation get = Call.get(1, "k", 20).read(30, "a", 1);
        Operation lost = Call.put(2, "k", "b", 40).unknown();
        History history = new History(List.of(put, get, lost));
        assertThat(judged(history, new MinimumLoad(1, 1, 1, List.of(new MinimumLoad.Span(40, 60)), 1)))
                .isEqualTo("OK");
        assertThat(judged(history, new MinimumLoad(2, 0, 0, List.of(), 0)))
                .isEqualTo("UNKNOWN: too little load: 1 answered reads, at least 2 are wanted");
        assertThat(judged(history, new MinimumLoad(0, 2, 0, List.of(), 0)))
                .isEqualTo("UNKNOWN: too little load: 1 writes that took effect, at least 2 are wanted");
        assertThat(judged(history, new MinimumLoad(0, 0, 2, List.of(), 0)))
                .isEqualTo("UNKNOWN: too little load: 1 operations that failed or are unknown, at least 2 are wanted");
        assertThat(judged(history, new MinimumLoad(0, 0, 0, List.of(new MinimumLoad.Span(41, 60)), 1)))
                .isEqualTo(
                        "UNKNOWN: too little load: 0 operations in the fault from 41 to 60 ns, at least 1 are wanted");
        Operation stale = Call.get(1, "k", 50).read(60, null, 0);
        History violated = new History(List.of(put, get, stale));
        assertThat(judged(violated, new MinimumLoad(1000, 0, 0, List.of(), 0))).startsWith("VIOLATED");
    }

    private static String judged(History history, MinimumLoad load) {
        return Linearizability.check(history, Budget.USUAL, load).toString();
    }
}
