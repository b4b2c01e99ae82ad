package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows of the fault matrix, each as a script that people can run, one after the other on the same cluster (HAZARDS §1.9). */
final class FaultScriptsIT {
    private static final Path SCRIPTS = Path.of("../examples/faults");

    @TempDir
    static Path temp;

    private static Kvctl kvctl;

    @BeforeAll
    static void up() throws Exception {
        kvctl = new Kvctl(temp.resolve("home"));
        String port = Integer.toString(kvctl.basePort());
        kvctl.run("cluster", "up", "--nodes", "3", "--groups", "1", "--detach", "--wait", "90s", "--base-port", port)
                .succeeds();
    }

    @AfterAll
    static void leaveNothing() throws Exception {
        kvctl.cleanUp();
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void doesWhatItSays(String script) throws Exception {
        kvctl.run("-f", SCRIPTS.resolve(script).toString(), "--echo").succeeds();
        assertThat(kvctl.run("faults", "--no-header").succeeds().out())
                .as("a script heals what it made")
                .isEmpty();
        kvctl.run("wait", "healthy", "--timeout", "60s").succeeds();
    }

    /** A disk of its own that is full to the last byte, where this machine lets people mount one. */
    @Test
    void D12_nodesWithoutADiskToWriteOnServeReadsAndGoOnWithoutARestart() throws Exception {
        assumeThat(mountsAllowed()).as("unshare --map-root-user --mount").isTrue();
        Kvctl.Ran ran = kvctl.script(SCRIPTS.resolve("full-disk.sh")).succeeds();
        assertThat(ran.out()).contains("\n2000\n", "\tfull\t", "== There is room again\n3\n");
        assertThat(ran.err()).contains("the disk of n", "is nearly full");
    }

    private static boolean mountsAllowed() throws Exception {
        Process process = new ProcessBuilder(
                        "unshare", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /mnt")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor() == 0;
    }

    static Stream<String> scripts() throws IOException {
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".kv"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }
}
