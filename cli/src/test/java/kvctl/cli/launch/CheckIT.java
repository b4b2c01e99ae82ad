package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real clusters under a load that is judged, sound and with faults, and histories that are not linearizable. */
final class CheckIT {
    @TempDir
    Path temp;

    private Kvctl kvctl;

    @BeforeEach
    void takeAHome() throws IOException {
        kvctl = new Kvctl(temp.resolve("home"));
    }

    @AfterEach
    void leaveNothing() throws Exception {
        kvctl.cleanUp();
    }

    @Test
    void E12_aClusterThatIsBrokenAllTheTimeStaysLinearizable() throws Exception {
        up();
        Path history = temp.resolve("history.jsonl");
        Kvctl.Ran ran = kvctl.run(
                        "check",
                        "run",
                        "--for",
                        "24s",
                        "--every",
                        "3s",
                        "--nemesis",
                        "kill,pause,partition,one-way,delay,drop,move",
                        "--seed",
                        "1",
                        "--keys",
                        "50",
                        "--history",
                        history.toString())
                .succeeds();
        System.out.println(
                "check with a nemesis: " + ran.out().lines().skip(1).findFirst().orElseThrow());
        assertThat(ran.out()).contains("\nok\t");
        assertThat(ran.err()).startsWith("schedule of seed 1:").contains("  until ");
        assertThat(kvctl.run("faults", "--no-header").succeeds().out())
                .as("a nemesis heals what it did")
                .isEmpty();
        kvctl.run("wait", "healthy", "--timeout", "60s").succeeds();

        assertThat(kvctl.run("check", history.toString()).succeeds().out()).contains("\nok\t");
        Path broken = temp.resolve("broken.jsonl");
        Files.writeString(broken, swapTwoReads(Files.readString(history)));
        Kvctl.Ran judged = kvctl.run("check", broken.toString()).fails(11);
        assertThat(judged.out()).contains("\nviolated\t");
        assertThat(judged.err()).contains(" get ");
    }

    /** The first read that found something now has another value. */
    private static String swapTwoReads(String history) {
        StringBuilder out = new StringBuilder();
        boolean done = false;
        for (String line : history.split("\n")) {
            boolean isRead = line.contains("\"get\"") && line.contains("\"value\":\"");
            out.append(isRead && !done ? line.replaceFirst("\"value\":\"", "\"value\":\"never written ") : line)
                    .append('\n');
            done |= isRead;
        }
        assertThat(done).as("a read of the history").isTrue();
        return out.toString();
    }

    @Test
    void tooLittleLoadIsNoPass() throws Exception {
        up();
        Kvctl.Ran ran = kvctl.run("check", "run", "--for", "2s", "--clients", "1", "--ops-per-s", "10")
                .fails(12);
        assertThat(ran.out()).contains("\nunknown\t").contains("too little load");
    }

    @Test
    void aCheckAndANemesisGoOnBesideOtherCommands() throws Exception {
        up();
        Path script = temp.resolve("beside.kv");
        Files.writeString(script, """
                check start --min-ops 20 --seed 3
                nemesis start --faults delay,duplicate --every 1s --for 1m --seed 3
                sleep 4s
                put k v
                nemesis stop
                check status
                check stop
                expect-error CONFLICT check stop
                """);
        Kvctl.Ran ran = kvctl.run("-f", script.toString()).succeeds();
        assertThat(ran.out()).contains(" operations, ").contains("\nok\t");
        assertThat(ran.err()).contains("faults made, all healed");
        Kvctl.Ran plan = kvctl.run("nemesis", "run", "--faults", "kill", "--for", "10s", "--seed", "5", "--plan")
                .succeeds();
        assertThat(plan.out().lines())
                .anyMatch(line -> line.startsWith("kill "))
                .anyMatch("start all --wait 0"::equals);
    }

    private void up() throws Exception {
        kvctl.run(
                        "cluster",
                        "up",
                        "--detach",
                        "--wait",
                        "90s",
                        "--nodes",
                        "5",
                        "--groups",
                        "2",
                        "--base-port",
                        Integer.toString(kvctl.basePort()))
                .succeeds();
    }
}
