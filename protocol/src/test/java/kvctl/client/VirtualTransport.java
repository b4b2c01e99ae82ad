package kvctl.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import kvctl.protocol.Frame;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Response;

/**
 * Time and network of one seed: nodes answer from a {@link ToyCluster} after a while, are paused, refuse, lose
 * connections.
 */
final class VirtualTransport implements Transport {
    /** One toy node as the network sees it. */
    static final class Node {
        final int nodeId;
        boolean down;
        boolean paused;
        final ArrayDeque<Runnable> backlog = new ArrayDeque<>();
        final List<VirtualLink> links = new ArrayList<>();

        Node(int nodeId) {
            this.nodeId = nodeId;
        }
    }

    private static final long LIMIT_MS = 60_000;

    private record Event(long atMs, long order, Runnable action) {}

    final ToyCluster cluster;
    final Map<String, Node> nodes = new TreeMap<>();
    final SplittableRandom random;
    long nowMs = 1_000;
    long epochMs = 1_700_000_000_000L;
    int delayMaxMs = 3;
    int sent;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMs).thenComparingLong(Event::order));
    private long order;
    private long wakeAtMs = Long.MAX_VALUE;
    private Runnable wake;
    private boolean stopped;
    private boolean inCallback;

    VirtualTransport(ToyCluster cluster, long seed) {
        this.cluster = cluster;
        this.random = new SplittableRandom(seed);
        cluster.ports.forEach((nodeId, port) -> nodes.put("127.0.0.1:" + port, new Node(nodeId)));
    }

    Node node(int nodeId) {
        return nodes.get("127.0.0.1:" + cluster.ports.get(nodeId));
    }

    /** Runs until the condition holds or nothing can happen any more, at most so much virtual time. */
    void runUntil(BooleanSupplier condition, long maxMs) {
        long endMs = nowMs + maxMs;
        while (!condition.getAsBoolean()) {
            long nextMs = Math.min(events.isEmpty() ? Long.MAX_VALUE : events.peek().atMs, wakeAtMs);
            if (nextMs > endMs) {
                nowMs = Math.max(nowMs, endMs);
                return;
            }
            nowMs = Math.max(nowMs, nextMs);
            inCallback = true;
            if (!events.isEmpty() && events.peek().atMs <= nowMs) {
                events.poll().action.run();
            } else {
                wakeAtMs = Long.MAX_VALUE;
                wake.run();
            }
            inCallback = false;
        }
    }

    /** Waits for the result of a call, for up to a minute. */
    <T> T result(CompletableFuture<T> call) {
        runUntil(call::isDone, LIMIT_MS);
        assertThat(call).isDone();
        return call.join();
    }

    /** Waits for the failure of a call, for up to a minute. */
    KvException failure(CompletableFuture<?> call) {
        runUntil(call::isDone, LIMIT_MS);
        assertThat(call).isCompletedExceptionally();
        return KvClient.failure(catchThrowable(call::join));
    }

    void at(long delayMs, Runnable action) {
        events.add(new Event(nowMs + delayMs, order++, action));
    }

    void resume(Node node) {
        node.paused = false;
        while (!node.backlog.isEmpty()) {
            at(0, node.backlog.poll());
        }
    }

    void cut(Node node) {
        for (VirtualLink link : List.copyOf(node.links)) {
            link.lost();
        }
    }

    void kill(Node node) {
        node.down = true;
        node.backlog.clear();
        cut(node);
    }

    /** For one more client of the same network. */
    Transport another() {
        return new Another(this);
    }

    private static final class Another implements Transport {
        private final VirtualTransport net;
        private Runnable wake;
        private long wakes;

        Another(VirtualTransport net) {
            this.net = net;
        }

        @Override
        public long nowMs() {
            return net.nowMs();
        }

        @Override
        public long epochMs() {
            return net.epochMs();
        }

        @Override
        public RandomGenerator random() {
            return net.random();
        }

        @Override
        public void start(Runnable wakeUp, Consumer<Throwable> broken) {
            wake = wakeUp;
        }

        @Override
        public boolean execute(Runnable task) {
            return net.execute(task);
        }

        @Override
        public boolean inLoop() {
            return net.inLoop();
        }

        @Override
        public void wakeAt(long atMs) {
            long mine = ++wakes;
            net.at(Math.max(0, atMs - net.nowMs), () -> {
                if (mine == wakes) {
                    wake.run();
                }
            });
        }

        @Override
        public Link connect(String address, Hello hello, Listener listener) {
            return net.connect(address, hello, listener);
        }

        @Override
        public void stop() {
            wakes++;
        }
    }

    @Override
    public long nowMs() {
        return nowMs;
    }

    @Override
    public long epochMs() {
        return epochMs + nowMs;
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public void start(Runnable wakeUp, Consumer<Throwable> broken) {
        wake = wakeUp;
    }

    @Override
    public boolean execute(Runnable task) {
        if (stopped) {
            return false;
        }
        at(0, task);
        return true;
    }

    @Override
    public boolean inLoop() {
        return inCallback;
    }

    @Override
    public void wakeAt(long atMs) {
        wakeAtMs = atMs;
    }

    @Override
    public Link connect(String address, Hello hello, Listener listener) {
        return new VirtualLink(nodes.get(address), listener);
    }

    @Override
    public void stop() {
        stopped = true;
        wakeAtMs = Long.MAX_VALUE;
    }

    final class VirtualLink implements Link {
        private final Node node;
        private final Listener listener;
        private boolean closed;
        private long lastMs;

        VirtualLink(Node node, Listener listener) {
            this.node = node;
            this.listener = listener;
            if (node == null || node.down) {
                at(1, () -> close(Closed.REFUSED, "refused the connection"));
                return;
            }
            node.links.add(this);
            arrive(() -> reply(() -> listener.opened(
                    new HelloReply.Accepted(1, "toy", node.nodeId, "n" + node.nodeId, 1, cluster.map(node.nodeId)))));
        }

        @Override
        public boolean send(Frame.Ask ask) {
            sent++;
            arrive(() -> {
                Response response = cluster.answer(node.nodeId, ask.request());
                if (response != null) {
                    reply(() -> listener.answered(ask.correlationId(), response));
                }
            });
            return true;
        }

        /** What is on its way still arrives, as with real sockets. */
        @Override
        public void close() {
            closed = true;
            node.links.remove(this);
        }

        private void lost() {
            node.links.remove(this);
            at(random.nextInt(delayMaxMs), () -> close(Closed.LOST, "closed the connection"));
        }

        private void close(Closed kind, String reason) {
            if (!closed) {
                closed = true;
                if (node != null) {
                    node.links.remove(this);
                }
                listener.closed(kind, reason);
            }
        }

        private void arrive(Runnable action) {
            at(delay(), () -> {
                if (node.paused) {
                    node.backlog.add(action);
                } else if (!node.down) {
                    action.run();
                }
            });
        }

        private void reply(Runnable action) {
            at(delay(), () -> {
                if (!closed) {
                    action.run();
                }
            });
        }

        /** Frames of one connection stay in order. */
        private long delay() {
            lastMs = Math.max(lastMs, nowMs + random.nextInt(delayMaxMs));
            return lastMs - nowMs;
        }
    }
}
