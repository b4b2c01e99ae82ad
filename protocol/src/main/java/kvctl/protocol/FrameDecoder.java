package kvctl.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;

/**
 * First in a node's pipeline: turns bytes into {@link Frame}s. Until {@link #helloDone} a frame may have 64 KiB, and
 * whoever has not said a whole hello in time is closed; afterwards 16 MiB. Bytes that are no frame get one
 * {@link Frame.Failure} with the reason and the connection is closed; nothing behind them is looked at (HAZARDS A6).
 * Needs a {@link FrameEncoder} in the same pipeline. One per channel, used by its event loop only.
 */
public final class FrameDecoder extends LengthFieldBasedFrameDecoder {
    private final long helloTimeoutMs;
    private int maxBytes = Limits.HELLO_FRAME_MAX_BYTES;
    private boolean broken;
    private ScheduledFuture<?> helloTimer;

    /** @param helloTimeoutMs from the connection to the end of its hello */
    public FrameDecoder(long helloTimeoutMs) {
        // The limit of the base class can't change later, so ours is checked in getUnadjustedFrameLength.
        super(Limits.FRAME_MAX_BYTES + Frames.HEADER_BYTES, 0, 4, 4, 0);
        this.helloTimeoutMs = helloTimeoutMs;
    }

    /** The hello is accepted: frames up to 16 MiB from now on, and no more time limit. */
    public void helloDone() {
        maxBytes = Limits.FRAME_MAX_BYTES;
        stopTimer();
    }

    /** True if a frame has begun and not ended; for whoever does not wait for ever for the rest. */
    public boolean midFrame() {
        return actualReadableBytes() > 0;
    }

    /** Sends the reason and closes; for whoever finds out later that what came makes no sense. */
    public static void refuse(Channel channel, String reason) {
        channel.writeAndFlush(new Frame.Failure(reason)).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        super.handlerAdded(ctx);
        if (ctx.channel().isActive()) {
            startTimer(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        startTimer(ctx);
        super.channelActive(ctx);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        stopTimer();
        super.channelInactive(ctx);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
        stopTimer();
        super.handlerRemoved0(ctx);
    }

    @Override
    protected long getUnadjustedFrameLength(ByteBuf in, int offset, int length, ByteOrder order) {
        try {
            return Frames.checkLength(in.getInt(offset), maxBytes);
        } catch (ProtocolException e) {
            throw new DecoderException(e.getMessage(), e);
        }
    }

    @Override
    protected Object decode(ChannelHandlerContext ctx, ByteBuf in) throws Exception {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return null;
        }
        ByteBuf whole = (ByteBuf) super.decode(ctx, in);
        if (whole == null) {
            return null;
        }
        try {
            byte[] bytes = new byte[whole.readableBytes()];
            whole.readBytes(bytes);
            return Frames.read(bytes, Frames.HEADER_BYTES, bytes.length - Frames.HEADER_BYTES);
        } finally {
            whole.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
        if (!(cause instanceof DecoderException)) {
            super.exceptionCaught(ctx, cause);
            return;
        }
        if (!broken) {
            broken = true;
            stopTimer();
            boolean known = cause.getCause() instanceof ProtocolException;
            refuse(ctx.channel(), known ? cause.getCause().getMessage() : "unreadable frame");
        }
    }

    private void startTimer(ChannelHandlerContext ctx) {
        if (helloTimer == null && maxBytes == Limits.HELLO_FRAME_MAX_BYTES) {
            helloTimer = ctx.executor().schedule(() -> lateHello(ctx), helloTimeoutMs, TimeUnit.MILLISECONDS);
        }
    }

    private void lateHello(ChannelHandlerContext ctx) {
        broken = true;
        refuse(ctx.channel(), "no hello within " + helloTimeoutMs + " ms");
    }

    private void stopTimer() {
        if (helloTimer != null) {
            helloTimer.cancel(false);
        }
    }
}
