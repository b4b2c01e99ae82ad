package kvctl.node;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import kvctl.node.fault.Faults;
import kvctl.storage.DiskFaults;
import kvctl.storage.Identity;
import kvctl.storage.Storage;
import kvctl.storage.StorageConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running node: its storage, its replicas, its port and its links, put together. A process has one; tests have
 * several. {@code node/README.md} says which thread owns what.
 */
public final class Node {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    /**
     * Pooled on purpose: Netty's default, the adaptive one, was reported to grow (notes in LIBRARIES §4). Small chunks
     * and few arenas, because a node has two threads that allocate.
     */
    static final ByteBufAllocator ALLOCATOR = new PooledByteBufAllocator(true, 1, 2, 8192, 7, 64, 32, false);

    /** Longest orderly stop, in ms; what is not done then is left to the next start. */
    static final long STOP_MS = 5000;

    private static final long PATIENCE_MS = 5000;

    private final Topology.Node self;
    private final EventLoopGroup netThreads;
    private final ExecutorService helper;
    private final Server server;
    private final Peers peers;
    private final NodeLoop loop;
    private boolean stopped;

    private Node(
            Topology.Node self,
            EventLoopGroup netThreads,
            ExecutorService helper,
            Server server,
            Peers peers,
            NodeLoop loop) {
        this.self = self;
        this.netThreads = netThreads;
        this.helper = helper;
        this.server = server;
        this.peers = peers;
        this.loop = loop;
    }

    /**
     * Starts a node; it listens when this returns.
     *
     * @param name of one of the topology's nodes
     * @param dataDirectory its own, made if it is not there
     * @param fatal gets what the node can't survive, once; it serves nobody any more then, and the process is to be ended
     * @throws NodeException if the port can't be had
     * @throws TopologyException if there is no such node
     * @throws kvctl.storage.StorageException if the data can't be used
     */
    public static Node start(Topology topology, String name, Path dataDirectory, Consumer<Throwable> fatal) {
        return start(topology, name, dataDirectory, fatal, PATIENCE_MS);
    }

    /** As above, with another patience for clients that stop in the middle of something. */
    static Node start(Topology topology, String name, Path dataDirectory, Consumer<Throwable> fatal, long patienceMs) {
        Topology.Node node = topology.node(name);
        String clusterId = topology.cluster();
        Faults faults =
                new Faults(node.id(), topology.nodes().size(), node.settings().faults());
        Storage storage = open(topology, node, dataDirectory, faults);
        KnownPeers known = new KnownPeers(dataDirectory.resolve("peers"));
        Self self = new Self(clusterId, topology, node, storage.incarnation(), known);
        EventLoopGroup netThreads = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory(name + "-net", true), NioIoHandler.newFactory());
        ExecutorService helper = Executors.newSingleThreadExecutor(new DefaultThreadFactory(name + "-helper", true));
        Inbox inbox = new Inbox(1 << 16, 16 << 20, 8192, 16 << 20);
        Peers peers = new Peers(self, netThreads, helper, faults, inbox::wake);
        faults.start(netThreads.next(), new FaultyLinks(faults, peers, inbox));
        SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
        long nowMs = NodeLoop.realMs();
        ProcessFacts facts = new ProcessFacts(dataDirectory, helper, nowMs, faults::ids);
        Core core = new Core(topology, node.id(), new Core.Ports(storage, peers, random, facts::now), nowMs);
        Server server = new Server(self, inbox, core::map, peers::dialSoon, patienceMs, fatal).obeying(faults);
        NodeLoop.Links links = new NodeLoop.Links(peers::flush, server::flush);
        NodeLoop loop = new NodeLoop(inbox, core, storage, links, faults, fatal);
        Node running = new Node(node, netThreads, helper, server, peers, loop);
        try {
            server.bind(netThreads);
        } catch (NodeException e) {
            storage.close();
            running.close();
            throw e;
        }
        loop.start(name + "-loop");
        peers.start();
        LOG.info(
                "ready: {} listens at {}, process {}",
                name,
                node.address(),
                ProcessHandle.current().pid());
        return running;
    }

    /** What a change of the faults in force does to what is on its way to other nodes, or from them. */
    private record FaultyLinks(Faults faults, Peers peers, Inbox inbox) implements Faults.Links {
        @Override
        public void obey() {
            inbox.forget(faults::cutFrom);
            peers.obey();
        }

        @Override
        public void probe(int to, long number) {
            peers.probe(to, number);
        }
    }

    private static Storage open(Topology topology, Topology.Node node, Path dataDirectory, Faults faults) {
        Origin origin = new Origin(dataDirectory, topology);
        try {
            origin.check();
            Storage storage = Storage.open(
                    dataDirectory,
                    new Identity(topology.cluster(), node.name(), node.id()),
                    storageConfig(node.settings()),
                    node.settings().faults() ? faults.disk() : DiskFaults.NONE);
            origin.record();
            return storage;
        } catch (IOException e) {
            throw new NodeException("can't read or write beside " + dataDirectory + ": " + e.getMessage());
        }
    }

    private static StorageConfig storageConfig(Topology.Settings settings) {
        StorageConfig some = StorageConfig.DEFAULT;
        long cacheBytes = Math.max(1 << 20, Math.min(some.cacheBytes(), settings.heapBytes() / 5));
        return new StorageConfig(cacheBytes, some.lockWaitMs(), some.snapshotMaxMs(), some.dropRowsPerCommit());
    }

    /**
     * Orderly stop: no new connections, leaderships handed over where that is quick, all who wait told, storage closed.
     * Returns after at most {@value #STOP_MS} ms. May be called again.
     *
     * @return true if everything was done in time
     */
    public synchronized boolean stop() {
        if (stopped) {
            return true;
        }
        stopped = true;
        server.stopAccepting();
        loop.stop();
        boolean ended = loop.awaitEnd(STOP_MS - 1000);
        if (!ended) {
            LOG.warn("{} did not stop in time: the next start recovers from its log", self.name());
        }
        close();
        return ended;
    }

    /** Answers that wait to be read by clients, in bytes. */
    long queuedAnswerBytes() {
        return server.queuedAnswers().get();
    }

    private void close() {
        server.close();
        peers.close();
        helper.shutdown();
        netThreads.shutdownGracefully(0, 500, TimeUnit.MILLISECONDS).awaitUninterruptibly(1000);
    }
}
