package kvctl.node;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import kvctl.node.fault.FaultDoor;
import kvctl.node.fault.Faults;
import kvctl.node.fault.Gate;
import kvctl.protocol.FrameDecoder;
import kvctl.protocol.FrameEncoder;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.ShardMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's port and the connections that were accepted on it. */
final class Server {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    /** Who does not read its answers gets this many times as long as who does not end its frame. */
    private static final int READING_FACTOR = 6;

    private static final int MAX_CONNECTIONS = 1024;
    private static final long ALL_ANSWER_BYTES = 24 << 20;
    static final WriteBufferWaterMark CLIENT_MARKS = new WriteBufferWaterMark(256 << 10, 1 << 20);

    private final Self self;
    private final Inbox inbox;
    private final Supplier<ShardMap> map;
    private final IntConsumer peerArrived;
    private final Consumer<Throwable> fatal;
    private final long patienceMs;
    private final Set<Accepted> connections = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Accepted> peers = new ConcurrentHashMap<>();
    private final AtomicLong queuedAnswers = new AtomicLong();
    private final List<Accepted> withAnswers = new ArrayList<>();
    private long collectedBytes; // loop's thread only
    private volatile boolean stopping;
    private volatile String lastRefusal = "";
    private Faults faults = Faults.off();
    private Channel port;
    private ScheduledFuture<?> sweep;

    /**
     * @param map latest shard map, for clients that say hello
     * @param peerArrived is told the id of each peer that connects
     * @param patienceMs how long a connection may take for its hello, or stand inside a frame
     */
    Server(
            Self self,
            Inbox inbox,
            Supplier<ShardMap> map,
            IntConsumer peerArrived,
            long patienceMs,
            Consumer<Throwable> fatal) {
        this.self = self;
        this.inbox = inbox;
        this.map = map;
        this.peerArrived = peerArrived;
        this.patienceMs = patienceMs;
        this.fatal = fatal;
    }

    /** Before {@link #bind}: the faults that connections obey; without it there are none. */
    Server obeying(Faults newFaults) {
        faults = newFaults;
        return this;
    }

    /** @throws NodeException if the port can't be had */
    void bind(EventLoopGroup threads) {
        Topology.Node node = self.node();
        ChannelFuture bound = new ServerBootstrap()
                .group(threads)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 256)
                .option(ChannelOption.ALLOCATOR, Node.ALLOCATOR)
                .childOption(ChannelOption.ALLOCATOR, Node.ALLOCATOR)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, CLIENT_MARKS)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel accepted) {
                        if (faults.enabled()) {
                            accepted.pipeline().addLast(Gate.accepted(faults));
                        }
                        accepted.pipeline().addLast(new FirstByte(Server.this::speakFrames, patienceMs));
                    }
                })
                .bind(node.host(), node.port())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new NodeException("Port %d for %s is in use or not ours (%s: %s)."
                    .formatted(
                            node.port(),
                            node.name(),
                            node.address(),
                            bound.cause().getMessage()));
        }
        port = bound.channel();
        sweep = threads.scheduleWithFixedDelay(
                () -> connections.forEach(
                        c -> c.closeIfStuck(NodeLoop.realMs(), patienceMs, READING_FACTOR * patienceMs)),
                patienceMs / 2,
                patienceMs / 2,
                TimeUnit.MILLISECONDS);
    }

    private void speakFrames(ChannelHandlerContext first) {
        first.pipeline()
                .addLast(new FrameDecoder(patienceMs))
                .addLast(new FrameEncoder())
                .addLast(new Accepted(this));
    }

    Inbox inbox() {
        return inbox;
    }

    String name() {
        return self.node().name();
    }

    Faults faults() {
        return faults;
    }

    /** Answers requests about faults. */
    FaultDoor faultDoor() {
        return new FaultDoor(name(), faults);
    }

    void opened(Accepted connection) {
        connections.add(connection);
    }

    /** Null if whoever said the hello may come in. */
    HelloReply.Refused refusal(Hello hello) {
        HelloReply.Refused refusal = self.refusal(hello);
        if (refusal == null && stopping) {
            refusal = new HelloReply.Refused(HelloReply.Code.STOPPING, name() + " is stopping.");
        }
        boolean client = hello.role() == Hello.Role.CLIENT; // peers are as many as the topology has (HAZARDS A3)
        if (refusal == null && client && connections.size() > MAX_CONNECTIONS) {
            refusal = new HelloReply.Refused(HelloReply.Code.BUSY, name() + " has too many connections.");
        }
        if (refusal != null && !refusal.message().equals(lastRefusal)) {
            lastRefusal = refusal.message();
            LOG.warn("connection refused: {}", refusal.message());
        }
        return refusal;
    }

    HelloReply welcome(Hello hello) {
        return self.welcome(hello.role() == Hello.Role.CLIENT ? map.get() : null);
    }

    /** A peer has one connection to us: a new one replaces the old, which may be half dead. */
    void peerArrived(int nodeId, Accepted connection) {
        Accepted old = peers.put(nodeId, connection);
        if (old != null) {
            old.close();
        }
        peerArrived.accept(nodeId);
    }

    void closed(Accepted connection, Hello hello) {
        connections.remove(connection);
        if (hello != null && hello.role() == Hello.Role.PEER) {
            peers.remove(hello.nodeId(), connection);
        }
    }

    void brokeOff(Hello hello, Throwable cause) {
        if (cause instanceof LinkageError) {
            fatal.accept(cause); // The jar was changed under the process: nothing it does from here on can be trusted.
            return;
        }
        if (!(cause instanceof java.io.IOException)) {
            LOG.warn("connection of {} closed: {}", hello == null ? "a stranger" : hello.name(), cause.toString());
        }
    }

    /** Bytes of answers that wait to be read, of all connections. */
    AtomicLong queuedAnswers() {
        return queuedAnswers;
    }

    boolean answersFull() {
        return queuedAnswers.get() + collectedBytes > ALL_ANSWER_BYTES;
    }

    /** For the loop's thread: the connection is to be flushed at the end of this turn. */
    void hasAnswers(Accepted connection) {
        withAnswers.add(connection);
    }

    /** For the loop's thread: an answer was added to what is flushed at the end of this turn. */
    void collected(int bytes) {
        collectedBytes += bytes;
    }

    /** For the loop's thread: one write per connection that got answers in this turn. */
    void flush() {
        withAnswers.forEach(Accepted::flush);
        withAnswers.clear();
        collectedBytes = 0;
    }

    void stopAccepting() {
        stopping = true;
        if (port != null) {
            port.close().awaitUninterruptibly();
            sweep.cancel(false);
        }
    }

    /** Closes all connections; what was written before still goes out where the other side reads. */
    void close() {
        connections.forEach(Accepted::close);
    }
}
