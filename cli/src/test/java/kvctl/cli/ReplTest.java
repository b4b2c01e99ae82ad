package kvctl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jline.reader.Candidate;
import org.jline.reader.EOFError;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The REPL on a terminal that can do nothing, in memory; a real one is driven by {@code ReplIT}. */
final class ReplTest {
    private final FakeNode node = new FakeNode();
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();

    @TempDir
    Path home;

    @AfterEach
    void disconnect() throws IOException {
        node.close();
    }

    @Test
    void dumbTerminalRunsTheSameCommandsWithoutRedraw() throws IOException {
        String seen = type("put a 1", "append a 2", "get a", "get nobody", "\\format json", "get a", "\\q");
        assertThat(seen)
                .contains("ok  version 2", "> 12\n", "Key 'nobody' not found", "\"schema\":\"kvctl/get/1\"")
                .contains("ms  shard ", " @ solo  index 2")
                .doesNotContain("\u001b");
    }

    @Test
    void bannerHasAtMostThreeLinesAndThePromptNamesTheCluster() throws IOException {
        String seen = type("\\q");
        assertThat(seen.substring(0, seen.indexOf("1/1 s4/4> ")).lines().count())
                .isLessThanOrEqualTo(3);
        assertThat(seen).contains("Type \\? for help").contains(node.address() + " 1/1 s4/4> ");
    }

    @Test
    void linesContinueUntilTheyAreWhole() throws IOException {
        assertThat(type("put a 'one", "two'", "get a -o raw", "exit")).contains("one\ntwo\n");
    }

    @Test
    void endOfInputLeaves() throws IOException {
        assertThat(type("echo bye")).contains("bye");
    }

    @Test
    void backslashCommandsChangeSettings() throws IOException {
        String seen = type(
                "\\timing off",
                "put a 1",
                "\\set prompt 'kv> '",
                "\\x",
                "scan -o table",
                "\\set nonsense 1",
                "\\fromat",
                "\\?",
                "\\set",
                "\\! echo from the shell >/dev/null",
                "\\history");
        assertThat(seen)
                .contains("timing is off", "\nkv> ", "-- 1 --\nKEY      a\n", "There is no setting 'nonsense'")
                .contains("Unknown command '\\fromat'. Did you mean '\\format'?")
                .contains("\\watch [TIME] COMMAND", "NAME     notices\nVALUE    on");
        assertThat(seen).doesNotContain(" ms  shard");
    }

    @Test
    void resultsGoToAFileAndComeFromAFile() throws IOException {
        Path out = home.resolve("out.tsv");
        Path in = home.resolve("in.kv");
        Files.writeString(in, "put a 1\nput b 2\n");
        type("\\i " + in, "\\o " + out, "scan", "\\o", "get a");
        assertThat(Files.readString(out)).isEqualTo("key\tversion\tvalue\na\t1\t1\nb\t2\t2\n");
    }

    @Test
    void historyIsPrivateAndSkipsWhatBeginsWithABlank() throws IOException {
        type("put a 1", " put secret 2", "put a 1", "get a");
        Path file = home.resolve("history");
        assertThat(Files.readAllLines(file).stream().map(line -> line.replaceFirst("^[0-9]+:", "")))
                .containsExactly("put a 1", "get a");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void lostConnectionKeepsTheRepl() throws IOException {
        node.close();
        assertThat(type("get a", "echo still here"))
                .contains("refused the connection", "still here", "(not connected)> ");
    }

    @Test
    void promptTellsWhatIsWrong() {
        ClusterPoll.Seen nothing = new ClusterPoll.Seen(null, null, System.nanoTime());
        assertThat(ReplPrompt.text(nothing, ReplSettings.PROMPT)).isEqualTo("(not connected)> ");
        ClusterPoll.Seen silent = new ClusterPoll.Seen("demo", null, System.nanoTime());
        assertThat(ReplPrompt.text(silent, ReplSettings.PROMPT)).isEqualTo("demo (not connected)> ");
        try (ClusterPoll poll = poll()) {
            assertThat(text(poll, 0)).isEqualTo("demo 1/1 s4/4> ");
            assertThat(text(poll, 5_000)).isEqualTo("~demo 1/1 s4/4> ");
            node.mood(FakeNode.Mood.LEADERLESS);
            Awaitility.await().until(() -> poll.latest().view().servedShards() == 0);
            assertThat(text(poll, 0)).isEqualTo("demo 1/1 s0/4 NO-QUORUM> ");
        }
    }

    @Test
    void changesAreNoticed() {
        List<String> news = new ArrayList<>();
        try (ClusterPoll poll = new ClusterPoll(Map.of("KVCTL_HOME", home.toString()), node.address(), news::addAll)) {
            poll.awaitFirst(5_000);
            node.mood(FakeNode.Mood.LEADERLESS);
            Awaitility.await().until(() -> news.contains("g1: leader solo -> none"));
            node.mood(FakeNode.Mood.OK);
            Awaitility.await().until(() -> news.contains("g1: leader none -> solo (term 3)"));
        }
    }

    @Test
    void shardsOfNobodyAreNotServed() {
        node.withShards().owners = new int[] {1, 0, 0, 2};
        try (ClusterPoll poll = poll()) {
            assertThat(text(poll, 0)).isEqualTo("demo 1/2 s2/4 NO-QUORUM> ");
        }
    }

    @Test
    void movesAreNoticed() {
        FakeShards shards = node.withShards();
        List<String> news = new ArrayList<>();
        try (ClusterPoll poll = new ClusterPoll(Map.of("KVCTL_HOME", home.toString()), node.address(), news::addAll)) {
            poll.awaitFirst(5_000);
            shards.number = 4;
            shards.moveShardOne("copying", 0, 0, "");
            Awaitility.await().until(() -> news.contains("configuration 4: 1 shard on the way"));
            shards.arrive();
            Awaitility.await().until(() -> news.contains("all shards are where configuration 4 has them"));
        }
    }

    @Test
    void completionWalksTheCommandTree() {
        new TestRun("put user:1 x", "put 'user 2' y");
        try (ClusterPoll poll = poll()) {
            assertThat(complete(poll, "ge")).contains("get", "cluster", "exit");
            assertThat(complete(poll, "cluster ")).contains("up", "down").doesNotContain("get");
            assertThat(complete(poll, "put k --")).contains("--if-version", "--timeout");
            assertThat(complete(poll, "get -o ")).contains("json", "raw");
            assertThat(complete(poll, "kill ")).contains("solo", "leader(g1)");
            assertThat(complete(poll, "wait ")).contains("healthy", "leader(g1)");
            assertThat(complete(poll, "get us")).containsExactly("user 2", "user:1");
            assertThat(complete(poll, "expect get us")).containsExactly("user 2", "user:1");
            assertThat(complete(poll, "\\watch 1 get us")).containsExactly("user 2", "user:1");
            assertThat(complete(poll, "\\")).contains("\\watch");
            assertThat(complete(poll, "\\i " + home + "/")).contains(home + "/home/");
            assertThat(complete(poll, "help ex")).contains("expect", "exit-codes");
        }
    }

    @Test
    void completionKnowsGroupsAndNodes() {
        node.withShards();
        try (ClusterPoll poll = poll()) {
            assertThat(complete(poll, "leave ")).containsExactly("g1", "g2");
            assertThat(complete(poll, "move 1 ")).containsExactly("g1", "g2");
            assertThat(complete(poll, "join g3 ")).containsExactly("solo", "n2");
            assertThat(complete(poll, "join g3 solo --")).contains("--plan", "--expect", "--weight", "--wait");
            assertThat(complete(poll, "migrate ")).containsExactly("pause", "resume", "throttle");
            assertThat(complete(poll, "wait ")).contains("migrated", "leader(controller)", "leader(g1)");
            assertThat(complete(poll, "kill ")).contains("n2", "leader(controller)");
        }
    }

    @Test
    void completedWordsAreQuotedWhereTheyMustBe() {
        ReplParser.Line bare = new ReplParser.Line("get us", 6);
        assertThat(bare.escape("user 2", true)).hasToString("'user 2'");
        assertThat(bare.escape("user ", false)).hasToString("'user ");
        assertThat(bare.escape("user:1", true)).hasToString("user:1");
        assertThat(new ReplParser.Line("wait ", 5).escape("", false)).hasToString("");
        assertThat(new ReplParser.Line("get '", 5).escape("", false)).hasToString("'");
        assertThat(new ReplParser.Line("get 'us", 7).escape("user:1", true)).hasToString("'user:1'");
        assertThat(bare.rawWordLength()).isEqualTo(2);
        Assertions.assertThrows(
                EOFError.class,
                () -> new ReplParser().parse("put a 'x", 8, org.jline.reader.Parser.ParseContext.ACCEPT_LINE));
    }

    @Test
    void highlighterKeepsTheText() {
        Session session = new Session(new TestConsole().console(), Settings.of(Map.of()));
        ReplHighlighter highlighter = new ReplHighlighter(Commands.tree(session, null));
        for (String text :
                List.of("put a 'x' # c", "ptu a", "\\watch 1 get a", "put a \"\\q\" b", "cluster up -f x", "", "-o")) {
            assertThat(highlighter.highlight(null, text).toString()).isEqualTo(text);
        }
    }

    private final class TestRun {
        TestRun(String... lines) {
            TestConsole kv = new TestConsole();
            kv.env.put("KVCTL_CLUSTER", node.address());
            for (String line : lines) {
                assertThat(kv.run("-e", line)).isZero();
            }
        }
    }

    private ClusterPoll poll() {
        ClusterPoll poll = new ClusterPoll(Map.of("KVCTL_HOME", home.toString()), node.address(), news -> {});
        poll.awaitFirst(5_000);
        assertThat(poll.latest().view()).isNotNull();
        return poll;
    }

    private static String text(ClusterPoll poll, long ageMs) {
        ClusterPoll.Seen seen =
                new ClusterPoll.Seen("demo", poll.latest().view(), System.nanoTime() - ageMs * 1_000_000);
        return ReplPrompt.text(seen, ReplSettings.PROMPT);
    }

    private List<String> complete(ClusterPoll poll, String text) {
        home.resolve("home").toFile().mkdirs();
        TestConsole streams = new TestConsole();
        Session session = new Session(streams.console(), Settings.of(streams.env));
        List<Candidate> candidates = new ArrayList<>();
        new ReplCompleter(session, Commands.tree(session, null), poll)
                .complete(null, new ReplParser.Line(text, text.length()), candidates);
        return candidates.stream().map(Candidate::value).toList();
    }

    /** Types lines, and returns what the screen shows then, prompts, results and errors in their order. */
    private String type(String... lines) throws IOException {
        TestConsole streams = new TestConsole();
        streams.env.put("KVCTL_HOME", home.toString());
        streams.env.put("TERM", "dumb");
        Console console = new Console(
                streams.console().in(), screen, screen, new Console.Terminals(true, true, true), streams.env);
        Settings settings = Settings.of(streams.env).withCluster(node.address());
        byte[] input = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        try (Session session = new Session(console, settings);
                Terminal terminal = new DumbTerminal(
                        "test", Terminal.TYPE_DUMB, new ByteArrayInputStream(input), screen, StandardCharsets.UTF_8)) {
            assertThat(new Repl(session, terminal).loop()).isZero();
            terminal.flush();
        }
        return screen.toString(StandardCharsets.UTF_8).replace("\r", "");
    }
}
