package kvctl.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {
    private final FrameDecoder decoder = new FrameDecoder(1000);
    private EmbeddedChannel channel;

    @BeforeEach
    void open() {
        channel = new EmbeddedChannel();
        channel.freezeTime(); // before the decoder starts its timer, so that a busy machine is no slower than an idle
        // one
        channel.pipeline().addLast(new FrameEncoder(), decoder);
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void framesComeWholeHoweverTheBytesArrive() {
        decoder.helloDone();
        BytesWriter out = new BytesWriter();
        int count = new Samples(1).all().size();
        new Samples(1).all().forEach(frame -> Frames.write(out, frame));
        for (int i = 0; i < out.size(); i++) {
            channel.writeInbound(Unpooled.wrappedBuffer(out.array(), i, 1).retainedDuplicate());
        }
        for (int i = 0; i < count; i++) {
            Frame frame = channel.readInbound();
            assertThat(frame).isNotNull();
        }
        channel.writeInbound(Unpooled.wrappedBuffer(out.array(), 0, out.size()));
        for (int i = 0; i < count; i++) {
            Frame frame = channel.readInbound();
            assertThat(frame).isNotNull();
        }
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void A6_aHundredBytesOfGarbageGetOneErrorFrameAndTheEndOfTheConnection() throws Exception {
        byte[] garbage = "GET / HTTP/1.1\r\n".repeat(7).substring(0, 100).getBytes(StandardCharsets.US_ASCII);
        channel.writeInbound(Unpooled.wrappedBuffer(garbage), Unpooled.wrappedBuffer(garbage));
        assertThat(sent()).isEqualTo(new Frame.Failure("frame of 1195725856 bytes; allowed are 1 to 65536"));
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(channel.<Object>readInbound()).isNull();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void A6_aWrongChecksumClosesTheConnection() throws Exception {
        byte[] bytes = FramesTest.bytesOf(Hello.ofClient("", "test"));
        bytes[bytes.length - 1]++;
        channel.writeInbound(Unpooled.wrappedBuffer(bytes));
        assertThat(((Frame.Failure) sent()).message()).contains("wrong checksum");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void A6_aHalfFrameAndSilenceBeforeTheHelloIsClosed() throws Exception {
        byte[] bytes = FramesTest.bytesOf(Hello.ofClient("", "test"));
        channel.writeInbound(Unpooled.wrappedBuffer(Arrays.copyOf(bytes, 9)));
        channel.advanceTimeBy(999, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();
        channel.advanceTimeBy(2, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(sent()).isEqualTo(new Frame.Failure("no hello within 1000 ms"));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void theTimeLimitEndsWithTheHello() {
        decoder.helloDone();
        channel.advanceTimeBy(1, TimeUnit.DAYS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void bigFramesAreAllowedOnlyAfterTheHello() throws Exception {
        byte[] big = FramesTest.bytesOf(new Frame.Peer(new BytesReader(new byte[100_000])));
        EmbeddedChannel other = new EmbeddedChannel(new FrameEncoder(), new FrameDecoder(1000));
        other.writeInbound(Unpooled.wrappedBuffer(big));
        assertThat(other.isOpen()).isFalse();
        other.finishAndReleaseAll();

        decoder.helloDone();
        channel.writeInbound(Unpooled.wrappedBuffer(big));
        Frame.Peer peer = channel.readInbound();
        assertThat(peer.body().remaining()).isEqualTo(100_000);
    }

    @Test
    void A6_noGarbageGetsPast() {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 2_000; i++) {
            EmbeddedChannel one = new EmbeddedChannel(new FrameEncoder(), new FrameDecoder(1000));
            byte[] garbage = new byte[100];
            random.nextBytes(garbage);
            garbage[0] = 0;
            garbage[1] = 0;
            one.writeInbound(Unpooled.wrappedBuffer(garbage));
            assertThat(one.<Object>readInbound()).isNull();
            one.checkException();
            one.finishAndReleaseAll();
        }
    }

    @Test
    void finishedFramesGoOutTogether() throws Exception {
        BytesWriter out = new BytesWriter();
        Frames.write(out, new Frame.Answer(1, new Response.Ok()));
        Frames.write(out, new Frame.Answer(2, new Response.Ok()));
        byte[] expected = out.toBytes();
        channel.writeOutbound(out);
        ByteBuf bytes = channel.readOutbound();
        byte[] actual = new byte[bytes.readableBytes()];
        bytes.readBytes(actual);
        bytes.release();
        assertThat(actual).isEqualTo(expected);
    }

    private Frame sent() throws ProtocolException {
        ByteBuf bytes = channel.readOutbound();
        byte[] array = new byte[bytes.readableBytes()];
        bytes.readBytes(array);
        bytes.release();
        return Frames.read(array, 8, Frames.bodyLength(array, 0, Limits.FRAME_MAX_BYTES));
    }
}
