package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links, disks and clocks of real processes, broken and healed as a user does it (HAZARDS §1.9). */
final class FaultsIT {
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
    void C2_anIsolatedLeaderServesNobodyAndTheOthersGoOn() throws Exception {
        up("--nodes", "3", "--groups", "1");
        kvctl.run("put", "k", "before").succeeds();
        String leader = leader();

        Kvctl.Ran made = kvctl.run("isolate", "leader(g1)", "--seed", "1").succeeds();
        assertThat(made.out()).contains("f1\tisolate " + leader + "\t4\t1\t\tverified");
        assertThat(made.err()).contains("undo: kvctl heal f1");
        kvctl.run("put", "k", "during", "--timeout", "30s").succeeds();
        assertThat(leader()).isNotEqualTo(leader);

        Kvctl.Ran beside = kvctl.run("--timeout", "2s", "-e", "client at " + leader, "-e", "get k");
        assertThat(beside.out())
                .as("a client that reaches only the cut off node")
                .isEmpty();
        assertThat(beside.code()).as(beside.err()).isIn(4, 5);

        assertThat(kvctl.run("faults", "--no-header").succeeds().out()).startsWith("f1\tisolate " + leader);
        assertThat(kvctl.run("status", "-o", "json").succeeds().out()).contains("\"faults\":[\"f1\"]");
        assertThat(kvctl.run("heal", "f1").succeeds().out()).contains("f1\tisolate");
        kvctl.run("wait", "healthy", "--timeout", "60s").succeeds();
        assertThat(kvctl.run("faults", "--no-header").succeeds().out()).isEmpty();
        assertThat(kvctl.run("-e", "client at " + leader, "-e", "get k")
                        .succeeds()
                        .out())
                .isEqualTo("during");
    }

    @Test
    void faultsOutliveWhoMadeThemAndAnybodyHealsThem() throws Exception {
        up("--nodes", "3", "--groups", "1");
        Kvctl.Running follower = kvctl.start("isolate", "leader(g1)", "--follow");
        try {
            String first = awaitFault(follower, "");
            kvctl.run("put", "k", "v", "--timeout", "30s").succeeds();
            awaitFault(follower, first);
            follower.process().destroyForcibly().waitFor();
        } finally {
            follower.process().destroyForcibly();
        }
        String script = kvctl.run("faults", "--as-script").succeeds().out();
        assertThat(script).startsWith("isolate n").contains(" --seed ");
        assertThat(kvctl.run("heal").succeeds().out().lines()).hasSize(2);
        kvctl.run("wait", "healthy", "--timeout", "60s").succeeds();

        Path again = temp.resolve("again.kv");
        Files.writeString(again, script);
        kvctl.run("-f", again.toString()).succeeds();
        assertThat(kvctl.run("faults", "--as-script").succeeds().out()).isEqualTo(script);
    }

    /** Until a fault is in force that is another than {@code before}; says what it is. */
    private String awaitFault(Kvctl.Running maker, String before) {
        String[] seen = {""};
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            assertThat(maker.process().isAlive()).as(maker.said()).isTrue();
            seen[0] = kvctl.run("faults", "--as-script").out();
            return !seen[0].isEmpty() && !seen[0].equals(before);
        });
        return seen[0];
    }

    @Test
    void A10_aNodeThatWasNotStartedForItObeysNoFaults() throws Exception {
        Path topology = temp.resolve("strict.yaml");
        Files.writeString(topology, """
                cluster: strict
                nodes:
                  n1: { port: %d }
                  n2: { port: %d }
                groups: { g1: [n1, n2] }
                node: { faults: false }
                """.formatted(kvctl.basePort(), kvctl.basePort() + 1));
        up("-f", topology.toString());
        for (List<String> words : List.of(
                List.of("partition", "n1"),
                List.of("cut", "n1>n2"),
                List.of("delay", "all", "10ms"),
                List.of("disk", "n1", "error"),
                List.of("clock", "n1", "+5s"))) {
            Kvctl.Ran ran = kvctl.run(words.toArray(String[]::new)).fails(9);
            assertThat(ran.err()).contains("hint: faults: true, under node: in the topology");
        }
        kvctl.run("put", "k", "v").succeeds();
    }

    private void up(String... words) throws Exception {
        List<String> all = new java.util.ArrayList<>(List.of("cluster", "up", "--detach", "--wait", "90s"));
        all.addAll(List.of(words));
        if (!all.contains("-f")) {
            all.addAll(List.of("--base-port", Integer.toString(kvctl.basePort())));
        }
        kvctl.run(all.toArray(String[]::new)).succeeds();
    }

    /** Name of the node that leads g1. */
    private String leader() throws Exception {
        String[] found = {null};
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            String json = kvctl.run("status", "-o", "json").out();
            int group = json.indexOf("\"group\":\"g1\"", json.indexOf("\"groups\":["));
            int at = group < 0 ? -1 : json.indexOf("\"leader\":\"", group);
            found[0] = at < 0 ? null : json.substring(at + 10, json.indexOf('"', at + 10));
            return found[0] != null;
        });
        return found[0];
    }
}
