package kvctl.cli.launch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;

/**
 * Where one cluster of this machine keeps what must survive its launcher:
 *
 * <pre>
 * HOME/clusters/NAME/topology.yaml         the effective topology
 *                    cluster.properties    {@link Endpoints}
 *                    launch.properties     {@link Launch}; only while the cluster is meant to be up
 *                    lock                  held by the command that changes the cluster
 *                    run/NODE.properties   {@link NodeRun}
 *                    nodes/NODE/data, log
 * </pre>
 *
 * <p>Directories are 0700 and files 0600; files are replaced as a whole (written beside, synced, renamed), so a reader sees
 * the old or the new content. Not a lock: see {@link ClusterLock} for commands that change something.
 *
 * @param root HOME/clusters/NAME
 */
public record ClusterDir(Path root) {
    /** The same rule as for the names in a topology, so that a name is always a safe file name. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    private static final Set<String> SYSTEM_VIEWS = FileSystems.getDefault().supportedFileAttributeViews();

    /**
     * The directory of that name, whether it exists or not.
     *
     * @param home see {@link kvctl.cli.Home}
     * @throws CliException (usage) if no cluster may have the name
     */
    public static ClusterDir of(Path home, String name) {
        if (!NAME.matcher(name).matches()) {
            throw CliException.usage(
                    "'" + name + "' cannot name a cluster.",
                    "use 1 to 63 of A-Z a-z 0-9 . _ - and begin with a letter or a digit");
        }
        return new ClusterDir(clusters(home).resolve(name));
    }

    /** Every directory in HOME/clusters, by name; also those without a cluster in it. */
    public static List<ClusterDir> all(Path home) {
        List<ClusterDir> all = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(clusters(home), Files::isDirectory)) {
            paths.forEach(path -> all.add(new ClusterDir(path)));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        all.sort(Comparator.comparing(ClusterDir::name));
        return all;
    }

    /**
     * The cluster that a command without a name means: the only one that runs, else the one that was started last.
     *
     * @return empty if there is none at all
     */
    public static Optional<ClusterDir> current(Path home) {
        List<ClusterDir> known = all(home).stream().filter(ClusterDir::exists).toList();
        List<ClusterDir> running = known.stream().filter(ClusterDir::running).toList();
        return (running.isEmpty() ? known : running)
                .stream().max(Comparator.comparingLong(dir -> dir.endpoints().startedMs()));
    }

    /**
     * The cluster of that name, or the current one if {@code name} is null.
     *
     * @throws CliException (unreachable) if there is none
     */
    public static ClusterDir selected(Path home, String name) {
        Optional<ClusterDir> dir =
                name == null ? current(home) : Optional.of(of(home, name)).filter(ClusterDir::exists);
        return dir.orElseThrow(() -> noneRuns(name));
    }

    /** What is said when the cluster does not run here; {@code name} is null if none was named. */
    public static CliException noneRuns(String name) {
        return new CliException(
                ExitCode.UNREACHABLE,
                name == null ? "No cluster is running here." : "No cluster '" + name + "' is running here.",
                name == null ? "kvctl cluster up" : "kvctl cluster up -f topology.yaml");
    }

    /** Deletes everything of the cluster. @throws IOException if something is left */
    void delete() throws IOException {
        // The endpoints go first: what is left after a crash in between is no cluster any more, only a leftover.
        Files.deleteIfExists(endpointsFile());
        deleteTree(root);
    }

    static void deleteTree(Path top) throws IOException {
        try (Stream<Path> paths = Files.walk(top)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private static Path clusters(Path home) {
        return home.resolve("clusters");
    }

    public String name() {
        return root.getFileName().toString();
    }

    /** It holds a cluster's endpoints. */
    public boolean exists() {
        return Files.isRegularFile(endpointsFile());
    }

    /** A process of at least one node exists. */
    public boolean running() {
        for (Endpoints.Node node : endpoints().nodes()) {
            Optional<NodeRun> run = run(node.name());
            if (run.isPresent() && run.get().now().alive()) {
                return true;
            }
        }
        return false;
    }

    public Path topologyFile() {
        return root.resolve("topology.yaml");
    }

    Path endpointsFile() {
        return root.resolve("cluster.properties");
    }

    Path launchFile() {
        return root.resolve("launch.properties");
    }

    Path runFile(String node) {
        return root.resolve("run").resolve(node + ".properties");
    }

    Path nodeDir(String node) {
        return root.resolve("nodes").resolve(node);
    }

    public Path dataDir(String node) {
        return nodeDir(node).resolve("data");
    }

    public Path logDir(String node) {
        return nodeDir(node).resolve("log");
    }

    /** @throws UncheckedIOException if the file cannot be read or is damaged */
    public Endpoints endpoints() {
        try {
            return Endpoints.of(load(endpointsFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            throw damaged(endpointsFile(), e);
        }
    }

    void write(Endpoints endpoints) throws IOException {
        store(endpointsFile(), endpoints.toProperties());
    }

    /** The node's last run; empty if it has none. @throws UncheckedIOException if the file is damaged */
    public Optional<NodeRun> run(String node) {
        try {
            return Optional.of(NodeRun.of(load(runFile(node))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            throw damaged(runFile(node), e);
        }
    }

    /** What the node does now. */
    public NodeRun.State state(String node) {
        return run(node).map(NodeRun::now).orElse(NodeRun.State.NEW);
    }

    void write(String node, NodeRun run) throws IOException {
        store(runFile(node), run.toProperties());
    }

    /** How the cluster was brought up; empty if it was brought down since, or never up. */
    Optional<Launch> launch() {
        try {
            return Optional.of(Launch.of(load(launchFile())));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            throw damaged(launchFile(), e);
        }
    }

    void write(Launch launch) throws IOException {
        store(launchFile(), launch.toProperties());
    }

    void forgetLaunch() throws IOException {
        Files.deleteIfExists(launchFile());
    }

    static Properties processProperties(ProcessRef process) {
        Properties properties = new Properties();
        properties.setProperty("pid", Long.toString(process.pid()));
        properties.setProperty("start_ms", Long.toString(process.startMs()));
        properties.setProperty("born", process.born());
        return properties;
    }

    static ProcessRef process(Properties properties) {
        return new ProcessRef(
                Long.parseLong(properties.getProperty("pid")),
                Long.parseLong(properties.getProperty("start_ms")),
                properties.getProperty("born", ""));
    }

    /** Makes the directory and what is missing above it, for this user only. */
    static void createDirectories(Path dir) throws IOException {
        Files.createDirectories(dir, attributes("rwx------"));
    }

    /** Replaces the file as a whole: after a crash it has the old or the new content. */
    static void writeAtomically(Path file, byte[] content) throws IOException {
        createDirectories(file.getParent());
        Path temp = Files.createTempFile(file.getParent(), "." + file.getFileName(), ".tmp", attributes("rw-------"));
        try {
            try (FileChannel channel = FileChannel.open(temp, StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(content);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temp);
        }
        syncDirectory(file.getParent());
    }

    private static void syncDirectory(Path dir) throws IOException {
        if (posix()) {
            try (FileChannel channel = FileChannel.open(dir, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    private static FileAttribute<?>[] attributes(String permissions) {
        return posix()
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    private static boolean posix() {
        return SYSTEM_VIEWS.contains("posix");
    }

    private static Properties load(Path file) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            properties.load(in);
        }
        return properties;
    }

    private static void store(Path file, Properties properties) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        properties.store(bytes, null);
        writeAtomically(file, bytes.toByteArray());
    }

    private static UncheckedIOException damaged(Path file, RuntimeException cause) {
        return new UncheckedIOException(new IOException(file + " is damaged: " + cause.getMessage(), cause));
    }
}
