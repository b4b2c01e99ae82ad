package kvctl.node;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import kvctl.protocol.BytesWriter;

/**
 * Bytes that were written to a connection and not taken by the system yet. Counted by us before they are handed to the
 * event loop, because the channel's own count lags behind writes of other threads (HAZARDS A2). Written by one thread,
 * asked by any.
 */
final class OutQueue {
    /** Small enough to be pooled, and to see that a slow reader does read. */
    private static final int PIECE_BYTES = 256 << 10;

    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong all;
    private volatile long movedMs;

    /** @param all counts the bytes of many queues */
    OutQueue(AtomicLong all) {
        this.all = all;
    }

    /** Writes and flushes what {@code frames} holds; it may be used again at once. */
    void write(Channel to, BytesWriter frames) {
        int size = frames.size();
        all.addAndGet(size);
        if (bytes.getAndAdd(size) == 0) {
            movedMs = NodeLoop.realMs();
        }
        List<ByteBuf> pieces = new ArrayList<>();
        try {
            for (int at = 0; at < size; at += PIECE_BYTES) {
                int length = Math.min(PIECE_BYTES, size - at);
                pieces.add(to.alloc().directBuffer(length).writeBytes(frames.array(), at, length));
            }
            // In one task: what the event loop answers by itself must not come between two pieces.
            to.eventLoop().execute(() -> {
                pieces.forEach(piece -> write(to, piece));
                to.flush();
            });
        } catch (OutOfMemoryError | RejectedExecutionException e) {
            giveUp(to, pieces, size);
        }
    }

    private void write(Channel to, ByteBuf piece) {
        int length = piece.readableBytes();
        to.write(piece).addListener(done -> {
            bytes.addAndGet(-length);
            all.addAndGet(-length);
            movedMs = NodeLoop.realMs();
        });
    }

    /** No memory for buffers, or the end: the connection ends, the node does not (HAZARDS A1). Its other side asks again. */
    private void giveUp(Channel to, List<ByteBuf> pieces, int size) {
        pieces.forEach(ByteBuf::release);
        bytes.addAndGet(-size);
        all.addAndGet(-size);
        to.close();
    }

    long bytes() {
        return bytes.get();
    }

    /** How long nothing has moved although something waits; 0 if nothing waits. */
    long stuckMs(long nowMs) {
        return bytes.get() == 0 ? 0 : Math.max(0, nowMs - movedMs);
    }
}
