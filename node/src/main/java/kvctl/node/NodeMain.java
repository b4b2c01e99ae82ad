package kvctl.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import kvctl.storage.StorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node as a process of its own: {@code kvctl node run}. */
public final class NodeMain {
    /** Orderly end. */
    public static final int OK = 0;

    /** A bug, or a disk that failed while the node ran. */
    public static final int FAILED = 1;

    /** Topology, port or data directory can't be used. */
    public static final int UNUSABLE = 8;

    private static final Logger LOG = LoggerFactory.getLogger(NodeMain.class);
    private static final long LAUNCHER_POLL_MS = 1000;

    /** Two readers of a process's start time may round it differently. */
    private static final long START_TOLERANCE_MS = 2000;

    private NodeMain() {}

    /**
     * Runs a node until it is told to stop by SIGTERM, or its launcher is gone. What goes wrong at the start is one line
     * on stderr; later it is in the log.
     *
     * @param launcher {@code PID:STARTMS} of a process that the node must not outlive, or null
     * @return the exit code of the process
     */
    public static int run(Path topologyFile, String name, Path dataDirectory, String launcher) {
        // Netty would look at all network interfaces for these two, for channel ids that nobody reads.
        System.setProperty("io.netty.machineId", "00:00:00:00:00:00");
        System.setProperty("io.netty.processId", "1");
        Node node;
        try {
            Topology topology = Topology.read(topologyFile);
            topology.node(name);
            NodeLog.open(logDirectory(dataDirectory));
            node = Node.start(topology, name, dataDirectory, NodeMain::die);
        } catch (TopologyException | NodeException | StorageException e) {
            return complain(e.getMessage(), e, UNUSABLE);
        } catch (IOException | RuntimeException e) {
            return complain(name + " can't start: " + e, e, FAILED);
        }
        Thread atExit = new Thread(
                () -> {
                    node.stop();
                    NodeLog.close();
                },
                "node-exit");
        Runtime.getRuntime().addShutdownHook(atExit);
        waitForEnd(launcher);
        node.stop();
        return OK;
    }

    /** Beside a directory called data, otherwise in it. */
    private static Path logDirectory(Path dataDirectory) throws IOException {
        Path absolute = dataDirectory.toAbsolutePath();
        Path directory = absolute.endsWith("data") ? absolute.resolveSibling("log") : absolute.resolve("log");
        return Files.createDirectories(directory);
    }

    /** Returns when the launcher is gone; otherwise the process ends by SIGTERM, that is in the shutdown hook. */
    private static void waitForEnd(String launcher) {
        try {
            do {
                Thread.sleep(LAUNCHER_POLL_MS);
            } while (launcher == null || isAlive(launcher));
            LOG.info("the launcher {} is gone: stopping", launcher);
        } catch (InterruptedException e) {
            LOG.info("interrupted: stopping");
        }
    }

    /** True while the process with that pid and start time runs. */
    static boolean isAlive(String launcher) {
        int colon = launcher.indexOf(':');
        long pid = Long.parseLong(launcher.substring(0, colon));
        long startMs = Long.parseLong(launcher.substring(colon + 1));
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .flatMap(process -> process.info().startInstant())
                .filter(start -> startMs == 0 || Math.abs(start.toEpochMilli() - startMs) <= START_TOLERANCE_MS)
                .isPresent();
    }

    /** The node can't go on: nothing is closed, the next start recovers from disk (HAZARDS R18, D8). */
    private static void die(Throwable cause) {
        try {
            boolean disk = cause instanceof StorageException;
            String line = disk ? cause.getMessage() : "internal error: " + cause;
            System.err.println("node stopped: " + line);
            if (disk) {
                LOG.error("stopped: {}", line);
            } else {
                LOG.error("stopped: {}", line, cause);
            }
            NodeLog.close();
        } finally {
            Runtime.getRuntime().halt(FAILED); // Whatever the logger does: a node without its loop must not go on.
        }
    }

    private static int complain(String message, Throwable cause, int code) {
        System.err.println(message);
        LOG.error("{}", message, code == FAILED ? cause : null);
        NodeLog.close();
        return code;
    }
}
