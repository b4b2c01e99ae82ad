package kvctl.cli.launch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code kvctl bench} as a user runs it, on a cluster of real processes: one for all tests, each with its own keys. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BenchIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Path temp;
    private Kvctl kvctl;

    @BeforeAll
    void up(@TempDir Path dir) throws Exception {
        temp = dir;
        kvctl = new Kvctl(temp);
        kvctl.up("--nodes", "3", "--groups", "1");
    }

    @AfterEach
    void startWhatWasKilled() throws Exception {
        if (!kvctl.run("wait", "healthy", "--timeout", "1s").err().isEmpty()) {
            kvctl.run("start", "all");
            kvctl.run("wait", "healthy", "--timeout", "60s").succeeds();
        }
    }

    @AfterAll
    void leaveNothing() throws Exception {
        kvctl.cleanUp();
    }

    @Test
    void itMeasuresAndTellsWhatItDid() throws Exception {
        Kvctl.Ran ran = kvctl.run(
                "bench",
                "--ops",
                "500",
                "--clients",
                "8",
                "--mix",
                "40/60",
                "--keys",
                "50",
                "--warmup",
                "0",
                "-o",
                "json",
                "--timeout",
                "30s");
        assertThat(ran.succeeds().err()).isEmpty();
        JsonNode json = JSON.readTree(ran.out());
        assertThat(json.get("schema").asText()).isEqualTo("kvctl/bench/1");
        assertThat(json.get("ops").asLong()).isEqualTo(500);
        assertThat(json.get("reads").asLong() + json.get("writes").asLong()).isEqualTo(500);
        assertThat(json.get("reads").asLong()).isBetween(120L, 280L);
        assertThat(json.get("errors").asLong()).isZero();
        assertThat(json.get("unknown").asLong()).isZero();
        assertThat(json.get("ops_per_s").asLong()).isPositive();
        for (String op : List.of("", "read_", "write_")) {
            assertThat(Stream.of("p50_us", "p90_us", "p99_us", "p999_us", "max_us")
                            .map(name -> json.get(op + name).asLong()))
                    .as(op + "percentiles of %s", json)
                    .isSorted()
                    .allMatch(us -> us > 0);
        }
        assertThat(json.get("longest_gap_ms").asLong())
                .isBetween(0L, json.get("duration_ms").asLong() + 1);
        assertThat(json.get("clients").asLong()).isEqualTo(8);
        assertThat(keys("bench:"))
                .isNotEmpty()
                .hasSizeLessThanOrEqualTo(50)
                .allMatch(key -> key.matches("bench:[0-9]{10}"));
    }

    @Test
    void fillPutsEveryKeyOnce() throws Exception {
        Kvctl.Ran ran =
                kvctl.run("bench", "--fill", "--keys", "3000", "--prefix", "fill:", "-o", "json", "--timeout", "30s");
        assertThat(ran.succeeds().err()).isEmpty();
        JsonNode json = JSON.readTree(ran.out());
        assertThat(json.get("fill").asBoolean()).isTrue();
        assertThat(json.get("writes").asLong()).isEqualTo(3000);
        assertThat(json.get("reads").asLong()).isZero();
        assertThat(keys("fill:")).hasSize(3000).contains("fill:00000000000", "fill:00000002999");

        kvctl.run("kill", "n1", "n2").succeeds();
        Kvctl.Ran dead = kvctl.run("bench", "--fill", "--keys", "4", "--timeout", "500ms", "-o", "tsv");
        assertThat(dead.code()).as("%s%n%s", dead.out(), dead.err()).isIn(4, 5, 6);
    }

    @Test
    void aSignalEndsItWithWhatWasMeasured() throws Exception {
        Kvctl.Running bench = kvctl.start(
                "bench", "--duration", "1h", "--warmup", "0", "--prefix", "end:", "-o", "json", "--mix", "0/100");
        await().atMost(60, SECONDS).until(() -> !keys("end:").isEmpty());
        interrupt(bench);
        Kvctl.Ran ran = bench.end().fails(143);
        JsonNode json = JSON.readTree(ran.out());
        assertThat(json.get("writes").asLong())
                .isPositive()
                .isEqualTo(json.get("ops").asLong());
        assertThat(json.get("duration_ms").asLong()).isPositive();
        assertThat(json.get("read_p50_us").isNull()).isTrue();
    }

    @Test
    void aClusterWithoutQuorumIsAGapAndErrorsAndNoHang() throws Exception {
        Kvctl.Running bench = kvctl.start(
                "bench",
                "--duration",
                "8s",
                "--warmup",
                "0",
                "--prefix",
                "gap:",
                "-o",
                "json",
                "--timeout",
                "500ms",
                "--clients",
                "4");
        await().atMost(60, SECONDS).until(() -> !keys("gap:").isEmpty());
        kvctl.run("kill", "n1", "n2").succeeds();
        Kvctl.Ran ran = bench.end().succeeds();
        JsonNode json = JSON.readTree(ran.out());
        assertThat(json.get("errors").asLong() + json.get("unknown").asLong())
                .as(ran.out())
                .isPositive();
        assertThat(json.get("longest_gap_ms").asLong()).as(ran.out()).isGreaterThan(500);
        assertThat(ran.err()).startsWith("failed: ");

        Kvctl.Ran dead = kvctl.run(
                "bench", "--ops", "4", "--warmup", "0", "--prefix", "gap:", "--timeout", "500ms", "-o", "tsv");
        assertThat(dead.code()).as("%s%n%s", dead.out(), dead.err()).isIn(4, 5, 6);
    }

    @Test
    void dataVerbsDoNotLoadIt() throws Exception {
        Kvctl.Ran ran = kvctl.run("bench", "--ops", "1", "--warmup", "0", "--prefix", "one:", "--timeout", "30s");
        assertThat(ran.succeeds().out().lines()).hasSize(2);
        for (List<String> words : List.of(List.of("put", "k", "v"), List.of("get", "k"), List.of("get", "k", "-q"))) {
            Process process = new ProcessBuilder(Stream.concat(
                                    Stream.of(
                                            Path.of(System.getProperty("java.home"), "bin", "java")
                                                    .toString(),
                                            "-Xlog:class+load:file=" + temp.resolve("loaded"),
                                            "-jar",
                                            System.getProperty("kvctl.jar"),
                                            "-c",
                                            "127.0.0.1:" + kvctl.basePort()),
                                    words.stream())
                            .toList())
                    .start();
            assertThat(process.waitFor(60, SECONDS)).isTrue();
            assertThat(temp.resolve("loaded"))
                    .content()
                    .contains("kvctl.client.KvClient")
                    .doesNotContain("org.HdrHistogram", "kvctl.cli.bench");
        }
    }

    private List<String> keys(String prefix) throws Exception {
        return kvctl.run("scan", prefix, "--keys-only", "--no-header", "--timeout", "20s")
                .succeeds()
                .out()
                .lines()
                .map(line -> line.substring(0, line.indexOf('\t')))
                .toList();
    }

    private static void interrupt(Kvctl.Running running) throws Exception {
        Process kill = new ProcessBuilder(
                        "kill", "-TERM", Long.toString(running.process().pid()))
                .start();
        assertThat(kill.waitFor(10, SECONDS)).isTrue();
    }
}
