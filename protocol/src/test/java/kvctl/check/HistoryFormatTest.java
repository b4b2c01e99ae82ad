package kvctl.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import kvctl.check.Histories.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HistoryFormatTest {
    private static History read(String text) throws IOException {
        return HistoryFormat.read(new StringReader(text));
    }

    private static String written(History history, HistoryFormat format) throws IOException {
        StringBuilder out = new StringBuilder();
        format.write(history, out);
        return out.toString();
    }

    /** As Maelstrom's lin-kv workload and Jepsen's etcd suite leave it. */
    @Test
    void aJepsenHistoryOfSeveralKeysIsRead() throws IOException {
        History history = read("""
                {:process :nemesis, :type :info, :f :start-partition, :value [:isolated {"n1" #{"n2"}}], :time 1}
                #jepsen.history.Op{:index 0, :time 10, :type :invoke, :process 0, :f :write, :value [0 3]}
                {:index 1 :time 15 :type :invoke :process 1 :f :read :value [0 nil]} ; a comment
                #_{:type :ignored}
                {:index 2, :time 20, :type :ok, :process 0, :f :write, :value [0 3]}
                {:index 3, :time 25, :type :ok, :process 1, :f :read, :value #jepsen.independent/tuple [0 3]}
                {:index 4, :time 30, :type :invoke, :process 0, :f :cas, :value [0 [3 4]]}
                {:index 5, :time 35, :type :fail, :process 0, :f :cas, :value [0 [3 4]], :error [22 "no"]}
                {:index 6, :time 40, :type :invoke, :process 1, :f :cas, :value [1 [nil "x"]]}
                {:index 7, :time 45, :type :info, :process 1, :f :cas, :value [1 [nil "x"]], :error :timeout}
                {:index 8, :time 50, :type :invoke, :process 5, :f :read, :value [1 nil]}
                """);
        assertThat(history.operations())
                .containsExactly(
                        Call.put(0, "0", "3", 10).written(20, Operation.NOT_TOLD),
                        Call.get(1, "0", 15).read(25, "3", Operation.NOT_TOLD),
                        Call.casValue(0, "0", "3", "4", 30).failed(35),
                        Call.cas(1, "1", 0, "x", 40).unknown(),
                        Call.get(5, "1", 50).unknown());
        assertThat(Linearizability.check(history).kind()).isEqualTo(Verdict.Kind.OK);
    }

    @Test
    void aHistoryOfOneRegisterInAVectorWithoutTimesIsReadInItsOrder() throws IOException {
        History history =
                read("[{:process 0 :type :invoke :f :write :value 1} {:process 0 :type :ok :f :write :value 1}"
                        + " {:process 1 :type :invoke :f :cas :value [1 2]} {:process 1 :type :ok :f :cas :value [1 2]}"
                        + " {:process 0 :type :invoke :f :read :value nil} {:process 0 :type :ok :f :read :value 1}]");
        assertThat(history.operations())
                .containsExactly(
                        Call.put(0, "register", "1", 0).written(1, Operation.NOT_TOLD),
                        Call.casValue(1, "register", "1", "2", 2).written(3, Operation.NOT_TOLD),
                        Call.get(0, "register", 4).read(5, "1", Operation.NOT_TOLD));
        assertThat(Linearizability.check(history).kind()).isEqualTo(Verdict.Kind.VIOLATED);
    }

    @Test
    void aKeyMayStandBesideTheValue() throws IOException {
        assertThat(read("{:process 0 :type :invoke :f :cas :key :a :value [1 2] :time 1}")
                        .operations())
                .containsExactly(Call.casValue(0, ":a", "1", "2", 1).unknown());
    }

    @Test
    void timesThatGoBackAreNotUsed() throws IOException {
        History history = read("{:process 0 :type :invoke :f :read :value nil :time 9}"
                + "{:process 0 :type :ok :f :read :value nil :time 8}");
        assertThat(history.operations())
                .containsExactly(Call.get(0, "register", 0).read(1, null, -1));
    }

    @ParameterizedTest
    @EnumSource
    void ourFormKeepsEverything(Form form) throws IOException {
        for (int seed = 0; seed < 50; seed++) {
            List<Operation> all = new ArrayList<>(new Histories(seed, seed % 3, form).good("k\n\u00ff\"", 40, 300, 20));
            all.add(Call.put(7, "", "\\\u0000", -5).failed(3));
            all.add(Call.get(8, "k", -5).failed(3));
            History history = new History(all);
            String text = written(history, HistoryFormat.JSON);
            assertThat(text.lines()).hasSize(all.size());
            assertThat(read(text)).isEqualTo(history);
        }
    }

    @Test
    void ourFormLooksLikeThis() throws IOException {
        History history = new History(List.of(
                Call.cas(3, "k", 5, "x", 10).written(20, 6).at(2, 77),
                Call.get(3, "k", 30).read(40, null, 0),
                Call.delete(4, "k", 35).unknown()));
        assertThat(written(history, HistoryFormat.JSON)).isEqualTo("""
                        {"process":3,"kind":"cas","key":"k","argument":"x","expectedVersion":5,"startNs":10,"endNs":20,\
                        "outcome":"done","version":6,"effective":true,"groupId":2,"index":77}
                        {"process":3,"kind":"get","key":"k","startNs":30,"endNs":40,"outcome":"done","version":0}
                        {"process":4,"kind":"delete","key":"k","startNs":35,"outcome":"unknown"}
                        """);
    }

    @ParameterizedTest
    @EnumSource
    void ednKeepsWhatTheVerdictStandsOn(Form form) throws IOException {
        for (int seed = 0; seed < 200; seed++) {
            Histories from = new Histories(seed, seed % 3, form);
            List<Operation> history = from.good("k", 20, 300, 20);
            history = seed % 2 == 0 ? history : from.mutated(from.mutated(history));
            List<Operation> expected = new ArrayList<>();
            history.forEach(op -> expected.add(op.at(Operation.NO_GROUP, Operation.NO_INDEX)));
            List<Operation> read = new ArrayList<>(
                    read(written(new History(history), HistoryFormat.EDN)).operations());
            expected.sort(Comparator.comparingInt(Operation::process));
            read.sort(Comparator.comparingInt(Operation::process));
            assertThat(read).isEqualTo(expected);
        }
    }

    @Test
    void aProcessThatGoesOnAfterAnUnknownOutcomeIsAnotherInEdn() throws IOException {
        String text = written(
                new History(List.of(
                        Call.append(0, "k", "7", 10).unknown(),
                        Call.put(0, "k", "a b", 20).written(30, 4),
                        Call.get(0, "k", 30).read(30, "a b", 4))),
                HistoryFormat.EDN);
        assertThat(text).isEqualTo("""
                        {:index 0, :time 10, :type :invoke, :process 0, :f :append, :value ["k" 7]}
                        {:index 1, :time 20, :type :invoke, :process 1, :f :write, :value ["k" "a b"]}
                        {:index 2, :time 30, :type :ok, :process 1, :f :write, :value ["k" "a b"], :version 4}
                        {:index 3, :time 30, :type :invoke, :process 1, :f :read, :value ["k" nil]}
                        {:index 4, :time 30, :type :ok, :process 1, :f :read, :value ["k" "a b"], :version 4}
                        {:index 5, :time 30, :type :info, :process 0, :f :append, :value ["k" 7]}
                        """);
        assertThat(read(text).operations()).hasSize(3);
    }

    @Test
    void nothingIsAnEmptyHistory() throws IOException {
        assertThat(read("").operations()).isEmpty();
        assertThat(read(" \n").operations()).isEmpty();
        assertThat(read("[]").operations()).isEmpty();
    }

    @Test
    void aLongTextIsReadInPieces() throws IOException {
        String text = "{:process 0 :type :invoke :f :write :value \"" + "x".repeat(20_000) + "\"}\n  {:process x";
        assertThatThrownBy(() -> read(text)).hasMessage("line 2, column 3: this is never closed by '}'");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {:process 0 :type :invoke :f :txn}              | line 1, column 1: :f :txn is none of :read, :write, :cas, :append, :delete
                    {:process 0 :type :ok :f :read}                 | line 1, column 1: process 0 is answered and has not called
                    {:process 0 :type :invoke :f :write :value nil} | line 1, column 1: nil is written, which means that there is no such key: use :delete
                    {:process 0 :type :invoke :f :cas :value 3}     | line 1, column 1: a :cas has a :value [old new]
                    {:process 0 :f :read}                           | line 1, column 1: :type is missing, or no keyword
                    {:process -1 :type :invoke :f :read}            | line 1, column 1: :process is no number from 0 to 2147483647
                    [{:process 0 :type :invoke :f :read}            | line 1, column 37: the vector of events is never closed
                    {:process 0 :time 99999999999999999999}         | line 1, column 19: 99999999999999999999 is too large
                    {:process 0 :type}                              | line 1, column 1: the last key of the map has no value
                    {:process "0                                    | line 1, column 11: the string never ends
                    ]                                               | line 1, column 1: ']' closes nothing
                    hello                                           | line 1, column 1: an event is a map, {:type :invoke, ...}
                    {"proces":1}                                    | line 1, column 2: unknown field 'proces'; known are process, kind, key, argument, expectedVersion, expectedValue, startNs, endNs, outcome, value, version, effective, groupId, index
                    {"process":1,"process":1}                       | line 1, column 14: the field 'process' is there twice
                    {"process":1.5}                                 | line 1, column 12: a string, an integer, true, false or null expected, not '1.5'
                    {"process":1 "kind":"get"}                      | line 1, column 14: '}' expected or ',' behind a field, not '"'
                    {"key":"\\x"}                                    | line 1, column 11: \\x means nothing in a string
                    {"process":1,"kind":"get"}                      | line 1, column 1: the field 'startNs' is missing
                    {"process":1,"kind":"got"}                      | line 1, column 1: 'got' is none of [get, put, append, delete, cas]
                    {"kind":"put","process":1}                      | line 1, column 1: a put needs an 'argument'
                    {"kind":"cas","argument":"a"}                   | line 1, column 1: a cas, and nothing else, has either 'expectedVersion' or 'expectedValue'
                    {"kind":"get","key":3,"startNs":1,"process":1}  | line 1, column 1: the field 'key' is a string
                    """)
    void whatIsNoHistoryIsRefusedWithItsPlace(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(HistoryFormatException.class)
                .hasMessage(message);
    }

    @Test
    void answersThatMakeNoSenseAreRefused() {
        String put =
                "{\"process\":1,\"kind\":\"put\",\"key\":\"k\",\"argument\":\"a\",\"startNs\":5,\"outcome\":\"done\",";
        assertThatThrownBy(() -> read(put + "\"endNs\":4}")).hasMessage("line 1, column 1: it ends before it starts");
        assertThatThrownBy(() -> read("\n " + put + "\"endNs\":6,\"effective\":false}"))
                .hasMessage("line 2, column 2: an answered put or append took effect; if it did not, its outcome is"
                        + " 'failed'");
        assertThatThrownBy(() -> read(put + "\"endNs\":6,\"value\":\"x\"}"))
                .hasMessageContaining("only a get has a 'value'");
    }

    @Test
    void twoCallsOfOneProcessAtATimeAreRefused() {
        String call = "{:process 3 :type :invoke :f :read :value nil}\n";
        assertThatThrownBy(() -> read(call + call))
                .hasMessage("line 2, column 1: process 3 calls before its call in line 1 is answered");
    }

    @Test
    void formsInFormsHaveALimit() {
        assertThatThrownBy(() -> read("[".repeat(100_000))).hasMessageContaining("more than 32 deep");
    }
}
