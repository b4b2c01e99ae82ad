package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.local.LocalChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import kvctl.protocol.BytesWriter;
import org.junit.jupiter.api.Test;

class OutQueueTest {
    private static final int SIZE = 1 << 20;

    private final AtomicLong all = new AtomicLong();
    private final OutQueue queue = new OutQueue(all);

    /** The event loop reads between two tasks, and a refusal that it answered there would stand inside a frame. */
    @Test
    void A6_whatIsWrittenTogetherIsOneTaskOfTheEventLoop() throws Exception {
        DefaultEventLoop loop = new DefaultEventLoop();
        CountDownLatch held = new CountDownLatch(1);
        try {
            LocalChannel channel = new LocalChannel();
            loop.register(channel).sync();
            CountDownLatch busy = new CountDownLatch(1);
            loop.execute(() -> {
                busy.countDown();
                waitFor(held);
            });
            assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
            BytesWriter frames = new BytesWriter(SIZE);
            frames.raw(new byte[SIZE], 0, SIZE);
            queue.write(channel, frames);
            assertThat(loop.pendingTasks()).isEqualTo(1);
            assertThat(queue.bytes()).isEqualTo(SIZE);
            held.countDown();
            await().until(() -> queue.bytes() == 0); // The channel is not connected: that ends each write.
            assertThat(all).hasValue(0);
        } finally {
            held.countDown();
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    @Test
    void nothingIsCountedThatAnEndedEventLoopDidNotTake() throws Exception {
        DefaultEventLoop loop = new DefaultEventLoop();
        LocalChannel channel = new LocalChannel();
        loop.register(channel).sync();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        BytesWriter frames = new BytesWriter(SIZE);
        frames.raw(new byte[SIZE], 0, SIZE);
        queue.write(channel, frames);
        assertThat(queue.bytes()).isZero();
        assertThat(all).hasValue(0);
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
