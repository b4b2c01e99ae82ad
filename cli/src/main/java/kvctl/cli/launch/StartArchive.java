package kvctl.cli.launch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import kvctl.cli.Home;
import kvctl.node.Topology;
import kvctl.protocol.NodeStatus;

/**
 * Archives of loaded classes (CDS), one for nodes and one for commands: a Java machine that maps one starts with about
 * half the work, and several share its pages. Made for one jar and one Java version; anything else ignores them.
 *
 * <p>They lie in CACHE/kvctl/PATH-OF-THE-JAR/{node,command}-JAVA.jsa, so that the shell script before the jar finds its
 * own without asking a Java machine. Only one that is newer than the jar is used: a machine that is given an archive that
 * does not fit starts slower than one that is given none.
 */
final class StartArchive {
    private static final long STEP_MS = 25;
    private static final long NODE_READY_MS = 60_000;
    private static final long CHILD_MS = 120_000;

    private final Path dir;
    private final Path jar;

    StartArchive(Map<String, String> env, Path jar) {
        this.jar = jar;
        String cache = env.getOrDefault("XDG_CACHE_HOME", "");
        Path base =
                cache.isEmpty() || !Path.of(cache).isAbsolute() ? Home.user(env).resolve(".cache") : Path.of(cache);
        this.dir = base.resolve("kvctl").resolve(jar.getRoot().relativize(jar));
    }

    Path node() {
        return file("node");
    }

    Path command() {
        return file("command");
    }

    private Path file(String kind) {
        return dir.resolve(kind + "-" + System.getProperty("java.version") + ".jsa");
    }

    /** The option that makes a node's machine use its archive, if there is one that fits. */
    Optional<String> nodeFlag() {
        try {
            boolean fits = Files.getLastModifiedTime(node()).compareTo(Files.getLastModifiedTime(jar)) > 0;
            return fits ? Optional.of("-XX:SharedArchiveFile=" + node()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Makes both, by running a cluster of one node for a moment and talking to it. @throws IOException with one line */
    void build() throws IOException {
        Path temp = Files.createTempDirectory("kvctl-setup");
        try {
            Path nodeList = temp.resolve("node.list");
            Path commandList = temp.resolve("command.list");
            listClasses(temp, nodeList, commandList);
            dump(nodeList, node(), temp);
            dump(commandList, command(), temp);
        } finally {
            ClusterDir.deleteTree(temp);
        }
    }

    private void listClasses(Path temp, Path nodeList, Path commandList) throws IOException {
        int port = freePort();
        Topology topology = Topology.defaults("setup", 1, 1, port);
        Path file = temp.resolve("topology.yaml");
        Files.writeString(file, topology.toYaml(), StandardCharsets.UTF_8);
        List<String> words = new ArrayList<>(List.of("-XX:DumpLoadedClassList=" + nodeList));
        words.addAll(topology.node(1).settings().jvmFlags());
        words.addAll(List.of("-jar", jar.toString(), "node", "run", "--topology", file.toString(), "--node", "n1"));
        words.addAll(List.of("--data", temp.resolve("n1").resolve("data").toString()));
        ProcessRef self = ProcessRef.self();
        words.addAll(List.of("--launcher", self.pid() + ":" + self.startMs()));
        Process node = java(temp, words);
        try {
            awaitLeader(node, new Endpoints.Node(1, "n1", Topology.DEFAULT_HOST, port));
            runToEnd(
                    temp,
                    "-XX:DumpLoadedClassList=" + commandList,
                    "-XX:+UseSerialGC",
                    "-jar",
                    jar.toString(),
                    "-c",
                    Topology.DEFAULT_HOST + ":" + port,
                    "-e",
                    "put a 1",
                    "-e",
                    "get a");
        } finally {
            ProcessRef.of(node.pid()).ifPresent(ProcessRef::terminate);
            await(node);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(Topology.DEFAULT_HOST))) {
            return socket.getLocalPort();
        }
    }

    private static void awaitLeader(Process process, Endpoints.Node node) throws IOException {
        long deadline = System.nanoTime() + NODE_READY_MS * 1_000_000;
        while (process.isAlive() && System.nanoTime() < deadline) {
            try {
                NodeStatus status = Probe.ask("setup", node, 1_000).status();
                if (status.replicas().stream()
                        .allMatch(replica -> replica.role().equals("leader"))) {
                    return;
                }
            } catch (IOException e) {
                // Not yet.
            }
            sleep();
        }
        throw new IOException("a node that was started for a moment did not get ready");
    }

    /** An archive appears as a whole or not at all. */
    private void dump(Path classList, Path archive, Path temp) throws IOException {
        ClusterDir.createDirectories(archive.getParent());
        Path made = archive.resolveSibling(archive.getFileName() + ".tmp");
        runToEnd(
                temp,
                "-XX:+UseSerialGC",
                "-Xshare:dump",
                "-XX:SharedClassListFile=" + classList,
                "-XX:SharedArchiveFile=" + made,
                "-jar",
                jar.toString());
        Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void runToEnd(Path temp, String... words) throws IOException {
        Process process = java(temp, Arrays.asList(words));
        await(process);
        if (process.exitValue() != 0) {
            List<String> said = new LogTail(temp.resolve("out")).last(1);
            throw new IOException(said.isEmpty() ? "java ended with exit code " + process.exitValue() : said.get(0));
        }
    }

    private static Process java(Path temp, List<String> words) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(words);
        return new ProcessBuilder(command)
                .directory(temp.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(temp.resolve("out").toFile()))
                .redirectErrorStream(true)
                .start();
    }

    private static void await(Process process) throws IOException {
        try {
            if (!process.waitFor(CHILD_MS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IOException("java did not end within " + CHILD_MS / 1000 + " s");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(STEP_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
