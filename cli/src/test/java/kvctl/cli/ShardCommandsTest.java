package kvctl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import kvctl.protocol.Change;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.protocol.Shards;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of the commands about shards: streams, formats, exit codes, and what they ask of the controller. */
final class ShardCommandsTest {
    private final FakeNode node = new FakeNode();
    private final FakeShards cluster = node.withShards();
    private final TestConsole kv = new TestConsole();

    @TempDir
    Path home;

    @BeforeEach
    void connect() {
        kv.env.put("KVCTL_CLUSTER", node.address());
        kv.env.put("KVCTL_HOME", home.toString());
    }

    @AfterEach
    void disconnect() throws IOException {
        node.close();
    }

    @Test
    void joinReadsNodesAndGroupsFromItsWords() {
        assertRun(
                0,
                "configuration 4: 1 shard moves\n",
                "join",
                "--yes",
                "g3",
                "solo",
                "n2",
                "g4",
                "n2",
                "--weight",
                "2");
        Request.Reconfigure change = change();
        assertThat(change.change())
                .isEqualTo(new Change.Join(List.of(
                        new Change.NewGroup("g3", List.of(1, 2), 2), new Change.NewGroup("g4", List.of(2), 2))));
        assertThat(change.planOnly()).isFalse();
        assertThat(change.expectedNumber()).isZero();
    }

    @Test
    void aGroupThatCouldTakeNoShardIsNotJoinedUnasked() {
        assertError(9, "Group 'g3' would have no quorum: n2 does not answer.", "join", "g3", "solo", "n2");
        assertThat(kv.err()).contains("hint: kvctl start n2, or join with --yes");
        assertError(9, "Group 'g4' would have no quorum: n2 does not answer.", "join", "g3", "solo", "g4", "n2");
        assertThat(change()).as("what the controller was asked").isNull();
    }

    @Test
    void wordsThatMakeNoGroupAreUsageErrors() {
        assertError(2, "'solo' is a node; the group's name comes first.", "join", "solo", "g3");
        assertError(2, "There is no node 'n3'. Did you mean 'n2'?", "join", "g3", "solo", "n3");
        assertError(2, "Group 'somewhere' has no nodes.", "join", "somewhere");
        assertThat(kv.err()).contains("hint: nodes: solo, n2");
        assertError(2, "Group 'n3' has no nodes.", "join", "n3");
        assertError(2, "There is no node 'n3'. Did you mean 'n2'?", "join", "g3", "n3");
        assertError(2, "There is no node 'elsewhere'.", "join", "g3", "elsewhere");
        assertError(2, "Group 'elsewhere' has no nodes.", "join", "g3", "solo", "elsewhere");
        assertError(2, "Group 'g3' names a node twice.", "join", "g3", "n2", "n2");
        assertError(2, "Group 'g3' is named twice.", "join", "g3", "n2", "g3", "solo");
        assertError(2, "--weight is 1 or more, not 0.", "join", "g3", "n2", "--weight", "0");
        assertError(2, "'join' needs GROUP NODE.", "join");
        assertThat(cluster.seen).isEmpty();
    }

    @Test
    void leaveAndMoveNameWhatThereIs() {
        assertRun(0, "configuration 4: 1 shard moves\n", "leave", "g2", "g1", "g2");
        assertThat(change().change()).isEqualTo(new Change.Leave(List.of("g2", "g1")));
        assertError(2, "There is no group 'g9'. Did you mean 'g1'?", "leave", "g9");
        assertThat(kv.err()).contains("hint: groups: g1, g2");
        assertError(2, "'controller' is the controller's group: it has no shards and stays.", "leave", "controller");
        assertRun(0, "configuration 4: 1 shard moves\n", "move", "1", "g2", "--expect", "3");
        assertThat(change().change()).isEqualTo(new Change.Move(1, "g2"));
        assertThat(change().expectedNumber()).isEqualTo(3);
        assertError(2, "There is no shard 4; shards are 0 to 3.", "move", "4", "g2");
        assertError(2, "'x' is not right for SHARD: it takes a number.", "move", "x", "g2");
        assertError(2, "'move' needs GROUP.", "move", "1");
    }

    @Test
    void changeIsToldInEachFormat() {
        assertRun(
                0, "{\"schema\":\"kvctl/move/1\",\"configuration\":4,\"moves\":1}\n", "move", "1", "g2", "-o", "json");
        assertRun(0, "configuration\tmoves\n4\t1\n", "leave", "g2", "-o", "tsv");
        assertRun(0, "4,1\n", "join", "--yes", "g3", "n2", "-o", "csv", "--no-header");
        cluster.controller = request -> cluster.reconfigured(cluster.owners, "");
        assertRun(0, "configuration 4: nothing moves\n", "move", "1", "g1");
        assertError(2, "'move' cannot be written as raw.", "move", "1", "g2", "-o", "raw");
    }

    @Test
    void planShowsTheMovesAndWhatTheyComeTo() {
        kv.onTerminal();
        assertThat(kv.run("join", "g3", "n2", "--plan")).isZero();
        assertThat(kv.out()).isEqualTo("""
                SHARD  FROM  TO  KEYS  BYTES
                    1  g1    g3    11  2 KiB
                configuration 4: 1 shard would move, 11 keys, 2 KiB
                Shard 1 moves because g3 has none.
                """);
        assertThat(change().planOnly()).isTrue();
        kv.piped();
        assertThat(kv.run("join", "g3", "n2", "--plan")).isZero();
        assertThat(kv.out()).isEqualTo("shard\tfrom\tto\tkeys\tdata_bytes\n1\tg1\tg3\t11\t2048\n");
        assertThat(kv.err())
                .isEqualTo("configuration 4: 1 shard would move, 11 keys, 2 KiB\nShard 1 moves because g3 has none.\n");
        assertRun(
                0,
                "{\"schema\":\"kvctl/plan/1\",\"rows\":[{\"shard\":1,\"from\":\"g1\",\"to\":\"g3\",\"keys\":11,"
                        + "\"data_bytes\":2048}],\"configuration\":4,\"moves\":1,\"keys\":11,\"total_bytes\":2048,"
                        + "\"why\":\"Shard 1 moves because g3 has none.\"}\n",
                "join",
                "--yes",
                "g3",
                "n2",
                "--plan",
                "-o",
                "json");
        assertError(2, "--wait and --plan exclude each other.", "join", "g3", "n2", "--plan", "--wait");
    }

    @Test
    void G3_conflictIsSevenAndSaysWhereToLook() {
        cluster.controller =
                request -> new Response.Refused(Response.Code.CONFLICT, "The newest configuration is 3, not 2.", 0);
        assertError(7, "The newest configuration is 3, not 2.", "move", "1", "g2", "--expect", "2");
        assertThat(kv.err()).contains("hint: kvctl query; kvctl migrations");
        assertError(2, "Configurations are numbered from 1, not 0.", "move", "1", "g2", "--expect", "0");
        cluster.controller = request -> new Response.Refused(Response.Code.BAD_REQUEST, "Group 'g3' exists.", 0);
        assertError(2, "Group 'g3' exists.", "join", "--yes", "g3", "n2");
    }

    @Test
    void changeWithoutAnAnswerIsSix() {
        cluster.controller = request -> FakeShards.SILENCE;
        assertError(
                6, "leave timed out after 0.3 s; it may still be carried out.", "leave", "g2", "--timeout", "300ms");
        assertThat(kv.err()).contains("hint: kvctl query");
        kv.run("leave", "g2", "--timeout", "300ms", "-o", "json");
        assertThat(kv.err()).contains("\"code\":\"UNKNOWN_OUTCOME\"", "\"outcome\":\"unknown\"");
    }

    @Test
    void pipedChangeReturnsAtOnceAndWaitsIfAsked() {
        cluster.movesLeft.add(0, 1);
        assertRun(0, "configuration 4: 1 shard moves\n", "move", "1", "g2");
        assertThat(cluster.movesLeft).as("nobody looked").hasSize(2);
        assertThat(kv.run("move", "1", "g2", "--wait")).isZero();
        assertThat(kv.out()).isEqualTo("configuration 4: 1 shard moves\n");
        assertThat(kv.err()).matches("0 of 1 shard moved\n1 shard moved in \\d+ ms\n");
        assertThat(cluster.movesLeft).hasSize(1);
    }

    @Test
    void terminalFollowsTheMovesUnlessTold() {
        kv.onTerminal();
        cluster.moveShardOne("copying", 512, 1024, "");
        cluster.movesLeft.add(0, 1);
        assertThat(kv.run("move", "1", "g2")).isZero();
        assertThat(kv.err())
                .matches("\\[############------------\\]  50 %  0 of 1 shard  .*/s\n"
                        + "\u001b\\[1A\u001b\\[2K1 shard moved in \\d+ ms\n");
        cluster.movesLeft.add(0, 1);
        assertRun(0, "configuration 4: 1 shard moves\n", "move", "1", "g2", "--no-wait");
    }

    @Test
    void queryShowsAConfiguration() {
        assertRun(
                0,
                "group\tweight\tnodes\tshard_count\tshards\ng1\t1\tsolo n2\t2\t0-1\ng2\t1\tsolo n2\t2\t2-3\n",
                "query");
        cluster.movesLeft.set(0, 2);
        assertRun(
                0,
                "{\"schema\":\"kvctl/query/1\",\"rows\":[{\"group\":\"g1\",\"weight\":1,\"nodes\":[\"solo\",\"n2\"],"
                        + "\"shard_count\":2,\"shards\":[\"0-1\"]},{\"group\":\"g2\",\"weight\":1,\"nodes\":[\"solo\","
                        + "\"n2\"],\"shard_count\":2,\"shards\":[\"2-3\"]}],\"configuration\":3,\"moves_left\":2}\n",
                "query",
                "-o",
                "json");
        kv.onTerminal();
        assertThat(kv.run("query", "2")).isZero();
        assertThat(kv.out()).contains("GROUP  WEIGHT  NODES    COUNT  SHARDS\ng1          1  solo n2      2  0-1\n");
        assertThat(kv.err()).isEqualTo("configuration 2, 2 shards on the way\n");
        kv.piped();
        assertError(2, "There is no configuration 9; the newest is 3.", "query", "9");
        assertError(2, "Configurations are numbered from 1, not 0.", "query", "0");
        cluster.owners = new int[] {1, 0, 0, 2};
        assertThat(kv.run("query", "--no-header")).isZero();
        assertThat(kv.out()).endsWith("g2\t1\tsolo n2\t1\t3\n\t\t\t2\t1-2\n");
    }

    @Test
    void aGroupsSignIsItsLastLetterWhereThatTellsGroupsApart() {
        assertThat(ShardDrawing.signs(groups("g2", "g3"))).isEqualTo("23");
        assertThat(ShardDrawing.signs(groups("g2", "g12"))).startsWith("12");
        assertThat(ShardDrawing.signs(groups("east.", "west"))).startsWith("12");
    }

    private static List<ShardMap.Group> groups(String... names) {
        return Stream.of(names)
                .map(name -> new ShardMap.Group(1, name, List.of(1), 0))
                .toList();
    }

    @Test
    void shardsAreListedAndDrawn() {
        cluster.moveShardOne("copying", 512, 1024, "");
        cluster.owners[3] = 0;
        assertRun(0, """
                shard\tgroup\tstate\tmoving_to\tkeys\tdata_bytes\treads\twrites
                0\tg1\tserving\t\t10\t2048\t5\t6
                1\tg1\tcopying\tg2\t10\t2048\t7\t8
                2\tg2\tserving\t\t12\t2048\t5\t6
                3\t\tunowned\t\t\t\t\t
                """, "shards");
        kv.onTerminal();
        assertThat(kv.run("shards")).isZero();
        assertThat(kv.out()).startsWith("""
                   0  1 1>2 .
                      1 g1 (2)  2 g2 (1)  . nobody's  > on its way

                SHARD  GROUP  STATE    MOVING TO  KEYS  BYTES  READS  WRITES
                    0  g1     serving               10  2 KiB      5       6
                """);
        assertThat(kv.run("shards", "-o", "json")).isZero();
        assertThat(kv.out())
                .startsWith("{\"schema\":\"kvctl/shards/1\",\"rows\":[{\"shard\":0,\"group\":\"g1\"")
                .endsWith("],\"configuration\":3}\n");
        kv.env.remove("NO_COLOR");
        kv.run("shards");
        assertThat(kv.out()).startsWith("   0  \u001b[32m1\u001b[0m \u001b[32m1\u001b[0m>\u001b[36m2\u001b[0m .");
        kv.piped();
        cluster.groupWithoutLeader = 2;
        kv.run("shards", "--no-header");
        assertThat(kv.out()).contains("2\tg2\tsilent\t\t\t\t\t\n");
    }

    @Test
    void keysAreLocatedWithoutReadingThem() {
        int shard = Shards.of(Bytes.of("city"), 4);
        String group = shard < 2 ? "g1" : "g2";
        assertRun(
                0,
                "key\tshard\tgroup\tleader\treplicas\tmoving_to\ncity\t" + shard + "\t" + group + "\tsolo\tsolo\t\n",
                "locate",
                "city");
        assertThat(cluster.seen).isEmpty();
        assertThat(kv.run("locate", "a", "b", "-o", "ndjson")).isZero();
        assertThat(kv.out().lines()).hasSize(2).allMatch(line -> line.contains("\"replicas\":[\"solo\"]"));
        cluster.owners = new int[4];
        cluster.number++;
        assertRun(0, "city\t" + shard + "\t\t\t\t\n", "locate", "city", "--no-header");
        assertError(2, "A key cannot be empty.", "locate", "");
        assertError(2, "'locate' needs KEY.", "locate");
    }

    @Test
    void migrationsTellPhaseAndWhatTheyWaitFor() {
        String header = "shard\tfrom\tto\tphase\tpercent\tcopied_bytes\ttotal_bytes\tbytes_per_s\twaits_for\n";
        assertRun(0, header, "migrations");
        cluster.moveShardOne("copying", 512, 1024, "the drop of g2's old copy");
        assertRun(0, header + "1\tg1\tg2\tcopying\t50\t512\t1024\t0\tthe drop of g2's old copy\n", "migrations");
        cluster.moveShardOne("frozen", 1024, 1024, "");
        assertRun(0, "1\tg1\tg2\tfrozen\t99\t1024\t1024\t0\t\n", "migrations", "--no-header");
        cluster.groupWithoutLeader = 1;
        assertRun(0, "1\tg1\tg2\tcopying\t99\t1024\t1024\t0\tthe leader of g1\n", "migrations", "--no-header");
        cluster.groupWithoutLeader = -1;
        cluster.steering = new ShardMap.Steering(true, 4 << 20);
        assertThat(kv.run("migrations", "-o", "json")).isZero();
        assertThat(kv.out())
                .contains("\"bytes_per_s\":null,\"waits_for\":\"moves are paused\"")
                .endsWith("],\"configuration\":3,\"paused\":true,\"limit_bytes_per_s\":4194304}\n");
        kv.onTerminal();
        assertThat(kv.run("migrations")).isZero();
        assertThat(kv.out()).startsWith("SHARD  FROM  TO  PHASE    % ").contains("1  g1    g2  frozen  99   1 KiB");
        assertThat(kv.err()).isEqualTo("Moves are paused; kvctl migrate resume\n");
        cluster.movingTo[1] = 0;
        cluster.number++;
        cluster.steering = new ShardMap.Steering(false, 4 << 20);
        kv.run("migrations");
        assertThat(kv.err())
                .isEqualTo("No shard is on its way; configuration 4 is complete.\n"
                        + "Each group takes in at most 4 MiB/s; kvctl migrate throttle off\n");
    }

    @Test
    void movesArePausedResumedAndThrottled() {
        assertRun(0, "", "migrate", "pause");
        assertRun(0, "", "migrate", "resume");
        assertRun(0, "", "migrate", "throttle", "4MiB/s");
        assertThat(cluster.seen)
                .containsExactly(
                        new Request.SteerMoves(true, -1),
                        new Request.SteerMoves(false, -1),
                        new Request.SteerMoves(null, 4 << 20));
        assertRun(
                0,
                "{\"schema\":\"kvctl/migrate/1\",\"paused\":true,\"limit_bytes_per_s\":null}\n",
                "migrate",
                "pause",
                "-o",
                "json");
        kv.onTerminal();
        assertRun(0, "ok  each group takes in at most 512 KiB/s\n", "migrate", "throttle", "512k");
        assertRun(0, "ok  moves go as fast as they can\n", "migrate", "throttle", "off");
        kv.piped();
        assertError(2, "'kvctl migrate' needs a command behind it.", "migrate");
        assertError(2, "Unknown command 'halt'.", "migrate", "halt");
        assertThat(kv.err()).contains("hint: kvctl help migrate");
        assertError(2, "'shards' does not take a further word: '3'.", "shards", "3");
        assertThat(kv.err()).contains("hint: kvctl help shards");
        assertThat(kv.run("migrate", "throttle", "--help")).isZero();
        assertThat(kv.out()).contains("Examples:", "kvctl migrate throttle off");
    }

    @ParameterizedTest
    @CsvSource({"500000,500000", "4MiB,4194304", "4mib/s,4194304", "1.5M,1572864", "2 GiB,2147483648", "off,0", "7b/s,7"
    })
    void ratesAreRead(String text, long bytes) {
        assertThat(Rates.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "fast", "4X", "4MiB/m", "1e9", "99999999G", "MiB"})
    void whatIsNoRateIsAUsageError(String text) {
        assertError(2, "'" + text + "' is not a rate.", "migrate", "throttle", "--", text);
        assertThat(kv.err()).contains("hint: write for example 4MiB, 512KiB/s or off");
    }

    @Test
    void waitMigratedAsksTheController() {
        cluster.movesLeft.add(0, 2);
        cluster.movesLeft.add(0, 2);
        assertRun(0, "", "wait", "migrated");
        cluster.movesLeft.set(0, 1);
        assertError(
                10,
                "Waited 200 ms for 'migrated': 1 shard of configuration 3 is still on the way.",
                "wait",
                "migrated",
                "--timeout",
                "200ms");
        assertThat(kv.err()).contains("hint: kvctl migrations");
        cluster.steering = new ShardMap.Steering(true, 0);
        assertThat(kv.run("wait", "migrated", "--timeout", "200ms")).isEqualTo(10);
        assertThat(kv.err()).contains("hint: moves are paused: kvctl migrate resume");
    }

    @Test
    void waitTakesTheTimeThatTheUserGaveAlsoIfItIsTheDefaultOfRequests() {
        long startNs = System.nanoTime();
        cluster.movesLeft.set(0, 1);
        assertThat(kv.run("wait", "migrated", "--timeout", "2s")).isEqualTo(10);
        assertThat(kv.err()).startsWith("Waited 2.0 s");
        assertThat((System.nanoTime() - startNs) / 1_000_000).isLessThan(10_000);
    }

    @Test
    void theControllerIsAGroupLikeTheOthersAndComesFirst() {
        kv.onTerminal();
        assertThat(kv.run("status")).isZero();
        assertThat(kv.out()).containsSubsequence("  controller  *solo", "  g1          *solo", "  g2          *solo");
        assertThat(kv.out()).contains("x n2    down");
        assertThat(kv.run("status", "-o", "json")).isZero();
        assertThat(kv.out())
                .contains("\"groups\":[{\"group\":\"controller\",\"group_id\":0,\"leader\":\"solo\",\"replicas\"");
        kv.piped();
        assertRun(0, "", "wait", "leader(controller)");
        cluster.groupWithoutLeader = 0;
        assertError(
                10,
                "Waited 200 ms for 'leader(controller)': controller has no leader.",
                "wait",
                "leader(controller)",
                "--timeout",
                "200ms");
        cluster.owners = new int[4];
        cluster.number++;
        assertError(2, "There is no group '3'.", "wait", "leader(3)");
    }

    @Test
    void aSilentNodeCostsALookOneSecondAtMost() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            cluster.secondPort = silent.getLocalPort();
            long startNs = System.nanoTime();
            assertThat(kv.run("status", "--timeout", "20s", "-o", "csv")).isZero();
            assertThat((System.nanoTime() - startNs) / 1_000_000).isLessThan(10_000);
            assertThat(kv.out()).contains("\nn2,silent,");
        }
    }

    @Test
    void commandsRunTheSameFromAScript() {
        assertThat(kv.run("-e", "move 1 g2", "-e", "wait migrated", "-e", "migrate pause", "-e", "query --no-header"))
                .isZero();
        assertThat(kv.out())
                .isEqualTo("configuration 4: 1 shard moves\ng1\t1\tsolo n2\t2\t0-1\ng2\t1\tsolo n2\t2\t2-3\n");
        assertThat(kv.run("-e", "expect-error CONFLICT move 1 g2 --expect 2")).isEqualTo(10);
        cluster.controller = request -> new Response.Refused(Response.Code.CONFLICT, "It is 3.", 0);
        assertThat(kv.run("-e", "expect-error CONFLICT move 1 g2 --expect 2")).isZero();
    }

    private Request.Reconfigure change() {
        Request.Reconfigure last = null;
        for (Request request : cluster.seen) {
            last = request instanceof Request.Reconfigure change ? change : last;
        }
        return last;
    }

    private void assertRun(int code, String out, String... words) {
        int actual = kv.run(words);
        assertThat(kv.err()).as("stderr of %s", String.join(" ", words)).isEmpty();
        assertThat(actual).isEqualTo(code);
        assertThat(kv.out()).as(String.join(" ", words)).isEqualTo(out);
    }

    private void assertError(int code, String firstLine, String... words) {
        int actual = kv.run(words);
        assertThat(kv.err().lines().findFirst()).as(String.join(" ", words)).contains(firstLine);
        assertThat(actual).isEqualTo(code);
        assertThat(kv.out()).isEmpty();
    }
}
