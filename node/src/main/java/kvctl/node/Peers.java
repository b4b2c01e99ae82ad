package kvctl.node;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import kvctl.node.fault.Faults;
import kvctl.node.fault.Gate;
import kvctl.node.fault.Held;
import kvctl.node.fault.LinkRules;
import kvctl.node.meta.Note;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Frame;
import kvctl.protocol.FrameDecoder;
import kvctl.protocol.FrameEncoder;
import kvctl.protocol.Frames;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Limits;
import kvctl.raft.Message;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The links to all other nodes: one connection each, dialled from here and used in this direction only. {@link #send}
 * and {@link #flush} are for the loop's thread; they never block and drop what does not fit (HAZARDS A1, A2).
 */
final class Peers implements Core.Links {
    private static final Logger LOG = LoggerFactory.getLogger(Peers.class);

    /** Bytes that may wait for a peer before entries and snapshot chunks for it are dropped. */
    static final long LOG_QUEUE_BYTES = 8 << 20;

    /** The same for all peers together: with many of them the process has no more memory than with two. */
    private static final long ALL_LOG_QUEUE_BYTES = 2 * LOG_QUEUE_BYTES;

    /** Bytes that may wait before everything is dropped: votes, answers and heartbeats have this much more room (A3). */
    private static final long QUEUE_BYTES = LOG_QUEUE_BYTES + (2 << 20);

    private static final int FRAME_SOFT_BYTES = 2 << 20;
    private static final int KEPT_BUFFER_BYTES = 256 << 10;
    private static final long STUCK_MS = 5000;
    private static final long HELLO_TIMEOUT_MS = 2000;
    private static final int CONNECT_TIMEOUT_MS = 2000;
    private static final int BACKOFF_MIN_MS = 25;
    private static final int BACKOFF_MAX_MS = 500;
    private static final int REFUSED_BACKOFF_MS = 2000;

    private final Self self;
    private final Executor helper;
    private final Faults faults;
    private final Runnable wake;
    private final ArrayBlockingQueue<Probe> probes = new ArrayBlockingQueue<>(Limits.PROBES_MAX);
    private final AtomicLong allQueued = new AtomicLong();
    private final Link[] links;
    private volatile boolean closed;

    private record Probe(int to, long number) {}

    /**
     * @param helper resolves host names, which may block
     * @param faults that the links obey
     * @param wake makes the loop's thread call {@link #flush} soon
     */
    Peers(Self self, EventLoopGroup threads, Executor helper, Faults faults, Runnable wake) {
        this.self = self;
        this.helper = helper;
        this.faults = faults;
        this.wake = wake;
        this.links = new Link[self.topology().nodes().size() + 1];
        for (Topology.Node node : self.topology().nodes()) {
            if (node.id() != self.nodeId()) {
                links[node.id()] = new Link(node, threads.next());
            }
        }
    }

    void start() {
        each(link -> link.eventLoop.execute(link::dial));
    }

    @Override
    public void send(int groupId, int to, Message message) {
        links[to].add(groupId, message);
    }

    @Override
    public void send(int to, Note note) {
        links[to].add(note);
    }

    /** Writes what was sent since the last time: at most one write per peer. */
    void flush() {
        if (faults.enabled()) {
            for (Probe next = probes.poll(); next != null; next = probes.poll()) {
                send(next.to(), new Note.Probe(next.number()));
            }
        }
        each(Link::flush);
    }

    /** For the event loop: the faults in force have changed. */
    void obey() {
        each(Link::obey);
        wake.run();
    }

    /** Sends a probe, as a note among others; for any thread. One too many is lost. */
    void probe(int to, long number) {
        probes.offer(new Probe(to, number));
        wake.run();
    }

    /** The peer has just connected to us, so it is worth dialling now. */
    void dialSoon(int nodeId) {
        Link link = links[nodeId];
        link.eventLoop.execute(link::dial);
    }

    /** Bytes that were given to the link and not to the system yet. */
    long queuedBytes(int nodeId) {
        return links[nodeId].out.bytes();
    }

    boolean isConnected(int nodeId) {
        return links[nodeId].channel != null;
    }

    void close() {
        closed = true;
        each(link -> link.eventLoop.execute(link::hangUp));
    }

    private void each(java.util.function.Consumer<Link> action) {
        for (Link link : links) {
            if (link != null) {
                action.accept(link);
            }
        }
    }

    /** One peer. Encoding belongs to the loop's thread, dialling to the event loop; between them {@code channel}. */
    private final class Link {
        private final Topology.Node peer;
        private final EventLoop eventLoop;

        private volatile Channel channel;
        private final OutQueue out = new OutQueue(allQueued);

        private BytesWriter control = new BytesWriter(4 << 10);
        private BytesWriter log = new BytesWriter(16 << 10);
        private int controlStart = -1;
        private int logStart = -1;

        private final Held<Parcel> held = new Held<>(faults);
        private long wokenForMs;

        private Channel dialled;
        private boolean dialling;
        private int backoffMs = BACKOFF_MIN_MS;
        private boolean reported;

        Link(Topology.Node peer, EventLoop eventLoop) {
            this.peer = peer;
            this.eventLoop = eventLoop;
        }

        void add(int groupId, Message message) {
            boolean bulk = Inbox.ordered(message);
            boolean large = bulk && !heartbeat(message);
            LinkRules rules = faults.messagesTo(peer.id());
            if (rules != null || !held.isEmpty()) {
                BytesWriter own = new BytesWriter();
                PeerCodec.write(own, groupId, message);
                hold(rules, new Parcel(bulk, large, own.toBytes()));
            } else if (hasRoom(large)) {
                PeerCodec.write(bulk ? logLane() : controlLane(), groupId, message);
            }
        }

        /** Notes travel behind the log: a piece of a shard must not hold up votes and heartbeats (HAZARDS A3). */
        void add(Note note) {
            LinkRules rules = faults.messagesTo(peer.id());
            if (rules != null || !held.isEmpty()) {
                BytesWriter own = new BytesWriter();
                PeerCodec.write(own, note);
                hold(rules, new Parcel(true, true, own.toBytes()));
            } else if (hasRoom(true)) {
                PeerCodec.write(logLane(), note);
            }
        }

        /** Faults are rolled for what would have been sent; what they leave goes with the next flush, or later. */
        private void hold(LinkRules rules, Parcel parcel) {
            if (rules == null) {
                held.release(null, 0, this::put);
                put(parcel);
            } else if (rules.cut()) {
                rules.hitCut();
            } else if (channel != null) {
                held.take(rules, parcel, parcel.bytes().length, NodeLoop.realMs());
            }
        }

        private void put(Parcel parcel) {
            if (hasRoom(parcel.large())) {
                (parcel.bulk() ? logLane() : controlLane()).raw(parcel.bytes(), 0, parcel.bytes().length);
            }
        }

        private void release() {
            long nowMs = NodeLoop.realMs();
            LinkRules rules = faults.messagesTo(peer.id());
            held.release(rules, nowMs, this::put);
            long dueMs = held.nextDueMs(rules);
            if (dueMs != Long.MAX_VALUE && dueMs != wokenForMs) {
                wokenForMs = dueMs;
                eventLoop.schedule(wake, Math.max(1, dueMs - nowMs), TimeUnit.MILLISECONDS);
            }
        }

        private boolean hasRoom(boolean large) {
            long waiting = out.bytes() + control.size() + log.size();
            boolean full = waiting >= LOG_QUEUE_BYTES || allQueued.get() >= ALL_LOG_QUEUE_BYTES;
            return channel != null && waiting < QUEUE_BYTES && !(full && large);
        }

        private BytesWriter controlLane() {
            controlStart = controlStart < 0 ? Frames.begin(control, Frames.PEER) : controlStart;
            return control;
        }

        private BytesWriter logLane() {
            if (logStart >= 0 && log.size() - logStart > FRAME_SOFT_BYTES) {
                Frames.end(log, logStart);
                logStart = -1;
            }
            logStart = logStart < 0 ? Frames.begin(log, Frames.PEER) : logStart;
            return log;
        }

        void flush() {
            if (!held.isEmpty()) {
                release();
            }
            if (control.size() == 0 && log.size() == 0) {
                return;
            }
            Channel to = channel;
            if (to != null) {
                if (controlStart >= 0) {
                    Frames.end(control, controlStart);
                }
                if (logStart >= 0) {
                    Frames.end(log, logStart);
                }
                if (out.stuckMs(NodeLoop.realMs()) > STUCK_MS) {
                    to.close();
                }
                if (control.size() > 0) {
                    out.write(to, control);
                }
                if (log.size() > 0) {
                    out.write(to, log);
                }
            }
            control = emptied(control);
            log = emptied(log);
            controlStart = -1;
            logStart = -1;
        }

        private void dial() {
            if (closed || dialling || dialled != null || faults.cutTo(peer.id())) {
                return;
            }
            dialling = true;
            helper.execute(() -> {
                InetSocketAddress address = new InetSocketAddress(peer.host(), peer.port());
                if (!closed) {
                    eventLoop.execute(() -> connect(address));
                }
            });
        }

        private void connect(InetSocketAddress address) {
            if (address.isUnresolved()) {
                lost("host " + peer.host() + " is unknown", BACKOFF_MAX_MS);
                return;
            }
            new Bootstrap()
                    .group(eventLoop)
                    .channel(NioSocketChannel.class)
                    .option(ChannelOption.ALLOCATOR, Node.ALLOCATOR)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.SO_KEEPALIVE, true)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel made) {
                            if (faults.enabled()) {
                                made.pipeline().addLast(Gate.dialled(faults, peer.id()));
                            }
                            made.pipeline()
                                    .addLast(new FrameDecoder(HELLO_TIMEOUT_MS))
                                    .addLast(new FrameEncoder())
                                    .addLast(new Conversation(Link.this));
                        }
                    })
                    .connect(address)
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            lost(done.cause().getMessage(), backoffMs);
                        }
                    });
        }

        private void up(Channel connected) {
            backoffMs = BACKOFF_MIN_MS;
            reported = false;
            channel = connected;
            LOG.info("{}: connected", peer.name());
        }

        /** The connection is gone or was never there: try again later. */
        private void lost(String why, int delayMs) {
            channel = null;
            dialled = null;
            dialling = false;
            if (closed) {
                return;
            }
            if (!reported) {
                reported = true;
                LOG.info("{}: not connected: {}", peer.name(), why);
            }
            backoffMs = Math.min(BACKOFF_MAX_MS, backoffMs * 2);
            int jitteredMs = delayMs / 2 + ThreadLocalRandom.current().nextInt(delayMs / 2 + 1);
            eventLoop.schedule(this::dial, jitteredMs, TimeUnit.MILLISECONDS);
        }

        /** A cut link has been closed by its gate; one that was healed is dialled at once. */
        void obey() {
            if (faults.cutTo(peer.id())) {
                channel = null;
                return;
            }
            if (faults.cutFrom(peer.id()) && dialled != null && channel == null) {
                dialled.close(); // It waits for an answer that will not come.
            }
            backoffMs = BACKOFF_MIN_MS;
            dial();
        }

        private void hangUp() {
            if (dialled != null) {
                dialled.close();
            }
        }
    }

    /**
     * A message that faults may hold up.
     *
     * @param bulk in the lane of the log
     * @param large dropped where there is room for small ones still
     */
    private record Parcel(boolean bulk, boolean large, byte[] bytes) {}

    private static boolean heartbeat(Message message) {
        return message instanceof Message.AppendEntries append
                && append.entries().isEmpty();
    }

    private static BytesWriter emptied(BytesWriter writer) {
        writer.truncate(0);
        return writer.array().length > KEPT_BUFFER_BYTES ? new BytesWriter(KEPT_BUFFER_BYTES / 4) : writer;
    }

    /** What is said on a dialled connection: our hello, the answer to it, then nothing but our messages. */
    private final class Conversation extends SimpleChannelInboundHandler<Frame> {
        private final Link link;
        private String lastWords = "connection closed";
        private int delayMs;

        Conversation(Link link) {
            this.link = link;
            this.delayMs = link.backoffMs;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            link.dialled = ctx.channel();
            if (closed || faults.cutTo(link.peer.id())) {
                ctx.close();
                return;
            }
            ctx.writeAndFlush(self.hello());
            if (faults.cutFrom(link.peer.id())) {
                // One direction is cut: no answer can come, and the other direction is to work. Who is there is not
                // proven then; nothing is taken from it but over the connection that it dials.
                ctx.pipeline().get(FrameDecoder.class).helloDone();
                link.up(ctx.channel());
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Frame frame) {
            if (frame instanceof HelloReply reply && link.channel == null) {
                String objection = self.objection(reply, link.peer);
                if (objection == null) {
                    ctx.pipeline().get(FrameDecoder.class).helloDone();
                    link.up(ctx.channel());
                    return;
                }
                lastWords = objection;
                delayMs = REFUSED_BACKOFF_MS;
            } else {
                lastWords = frame instanceof Frame.Failure failure ? failure.message() : "unexpected answer";
            }
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            link.lost(lastWords, delayMs);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            lastWords = String.valueOf(cause.getMessage());
            ctx.close();
        }
    }
}
