package kvctl.cli.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Runs the shipped jar as a user of one home would, with a range of ports for himself. */
final class Kvctl {
    private static final long MAX_SECONDS = 240;
    private static final int FORK = Integer.getInteger("kvctl.fork", 1);

    private final Path home;
    private final int basePort;
    private int runs;

    /** What a command did. */
    record Ran(int code, String out, String err) {
        Ran succeeds() {
            assertThat(code).as("%s%n%s", out, err).isZero();
            return this;
        }

        Ran fails(int expected) {
            assertThat(code).as("%s%n%s", out, err).isEqualTo(expected);
            return this;
        }
    }

    /** A command that still runs. */
    record Running(Process process, Path out, Path err) {
        String said() {
            return read(err);
        }

        Ran end() throws InterruptedException {
            assertThat(process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)).isTrue();
            return new Ran(process.exitValue(), read(out), read(err));
        }
    }

    Kvctl(Path home) throws IOException {
        this.home = home;
        this.basePort = freePorts(9);
    }

    int basePort() {
        return basePort;
    }

    ClusterDir cluster(String name) {
        return ClusterDir.of(home, name);
    }

    Ran run(String... words) throws IOException, InterruptedException {
        Running running = start(words);
        try {
            return running.end();
        } finally {
            running.process().destroyForcibly();
        }
    }

    /** Runs a shell script, which finds this jar in {@code $KVCTL}. */
    Ran script(Path script) throws IOException, InterruptedException {
        Running running = started(List.of("sh", script.toString()));
        try {
            return running.end();
        } finally {
            running.process().descendants().forEach(ProcessHandle::destroyForcibly);
            running.process().destroyForcibly();
        }
    }

    Running start(String... words) throws IOException {
        List<String> command = new ArrayList<>(java());
        command.addAll(List.of(words));
        return started(command);
    }

    private static List<String> java() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                System.getProperty("kvctl.jar"));
    }

    private Running started(List<String> command) throws IOException {
        runs++;
        Files.createDirectories(home);
        Path out = home.resolve("run-" + runs + ".out");
        Path err = home.resolve("run-" + runs + ".err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("KVCTL_"));
        builder.environment().put("KVCTL", String.join(" ", java()));
        builder.environment().put("KVCTL_HOME", home.toString());
        builder.environment().put("PORT", Integer.toString(basePort + 5));
        builder.environment().put("XDG_CACHE_HOME", home.resolve("cache").toString());
        return new Running(builder.start(), out, err);
    }

    /** Ends everything that a failed test may have left. */
    void cleanUp() throws IOException, InterruptedException {
        run("cluster", "down", "--all", "--purge", "--yes");
        run("cluster", "clean", "--yes");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /**
     * The first of so many ports in a row that nobody listens on; below those that systems give to clients. Test processes
     * that run side by side have ranges of their own: a node that is down now keeps its port.
     */
    private static int freePorts(int count) throws IOException {
        int range = 10_000 + (FORK - 1) % 2 * 11_000;
        while (true) {
            int base = ThreadLocalRandom.current().nextInt(range, range + 11_000 - count);
            boolean free = true;
            for (int port = base; port < base + count && free; port++) {
                try (ServerSocket socket = new ServerSocket()) {
                    socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
                } catch (java.net.BindException e) {
                    free = false;
                }
            }
            if (free) {
                return base;
            }
        }
    }
}
