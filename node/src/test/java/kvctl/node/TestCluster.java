package kvctl.node;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
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
    private long seq;

    TestCluster(Path directory, int nodes, int groups) throws IOException {
        this.directory = directory;
        StringBuilder yaml = new StringBuilder("cluster: test\nshards: 8\nnodes:\n");
        List<Integer> ports = freePorts(nodes);
        for (int i = 0; i < nodes; i++) {
            yaml.append("  n%d: { port: %d }%n".formatted(i + 1, ports.get(i)));
        }
        yaml.append("groups:\n");
        for (int g = 1; g <= groups; g++) {
            List<String> names = new ArrayList<>();
            for (int i = 1; i <= nodes; i++) {
                names.add("n" + i);
            }
            yaml.append("  g%d: %s%n".formatted(g, names));
        }
        topology = Topology.parse("test.yaml", yaml.toString());
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
            sockets.add(socket);
            ports.add(socket.getLocalPort());
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }

    TestCluster startAll() {
        topology.nodes().forEach(node -> start(node.id()));
        return this;
    }

    void start(int nodeId) {
        Topology.Node node = topology.node(nodeId);
        running.put(nodeId, Node.start(topology, node.name(), directory.resolve(node.name()), fatal::add, PATIENCE_MS));
    }

    void stop(int nodeId) {
        running.remove(nodeId).stop();
    }

    Topology.Node node(int nodeId) {
        return topology.node(nodeId);
    }

    long queuedAnswerBytes(int nodeId) {
        return running.get(nodeId).queuedAnswerBytes();
    }

    NodeStatus status(int nodeId) throws IOException, ProtocolException {
        try (RawClient client = RawClient.to(node(nodeId))) {
            return ((Response.StatusReply) client.call(new Request.GetStatus())).status();
        }
    }

    /** Waits until one running node leads the group and another one follows it; returns its id. */
    int awaitLeader(int groupId) {
        int[] leader = new int[1];
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    for (int nodeId : running.keySet()) {
                        NodeStatus.Replica replica = status(nodeId).replicas().get(groupId - 1);
                        if (replica.role().equals("leader") && replica.commitIndex() > 0) {
                            leader[0] = nodeId;
                            return true;
                        }
                    }
                    return false;
                });
        return leader[0];
    }

    Request.Tag tag() {
        seq++;
        return new Request.Tag(1_000, 42, seq, seq);
    }

    Request.Put put(String key, String value) {
        return new Request.Put(tag(), bytes(key), bytes(value));
    }

    /** Sends to whoever leads, until somebody answers with something else than "not me". */
    Response call(Request request) {
        Response[] answer = new Response[1];
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions()
                .until(() -> {
                    for (int nodeId : running.keySet()) {
                        try (RawClient client = RawClient.to(node(nodeId))) {
                            answer[0] = client.call(request);
                        }
                        if (!(answer[0] instanceof Response.Refused refused)
                                || refused.code() == Response.Code.BAD_REQUEST) {
                            return true;
                        }
                    }
                    return false;
                });
        return answer[0];
    }

    String get(String key) {
        Response answer = call(new Request.Get(bytes(key)));
        return answer instanceof Response.Value value ? new String(value.value(), StandardCharsets.UTF_8) : null;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        List.copyOf(running.keySet()).forEach(this::stop);
    }
}
