package kvctl.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import kvctl.check.Call;
import kvctl.check.History;
import kvctl.check.Linearizability;
import kvctl.check.Operation;
import kvctl.check.Verdict;
import kvctl.cli.Console;
import kvctl.cli.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScenarioTest {
    private static final long S = 1_000_000_000;
    private static final long START_NS = 500 * S;
    private static final String LOAD = "--clients 16 --keys 200 --ops-per-s 2000 --seed 42";

    @TempDir
    Path temp;

    private static long at(double seconds) {
        return START_NS + (long) (seconds * S);
    }

    private static Timeline.Trouble fault(String command, double from, double to) {
        return new Timeline.Trouble(command, at(from), at(to));
    }

    /** A write that was answered at 30 s, and at 31 s a read that does not see it; beside it a key that is sound. */
    private static Verdict staleRead() {
        Call put = Call.put(1, "k", "new", at(29.9));
        Call get = Call.get(2, "k", at(30.9));
        Call before = Call.put(3, "sound", "x", at(2));
        List<Operation> operations = List.of(
                before.written(at(2.1), 1),
                Call.put(1, "k", "old", at(1)).written(at(1.1), 1),
                Call.get(2, "k", at(5)).read(at(5.1), "old", 1),
                put.written(at(30), 2),
                get.read(at(31), "old", 1));
        Verdict verdict = Linearizability.check(new History(operations), 10_000);
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.VIOLATED);
        assertThat(verdict.window()).hasSize(2);
        return verdict;
    }

    private static Timeline timeline(Timeline.Trouble... faults) {
        return new Timeline(START_NS, at(60), List.of(faults), List.of(), List.of());
    }

    @Test
    void onlyFaultsAroundTheFailingWindowAreLeft() {
        Scenario scenario = Scenario.of(
                staleRead(),
                timeline(
                        fault("kill n3", 4, 6),
                        fault("drop all 10% --seed 5", 20, 28.5),
                        fault("pause n2", 26, 29.2),
                        fault("isolate leader(g1)", 29.5, 33),
                        fault("move 3 g2", 30.2, 30.2),
                        fault("delay all 40ms", 31.5, 40)),
                LOAD,
                "kvctl -f c.kv --keep-going");
        assertThat(scenario.made()).isEqualTo(3);
        assertThat(scenario.of()).isEqualTo(6);
        assertThat(scenario.lines().stream().filter(line -> !line.startsWith("#")))
                .containsExactly(
                        "check start " + LOAD + " --min-ops 100",
                        "sleep 3000ms",
                        "pause n2   # at 26.000 s",
                        "sleep 3200ms",
                        "resume all",
                        "sleep 300ms",
                        "isolate leader(g1)   # at 29.500 s",
                        "sleep 700ms",
                        "move 3 g2   # at 30.200 s",
                        "sleep 2800ms",
                        "heal",
                        "resume all",
                        "heal",
                        "sleep 3000ms",
                        "check stop");
        assertThat(scenario.lines().get(0)).contains("'k'").contains("3 of 6");
        assertThat(scenario.lines().get(1)).contains("29.900 s to 31.000 s");
        assertThat(scenario.lines()).contains("#     kvctl -f c.kv --keep-going");
    }

    @Test
    void ifNothingWasBrokenThenTheLastFaultBeforeIsTakenAndTheWindowIsWaitedFor() {
        Scenario scenario = Scenario.of(
                staleRead(),
                timeline(fault("kill n1", 1, 4), fault("clog n1>all", 10, 20), fault("kill n2", 45, 50)),
                LOAD,
                "kvctl -f c.kv --keep-going");
        assertThat(scenario.made()).isEqualTo(1);
        assertThat(scenario.lines()).containsSubsequence("clog n1>all   # at 10.000 s", "sleep 10000ms", "heal");
        assertThat(scenario.lines()).containsSubsequence("heal", "sleep 14000ms", "check stop");
    }

    @Test
    void withoutFaultsThereIsNothingToWrite() {
        assertThat(Scenario.of(staleRead(), timeline(), LOAD, "kvctl -f c.kv --keep-going"))
                .isNull();
    }

    /** Everything that a nemesis can do stands in the script as a command that exists. */
    @Test
    void theScriptIsOneThatKvctlUnderstands() throws Exception {
        Schedule.Stage stage = new Schedule.Stage(List.of("n1", "n2", "n3"), List.of("g1", "g2"), 16);
        Schedule schedule = Schedule.draw(3, Schedule.kinds("all"), stage, 60_000, 1_000, false);
        Timeline.Trouble[] faults = schedule.episodes().stream()
                .map(episode -> fault(episode.command(), episode.atMs() / 1000.0, 31))
                .toArray(Timeline.Trouble[]::new);
        Path file = temp.resolve("c.kv");
        Scenario scenario = Scenario.of(staleRead(), timeline(faults), LOAD, "kvctl -f c.kv");
        assertThat(scenario.made()).isGreaterThan(25);
        scenario.write(file);
        assertThat(dryRun(file)).isEmpty();
        assertThat(Files.readString(file)).contains("heal\n", "resume all\n", "start all --wait 0\n");
    }

    /** What it says on standard error. */
    private static String dryRun(Path file) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(
                new ByteArrayInputStream(new byte[0]),
                new ByteArrayOutputStream(),
                err,
                Console.Terminals.NONE,
                Map.of());
        int code = Main.run(console, "-f", file.toString(), "--dry-run");
        return code == 0 ? "" : err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void itStandsBesideTheReport() {
        assertThat(Scenario.file(Path.of("out/check.html"), 7)).isEqualTo(Path.of("out/check.kv"));
        assertThat(Scenario.file(Path.of("report"), 7)).isEqualTo(Path.of("report.kv"));
        assertThat(Scenario.file(null, 7)).isEqualTo(Path.of("check-7.kv"));
    }

    @Test
    void whatIsInForceWhileACheckEndsBelongsToIt() {
        Troubles troubles = new Troubles();
        long kill = troubles.begin("kill n1", at(1));
        long refused = troubles.begin("move 3 g2", at(2));
        long pause = troubles.begin("pause n2", at(3));
        troubles.forget(refused);
        troubles.end(kill, at(4));
        assertThat(troubles.between(at(5), at(9))).containsExactly(fault("pause n2", 5, 9));
        troubles.end(pause, at(6));
        assertThat(troubles.between(at(0), at(9))).containsExactly(fault("kill n1", 1, 4), fault("pause n2", 3, 6));
        assertThat(troubles.between(at(7), at(9))).isEmpty();
    }
}
