package kvctl.node.fault;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;

/**
 * The outermost part of a connection: as soon as it is known who is at its other end, no byte passes in a direction that
 * is cut, whoever wrote it. Where bytes of such a direction may wait in the connection, it is closed with a reset, which
 * throws away what the system still holds. What TCP itself acknowledges can't be kept back. One per connection, on its
 * event loop.
 */
public final class Gate extends ChannelDuplexHandler {
    private static final IOException CUT = new IOException("cut by a fault", null) {
        private static final long serialVersionUID = 1;

        @Override
        public Throwable fillInStackTrace() {
            return this; // One for all: it says nothing of where.
        }
    };

    private final Faults faults;
    private final boolean dialled;
    private Channel channel;
    private int remote;
    private boolean peer;
    private boolean spoiled;
    private Runnable obeyed = () -> {};

    private Gate(Faults faults, boolean dialled, int remote) {
        this.faults = faults;
        this.dialled = dialled;
        this.remote = remote;
        this.peer = dialled;
    }

    /** Of a connection to another node, which carries messages from here. */
    public static Gate dialled(Faults faults, int peerId) {
        return new Gate(faults, true, peerId);
    }

    /** Of a connection that was accepted: who it is shows by its hello. */
    public static Gate accepted(Faults faults) {
        return new Gate(faults, false, 0);
    }

    /**
     * The hello of an accepted connection was read.
     *
     * @param nodeId of the peer, or that a client is beside
     * @param isPeer otherwise it is a client
     * @param onChange is run when what is in force has changed
     * @return false if the hello must be taken as not received
     */
    public boolean metWith(int nodeId, boolean isPeer, Runnable onChange) {
        remote = nodeId;
        peer = isPeer;
        obeyed = onChange;
        if (!faults.cutFrom(remote)) {
            return true;
        }
        faults.fromClientsAt(remote).hitCut();
        spoiled = true;
        if (peer) {
            reset();
        }
        return false;
    }

    /** For the event loop: does what the faults in force now ask for. */
    void obey() {
        boolean in = faults.cutFrom(remote);
        boolean out = faults.cutTo(remote);
        boolean carriesIn = peer && !dialled;
        boolean carriesOut = peer && dialled || hasPending();
        if (in && carriesIn || out && carriesOut || spoiled && !in && !out) {
            reset();
        }
        obeyed.run();
    }

    private boolean hasPending() {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer != null && buffer.totalPendingWriteBytes() > 0;
    }

    /** Closes so that nothing more of what was written arrives. */
    public void reset() {
        try {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        } catch (ChannelException e) {
            // Closed already: its other end was quicker.
        }
        channel.close();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        faults.opened(this);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        faults.closed(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object bytes) {
        LinkRules rules = faults.fromClientsAt(remote);
        if (rules != null && rules.cut()) {
            rules.hitCut();
            spoiled = true;
            ReferenceCountUtil.release(bytes);
        } else {
            ctx.fireChannelRead(bytes);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object bytes, ChannelPromise promise) {
        LinkRules rules = faults.toClientsAt(remote);
        if (rules != null && rules.cut()) {
            rules.hitCut();
            spoiled = true;
            ReferenceCountUtil.release(bytes);
            promise.tryFailure(CUT);
        } else {
            ctx.write(bytes, promise);
        }
    }
}
