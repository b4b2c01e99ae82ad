package kvctl.node;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@link NodeMain} in a process of its own, started as the command line does, but from the test's class path. */
final class NodeProcess {
    private final Process process;
    private final Path errors;
    private final Path output;

    private NodeProcess(Process process, Path errors, Path output) {
        this.process = process;
        this.errors = errors;
        this.output = output;
    }

    /** Entry point of the child. */
    public static void main(String[] args) {
        String launcher = args.length > 3 ? args[3] : null;
        System.exit(NodeMain.run(Path.of(args[0]), args[1], Path.of(args[2]), launcher));
    }

    static NodeProcess start(Path topology, String name, Path data, String... launcher) throws IOException {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(Topology.Settings.DEFAULT.jvmFlags());
        words.addAll(List.of("--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED"));
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), NodeProcess.class.getName()));
        words.addAll(List.of(topology.toString(), name, data.toString()));
        words.addAll(List.of(launcher));
        Path errors = Files.createTempFile(topology.getParent(), name, ".err");
        Path output = Files.createTempFile(topology.getParent(), name, ".out");
        Process process = new ProcessBuilder(words)
                .redirectError(errors.toFile())
                .redirectOutput(output.toFile())
                .start();
        return new NodeProcess(process, errors, output);
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    int awaitExit() throws IOException, InterruptedException {
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            String threads = threads();
            process.destroyForcibly();
            throw new AssertionError("the node did not end: " + errorLines() + "\n" + threads);
        }
        return process.exitValue();
    }

    /** What its threads do, as the JVM prints it for SIGQUIT. */
    private String threads() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-QUIT", Long.toString(pid())).start().waitFor();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !isAlive() || Files.readString(output).contains("JNI global refs"));
        return Files.readString(output);
    }

    List<String> errorLines() throws IOException {
        return Files.readAllLines(errors);
    }
}
