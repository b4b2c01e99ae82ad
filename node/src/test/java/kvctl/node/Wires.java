package kvctl.node;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands between all nodes of a cluster, outside of their processes' code, and counts the bytes that peers send in each
 * direction, on connections dialled by either. What clients send passes uncounted.
 */
final class Wires implements AutoCloseable {
    private static final int ROLE_AT = 13; // header, kind, magic
    private static final byte PEER = 0;

    private record Pair(int from, int to) {}

    private final Map<Pair, ServerSocket> ports = new ConcurrentHashMap<>();
    private final Map<Pair, AtomicLong> sent = new ConcurrentHashMap<>();
    private final Map<Pair, Set<Socket>> dialled = new ConcurrentHashMap<>();
    private final Map<Pair, AtomicLong> dials = new ConcurrentHashMap<>();
    private final Set<Pair> flipping = ConcurrentHashMap.newKeySet();

    /** Has its ports before the nodes look for theirs. */
    Wires(int nodes) throws IOException {
        for (int from = 1; from <= nodes; from++) {
            for (int to = 1; to <= nodes; to++) {
                Pair pair = new Pair(from, to);
                ServerSocket port = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
                ports.put(pair, port);
                sent.put(pair, new AtomicLong());
                dialled.put(pair, ConcurrentHashMap.newKeySet());
                dials.put(pair, new AtomicLong());
            }
        }
    }

    Wires join(Topology topology) {
        ports.forEach((pair, port) ->
                daemon(() -> accept(port, pair, topology.node(pair.to).port())));
        return this;
    }

    /** The topology as one node sees it: all others are behind a wire. */
    Topology seenBy(int nodeId, Topology topology) {
        List<Topology.Node> nodes = topology.nodes().stream()
                .map(node -> node.id() == nodeId
                        ? node
                        : behindWire(
                                node, ports.get(new Pair(nodeId, node.id())).getLocalPort()))
                .toList();
        return new Topology(topology.cluster(), topology.shards(), nodes, topology.controller(), topology.groups());
    }

    private static Topology.Node behindWire(Topology.Node node, int port) {
        return new Topology.Node(node.id(), node.name(), node.host(), port, node.settings());
    }

    /**
     * Waits until no connection of peers that was dialled by {@code from} is left, nor bytes of it that were on their way
     * through here; then as {@link #sent}.
     */
    long sentWhenQuiet(int from, int to) {
        long[] last = {-1};
        await().atMost(Duration.ofSeconds(20)).during(Duration.ofMillis(300)).until(() -> {
            boolean quiet = open(from, to) == 0 && last[0] == sent(from, to);
            last[0] = sent(from, to);
            return quiet;
        });
        return last[0];
    }

    /** Bytes that one peer has sent to another so far, whoever dialled. */
    long sent(int from, int to) {
        return sent.get(new Pair(from, to)).get();
    }

    /** Connections between peers that are open now and were dialled by {@code from}. */
    int open(int from, int to) {
        return dialled.get(new Pair(from, to)).size();
    }

    /** Connections between peers that were ever dialled by {@code from}. */
    long dials(int from, int to) {
        return dials.get(new Pair(from, to)).get();
    }

    /** The next bytes that one peer sends to another arrive with a flipped bit. */
    void flipNext(int from, int to) {
        flipping.add(new Pair(from, to));
    }

    /** True if that has not happened yet. */
    boolean flips(int from, int to) {
        return flipping.contains(new Pair(from, to));
    }

    /** Closes the connections between peers that were dialled by {@code from}. */
    void breakOff(int from, int to) {
        dialled.get(new Pair(from, to)).forEach(Wires::close);
    }

    private void accept(ServerSocket port, Pair pair, int realPort) {
        while (!port.isClosed()) {
            try {
                Socket near = port.accept();
                daemon(() -> join(near, pair, realPort));
            } catch (IOException e) {
                // The port was closed, or a dialler has gone already.
            }
        }
    }

    private void join(Socket near, Pair pair, int realPort) {
        try (near;
                Socket far = new Socket("127.0.0.1", realPort)) {
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            byte[] first = near.getInputStream().readNBytes(ROLE_AT + 1);
            if (first.length <= ROLE_AT) {
                return;
            }
            boolean peer = first[ROLE_AT] == PEER;
            if (peer) {
                dialled.get(pair).add(near);
                dials.get(pair).incrementAndGet();
                sent.get(pair).addAndGet(first.length);
            }
            far.getOutputStream().write(first);
            daemon(() -> pump(far, near, peer ? new Pair(pair.to, pair.from) : null));
            pump(near, far, peer ? pair : null);
        } catch (IOException e) {
            // One side is not there: the other one sees its connection end.
        } finally {
            dialled.get(pair).remove(near);
        }
    }

    /** @param pair whose bytes these are; null: a client's */
    private void pump(Socket from, Socket to, Pair pair) {
        byte[] buffer = new byte[64 << 10];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (pair != null) {
                    sent.get(pair).addAndGet(n);
                    buffer[n / 2] ^= (byte) (flipping.remove(pair) ? 4 : 0);
                }
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // Reset: as good as an end.
        } finally {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    private static void daemon(Runnable body) {
        Thread thread = new Thread(body, "wire");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        for (ServerSocket port : ports.values()) {
            port.close();
        }
    }
}
