package kvctl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScriptTest {
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
    void commandsRunTheSameFromEveryDoor() throws IOException {
        assertThat(kv.run("-e", "put a 1", "-e", "append a 2", "-e", "get a")).isZero();
        assertThat(kv.out()).isEqualTo("12");
        Path file = script("put b 1\nappend b 2\nget b\n");
        assertThat(kv.run("-f", file.toString())).isZero();
        assertThat(kv.out()).isEqualTo("12");
        assertThat(kv.run("-e", "put c 1", "-e", "scan", "-e", "delete c"))
                .as("a word alone")
                .isZero();
        assertThat(kv.out()).containsPattern("c\\t\\d+\\t1\n");
        kv.input("put c 1\r\nappend c 2\r\nget c");
        assertThat(kv.run()).isZero();
        assertThat(kv.out()).isEqualTo("12");
        assertThat(kv.run("-f", "-")).isZero();
        assertThat(kv.out()).isEqualTo("12");
    }

    @Test
    void aCommandIsNotTakenForACluster() {
        assertThat(kv.run("-c", "status")).isEqualTo(2);
        assertThat(kv.err()).startsWith("'status' behind -c is taken for the name of a cluster");
    }

    @Test
    void valuesThatFollowEachOtherDoNotRunTogether() {
        kv.run("-e", "put a 1", "-e", "put b 2");
        assertThat(kv.run("-e", "get a", "-e", "get b", "-e", "echo x", "-e", "get a"))
                .isZero();
        assertThat(kv.out()).isEqualTo("1\n2\nx\n1");
    }

    @Test
    void scriptStopsAtTheFirstErrorAndNamesThePlace() throws IOException {
        Path file = script("# a tour\nput a 1\n  get nobody # no such key\nput a 2\n");
        assertThat(kv.run("-f", file.toString())).isEqualTo(3);
        assertThat(kv.err()).startsWith(file + ":3:3: Key 'nobody' not found");
        kv.run("get", "a");
        assertThat(kv.out()).isEqualTo("1");
    }

    @Test
    void keepGoingRunsAllAndReturnsTheFirstFailure() throws IOException {
        Path file = script("get nobody\nput a 'x\nb'y\nput a 2\nexpect get a 3\n");
        assertThat(kv.run("--keep-going", "-f", file.toString())).isEqualTo(3);
        assertThat(kv.err())
                .contains(file + ":1:1: Key")
                .contains(file + ":3:3: A blank is missing behind the closing quote: y.")
                .contains(file + ":5:1: Expected '3' from 'get a', got '2'.");
    }

    @Test
    void offendingWordIsPointedAt() throws IOException {
        Path file = script("put a 1 --tiemout 3s\n");
        assertThat(kv.run("-f", file.toString())).isEqualTo(2);
        assertThat(kv.err()).startsWith(file + ":1:9: Unknown option '--tiemout'. Did you mean '--timeout'?");
    }

    @Test
    void openQuoteAtTheEndIsAnError() throws IOException {
        Path file = script("echo a\nput a 'never\nclosed\n");
        assertThat(kv.run("-f", file.toString())).isEqualTo(2);
        assertThat(kv.err()).startsWith(file + ":2:7: The quote that is opened here is never closed");
    }

    @Test
    void linesGoOnBehindABackslashAndInAQuote() throws IOException {
        Path file = script("put a \\\n  'one\ntwo'\nget a\n");
        assertThat(kv.run("-f", file.toString())).isZero();
        assertThat(kv.out()).isEqualTo("one\ntwo");
    }

    @Test
    void dryRunChecksAllLinesAndRunsNone() throws IOException {
        Path file = script("put a 1\nptu a 1\nget\n");
        assertThat(kv.run("--dry-run", "-f", file.toString())).isEqualTo(2);
        assertThat(kv.err()).contains(":2:1: Unknown command 'ptu'.").contains(":3:1: 'get' needs KEY.");
        assertThat(kv.run("get", "a")).isEqualTo(3);
    }

    @Test
    void echoShowsCommandsOnStandardError() {
        assertThat(kv.run("--echo", "-e", "echo hello")).isZero();
        assertThat(kv.out()).isEqualTo("hello\n");
        assertThat(kv.err()).isEqualTo("> echo hello\n");
    }

    @Test
    void optionsOfTheScriptHoldForItsLinesAndLinesHaveTheLastWord() {
        kv.run("put", "a", "1");
        assertThat(kv.run("-o", "json", "-e", "get a", "-e", "get a -o raw", "-e", "get a"))
                .isZero();
        assertThat(kv.out().lines()).hasSize(3).element(1).isEqualTo("1");
    }

    @Test
    void errorsInJsonSayWhere() {
        assertThat(kv.run("-o", "json", "-e", "get nobody")).isEqualTo(3);
        assertThat(kv.err())
                .contains("\"at\":\"-e:1:1\"")
                .startsWith("{\"schema\":\"kvctl/error/1\",\"code\":\"NOT_FOUND\"");
    }

    @Test
    void shellTakesWhatStandsBehindThePipe() {
        kv.run("-e", "put a x", "-e", "put b y");
        assertThat(kv.run("-e", "scan --keys-only --no-header \\| cut -f1 | sort -r"))
                .isZero();
        assertThat(kv.out()).isEqualTo("b\na\n");
    }

    @Test
    void scriptOnStandardInputLeavesNothingForAValue() {
        kv.input("put a -\n");
        assertThat(kv.run()).isEqualTo(2);
        assertThat(kv.err()).contains("Standard input holds the commands here");
    }

    @Test
    void optionsOfScriptsStandAlone() {
        assertThat(kv.run("--keep-going", "get", "a")).isEqualTo(2);
        assertThat(kv.run("-f", dir.resolve("missing.kv").toString())).isEqualTo(2);
        assertThat(kv.err()).startsWith("There is no file ");
    }

    private Path script(String text) throws IOException {
        return Files.writeString(Files.createTempFile(dir, "script", ".kv"), text);
    }
}
