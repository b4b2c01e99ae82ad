package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code verify} on real processes: cases that pass, one that can't, ends that nobody planned; each leaves all as it was. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class VerifyIT {
    private Kvctl kvctl;
    private String before;

    @BeforeAll
    void up(@TempDir Path temp) throws Exception {
        kvctl = new Kvctl(temp.resolve("home"));
        Path topology = temp.resolve("topology.yaml");
        StringBuilder nodes = new StringBuilder();
        for (int i = 1; i <= 3; i++) {
            nodes.append("  n%d: { port: %d }%n".formatted(i, kvctl.basePort() + i));
        }
        Files.writeString(topology, """
                cluster: lab
                shards: 12
                nodes:
                %sgroups: { g1: [n1, n2, n3] }
                node: { heap: 64m, snapshot: { entries: 1000 }, election: 1s, faults: true }
                """.formatted(nodes));
        kvctl.up("-f", topology.toString());
        kvctl.run("put", "mine", "kept").succeeds();
        before = seen();
    }

    @AfterAll
    void down() throws Exception {
        kvctl.cleanUp();
    }

    /** What users can see of the cluster, but for terms, indexes and the number of the configuration. */
    private String seen() throws IOException, InterruptedException {
        return kvctl.run("-e", "wait healthy --timeout 90s", "-e", "scan", "-e", "faults", "-e", "query")
                .succeeds()
                .out();
    }

    @Test
    void casesOfEverySuitePassAndLeaveNothing() throws Exception {
        Kvctl.Ran ran = kvctl.run(
                        "verify",
                        "ReElection",
                        "SnapshotInstallCrash",
                        "rsm/Concurrent",
                        "UnreliableOneKey",
                        "StaticShards",
                        "lock/ManyClientsReliable",
                        "Count",
                        "--seed",
                        "11",
                        "--patience",
                        "4",
                        "-o",
                        "ndjson")
                .succeeds();
        assertThat(ran.out().lines()).hasSize(7);
        assertThat(ran.out().lines().filter(line -> line.contains("\"verdict\":\"pass\"")))
                .hasSize(6);
        assertThat(ran.out().lines().findFirst().orElseThrow())
                .startsWith(
                        "{\"schema\":\"kvctl/verify/1\",\"name\":\"ReElection\",\"suite\":\"raft\",\"verdict\":\"pass\",\"ms\":")
                .contains("\"figures\":{\"leader_ms\":")
                .contains("\"bounds\":{\"leader_ms\":20000}")
                .contains("isolate n");
        assertThat(ran.out()).contains("\"verdict\":\"skip\"").contains("\"reason\":\"simulated");
        assertThat(ran.err()).contains("6 passed, 0 failed, 1 skipped").contains("seed 11");
        assertThat(seen()).isEqualTo(before);
    }

    @Test
    void aBoundThatIsMissedFailsAndAllIsHealedAllTheSame() throws Exception {
        Kvctl.Ran ran = kvctl.run("verify", "ReElection", "--seed", "5", "--patience", "0.16")
                .fails(10);
        assertThat(ran.out().lines()).hasSize(2);
        assertThat(ran.out())
                .as("rows in a pipe")
                .startsWith("name\tsuite\tverdict\t")
                .contains("\nReElection\traft\tfail\t")
                .contains("one leader among ");
        assertThat(ran.err()).contains("isolate n", "once more: kvctl verify raft/ReElection");
        assertThat(seen()).isEqualTo(before);
    }

    @Test
    void anInterruptEndsTheCaseAndHealsWhatItBroke() throws Exception {
        Kvctl.Running running = kvctl.start("verify", "FailAgree", "Persist3", "Persist1", "--patience", "4");
        await().atMost(Duration.ofSeconds(150)).until(() -> running.said().contains("kill -9 "));
        running.process().destroy();
        Kvctl.Ran ran = running.end().fails(143);
        assertThat(ran.out())
                .contains("FailAgree\traft\tpass")
                .contains("Persist3\traft\tskip")
                .contains("interrupted");
        assertThat(ran.out()).doesNotContain("Persist1");
        assertThat(seen()).isEqualTo(before);
    }

    @Test
    void whoReadsNoFurtherLeavesNothingBrokenEither(@TempDir Path temp) throws Exception {
        Path script = temp.resolve("head.sh");
        Files.writeString(
                script, "$KVCTL verify raft/LeaderFailure FollowerFailure ReElection --patience 4 | head -1\n");
        Kvctl.Ran ran = kvctl.script(script).succeeds();
        assertThat(ran.out().lines()).hasSize(1);
        assertThat(ran.err())
                .contains("raft/FollowerFailure  ") // It ends with all its followers cut off, and nobody to tell.
                .doesNotContain("raft/ReElection  ");
        assertThat(seen()).isEqualTo(before);
    }

    @Test
    void twoAtATimeAreOneTooMany() throws Exception {
        kvctl.run("put", "verify:running", "another").succeeds();
        assertThat(kvctl.run("verify", "Count").fails(7).err()).contains("kvctl delete verify:running");
        kvctl.run("delete", "verify:running").succeeds();
    }
}
