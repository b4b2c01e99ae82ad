package kvctl.cli.launch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
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
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/**
 * Where one cluster of this machine keeps what must survive its launcher:
 *
 * <pre>
 * HOME/clusters/NAME/topology.yaml         the effective topology
 *                    cluster.properties    {@link Endpoints}
 *                    launcher.properties   who started it, if that process must outlive the nodes
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
    private static final Set<String> SYSTEM_VIEWS = FileSystems.getDefault().supportedFileAttributeViews();

    /** $KVCTL_HOME, or $XDG_STATE_HOME/kvctl, or ~/.local/state/kvctl. */
    public static Path home(Map<String, String> env) {
        String home = env.get("KVCTL_HOME");
        if (home != null && !home.isEmpty()) {
            return Path.of(home).toAbsolutePath().normalize();
        }
        String state = env.get("XDG_STATE_HOME");
        // The XDG rules: a relative path counts as not set.
        if (state != null && !state.isEmpty() && Path.of(state).isAbsolute()) {
            return Path.of(state, "kvctl");
        }
        return Path.of(System.getProperty("user.home"), ".local", "state", "kvctl");
    }

    /** The directory of that name, whether it exists or not. @throws IllegalArgumentException if no cluster may have the name */
    public static ClusterDir of(Path home, String name) {
        if (!validName(name)) {
            throw new IllegalArgumentException("'" + name
                    + "' cannot name a cluster: use up to 64 letters, digits, '-', '_' and '.', a letter or digit first.");
        }
        return new ClusterDir(clusters(home).resolve(name));
    }

    static boolean validName(String name) {
        if (name.isEmpty() || name.length() > 64 || !Character.isLetterOrDigit(name.charAt(0))) {
            return false;
        }
        return name.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '-' || c == '_' || c == '.');
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

    Path launcherFile() {
        return root.resolve("launcher.properties");
    }

    Path runFile(String node) {
        return root.resolve("run").resolve(fileName(node) + ".properties");
    }

    Path nodeDir(String node) {
        return root.resolve("nodes").resolve(fileName(node));
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

    /** The process that the nodes are tied to; empty if they run on their own. */
    Optional<ProcessRef> launcher() {
        try {
            return Optional.of(process(load(launcherFile()))).filter(ref -> ref.life() != ProcessRef.Life.GONE);
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    void writeLauncher(Optional<ProcessRef> launcher) throws IOException {
        if (launcher.isPresent()) {
            store(launcherFile(), processProperties(launcher.get()));
        } else {
            Files.deleteIfExists(launcherFile());
        }
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

    /** Node names are free-form; a file name is not. What may not stand in one becomes %XX of its UTF-8 bytes. */
    static String fileName(String node) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < node.length(); i += Character.charCount(node.codePointAt(i))) {
            int c = node.codePointAt(i);
            boolean plain = Character.isLetterOrDigit(c) || c == '-' || c == '_' || c == ' ' || (c == '.' && i > 0);
            if (plain) {
                name.appendCodePoint(c);
            } else {
                for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                    name.append(String.format("%%%02X", b));
                }
            }
        }
        return name.toString();
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
