package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import kvctl.node.fault.FaultDoor;
import kvctl.node.fault.Faults;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Fault;
import kvctl.protocol.Frame;
import kvctl.protocol.Frames;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.raft.Entry;
import kvctl.raft.Message;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The links of node 1 to a node 2 that this test plays. */
@Timeout(60)
class PeersTest {
    private ServerSocket port;
    private EventLoopGroup threads;
    private final Faults faults = new Faults(1, 2, true);
    private Peers peers;

    @BeforeEach
    void start() throws IOException {
        port = new ServerSocket(0, 10, InetAddress.getByName("127.0.0.1"));
        int own = TestCluster.freePorts(1).get(0);
        Topology topology = Topology.parse(
                "test.yaml",
                "cluster: test\nnodes:\n  n1: { port: %d }\n  n2: { port: %d }\ngroups: { g1: [n1, n2] }\n"
                        .formatted(own, port.getLocalPort()));
        threads = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("net", true), NioIoHandler.newFactory());
        peers = new Peers(
                new Self("test", topology, topology.node(1), 77, new KnownPeers(null)),
                threads,
                Runnable::run,
                faults,
                () -> {});
        faults.start(threads.next(), new Faults.Links() {
            @Override
            public void obey() {
                peers.obey();
            }

            @Override
            public void probe(int to, long number) {
                peers.probe(to, number);
            }
        });
        peers.start();
    }

    @AfterEach
    void stop() throws IOException {
        peers.close();
        threads.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS).awaitUninterruptibly();
        port.close();
    }

    private static Frame read(DataInputStream in) throws Exception {
        byte[] header = new byte[Frames.HEADER_BYTES];
        in.readFully(header);
        byte[] whole = new byte[Frames.HEADER_BYTES + Frames.bodyLength(header, 0, Limits.FRAME_MAX_BYTES)];
        System.arraycopy(header, 0, whole, 0, header.length);
        in.readFully(whole, header.length, whole.length - header.length);
        return Frames.read(whole, Frames.HEADER_BYTES, whole.length - Frames.HEADER_BYTES);
    }

    private static void write(Socket socket, Frame frame) throws IOException {
        BytesWriter out = new BytesWriter();
        Frames.write(out, frame);
        socket.getOutputStream().write(out.array(), 0, out.size());
    }

    private static HelloReply accept(int nodeId, String name) {
        return new HelloReply.Accepted(Hello.VERSION, "test", nodeId, name, 5, null);
    }

    private static Message vote(long term) {
        return new Message.RequestVoteReply(term, true);
    }

    private static Message append(long term, int entryBytes) {
        List<Entry> entries = List.of(Entry.command(1, term, new byte[entryBytes]));
        return new Message.AppendEntries(term, 1, 0, 0, entries, 0, 1, 1);
    }

    private Socket accepted(HelloReply reply) throws Exception {
        Socket socket = port.accept();
        Hello hello = (Hello) read(new DataInputStream(socket.getInputStream()));
        assertThat(hello).isEqualTo(Hello.ofPeer("test", 1, "n1", 77));
        write(socket, reply);
        return socket;
    }

    @Test
    void messagesOfATurnGoInOneFramePerLaneAndVotesFirst() throws Exception {
        try (Socket socket = accepted(accept(2, "n2"))) {
            await().until(() -> peers.isConnected(2));
            peers.send(1, 2, append(1, 10));
            peers.send(2, 2, append(2, 10));
            peers.send(1, 2, vote(3));
            peers.send(2, 2, vote(4));
            peers.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            Frame.Peer votes = (Frame.Peer) read(in);
            assertThat(PeerCodec.readAll(votes.body(), 1))
                    .extracting(mail -> mail.message().term())
                    .containsExactly(3L, 4L);
            Frame.Peer appends = (Frame.Peer) read(in);
            assertThat(PeerCodec.readAll(appends.body(), 1))
                    .extracting(Mail::groupId)
                    .containsExactly(1, 2);
        }
    }

    @Test
    void aLostConnectionIsDialledAgain() throws Exception {
        accepted(accept(2, "n2")).close();
        try (Socket again = accepted(accept(2, "n2"))) {
            assertThat(again.isConnected()).isTrue();
            await().until(() -> peers.isConnected(2));
        }
    }

    @Test
    void R19_aNodeThatIsNotTheOneThatWasDialledGetsNothing() throws Exception {
        for (HelloReply reply : List.of(
                accept(3, "n3"),
                accept(2, "n3"),
                new HelloReply.Accepted(Hello.VERSION, "other", 2, "n2", 5, null),
                new HelloReply.Refused(HelloReply.Code.WRONG_CLUSTER, "go away"))) {
            try (Socket socket = accepted(reply)) {
                assertThat(socket.getInputStream().read()).as("closed").isEqualTo(-1);
                assertThat(peers.isConnected(2)).isFalse();
            }
        }
    }

    private void ask(Request.OfFaults request) throws Exception {
        FaultDoor door = new FaultDoor("n1", faults);
        CompletableFuture<Response> answer = new CompletableFuture<>();
        threads.next().execute(() -> door.answer(request, true, answer::complete));
        assertThat(answer.get(10, TimeUnit.SECONDS)).isInstanceOf(Response.FaultsReply.class);
    }

    @Test
    void A10_whatIsQueuedWhenACutIsAcknowledgedDoesNotCross() throws Exception {
        try (Socket socket = accepted(accept(2, "n2"))) {
            await().until(() -> peers.isConnected(2));
            for (int i = 0; i < 30; i++) {
                peers.send(1, 2, append(i, 1 << 20));
                peers.flush();
            }
            await().until(() -> peers.queuedBytes(2) > 0);
            // One more that is in no queue yet.
            peers.send(1, 2, vote(8));
            ask(new Request.InjectFault("f1", "", List.of(new Fault.Cut(1, 2)), 0, 1));
            peers.flush();
            peers.send(1, 2, vote(9));
            peers.flush();
            int atTheReceiver = socket.getInputStream().available();
            assertThat(received(socket)).as("what its system had already").isEqualTo(atTheReceiver);
            await().untilAsserted(() -> assertThat(peers.queuedBytes(2)).isZero());
        }
        port.setSoTimeout(500);
        assertThatThrownBy(port::accept).as("not dialled").isInstanceOf(SocketTimeoutException.class);
        port.setSoTimeout(0);
        ask(new Request.HealFaults("f1"));
        try (Socket again = accepted(accept(2, "n2"))) {
            await().until(() -> peers.isConnected(2));
            assertThat(again.isConnected()).isTrue();
        }
    }

    private static long received(Socket socket) {
        byte[] buffer = new byte[64 << 10];
        long count = 0;
        try {
            for (int n = 0; n >= 0; n = socket.getInputStream().read(buffer)) {
                count += n;
            }
        } catch (IOException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        return count;
    }

    @Test
    void A10_anAnswerThatIsCutOffIsNotWaitedFor() throws Exception {
        Socket first = port.accept(); // its hello is never answered
        ask(new Request.InjectFault("f1", "", List.of(new Fault.Cut(2, 1)), 0, 1));
        first.close();
        try (Socket socket = port.accept()) {
            assertThat(read(new DataInputStream(socket.getInputStream()))).isInstanceOf(Hello.class);
            await().until(() -> peers.isConnected(2));
            // Whoever answers all the same is not heard, and has to be met anew.
            write(socket, accept(2, "n2"));
            ask(new Request.HealFaults("f1"));
        }
        accepted(accept(2, "n2")).close();
    }

    @Test
    void A2_aPeerThatNeverReadsCostsABoundedAmountAndVotesStillFit() throws Exception {
        try (Socket socket = accepted(accept(2, "n2"))) {
            await().until(() -> peers.isConnected(2));
            for (int i = 0; i < 200; i++) {
                peers.send(1, 2, append(i, 1 << 20));
                peers.flush();
            }
            assertThat(peers.queuedBytes(2))
                    .isGreaterThanOrEqualTo(Peers.LOG_QUEUE_BYTES)
                    .isLessThan(Peers.LOG_QUEUE_BYTES + (2 << 20));
            peers.send(1, 2, vote(1000));
            peers.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            await().until(() -> PeerCodec.readAll(((Frame.Peer) read(in)).body(), 1)
                            .get(0)
                            .message()
                            .term()
                    == 1000);
            await().until(() -> peers.queuedBytes(2) == 0);
        }
    }
}
