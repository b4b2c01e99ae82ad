package kvctl.cli.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;
import kvctl.node.Topology;

/** Starts node processes of one cluster: which command line, whose signals, which files. */
final class NodeLauncher {
    /**
     * A terminal sends Ctrl-C, Ctrl-Z and its hang-up to every process in front of it; the nodes are not meant. What is
     * ignored when a Java machine starts stays ignored. exec: the node keeps this shell's pid.
     */
    private static final String SHIELD = "trap '' INT HUP TSTP; exec \"$@\"";

    private final ClusterDir dir;
    private final Launch launch;

    NodeLauncher(ClusterDir dir, Launch launch) {
        this.dir = dir;
        this.launch = launch;
    }

    /** The words of the node's command, without the shield. */
    List<String> command(Topology.Node node) {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(node.settings().jvmFlags());
        new StartArchive(System.getenv(), jar()).nodeFlag().ifPresent(words::add);
        words.addAll(launch.jvmArgs());
        words.addAll(List.of("-jar", jar().toString(), "node", "run"));
        words.addAll(List.of("--topology", dir.topologyFile().toString()));
        words.addAll(List.of("--node", node.name()));
        words.addAll(List.of("--data", dir.dataDir(node.name()).toString()));
        launch.launcher().ifPresent(ref -> words.addAll(List.of("--launcher", ref.pid() + ":" + ref.startMs())));
        return words;
    }

    /** Starts the node and records its process. */
    Process start(Topology.Node node) throws IOException {
        Path out = outFile(dir, node.name());
        ClusterDir.createDirectories(out.getParent());
        ClusterDir.createDirectories(dir.dataDir(node.name()));
        if (!Files.exists(out)) {
            ClusterDir.writeAtomically(out, new byte[0]);
        }
        List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", SHIELD, "sh"));
        words.addAll(command(node));
        Process process = new ProcessBuilder(words)
                .directory(out.getParent().toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()))
                .redirectErrorStream(true)
                .start();
        ProcessRef ref = ProcessRef.of(process.pid()).orElse(new ProcessRef(process.pid(), 0, ""));
        dir.write(node.name(), new NodeRun(ref, NodeRun.State.RUNNING, System.currentTimeMillis()));
        return process;
    }

    /** What the Java machine itself says, and what a node says before it has its log. */
    static Path outFile(ClusterDir dir, String node) {
        return dir.logDir(node).resolve("node.out");
    }

    static Path logFile(ClusterDir dir, String node) {
        return dir.logDir(node).resolve("node.log");
    }

    /** The file that this program runs from; a node needs it for the rights that only a jar's manifest can give. */
    static Path jar() {
        try {
            Path path = Path.of(NodeLauncher.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            if (Files.isRegularFile(path)) {
                return path;
            }
            throw new CliException(
                    ExitCode.CONFIG, "Nodes can only be started from the packaged kvctl, not from " + path + ".", null);
        } catch (java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
