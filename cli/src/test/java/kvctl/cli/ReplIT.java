package kvctl.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shipped command on a real terminal, before a real cluster: keys go in through tmux, and its screen is read back.
 * The steps build on each other, as a person's do.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ReplIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    static Path home;

    private String socket;
    private boolean started;

    @BeforeAll
    void openTerminal() throws Exception {
        assertThat(exists("tmux"))
                .as("tmux is installed (install.sh --test does it)")
                .isTrue();
        socket = "kvctl-it-" + ProcessHandle.current().pid();
        int port = freePort();
        tmux(
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-s",
                "r",
                "-x",
                "100",
                "-y",
                "40",
                "env KVCTL_HOME='" + home + "' KVCTL_CLUSTER= TERM=xterm-256color PS1='shell> ' sh");
        started = true;
        type(System.getProperty("kvctl.command") + " cluster up --base-port " + port);
        see("demo 3/3 s16/16>");
    }

    @AfterAll
    void closeTerminal() throws Exception {
        if (started) {
            key("C-c");
            type("\\q");
            try {
                see("shell>");
            } finally {
                tmux("kill-server");
            }
        }
    }

    @Test
    @Order(1)
    void commandsAnswerWithTheirTiming() throws Exception {
        clear();
        type("put user:1 'Anna K'");
        see("ok  version 1");
        type("append user:1 \"!\"");
        type("get user:1");
        see("\nAnna K!\n");
        see(" ms  shard ");
    }

    @Test
    @Order(2)
    void tabCompletesKeysAndNodes() throws Exception {
        clear();
        keys("get us");
        key("Tab");
        see("get user:1");
        key("Enter");
        see("\nAnna K!\n");
        keys("kill n");
        key("Tab");
        see("(* leads");
        key("C-c");
    }

    @Test
    @Order(3)
    void historyIsSearchedAndSuggested() throws Exception {
        clear();
        key("C-r");
        keys("append");
        see("append user:1 \"!\"");
        key("C-c");
        clear();
        keys("put user:1");
        key("Up");
        see("> put user:1 'Anna K'");
        key("C-c");
    }

    @Test
    @Order(4)
    void openQuotesContinueOnTheNextLine() throws Exception {
        clear();
        type("put text 'one");
        see("   ...>");
        type("two'");
        type("get text");
        see("\none\ntwo\n");
    }

    @Test
    @Order(5)
    void controlCEndsOnlyTheRunningCommand() throws Exception {
        clear();
        type("sleep 1h");
        see("sleep 1h\n");
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(300)).until(() -> {
            key("C-c");
            return screen().contains("Cancelled.");
        });
        type("echo still here");
        see("\nstill here\n");
        clear();
        keys("nonsense");
        key("C-c");
        type("echo clean");
        see("\nclean\n");
        assertThat(screen()).doesNotContain("Unknown command");
    }

    @Test
    @Order(6)
    void deathOfALeaderIsNoticedAndKeysSurvive() throws Exception {
        clear();
        type("kill leader(g1)");
        see("g1: leader n"); // "-> none" and then a new one, or at once the new one if the election was quick
        see(" !1>");
        type("wait leader(g1)");
        type("get user:1");
        see("\nAnna K!\n");
        type("start all");
        see("is back");
        see("demo 3/3 s16/16>");
    }

    @Test
    @Order(7)
    void writeWithoutQuorumSaysThatItsOutcomeIsUnknown() throws Exception {
        clear();
        type("pause n1 n2");
        see("s0/16 NO-QUORUM>");
        type("put user:1 lost --timeout 1h");
        see("--timeout 1h\n");
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(300)).until(() -> {
            key("C-c");
            return screen().contains("outcome unknown");
        });
        type("resume n1 n2");
        see("demo 3/3 s16/16>");
    }

    @Test
    @Order(8)
    void resultsGoThroughTheShell() throws Exception {
        clear();
        type("scan user: --keys-only --no-header -o csv \\| tr a-z A-Z");
        see("USER:1,");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("history"))))
                .isEqualTo("rw-------");
    }

    @Test
    @Order(9)
    void controlDLeavesAndStopsTheNodes() throws Exception {
        clear();
        key("C-d");
        see("Stopped in");
        see("shell>");
        type(System.getProperty("kvctl.command") + " get user:1; echo code $?");
        see("code 4");
        started = false;
        tmux("kill-server");
    }

    /** Enter waits for the prompt, so that what is typed is not eaten by a command that reads. */
    private void type(String line) throws Exception {
        keys(line);
        key("Enter");
    }

    private void keys(String text) throws Exception {
        tmux("send-keys", "-t", "r", "-l", text);
    }

    private void key(String name) throws Exception {
        tmux("send-keys", "-t", "r", name);
    }

    /** An empty screen with a prompt, so that what is seen next is new. */
    private void clear() throws Exception {
        key("C-c");
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(300)).until(() -> {
            key("C-l"); // Again, if a notice came after the last one.
            return screen().strip().lines().count() == 1;
        });
    }

    private void see(String text) {
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(screen()).contains(text));
    }

    private String screen() throws Exception {
        return tmux("capture-pane", "-t", "r", "-p");
    }

    private String tmux(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("tmux", "-L", socket));
        command.addAll(List.of(words));
        Path out = Files.createTempFile(home, "tmux", ".out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(30, SECONDS)).isTrue();
        String said = Files.readString(out, UTF_8);
        Files.delete(out);
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }

    private static boolean exists(String program) throws Exception {
        return new ProcessBuilder("sh", "-c", "command -v " + program + " >/dev/null")
                        .start()
                        .waitFor()
                == 0;
    }

    /** The first of three free ports in a row, below those of other tests. */
    private static int freePort() throws IOException {
        for (int port = 4_000 + (int) (ProcessHandle.current().pid() % 5_000); ; port += 3) {
            boolean free = true;
            for (int i = 0; i < 3 && free; i++) {
                try (ServerSocket socket = new ServerSocket(port + i, 1, InetAddress.getLoopbackAddress())) {
                    free = socket.isBound();
                } catch (IOException e) {
                    free = false;
                }
            }
            if (free) {
                return port;
            }
        }
    }
}
