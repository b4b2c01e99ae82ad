package kvctl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract of the commands: what goes to which stream, in which format, and with which exit code. */
final class CommandsTest {
    private final FakeNode node = new FakeNode();
    private final TestConsole kv = new TestConsole();

    @TempDir
    Path dir;

    @BeforeEach
    void connect() {
        kv.env.put("KVCTL_CLUSTER", node.address());
        kv.env.put("KVCTL_HOME", dir.resolve("home").toString());
    }

    @AfterEach
    void disconnect() throws IOException {
        node.close();
    }

    @Test
    void valueComesBackAsItsExactBytesWhenPiped() {
        assertRun(0, "", "put", "a", "1");
        assertRun(0, "", "append", "a", "2");
        assertRun(0, "12", "get", "a");
        assertThat(kv.err()).isEmpty();
    }

    @Test
    void shortWayAndParserAgree() {
        for (String[] words : new String[][] {
            {"put", "a", "1"}, {"append", "a", "2"}, {"get", "a"}, {"delete", "a"}, {"get", "a"}, {"put", "", "1"}
        }) {
            int shortCode = kv.run(words);
            String shortOut = kv.out() + kv.err();
            String[] longWay = new String[words.length + 1];
            longWay[0] = "--color=auto";
            System.arraycopy(words, 0, longWay, 1, words.length);
            if (words[0].equals("delete")) {
                kv.run("put", "a", "1");
            } else if (words[0].equals("append")) {
                kv.run("put", "a", "1");
            }
            assertThat(kv.run(longWay)).as(words[0]).isEqualTo(shortCode);
            assertThat(kv.out() + kv.err()).as(words[0]).isEqualTo(shortOut);
        }
    }

    @Test
    void terminalShowsTextAndEscapesTheRest() {
        kv.onTerminal();
        assertRun(0, "ok  version 1\n", "put", "a", "tab\tbell\u0007");
        assertRun(0, "tab\tbell\\x07\n", "get", "a");
        assertThat(kv.err()).isEqualTo("unprintable bytes are shown as \\xHH; -o raw prints them as they are\n");
        assertRun(0, "tab\tbell\u0007", "get", "a", "-o", "raw");
    }

    @Test
    void jsonHasASchemaAndFallsBackToBase64() throws IOException {
        Path file = dir.resolve("value");
        Files.write(file, new byte[] {(byte) 0x80, 1});
        assertRun(0, "", "put", "a", "--from-file", file.toString());
        assertRun(
                0,
                "{\"schema\":\"kvctl/get/1\",\"key\":\"a\",\"value_base64\":\"gAE=\",\"version\":1,\"shard\":"
                        + kvctl.protocol.Shards.of(Bytes.of("a"), FakeNode.SHARDS)
                        + ",\"group\":\"g1\",\"index\":1}\n",
                "get",
                "a",
                "-o",
                "json");
        assertThat(Base64.getDecoder().decode("gAE=")).isEqualTo(Files.readAllBytes(file));
    }

    @Test
    void writesTellTheirVersionWhenAsked() {
        assertRun(
                0,
                "key\tchanged\tversion\tshard\tgroup\tindex\na\ttrue\t1\t" + shard("a") + "\tg1\t1\n",
                "put",
                "a",
                "1",
                "-o",
                "tsv");
        assertRun(0, "b,false,," + shard("b") + ",g1,1\n", "delete", "b", "-o", "csv", "--no-header");
    }

    @Test
    void valueIsReadFromStandardInput() {
        kv.input("line 1\nline 2\n");
        assertRun(0, "", "put", "a", "-");
        assertRun(0, "line 1\nline 2\n", "get", "a");
        assertRun(0, "", "put", "a", "--", "-");
        assertRun(0, "-", "get", "a");
    }

    @Test
    void putWithoutValueShowsHelpOnATerminalAndNeverWaits() {
        kv.onTerminal();
        assertThat(kv.run("put", "a")).isEqualTo(2);
        assertThat(kv.out()).isEmpty();
        assertThat(kv.err()).contains("Examples:", "kvctl put city delhi", "'put' needs a VALUE");
    }

    @Test
    void valueThatLooksLikeAnOptionIsExplained() {
        assertError(2, "Unknown option '-5'. To store it as a value write: kvctl put k -- -5", "put", "k", "-5");
        assertRun(0, "", "put", "k", "--", "-5");
        assertRun(0, "-5", "get", "k");
    }

    @Test
    void keyThatIsNotThereIsThree() {
        assertError(3, "Key 'a' not found (shard " + shard("a") + ").", "get", "a");
        assertRun(0, "", "delete", "a");
        assertError(3, "Key 'a' not found (shard " + shard("a") + ").", "delete", "a", "--must-exist");
    }

    @Test
    void nearKeysAreNamedOnATerminal() {
        kv.run("put", "usr:10", "x");
        kv.run("put", "usr:11", "x");
        kv.onTerminal();
        assertThat(kv.run("get", "usr:1")).isEqualTo(3);
        assertThat(kv.err()).contains("hint: near it: usr:10, usr:11");
    }

    @Test
    void conflictIsSeven() {
        assertRun(0, "", "cas", "a", "0", "x");
        assertError(7, "Key 'a' exists already, with version 1; nothing was changed.", "cas", "a", "0", "y");
        assertError(7, "Key 'a' has version 1, not 5; nothing was changed.", "put", "a", "y", "--if-version", "5");
        assertError(
                7, "Key 'b' does not exist, so it does not have version 2; nothing was changed.", "cas", "b", "2", "y");
        assertRun(0, "x", "get", "a");
    }

    @Test
    void noLeaderIsFiveAndNothingIsApplied() {
        node.mood(FakeNode.Mood.LEADERLESS);
        assertThat(kv.run("put", "a", "1", "--timeout", "1s", "-o", "json")).isEqualTo(5);
        assertThat(kv.err())
                .startsWith("{\"schema\":\"kvctl/error/1\",\"code\":\"NO_QUORUM\",\"exit_code\":5,\"message\":\"Shard ")
                .contains("\"retryable\":true,\"outcome\":\"not_applied\"}");
    }

    @Test
    void unansweredWriteIsSixAndNamesTheRequest() {
        node.mood(FakeNode.Mood.SILENT);
        assertThat(kv.run("--timeout", "300ms", "put", "a", "1")).isEqualTo(6);
        assertThat(kv.err()).contains("it may still be applied (request ", "hint: repeat with --request-id ");
        String id = kv.err().replaceAll("(?s).*\\(request ([^)]+)\\).*", "$1");
        node.mood(FakeNode.Mood.OK);
        assertRun(0, "", "put", "a", "1", "--request-id", id);
        assertThat(kv.run("put", "a", "1", "--request-id", "nonsense")).isEqualTo(2);
    }

    @Test
    void nobodyThereIsFour() throws IOException {
        node.close();
        int code = kv.run("get", "a");
        assertThat(kv.err()).contains(node.address(), "refused the connection");
        assertThat(code).isEqualTo(4);
        kv.env.remove("KVCTL_CLUSTER");
        assertError(4, "No cluster is running here.", "get", "a");
        assertError(4, "No cluster 'demo' is running here.", "-c", "demo", "get", "a");
        assertThat(kv.err()).contains("hint: kvctl cluster up");
    }

    @Test
    void tooLongKeysAndValuesAreTwo() throws IOException {
        assertError(2, "Key has 1025 bytes; limit is 1024.", "get", "k".repeat(1025));
        assertError(2, "A key cannot be empty.", "get", "");
        Path file = dir.resolve("big");
        Files.write(file, new byte[(4 << 20) + 1]);
        assertThat(kv.run("put", "a", "--from-file", file.toString())).isEqualTo(2);
        assertThat(kv.err()).startsWith("Value is ").contains("limit is 4 MiB.");
    }

    @Test
    void usageErrorsAreTwoAndSayWhatWasMeant() {
        assertError(2, "Unknown command 'stauts'. Did you mean 'status'?", "stauts");
        assertError(2, "Unknown option '--tiemout'. Did you mean '--timeout'?", "get", "a", "--tiemout", "1s");
        assertError(
                2,
                "'josn' is not right for --output: it takes auto, table, json, ndjson, csv, tsv or raw.",
                "get",
                "a",
                "-o",
                "josn");
        assertError(2, "'5y' is not a duration.", "get", "a", "--timeout", "5y");
        assertError(2, "'get' needs KEY.", "get");
        assertError(2, "'get' does not take a further word: 'b'.", "get", "a", "b");
        assertError(2, "'scan' cannot be written as raw.", "scan", "-o", "raw");
        assertError(2, "'x' is not right for VERSION: it takes a number.", "cas", "a", "x", "v");
    }

    @Test
    void scanIsInKeyOrderAndSaysWhereItStopped() {
        for (int i = 0; i < 30; i++) {
            kv.run("put", "k" + (char) ('a' + i % 26) + i / 26, "v" + i);
        }
        kv.run("put", "other", "x");
        assertThat(kv.run("scan", "k", "--keys-only", "--no-header")).isZero();
        assertThat(kv.out().lines()).hasSize(30).isSorted();
        assertThat(kv.run("scan", "k", "--limit", "2", "-o", "json")).isZero();
        assertThat(kv.out()).contains("\"more\":true,\"next\":\"kb0\"}");
        assertThat(kv.run("scan", "k", "--from", "kb0", "--limit", "1", "-o", "csv"))
                .isZero();
        assertThat(kv.out()).isEqualTo("key,version,value\nkb0,2,v1\n");
        assertRun(0, "key\tversion\tvalue\n", "scan", "nothing");
    }

    @Test
    void terminalScanStopsAtOneHundredAndACountDoesNot() {
        for (int i = 0; i < 103; i++) {
            kv.run("put", "k" + (1000 + i), "v");
        }
        assertRun(0, "103\n", "scan", "k", "--count");
        assertRun(0, "2\n", "scan", "--count", "--from", "k1100", "--limit", "2");
        assertRun(0, "{\"schema\":\"kvctl/count/1\",\"keys\":0}\n", "scan", "nothing", "--count", "-o", "json");
        assertRun(0, "keys\n103\n", "scan", "--count", "-o", "tsv");
        kv.onTerminal();
        assertRun(0, "103\n", "scan", "k", "--count");
        assertThat(kv.run("scan", "k", "--no-pager")).isZero();
        assertThat(kv.out().lines()).hasSize(101);
        assertThat(kv.err()).isEqualTo("-- more: kvctl scan k --from k1100\n");
    }

    @Test
    void statusShowsNodesAndLeaders() {
        assertRun(
                0,
                "node\tstate\tpid\taddr\tgroups\tterm\tcommit\tapplied\tlag\tdata_bytes\nsolo\tup\t4711\t"
                        + node.address() + "\t1/1\t3\t10\t10\t0\t4096\n",
                "status");
        kv.onTerminal();
        assertThat(kv.run("status")).isZero();
        assertThat(kv.out()).contains("* solo  up").contains("  g1     *solo");
        assertThat(kv.run("status", "-o", "json")).isZero();
        assertThat(kv.out())
                .startsWith("{\"schema\":\"kvctl/status/1\",\"cluster\":\"" + node.address() + "\"")
                .contains("\"healthy\":true");
    }

    @Test
    void waitEndsWhenTheStateIsThereOrTheTimeIsOver() {
        assertRun(0, "", "wait", "healthy");
        assertRun(0, "", "wait", "leader(g1)");
        assertRun(0, "", "wait", "leader(3)");
        node.mood(FakeNode.Mood.LEADERLESS);
        assertError(
                10, "Waited 200 ms for 'leader(g1)': g1 has no leader.", "wait", "leader(g1)", "--timeout", "200ms");
        assertError(2, "There is no group 'g9'.", "wait", "leader(g9)");
        assertError(2, "'sunshine' is nothing to wait for.", "wait", "sunshine");
    }

    @Test
    void expectationsAreTen() {
        kv.run("put", "a", "1");
        assertRun(0, "", "expect", "get", "a", "1");
        assertError(10, "Expected '2' from 'get a', got '1'.", "expect", "get", "a", "2");
        assertRun(0, "", "expect-error", "NOT_FOUND", "get", "b");
        assertRun(0, "", "expect-error", "3", "get", "b");
        assertError(10, "Expected NOT_FOUND from 'get a', but it succeeded.", "expect-error", "NOT_FOUND", "get", "a");
        assertThat(kv.run("expect", "get", "b", "1")).isEqualTo(10);
        assertThat(kv.err()).startsWith("Expected '1' from 'get b', but it failed: Key 'b' not found");
        node.mood(FakeNode.Mood.LEADERLESS);
        assertRun(0, "", "expect-error", "--timeout", "1s", "NO_QUORUM", "put", "k", "v");
    }

    @Test
    void brokenPipeIsQuiet() {
        for (int i = 0; i < 50; i++) {
            kv.run("put", "k" + i, "v".repeat(1000));
        }
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        Console console =
                new Console(java.io.InputStream.nullInputStream(), gone, kv.errBytes, Console.Terminals.NONE, kv.env);
        kv.errBytes.reset();
        assertThat(Main.run(console, "scan")).isZero();
        assertThat(kv.err()).isEmpty();
    }

    @Test
    void bugsWriteAReportAndAreOne() throws IOException {
        Session session = new Session(kv.console(), Settings.of(kv.env));
        assertThat(session.errors().report(new IllegalStateException("boom"))).isEqualTo(1);
        assertThat(kv.err())
                .startsWith("Internal error: java.lang.IllegalStateException: boom. Report: ")
                .contains("--debug");
        String file = kv.err().replaceAll("(?s).*Report: (\\S+)\\n.*", "$1");
        assertThat(Files.readString(Path.of(file))).contains("IllegalStateException: boom", "bugsWriteAReport");
    }

    @Test
    void exitCodesAreFrozen() {
        assertThat(kv.run("help", "exit-codes")).isZero();
        assertThat(kv.out()
                        .lines()
                        .map(line ->
                                line.strip().split(" +")[0] + " " + line.strip().split(" +")[1]))
                .containsExactly(
                        "0 OK",
                        "1 INTERNAL",
                        "2 USAGE",
                        "3 NOT_FOUND",
                        "4 UNREACHABLE",
                        "5 NO_QUORUM",
                        "6 UNKNOWN_OUTCOME",
                        "7 CONFLICT",
                        "8 CONFIG",
                        "9 UNSAFE",
                        "10 EXPECTATION",
                        "11 VIOLATED",
                        "12 UNDECIDED",
                        "130 INTERRUPTED",
                        "143 TERMINATED");
    }

    @Test
    void everyCommandHasHelpWithExamplesFirst() {
        Session session = new Session(kv.console(), Settings.of(Map.of()));
        for (String name : Commands.tree(session, null).getSubcommands().keySet()) {
            assertThat(kv.run(name, "--help")).as(name).isZero();
            assertThat(kv.out())
                    .as(name)
                    .contains("\nExamples:\n")
                    .containsSubsequence("Examples:", "Usage: kvctl " + name);
            assertThat(kv.run("help", name)).as(name).isZero();
        }
        assertError(2, "Unknown command 'pit'. Did you mean 'put'?", "help", "pit");
    }

    @Test
    void versionAndCompletionArePrinted() {
        assertThat(kv.run("--version")).isZero();
        assertThat(kv.out()).startsWith("kvctl ");
        assertThat(kv.run("--version", "-o", "json")).isZero();
        assertThat(kv.out()).startsWith("{\"schema\":\"kvctl/version/1\",\"version\":\"");
        for (String shell : new String[] {"bash", "zsh", "fish"}) {
            assertThat(kv.run("completion", shell)).isZero();
            assertThat(kv.out()).contains("scan", "cluster", "--timeout".substring(2));
        }
        assertThat(kv.run("completion", "cmd")).isEqualTo(2);
    }

    @Test
    void argumentsKeepTheirBytesInAnyLocale() {
        byte[] line = "java\0-jar\0kvctl.jar\0put\0k\0gr\u00fcn\0".getBytes(StandardCharsets.UTF_8);
        assertThat(Arguments.split(line)).endsWith("put", "k", "grün");
        assertThat(Bytes.of(Arguments.split(new byte[] {'a', (byte) 0xff, 0}).get(0)))
                .containsExactly('a', 0xff);
    }

    private static int shard(String key) {
        return kvctl.protocol.Shards.of(Bytes.of(key), FakeNode.SHARDS);
    }

    private void assertRun(int code, String out, String... words) {
        int actual = kv.run(words);
        assertThat(kv.err())
                .as("stderr of %s", String.join(" ", words))
                .isIn("", kv.err().startsWith("unprint") ? kv.err() : "");
        assertThat(actual).isEqualTo(code);
        assertThat(kv.out()).as(String.join(" ", words)).isEqualTo(out);
    }

    private void assertError(int code, String firstLine, String... words) {
        int actual = kv.run(words);
        assertThat(kv.err().lines().findFirst()).as(String.join(" ", words)).contains(firstLine);
        assertThat(actual).isEqualTo(code);
        assertThat(kv.out()).isEmpty();
    }

    @Test
    void simulationsTellHowManySeedsPassed() {
        assertThat(kv.run("simulate", "--seeds", "3..5", "-o", "json")).isZero();
        assertThat(kv.out()).startsWith("{\"schema\":\"kvctl/simulate/1\",\"seeds\":3,\"failed\":0,\"events\":");
        assertThat(kv.run("simulate", "--seed", "3", "--trace", "--rows", "5")).isZero();
        assertThat(kv.out().lines().count()).isGreaterThanOrEqualTo(5);
        assertThat(kv.err()).contains("seed 3 passed");
        assertThat(kv.run("simulate", "--seeds", "9..1")).isEqualTo(2);
        assertThat(kv.run("simulate", "--trace")).isEqualTo(2);
        assertError(2, "--nodes is 3 to 9, not 2.", "simulate", "--nodes", "2");
        assertError(2, "--groups is 1 to 8, not 9.", "simulate", "--seed", "3", "--trace", "--groups", "9");
    }

    @Test
    void simulationsTellWhichOperationsHaveMetWhichFaults() {
        assertThat(kv.run("simulate", "--seeds", "3..5", "-o", "json")).isZero();
        assertThat(kv.out())
                .contains(",\"pairs_covered\":", ",\"pairs\":", "{\"operation\":\"get\",\"fault\":\"kill\",\"seeds\":")
                .doesNotContain("shortest");
        assertThat(kv.run("simulate", "--seeds", "3..5")).isZero();
        assertThat(kv.out()).startsWith("seeds\tfailed\t").contains("\tpairs_covered\tpairs\n");
        assertThat(kv.run("simulate", "--seeds", "3..5", "--coverage")).isZero();
        assertThat(kv.out()).startsWith("operation\tfault\tseeds\nget\tkill\t");
        assertThat(kv.err()).contains("3 seeds, 0 failed; pairs covered: ");
        kv.onTerminal();
        assertThat(kv.run("simulate", "--seeds", "3..5")).isZero();
        assertThat(kv.out()).contains("FIRST FAILED\n").contains("pairs covered: ");
        assertThat(kv.run("simulate", "--seeds", "3..5", "--coverage")).isZero();
        assertThat(kv.out().lines().filter(line -> line.startsWith("power-cut ")))
                .hasSize(2);
        assertThat(kv.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(120));
    }

    @Test
    void aSeedIsSimulatedWithSomeOfItsFaultsAlone() {
        assertThat(kv.run("simulate", "--seed", "3", "--only", "none", "-o", "json"))
                .isZero();
        assertThat(kv.out()).contains("\"pairs_covered\":0,");
        assertThat(kv.run("simulate", "--seed", "3", "--only", "1,2", "--trace"))
                .isZero();
        assertError(2, "--only needs --seed N: faults are numbered in each seed by itself.", "simulate", "--only", "1");
        assertError(2, "'x' are no numbers of faults.", "simulate", "--seed", "3", "--only", "x");
        assertThat(kv.run("simulate", "--seed", "3", "--only", "1,9999")).isEqualTo(2);
        assertThat(kv.err()).startsWith("Seed 3 has ").contains(" faults; there is no number 9999.");
        assertThat(kv.run("simulate", "--seed", "3", "--shrink")).isZero();
        assertThat(kv.run("simulate", "--seed", "3", "--shrink", "--trace")).isEqualTo(2);
    }
}
