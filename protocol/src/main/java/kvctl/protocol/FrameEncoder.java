package kvctl.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.EncoderException;

/**
 * Turns {@link Frame}s into bytes. A {@link BytesWriter} is taken as frames that are finished already, many at once,
 * and
 * its array goes out without a copy: the writer must not be used again. Anything else passes. One per channel.
 */
public final class FrameEncoder extends ChannelOutboundHandlerAdapter {
    private static final int SCRATCH_BYTES = 16 << 10;

    private BytesWriter scratch = new BytesWriter();

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) throws Exception {
        if (message instanceof Frame frame) {
            ctx.write(encode(ctx, frame), promise);
        } else if (message instanceof BytesWriter frames) {
            ctx.write(Unpooled.wrappedBuffer(frames.array(), 0, frames.size()), promise);
        } else {
            super.write(ctx, message, promise);
        }
    }

    private ByteBuf encode(ChannelHandlerContext ctx, Frame frame) {
        scratch.truncate(0);
        try {
            Frames.write(scratch, frame);
        } catch (IllegalArgumentException e) {
            throw new EncoderException(e.getMessage(), e);
        }
        ByteBuf bytes = ctx.alloc().buffer(scratch.size());
        bytes.writeBytes(scratch.array(), 0, scratch.size());
        if (scratch.array().length > SCRATCH_BYTES) {
            scratch = new BytesWriter();
        }
        return bytes;
    }
}
