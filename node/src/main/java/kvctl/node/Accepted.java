package kvctl.node;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import kvctl.node.fault.Gate;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Frame;
import kvctl.protocol.FrameDecoder;
import kvctl.protocol.Frames;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;
import kvctl.protocol.Response;

/**
 * One accepted connection: a hello, then either requests of a client or messages of a peer, never both. Bytes come in by
 * the event loop; answers are collected by the loop's thread during a turn and written in one piece at its end.
 *
 * <p>A client can make the node hold: {@value #MAX_IN_FLIGHT} requests, and answers of {@value #ANSWER_BYTES} bytes plus
 * one. Who does not read its answers is not read from either (HAZARDS A1, A2).
 */
final class Accepted extends SimpleChannelInboundHandler<Frame> implements Call.Door {
    static final int MAX_IN_FLIGHT = 1024;
    static final long ANSWER_BYTES = 4 << 20;

    private static final int KEPT_BUFFER_BYTES = 64 << 10;
    private static final long LONGEST_PATIENCE_MS = 3_600_000;
    private static final int REQUEST_OVERHEAD_BYTES = 200;

    private final Server server;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final OutQueue out;

    // Event loop only.
    private Channel channel;
    private Hello hello;
    private long lastReadMs;
    private boolean ignored;

    /** Null unless the client counts as being beside another node; set before the first of its calls is taken. */
    private PlacedClient placed;

    // Loop's thread only.
    private BytesWriter answers = new BytesWriter(1 << 10);

    Accepted(Server server) {
        this.server = server;
        this.out = new OutQueue(server.queuedAnswers());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        lastReadMs = NodeLoop.realMs();
        server.opened(this);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Frame frame) throws ProtocolException {
        if (ignored) {
            return;
        }
        if (hello == null) {
            if (frame instanceof Hello said) {
                greet(ctx, said);
            } else {
                FrameDecoder.refuse(channel, "the first frame must be a hello");
            }
        } else if (frame instanceof Frame.Ask ask && hello.role() == Hello.Role.CLIENT) {
            ask(ask);
        } else if (frame instanceof Frame.Peer peer && hello.role() == Hello.Role.PEER) {
            server.inbox().offer(PeerCodec.readAll(peer.body(), hello.nodeId()));
        } else {
            FrameDecoder.refuse(channel, "this frame is not for a connection of a " + hello.role());
        }
    }

    private void greet(ChannelHandlerContext ctx, Hello said) {
        Gate gate = ctx.pipeline().get(Gate.class);
        if (gate != null && place(said) != 0) {
            boolean peer = said.role() == Hello.Role.PEER;
            if (!peer) {
                placed = new PlacedClient(server.faults(), said.at(), channel, out, this::take);
            }
            ignored = !gate.metWith(place(said), peer, peer ? () -> {} : placed::pump);
            if (ignored) {
                return;
            }
        }
        HelloReply.Refused refusal = server.refusal(said);
        if (refusal != null) {
            ctx.writeAndFlush(refusal).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        hello = said;
        ctx.pipeline().get(FrameDecoder.class).helloDone();
        if (!server.faults().cutTo(place(said))) {
            ctx.writeAndFlush(server.welcome(said)); // A peer on a link that is cut that way knows, and does not wait.
        }
        if (said.role() == Hello.Role.PEER) {
            server.peerArrived(said.nodeId(), this);
        }
    }

    /** The node whose links this connection shares the faults of; 0: none. */
    private static int place(Hello said) {
        return said.role() == Hello.Role.PEER ? said.nodeId() : said.at();
    }

    private void ask(Frame.Ask ask) {
        if (ask.request() instanceof Request.OfFaults ofFaults) {
            server.faultDoor().answer(ofFaults, isLocal(), response -> answer(ask.correlationId(), response));
            return;
        }
        long patienceMs = Math.max(0, Math.min(ask.timeLeftMs(), LONGEST_PATIENCE_MS));
        PlacedClient.Asked asked = new PlacedClient.Asked(ask, NodeLoop.realMs() + patienceMs, bytesOf(ask));
        if (placed == null) {
            take(asked);
        } else {
            placed.ask(asked);
        }
    }

    private boolean isLocal() {
        return channel.remoteAddress() instanceof InetSocketAddress address
                && address.getAddress() != null
                && address.getAddress().isLoopbackAddress();
    }

    private void take(PlacedClient.Asked asked) {
        Frame.Ask ask = asked.ask();
        Call call = new Call(this, ask.correlationId(), ask.request(), asked.deadlineMs(), asked.bytes());
        if (inFlight.incrementAndGet() > MAX_IN_FLIGHT) {
            refuse(call, "More than " + MAX_IN_FLIGHT + " requests wait on this connection.");
        } else if (!server.inbox().offer(call)) {
            refuse(call, server.name() + " has too many requests waiting.");
        }
    }

    /** Answers from the event loop: the call was never taken. */
    private void refuse(Call call, String message) {
        inFlight.decrementAndGet();
        answer(call.correlationId(), new Response.Refused(Response.Code.BUSY, message, 0));
    }

    private void answer(long correlationId, Response response) {
        Frame answer = new Frame.Answer(correlationId, response);
        if (placed == null) {
            channel.writeAndFlush(answer);
        } else {
            placed.answer(bytesOf(answer));
        }
    }

    private static byte[] bytesOf(Frame frame) {
        BytesWriter bytes = new BytesWriter();
        Frames.write(bytes, frame);
        return bytes.toBytes();
    }

    private static int bytesOf(Frame.Ask ask) {
        return REQUEST_OVERHEAD_BYTES + Router.payloadBytes(ask.request());
    }

    @Override
    public boolean isFull() {
        long waiting = out.bytes() + answers.size() + (placed == null ? 0 : placed.waitingBytes());
        return waiting > ANSWER_BYTES || server.answersFull();
    }

    @Override
    public void answer(Call call, Response response) {
        inFlight.decrementAndGet();
        if (channel.isActive() && placed != null) {
            placed.answer(bytesOf(new Frame.Answer(call.correlationId(), response)));
        } else if (channel.isActive()) {
            if (answers.size() == 0) {
                server.hasAnswers(this);
            }
            int before = answers.size();
            Frames.write(answers, new Frame.Answer(call.correlationId(), response));
            server.collected(answers.size() - before);
        }
    }

    /** Writes the answers that were collected. */
    void flush() {
        out.write(channel, answers);
        answers.truncate(0);
        if (answers.array().length > KEPT_BUFFER_BYTES) {
            answers = new BytesWriter(1 << 10);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        channel.config().setAutoRead(channel.isWritable());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        lastReadMs = NodeLoop.realMs();
    }

    /** Closes who stopped inside a frame or does not read its answers; called now and then by any thread. */
    void closeIfStuck(long nowMs, long framePatienceMs, long readingPatienceMs) {
        channel.eventLoop().execute(() -> {
            FrameDecoder decoder = channel.pipeline().get(FrameDecoder.class);
            if (out.stuckMs(nowMs) > readingPatienceMs) {
                channel.close();
            } else if (channel.isWritable()
                    && decoder != null
                    && decoder.midFrame()
                    && nowMs - lastReadMs > framePatienceMs) {
                FrameDecoder.refuse(channel, "a frame was begun and not ended for " + framePatienceMs + " ms");
            }
        });
    }

    void close() {
        channel.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (placed != null) {
            placed.close();
        }
        server.closed(this, hello);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        server.brokeOff(hello, cause);
        ctx.close();
    }
}
