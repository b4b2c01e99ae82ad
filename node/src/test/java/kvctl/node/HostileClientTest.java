package kvctl.node;

import static kvctl.node.TestCluster.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import kvctl.client.KvClient;
import kvctl.protocol.BytesReader;
import kvctl.protocol.Frame;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.Response.Code;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What comes over the port may be anything; the node answers in one line, closes, and goes on (HAZARDS A6). */
@Timeout(60)
class HostileClientTest {
    @TempDir
    static Path directory;

    private static TestCluster cluster;
    private static long seq;

    @BeforeAll
    static void start() throws IOException {
        cluster = new TestCluster(directory, 1, "{ g1: [n1] }", "{ heap: 128m }").startAll();
        cluster.awaitLeader(1);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @AfterEach
    void theNodeGoesOn() {
        try (KvClient client = cluster.client(10_000)) {
            client.put("alive", "1");
        }
        assertThat(cluster.fatal).isEmpty();
    }

    private static Request.Tag tag() {
        seq++;
        return new Request.Tag(1_000, 42, seq, seq);
    }

    private static RawClient stranger() throws IOException {
        return new RawClient(cluster.node(1));
    }

    private static RawClient client() throws Exception {
        return RawClient.to(cluster.node(1));
    }

    private static void assertRefused(Response answer, Code code, String message) {
        assertThat(answer).isInstanceOfSatisfying(Response.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(code);
            assertThat(refused.message()).contains(message);
        });
    }

    private static void assertClosedWith(RawClient client, String message) throws Exception {
        Frame last = client.receive();
        assertThat(last).isEqualTo(new Frame.Failure(message));
        assertThat(client.readToEnd()).isEmpty();
    }

    @Test
    void A6_garbageIsClosed() throws Exception {
        Random random = new Random(7);
        for (int i = 0; i < 20; i++) {
            byte[] garbage = new byte[100];
            random.nextBytes(garbage);
            garbage[0] = (byte) (i % 2);
            try (RawClient stranger = stranger()) {
                stranger.sendBytes(garbage);
                stranger.readToEnd();
            }
        }
    }

    @Test
    void A6_aWrongChecksumIsNamed() throws Exception {
        try (RawClient stranger = stranger()) {
            stranger.sendBytes(new byte[] {0, 0, 0, 2, 1, 2, 3, 4, 1, 1});
            assertClosedWith(stranger, "frame of 2 bytes has a wrong checksum");
        }
    }

    @Test
    void anHttpClientIsToldWhatThisPortSpeaks() throws Exception {
        try (RawClient stranger = stranger()) {
            stranger.sendBytes("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(stranger.readToEnd()).startsWith("HTTP/1.1 400").contains("kvctl frames");
        }
    }

    @Test
    void whoSaysNothingIsClosed() throws Exception {
        try (RawClient stranger = stranger()) {
            assertThat(stranger.readToEnd()).isEmpty();
        }
    }

    @Test
    void A6_halfAHelloIsClosed() throws Exception {
        try (RawClient stranger = stranger()) {
            stranger.sendBytes(new byte[] {0, 0, 0, 40, 1});
            assertThat(stranger.receive()).isInstanceOf(Frame.Failure.class);
            assertThat(stranger.readToEnd()).isEmpty();
        }
    }

    @Test
    void A6_halfAFrameAfterTheHelloIsClosed() throws Exception {
        try (RawClient client = client()) {
            client.sendBytes(new byte[] {0, 0, 1, 0, 1, 2, 3});
            assertThat(client.receive())
                    .isInstanceOfSatisfying(
                            Frame.Failure.class,
                            failure -> assertThat(failure.message()).contains("begun and not ended"));
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void anIdleClientStays() throws Exception {
        try (RawClient idle = client()) {
            try (RawClient half = client()) {
                half.sendBytes(new byte[] {0, 0, 1, 0});
                half.receive();
            }
            // The half frame was closed for its silence; the idle connection is as old and was not.
            assertThat(idle.call(new Request.GetMap())).isInstanceOf(Response.MapReply.class);
        }
    }

    @Test
    void A6_aFrameOverTheLimitIsNamed() throws Exception {
        try (RawClient client = client()) {
            client.sendBytes(new byte[] {1, 0, 0, 1, 0, 0, 0, 0});
            assertClosedWith(client, "frame of 16777217 bytes; allowed are 1 to 16777216");
        }
    }

    @Test
    void aRequestBeforeTheHelloIsRefused() throws Exception {
        try (RawClient stranger = stranger()) {
            stranger.ask(new Request.GetMap(), 1000);
            assertClosedWith(stranger, "the first frame must be a hello");
        }
    }

    @Test
    void R19_aClientCantSendRaftMessages() throws Exception {
        try (RawClient client = client()) {
            client.send(new Frame.Peer(new BytesReader(new byte[] {1, 2, 3})));
            assertThat(client.receive()).isInstanceOf(Frame.Failure.class);
        }
    }

    private static HelloReply.Refused helloRefused(Hello hello) throws Exception {
        try (RawClient stranger = stranger()) {
            stranger.send(hello);
            HelloReply.Refused refused = (HelloReply.Refused) stranger.receive();
            assertThat(stranger.readToEnd()).isEmpty();
            return refused;
        }
    }

    @Test
    void R19_anotherClusterIsRefused() throws Exception {
        assertThat(helloRefused(Hello.ofClient("prod", "c")))
                .isEqualTo(new HelloReply.Refused(
                        HelloReply.Code.WRONG_CLUSTER, "n1 belongs to cluster 'test', not 'prod'"));
        assertThat(helloRefused(Hello.ofPeer("prod", 1, "n1", 5)).code()).isEqualTo(HelloReply.Code.WRONG_CLUSTER);
        assertThat(helloRefused(Hello.ofPeer("", 1, "n1", 5)).code()).isEqualTo(HelloReply.Code.WRONG_CLUSTER);
    }

    @Test
    void R19_aPeerThatTheTopologyDoesNotNameIsRefused() throws Exception {
        for (Hello hello : List.of(
                Hello.ofPeer("test", 1, "n1", 5), Hello.ofPeer("test", 2, "n2", 5), Hello.ofPeer("test", 0, "n0", 5))) {
            assertThat(helloRefused(hello).code()).isEqualTo(HelloReply.Code.WRONG_IDENTITY);
        }
    }

    @Test
    void A6_anotherProtocolVersionIsRefused() throws Exception {
        Hello newer = new Hello(Hello.Role.CLIENT, "test", 0, "c", 0, 2, 3, 0);
        assertThat(helloRefused(newer))
                .isEqualTo(new HelloReply.Refused(
                        HelloReply.Code.WRONG_VERSION, "n1 speaks protocol version 1, not 2 to 3"));
    }

    @Test
    void tooLargeAValueIsABadRequestAndNothingElse() throws Exception {
        try (RawClient client = client()) {
            byte[] value = new byte[(int) (9.2 * (1 << 20))];
            assertRefused(
                    client.call(new Request.Put(tag(), bytes("k"), value)),
                    Code.BAD_REQUEST,
                    "Value is 9.2 MiB; limit is 4 MiB.");
            assertRefused(
                    client.call(new Request.Put(tag(), bytes("k"), new byte[Limits.VALUE_MAX_BYTES + 1])),
                    Code.BAD_REQUEST,
                    "Value is 4.1 MiB; limit is 4 MiB");
            assertThat(client.call(new Request.Put(tag(), bytes("k"), new byte[Limits.VALUE_MAX_BYTES])))
                    .isInstanceOf(Response.Written.class);
            Response.Value back = (Response.Value) client.call(new Request.Get(bytes("k")));
            assertThat(back.value()).hasSize(Limits.VALUE_MAX_BYTES);
        }
    }

    @Test
    void keysHaveOneToThousandBytes() throws Exception {
        try (RawClient client = client()) {
            assertRefused(client.call(new Request.Get(new byte[0])), Code.BAD_REQUEST, "Key is empty");
            assertRefused(
                    client.call(new Request.Get(new byte[1025])), Code.BAD_REQUEST, "Key is 1.1 KiB; limit is 1 KiB.");
            assertThat(client.call(new Request.Get(new byte[1024]))).isInstanceOf(Response.NotFound.class);
        }
    }

    @Test
    void scansAskForOneShardAndABoundedPage() throws Exception {
        byte[] all = new byte[0];
        try (RawClient client = client()) {
            assertRefused(client.call(new Request.Scan(8, all, all, 10)), Code.BAD_REQUEST, "There is no shard 8");
            assertRefused(client.call(new Request.Scan(0, all, all, 0)), Code.BAD_REQUEST, "A page has 1 to 1000 rows");
            assertThat(client.call(new Request.Scan(0, all, all, 10))).isInstanceOf(Response.Page.class);
        }
    }

    @Test
    void A4_aRequestWhoseTimeIsOverIsNotBegun() throws Exception {
        try (RawClient client = client()) {
            Request put = new Request.Put(tag(), bytes("late"), bytes("1"));
            assertRefused(client.answer(client.ask(put, 0)), Code.EXPIRED, "time for this request was over");
        }
        try (KvClient client = cluster.client(10_000)) {
            assertThat(client.get("late")).isNull();
        }
    }

    @Test
    void A2_aClientThatNeverReadsCostsABoundedAmount(@TempDir Path own) throws Exception {
        try (TestCluster patient = new TestCluster(own, 1, "{ g1: [n1] }", "{ heap: 128m }")
                        .patient(5_000)
                        .startAll();
                KvClient other = patient.client(10_000);
                RawClient slow = RawClient.to(patient.node(1))) {
            other.put(bytes("big"), new byte[1 << 20]);
            other.put("alive", "1");
            long[] asked = {0};
            // Again and again: what the system's own buffers take does not stay in the node's.
            await().atMost(Duration.ofSeconds(10)).until(() -> {
                for (int i = 0; i < 50; i++) {
                    asked[0] = slow.ask(new Request.Get(bytes("big")), 60_000);
                }
                return patient.queuedAnswerBytes(1) > Server.CLIENT_MARKS.low();
            });
            for (int i = 0; i < 10; i++) {
                assertThat(other.get("alive")).isEqualTo("1");
                assertThat(patient.queuedAnswerBytes(1)).isLessThan(Accepted.ANSWER_BYTES + (2 << 20));
            }
            int values = 0;
            for (long id = 1; id <= asked[0]; id++) {
                values += slow.answer(id) instanceof Response.Value ? 1 : 0;
            }
            assertThat(values).as("what is read is served").isPositive();
        }
    }

    @Test
    void A1_requestsOverTheLimitOfAConnectionAreRefused() throws Exception {
        int asked = 3 * Accepted.MAX_IN_FLIGHT;
        try (RawClient client = client()) {
            for (int i = 0; i < asked; i++) {
                client.ask(new Request.Put(tag(), bytes("k" + i % 10), bytes("v")), 10_000);
            }
            int done = 0;
            for (long id = 1; id <= asked; id++) {
                Response answer = client.answer(id);
                if (answer instanceof Response.Written) {
                    done++;
                } else {
                    assertRefused(answer, Code.BUSY, "");
                }
            }
            assertThat(done).isGreaterThanOrEqualTo(Accepted.MAX_IN_FLIGHT);
        } catch (EOFException e) {
            throw new AssertionError("the node closed the connection", e);
        }
    }
}
