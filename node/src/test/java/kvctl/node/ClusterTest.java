package kvctl.node;

import static kvctl.node.TestCluster.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.Result;
import kvctl.protocol.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes on real sockets and disks, asked by the real client. */
@Timeout(120)
class ClusterTest {
    private static final long PATIENT_MS = 20_000;

    @TempDir
    Path directory;

    private TestCluster cluster;
    private KvClient client;

    @BeforeEach
    void start() throws IOException {
        cluster = TestCluster.ofThree(directory).startAll();
        client = cluster.client(PATIENT_MS);
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
        assertThat(cluster.fatal).isEmpty();
    }

    @Test
    void everyVerbDoesWhatItSays() {
        long first = client.put("a", "1").version();
        assertThat(client.get("a")).isEqualTo("1");
        client.append(bytes("a"), bytes("2"));
        assertThat(client.get("a")).isEqualTo("12");
        assertThat(client.cas(bytes("a"), first, bytes("no")).done()).isFalse();
        long second = client.get(bytes("a")).version();
        assertThat(client.cas(bytes("a"), second, bytes("yes")).done()).isTrue();
        assertThat(client.get("a")).isEqualTo("yes");
        assertThat(client.delete(bytes("a")).done()).isTrue();
        assertThat(client.delete(bytes("a")).done()).isFalse();
        assertThat(client.get("a")).isNull();
    }

    @Test
    void aScanSeesTheKeysOfAllShards() {
        for (int i = 0; i < 50; i++) {
            client.put("k" + i, "v" + i);
        }
        client.put("other", "x");
        List<Response.Row> rows =
                client.await(client.scan(bytes("k"), new byte[0], 1000).rest());
        assertThat(rows).hasSize(50);
    }

    @Test
    void appendsUnderAStoppingLeaderAreAppliedOnceAndInOrder() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Integer> writer = CompletableFuture.supplyAsync(() -> {
            int i = 0;
            while (!enough.get()) {
                client.append(bytes("log"), bytes(i + ","));
                i++;
            }
            return i;
        });
        for (int round = 0; round < 3; round++) {
            int leader = cluster.awaitLeader(1);
            cluster.stop(leader);
            assertThat(cluster.awaitLeader(1)).isNotEqualTo(leader);
            cluster.start(leader);
        }
        enough.set(true);
        int count = writer.get(60, TimeUnit.SECONDS);
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < count; i++) {
            expected.append(i).append(',');
        }
        assertThat(client.get("log")).isEqualTo(expected.toString());
    }

    @Test
    void valuesSurviveTheStopOfAllNodes() {
        for (int i = 0; i < 20; i++) {
            client.put("k" + i, "v" + i);
        }
        List.of(1, 2, 3).forEach(cluster::stop);
        cluster.startAll();
        for (int i = 0; i < 20; i++) {
            assertThat(client.get("k" + i)).isEqualTo("v" + i);
        }
    }

    @Test
    void withoutAQuorumNothingIsAnsweredAsDone() {
        client.put("a", "1");
        int leader = cluster.awaitLeader(1);
        for (int nodeId : cluster.running()) {
            if (nodeId != leader) {
                cluster.stop(nodeId);
            }
        }
        try (KvClient hasty = cluster.client(1500)) {
            KvException write = catchThrowableOfType(KvException.class, () -> hasty.put("a", "2"));
            assertThat(write.code())
                    .isIn(KvException.Code.UNKNOWN, KvException.Code.NO_QUORUM, KvException.Code.NO_LEADER);
            KvException read = catchThrowableOfType(KvException.class, () -> hasty.get("a"));
            assertThat(read.outcome()).isEqualTo(KvException.Outcome.NOT_APPLIED);
        }
        cluster.start(leader % 3 + 1);
        assertThat(client.get("a")).isIn("1", "2");
        client.put("a", "3");
        assertThat(client.get("a")).isEqualTo("3");
    }

    @Test
    void A9_whoWaitsWhenTheLeaderStopsGetsAnAnswer() throws Exception {
        client.put("a", "1");
        int leader = cluster.awaitLeader(1);
        try (KvClient hasty = cluster.client(5000)) {
            List<CompletableFuture<Result>> waiting = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                waiting.add(hasty.putAsync(bytes("k" + i), bytes("v")));
            }
            assertThat(cluster.stop(leader)).as("stopped in time").isTrue();
            int done = 0;
            for (CompletableFuture<Result> future : waiting) {
                try {
                    done += future.get(10, TimeUnit.SECONDS).done() ? 1 : 0;
                } catch (ExecutionException e) {
                    assertThat(KvClient.failure(e)).isNotNull();
                }
            }
            assertThat(done).as("the others took over").isGreaterThan(400);
        }
    }

    @Test
    void leadershipGoesWhereItIsAsked() {
        client.put("a", "1");
        int target = cluster.awaitLeader(1) % 3 + 1;
        client.await(client.transferAsync(1, target));
        await().atMost(Duration.ofSeconds(10)).until(() -> cluster.awaitLeader(1) == target);
    }

    @Test
    void R19_aNodeOfAnotherClusterOnAPeersPortIsNotTalkedTo() throws Exception {
        client.put("a", "1");
        cluster.stop(3);
        Topology other = cluster.topology.withCluster("other");
        Node stranger = Node.start(other, "n3", directory.resolve("stranger"), cluster.fatal::add);
        try {
            int leader = cluster.awaitLeader(1);
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(cluster.replica(leader, 1).peers())
                            .anySatisfy(peer -> {
                                assertThat(peer.nodeId()).isEqualTo(3);
                                assertThat(peer.alive()).isFalse();
                            }));
            client.put("a", "2");
            assertThat(cluster.status(3).replicas())
                    .allSatisfy(replica -> assertThat(replica.lastLogIndex()).isZero());
        } finally {
            stranger.stop();
        }
        cluster.start(3);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(cluster.replica(3, 1).lastApplied())
                        .isEqualTo(cluster.replica(1, 1).commitIndex()));
    }

    @Test
    void D11_aNodeWhoseDataWasWipedIsNotListenedToUnderItsOldName() throws Exception {
        client.put("a", "1");
        cluster.stop(3);
        wipe(3);
        cluster.start(3);
        client.put("a", "2");
        for (int i = 0; i < 20; i++) {
            client.put("k" + i, "v");
        }
        assertThat(cluster.status(3).replicas())
                .allSatisfy(replica -> assertThat(replica.lastLogIndex()).isZero());
        assertThat(cluster.dataDirectory(1).resolve("peers")).content().hasLineCount(2);
    }

    /** A value was on the leader's and one more disk, and that one is wiped: the third finds no majority without the leader. */
    @Test
    void D11_whatAWipedNodeHeldIsNotForgotten() throws Exception {
        client.put("a", "1");
        int leader = cluster.awaitLeader(1);
        int wiped = leader % 3 + 1;
        int behind = wiped % 3 + 1;
        cluster.stop(behind);
        client.put("a", "2");
        cluster.stop(leader);
        cluster.stop(wiped);
        wipe(wiped);
        cluster.start(wiped);
        cluster.start(behind);
        await().pollInterval(Duration.ofMillis(50))
                .during(Duration.ofMillis(1_500))
                .atMost(Duration.ofSeconds(10))
                .until(() -> !cluster.replica(behind, 1).role().equals("leader")
                        && !cluster.replica(wiped, 1).role().equals("leader"));
        cluster.start(leader);
        assertThat(client.get("a")).isEqualTo("2");
        assertThat(cluster.replica(wiped, 1).lastLogIndex()).isZero();
    }

    private void wipe(int nodeId) throws IOException {
        try (var files = Files.walk(cluster.dataDirectory(nodeId))) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }

    /** The same directories under a topology with other ports: nodes are known by their data, not by where they listen. */
    @Test
    void M11_nodesThatMoveToOtherPortsAreTheSameCluster() throws Exception {
        client.put("a", "1");
        long configuration =
                client.await(client.configurationAsync(0)).configuration().number();
        List.of(1, 2, 3).forEach(cluster::stop);
        try (TestCluster moved = TestCluster.ofThree(directory);
                KvClient asking = moved.startAll().client(PATIENT_MS)) {
            assertThat(moved.node(1).port()).isNotEqualTo(cluster.node(1).port());
            assertThat(asking.get("a")).isEqualTo("1");
            assertThat(asking.await(asking.configurationAsync(0))
                            .configuration()
                            .number())
                    .isEqualTo(configuration);
            asking.put("a", "2");
            assertThat(moved.fatal).isEmpty();
        }
    }

    @Test
    void aSecondNodeOnTheSamePortIsRefusedInOneLine() {
        assertThatThrownBy(() -> Node.start(cluster.topology, "n1", directory.resolve("elsewhere"), e -> {}))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("Port " + cluster.node(1).port() + " for n1 is in use");
    }

    @Test
    void D15_aSecondNodeOnTheSameDataIsRefusedInOneLine() {
        assertThatThrownBy(() -> Node.start(cluster.topology, "n1", cluster.dataDirectory(1), e -> {}))
                .hasMessageContaining("locked")
                .message()
                .doesNotContain("\n");
    }
}
