package kvctl.node;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kvctl.client.KvClient;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;
import kvctl.protocol.Response;

/** Nodes of one cluster in this process, on real sockets and real disks. */
final class TestCluster implements AutoCloseable {
    private static final long PATIENCE_MS = 400;

    final Topology topology;
    final ConcurrentLinkedQueue<Throwable> fatal = new ConcurrentLinkedQueue<>();
    private final Path directory;
    private final TreeMap<Integer, Node> running = new TreeMap<>();
    private long patienceMs = PATIENCE_MS;
    private IntFunction<Topology> views;

    /**
     * @param groups what stands behind {@code groups:} in the topology, say <code>{ g1: [n1, n2] }</code>
     * @param settings what stands behind {@code node:}
     */
    TestCluster(Path directory, int nodes, String groups, String settings) throws IOException {
        this.directory = directory;
        StringBuilder yaml = new StringBuilder("cluster: test\nshards: 8\nnodes:\n");
        List<Integer> ports = freePorts(nodes);
        for (int i = 0; i < nodes; i++) {
            yaml.append("  n%d: { port: %d }%n".formatted(i + 1, ports.get(i)));
        }
        yaml.append("groups: ")
                .append(groups)
                .append("\nnode: ")
                .append(settings)
                .append('\n');
        topology = Topology.parse("test.yaml", yaml.toString());
        views = nodeId -> topology;
    }

    /** Three nodes that all hold two groups. */
    static TestCluster ofThree(Path directory) throws IOException {
        return new TestCluster(
                directory, 3, "{ g1: [n1, n2, n3], g2: [n1, n2, n3] }", "{ heartbeat: 50ms, election: 300ms }");
    }

    /** As many nodes, which obey faults and all hold the group g1. */
    static TestCluster obeyingFaults(Path directory, int nodes) throws IOException {
        String members =
                IntStream.rangeClosed(1, nodes).mapToObj(id -> "n" + id).collect(Collectors.joining(", "));
        return new TestCluster(
                        directory,
                        nodes,
                        "{ g1: [" + members + "] }",
                        "{ heartbeat: 50ms, election: 500ms, faults: true }")
                .patient(5000);
    }

    /** Its nodes are joined by these wires. */
    TestCluster wired(Wires wires) {
        views = nodeId -> wires.seenBy(nodeId, topology);
        return this;
    }

    /**
     * Ports that nobody listens on, below those that systems give to clients: who tries again and again to reach a node that
     * is down could be given its port, and connect to himself. Test processes side by side have ranges of their own.
     */
    static List<Integer> freePorts(int count) throws IOException {
        int range = 10_000 + (Integer.getInteger("kvctl.fork", 1) - 1) % 2 * 11_000;
        List<Integer> ports = new ArrayList<>();
        while (ports.size() < count) {
            int port = ThreadLocalRandom.current().nextInt(range, range + 11_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
                if (!ports.contains(socket.getLocalPort())) {
                    ports.add(port);
                }
            } catch (BindException e) {
                // Somebody's; another one then.
            }
        }
        return ports;
    }

    /** How long its nodes wait for who stops in the middle of something, instead of a short time. */
    TestCluster patient(long patienceMs) {
        this.patienceMs = patienceMs;
        return this;
    }

    TestCluster startAll() {
        topology.nodes().forEach(node -> start(node.id()));
        return this;
    }

    void start(int nodeId) {
        Topology.Node node = topology.node(nodeId);
        Topology seen = views.apply(nodeId);
        running.put(nodeId, Node.start(seen, node.name(), dataDirectory(nodeId), fatal::add, patienceMs));
    }

    Path dataDirectory(int nodeId) {
        return directory.resolve(topology.node(nodeId).name());
    }

    boolean stop(int nodeId) {
        return running.remove(nodeId).stop();
    }

    Set<Integer> running() {
        return Set.copyOf(running.keySet());
    }

    Topology.Node node(int nodeId) {
        return topology.node(nodeId);
    }

    long queuedAnswerBytes(int nodeId) {
        return running.get(nodeId).queuedAnswerBytes();
    }

    /** A client that knows all nodes. */
    KvClient client(long timeoutMs) {
        List<String> endpoints =
                topology.nodes().stream().map(Topology.Node::address).toList();
        return KvClient.builder()
                .endpoints(endpoints)
                .clusterId("test")
                .requestTimeoutMs(timeoutMs)
                .build();
    }

    NodeStatus status(int nodeId) throws IOException, ProtocolException {
        try (RawClient client = RawClient.to(node(nodeId))) {
            return ((Response.StatusReply) client.call(new Request.GetStatus())).status();
        }
    }

    NodeStatus.Replica replica(int nodeId, int groupId) throws IOException, ProtocolException {
        return status(nodeId).replicas().stream()
                .filter(replica -> replica.groupId() == groupId)
                .findFirst()
                .orElseThrow();
    }

    /** Waits until a running node leads the group and has committed something in its term; returns its id. */
    int awaitLeader(int groupId) {
        int[] leader = new int[1];
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions()
                .until(() -> {
                    for (int nodeId : running.keySet()) {
                        NodeStatus.Replica replica = replica(nodeId, groupId);
                        if (replica.role().equals("leader") && replica.commitIndex() == replica.lastLogIndex()) {
                            leader[0] = nodeId;
                            return true;
                        }
                    }
                    return false;
                });
        return leader[0];
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        List.copyOf(running.keySet()).forEach(this::stop);
    }
}
