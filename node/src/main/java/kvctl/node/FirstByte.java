package kvctl.node;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Tells the protocols of the port apart by the first byte: 0 or 1 begins a frame, a letter HTTP, an asterisk RESP, 0x16
 * TLS. Installs the handlers of that protocol, passes the bytes on and leaves. Who says nothing in time is closed.
 */
final class FirstByte extends ByteToMessageDecoder {
    private final Consumer<ChannelHandlerContext> frames;
    private final long timeoutMs;
    private ScheduledFuture<?> timer;

    /** @param frames adds the handlers of kvctl frames behind the given one */
    FirstByte(Consumer<ChannelHandlerContext> frames, long timeoutMs) {
        this.frames = frames;
        this.timeoutMs = timeoutMs;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timer = ctx.executor().schedule(() -> ctx.close(), timeoutMs, TimeUnit.MILLISECONDS);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        timer.cancel(false);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        byte first = in.getByte(in.readerIndex());
        if (first == 0 || first == 1) {
            frames.accept(ctx);
            ctx.pipeline().remove(this);
            return;
        }
        in.skipBytes(in.readableBytes());
        if (Character.isLetter(first)) {
            String body = "This port speaks kvctl frames, not HTTP. Try: kvctl status\n";
            String answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                    .formatted(body.length(), body);
            ctx.writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII))
                    .addListener(ChannelFutureListener.CLOSE);
        } else {
            ctx.close();
        }
    }
}
