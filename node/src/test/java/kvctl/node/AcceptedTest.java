package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import kvctl.node.fault.Faults;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Fault;
import kvctl.protocol.Frame;
import kvctl.protocol.FrameDecoder;
import kvctl.protocol.FrameEncoder;
import kvctl.protocol.Frames;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import org.junit.jupiter.api.Test;

/** A client's connection without a loop behind it, so that whatever it asks waits. */
class AcceptedTest {
    private final Topology topology = Topology.defaults("test", 1, 1, 7101);
    private final Self self = new Self("test", topology, topology.node(1), 1, new KnownPeers(null));

    private final AtomicReference<Throwable> fatal = new AtomicReference<>();

    private EmbeddedChannel greeted(Inbox inbox) throws ProtocolException {
        return greeted(inbox, Faults.off());
    }

    private EmbeddedChannel greeted(Inbox inbox, Faults faults) throws ProtocolException {
        Server server =
                new Server(self, inbox, () -> topology.shardMap(), nodeId -> {}, 1000, fatal::set).obeying(faults);
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(1000), new FrameEncoder(), new Accepted(server));
        send(channel, Hello.ofClient("test", "c"));
        assertThat(sent(channel)).singleElement().isInstanceOf(HelloReply.Accepted.class);
        return channel;
    }

    private static void send(EmbeddedChannel channel, Frame frame) {
        BytesWriter out = new BytesWriter();
        Frames.write(out, frame);
        channel.writeInbound(Unpooled.wrappedBuffer(out.toBytes()));
    }

    private static List<Frame> sent(EmbeddedChannel channel) throws ProtocolException {
        List<Frame> frames = new ArrayList<>();
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            byte[] bytes = ByteBufUtil.getBytes(next);
            next.release();
            frames.add(Frames.read(bytes, Frames.HEADER_BYTES, bytes.length - Frames.HEADER_BYTES));
        }
        return frames;
    }

    private static void assertBusy(List<Frame> frames, long correlationId) {
        assertThat(frames).singleElement().isInstanceOfSatisfying(Frame.Answer.class, answer -> {
            assertThat(answer.correlationId()).isEqualTo(correlationId);
            assertThat(((Response.Refused) answer.response()).code()).isEqualTo(Response.Code.BUSY);
        });
    }

    @Test
    void A1_oneRequestOverTheLimitOfAConnectionIsRefusedUntilAnotherIsAnswered() throws ProtocolException {
        Inbox inbox = new Inbox(10, 1000, 10_000, 100 << 20);
        EmbeddedChannel channel = greeted(inbox);
        for (int i = 1; i <= Accepted.MAX_IN_FLIGHT; i++) {
            send(channel, new Frame.Ask(i, 1000, new Request.GetMap()));
        }
        assertThat(sent(channel)).isEmpty();
        send(channel, new Frame.Ask(5000, 1000, new Request.GetMap()));
        assertBusy(sent(channel), 5000);

        List<Call> calls = new ArrayList<>();
        inbox.drain(new ArrayList<>(), calls, 1, Long.MAX_VALUE);
        calls.get(0).answer(new Response.Ok());
        send(channel, new Frame.Ask(5001, 1000, new Request.GetMap()));
        assertThat(sent(channel)).isEmpty();
        send(channel, new Frame.Ask(5002, 1000, new Request.GetMap()));
        assertBusy(sent(channel), 5002);
    }

    @Test
    void A10_faultsAreObeyedOnlyOverALoopbackConnection() throws ProtocolException {
        // The address of an embedded channel is none of this machine.
        EmbeddedChannel channel = greeted(new Inbox(10, 1000, 10, 1000), new Faults(1, 1, true));
        for (Request request : List.of(
                new Request.InjectFault("f1", "", List.of(new Fault.FailingDisk(1)), 0, 1),
                new Request.HealFaults(""),
                new Request.ListFaults())) {
            send(channel, new Frame.Ask(1, 1000, request));
            assertThat(sent(channel)).singleElement().isInstanceOfSatisfying(Frame.Answer.class, answer -> {
                Response.Refused refused = (Response.Refused) answer.response();
                assertThat(refused.code()).isEqualTo(Response.Code.FORBIDDEN);
                assertThat(refused.message())
                        .isEqualTo("n1 obeys faults only from its own machine, by a loopback connection.");
            });
        }
    }

    @Test
    void R18_aProcessWhoseClassesWereReplacedStops() throws ProtocolException {
        Inbox inbox = new Inbox(10, 1000, 2, 100 << 20);
        greeted(inbox).pipeline().fireExceptionCaught(new ProtocolException("a bad frame"));
        assertThat(fatal).hasNullValue();
        NoClassDefFoundError gone = new NoClassDefFoundError("kvctl/protocol/Request$Put");
        greeted(inbox).pipeline().fireExceptionCaught(gone);
        assertThat(fatal).hasValue(gone);
    }

    @Test
    void A1_aFullInboxIsAnsweredWithBusy() throws ProtocolException {
        EmbeddedChannel channel = greeted(new Inbox(10, 1000, 2, 100 << 20));
        for (int i = 1; i <= 3; i++) {
            send(channel, new Frame.Ask(i, 1000, new Request.GetMap()));
        }
        assertBusy(sent(channel), 3);
    }
}
