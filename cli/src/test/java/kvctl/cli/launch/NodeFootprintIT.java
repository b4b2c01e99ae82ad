package kvctl.cli.launch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a cluster costs that does nothing; prints the figures, and fails only where they are absurd. */
@EnabledOnOs(OS.LINUX)
@Tag("alone")
final class NodeFootprintIT {
    private static final long IDLE_MS = 10_000;
    private static final double TICKS_PER_SECOND = 100;

    @TempDir
    Path temp;

    @Test
    void anIdleNodeIsSmall() throws Exception {
        Kvctl kvctl = new Kvctl(temp);
        try {
            Kvctl.Ran up = kvctl.run(
                    "cluster", "up", "-d", "--base-port", Integer.toString(kvctl.basePort()), "--wait", "90s");
            Matcher ready =
                    Pattern.compile("ready in (.*)\\.").matcher(up.succeeds().err());
            assertThat(ready.find()).isTrue();
            Map<String, Long> pids = new LinkedHashMap<>();
            Fleet fleet = new Fleet(kvctl.cluster("demo"));
            kvctl.cluster("demo").endpoints().nodes().forEach(node -> pids.put(node.name(), fleet.pid(node.name())));
            Map<String, Double> before = new LinkedHashMap<>();
            Map<String, Long> wokenBefore = new LinkedHashMap<>();
            for (Map.Entry<String, Long> node : pids.entrySet()) {
                before.put(node.getKey(), cpuSeconds(node.getValue()));
                wokenBefore.put(node.getKey(), wakeUps(node.getValue()));
            }
            long startNs = System.nanoTime();
            await().atMost(2 * IDLE_MS / 1000, SECONDS).until(() -> elapsedMs(startNs) >= IDLE_MS);
            System.out.println("three nodes ready in " + ready.group(1));
            for (Map.Entry<String, Long> node : pids.entrySet()) {
                double percent =
                        (cpuSeconds(node.getValue()) - before.get(node.getKey())) * 100_000 / elapsedMs(startNs);
                double residentMb = residentBytes(node.getValue()) / 1e6;
                double woken =
                        (wakeUps(node.getValue()) - wokenBefore.get(node.getKey())) * 1000.0 / elapsedMs(startNs);
                System.out.printf(
                        "%s: start took %.2f s of processor; idle: %.0f MB resident, %.2f %% of a processor, "
                                + "%.0f wake-ups/s%n",
                        node.getKey(), before.get(node.getKey()), residentMb, percent, woken);
                assertThat(residentMb).isBetween(10.0, 250.0);
                // What a wake-up costs depends on the machine and what else runs on it; how many there are does not.
                assertThat(woken).as("a loop that turns for nothing").isLessThan(500);
            }
        } finally {
            kvctl.cleanUp();
        }
    }

    private static long elapsedMs(long startNs) {
        return (System.nanoTime() - startNs) / 1_000_000;
    }

    /** User and system time of the process. */
    private static double cpuSeconds(long pid) throws IOException {
        String line = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    /** How often threads of the process have gone to sleep. */
    private static long wakeUps(long pid) throws IOException {
        long sum = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads) {
                try (Stream<String> lines = Files.lines(thread.resolve("status"))) {
                    sum += lines.filter(line -> line.startsWith("voluntary_ctxt_switches"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .sum();
                } catch (IOException | UncheckedIOException e) {
                    // The thread has ended.
                }
            }
        }
        return sum;
    }

    private static long residentBytes(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }
}
