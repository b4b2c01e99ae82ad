package kvctl.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real client on real sockets against toy nodes. */
@Timeout(60)
class SocketClientTest {
    private final ToyCluster cluster = new ToyCluster(4, 1, 2, 3);
    private final List<ToyNode> nodes = new ArrayList<>();
    private KvClient client;

    @BeforeEach
    void start() throws Exception {
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            ToyNode node = new ToyNode(cluster, nodeId, 0);
            nodes.add(node);
            cluster.ports.put(nodeId, node.port());
        }
        client = KvClient.connect(address(2));
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        for (ToyNode node : nodes) {
            node.close();
        }
    }

    private String address(int nodeId) {
        return "127.0.0.1:" + cluster.ports.get(nodeId);
    }

    @Test
    void everyVerbGoesThereAndBack() {
        assertThat(client.get("a")).isNull();
        assertThat(client.put("a", "1").done()).isTrue();
        Result appended = client.append(b("a"), b("2"));
        Result read = client.get(b("a"));
        assertThat(read.value()).isEqualTo(b("12"));
        assertThat(read.version()).isEqualTo(appended.version());
        assertThat(read.node()).isEqualTo("n1");
        assertThat(read.groupId()).isEqualTo(1);
        assertThat(client.cas(b("a"), 99, b("x")).done()).isFalse();
        assertThat(client.cas(b("a"), read.version(), b("x")).done()).isTrue();
        assertThat(client.delete(b("a")).done()).isTrue();
        assertThat(client.delete(b("a")).done()).isFalse();
        assertThat(client.await(client.mapAsync()).clusterId()).isEqualTo("toy");
        assertThat(client.await(client.statusAsync(3)).name()).isEqualTo("n3");
        assertThat(client.await(client.statusAsync(address(2))).name()).isEqualTo("n2");
        assertThat(client.await(client.transferAsync(1, 2)).response()).isEqualTo(new Response.Ok());
        assertThat(client.inFlight()).isZero();
    }

    @Test
    void valuesOfSeveralMebibytesPass() {
        client.setRequestTimeoutMs(30_000);
        byte[] value = new byte[4 << 20];
        new java.util.SplittableRandom(1).nextBytes(value);
        client.put(b("big"), value);
        assertThat(client.get(b("big")).value()).isEqualTo(value);
        List<CompletableFuture<Result>> many = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            many.add(client.putAsync(b("big" + i), value));
        }
        many.forEach(one -> assertThat(client.await(one).done()).isTrue());
    }

    @Test
    void aScanMergesTheShardsInKeyOrder() {
        List<CompletableFuture<Result>> puts = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            puts.add(client.putAsync(b(String.format("k%05d", i)), b("v" + i)));
        }
        puts.forEach(client::await);
        client.put("other", "x");

        List<Response.Row> all =
                client.await(client.scan(b("k"), b(""), Long.MAX_VALUE).rest());
        assertThat(all).hasSize(3000);
        for (int i = 0; i < 3000; i++) {
            assertThat(new String(all.get(i).key(), UTF_8)).isEqualTo(String.format("k%05d", i));
        }
        List<Response.Row> some =
                client.await(client.scan(b("k"), b("k00990"), 700).rest());
        assertThat(some).hasSize(700);
        assertThat(some.get(0).key()).isEqualTo(b("k00990"));
        assertThat(client.await(client.scan(b("none"), b(""), 10).next())).isEmpty();
    }

    @Test
    void aLostConnectionAndAKilledLeaderAreSurvived() throws Exception {
        AtomicInteger done = new AtomicInteger();
        List<CompletableFuture<Result>> all = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            if (i == 100) {
                nodes.get(0).cutConnections();
            }
            if (i == 200) {
                cluster.leaderId = 3;
                nodes.get(0).close();
            }
            all.add(client.appendAsync(b("log"), b(i + ";")).whenComplete((result, e) -> done.incrementAndGet()));
        }
        all.forEach(client::await);
        assertThat(done).hasValue(300);
        assertThat(client.get("log").split(";")).hasSize(300).doesNotHaveDuplicates();
        assertThat(cluster.applied).isEqualTo(300);
    }

    @Test
    void A8_aNodeThatTakesConnectionsAndSaysNothingIsGoneAround() throws Exception {
        try (ServerSocket deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                KvClient other = KvClient.connect("127.0.0.1:" + deaf.getLocalPort(), address(1))) {
            other.put("a", "1");
            assertThat(other.get("a")).isEqualTo("1");
        }
    }

    @Test
    void whenNobodyListensTheErrorSaysSo() throws Exception {
        for (ToyNode node : nodes) {
            node.close();
        }
        try (KvClient other = KvClient.builder()
                .endpoints(List.of(address(1), address(2)))
                .giveUpWhenAllRefuse(true)
                .build()) {
            KvException e = catchThrowableOfType(KvException.class, () -> other.put("a", "1"));
            assertThat(e.code()).isEqualTo(KvException.Code.UNREACHABLE);
            assertThat(e.outcome()).isEqualTo(KvException.Outcome.NOT_APPLIED);
            assertThat(e)
                    .hasMessageStartingWith(
                            "None of 2 nodes answers: " + address(1) + ", " + address(2) + " refused the connection.");
        }
        KvException e = catchThrowableOfType(KvException.class, () -> client.await(client.statusAsync(address(3))));
        assertThat(e).hasMessage(address(3) + " refused the connection.");
    }

    @Test
    void A6_anotherClusterIsRefusedAtOnce() {
        try (KvClient other = KvClient.builder()
                .endpoints(List.of(address(1)))
                .clusterId("mine")
                .build()) {
            KvException e = catchThrowableOfType(KvException.class, () -> other.get("a"));
            assertThat(e.code()).isEqualTo(KvException.Code.WRONG_CLUSTER);
            assertThat(e).hasMessage(address(1) + " refused the hello: this is cluster toy, not mine.");
        }
    }

    @Test
    void A6_anAnswerThatIsGarbageEndsTheConnectionNotTheClient() throws Exception {
        try (ServerSocket rogue = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> {
                try (Socket socket = rogue.accept()) {
                    socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
                    socket.getInputStream().read(new byte[100]);
                } catch (java.io.IOException closed) {
                    // Nothing to do.
                }
            });
            thread.start();
            try (KvClient other = KvClient.connect("127.0.0.1:" + rogue.getLocalPort())) {
                String address = "127.0.0.1:" + rogue.getLocalPort();
                KvException e = catchThrowableOfType(KvException.class, () -> other.await(other.statusAsync(address)));
                assertThat(e)
                        .hasMessage(address + " sent what is no answer: frame of 1213486160 bytes; allowed are 1 to"
                                + " 65536.");
            }
            thread.join();
        }
    }

    @Test
    void closeCompletesEverything() {
        cluster.trouble = (nodeId, request) -> request instanceof Request.GetMap ? null : ToyCluster.SILENCE;
        client.await(client.mapAsync());
        CompletableFuture<Result> write = client.putAsync(b("a"), b("1"));
        CompletableFuture<Result> read = client.getAsync(b("a"));
        org.awaitility.Awaitility.await().until(() -> client.inFlight() == 2);
        client.close();
        KvException unanswered = catchThrowableOfType(KvException.class, () -> client.await(read));
        assertThat(unanswered.code()).isEqualTo(KvException.Code.CLOSED);
        KvException maybe = catchThrowableOfType(KvException.class, () -> client.await(write));
        assertThat(maybe.code()).isIn(KvException.Code.CLOSED, KvException.Code.UNKNOWN);
        assertThatThrownBy(() -> client.get("a")).hasMessageContaining("closed");
        assertThat(client.inFlight()).isZero();
    }

    @Test
    void waitingOnTheClientsOwnThreadIsRefused() {
        CompletableFuture<Result> chained = client.getAsync(b("a")).thenApply(result -> client.get(b("b")));
        assertThatThrownBy(() -> client.await(chained)).hasRootCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void limitsAreCheckedBeforeAnythingIsSent() {
        assertThatThrownBy(() -> client.put("", "1")).hasMessage("A key can't be empty.");
        assertThatThrownBy(() -> client.put("k".repeat(1025), "1")).hasMessage("Key has 1025 bytes; limit is 1024.");
        assertThatThrownBy(() -> client.put(b("k"), new byte[9646899])).hasMessage("Value is 9.2 MiB; limit is 4 MiB.");
    }

    /** A floor far below what it must reach (100,000/s), so that a busy machine does not fail it. */
    @Test
    void manyRequestsShareOneConnection() throws Exception {
        int count = 100_000;
        Semaphore window = new Semaphore(256);
        AtomicInteger failed = new AtomicInteger();
        client.put("a", "1");
        long startNs = System.nanoTime();
        for (int i = 0; i < count; i++) {
            window.acquire();
            client.getAsync(b("a")).whenComplete((result, e) -> {
                failed.addAndGet(e == null ? 0 : 1);
                window.release();
            });
        }
        assertThat(window.tryAcquire(256, 30, TimeUnit.SECONDS)).isTrue();
        long perSecond = count * 1_000_000_000L / (System.nanoTime() - startNs);
        System.out.println("client on sockets, 256 in flight: " + perSecond + " gets/s");
        assertThat(failed).hasValue(0);
        assertThat(perSecond).isGreaterThan(5_000);
    }

    private static byte[] b(String text) {
        return text.getBytes(UTF_8);
    }
}
