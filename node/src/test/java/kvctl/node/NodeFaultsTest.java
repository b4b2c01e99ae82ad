package kvctl.node;

import static kvctl.node.TestCluster.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.protocol.Fault;
import kvctl.protocol.FaultStatus;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.Response.Code;
import kvctl.storage.StorageException;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Disks, clocks and clients of three real nodes under faults, and who may ask for them. */
@Timeout(120)
class NodeFaultsTest {
    private static final long PATIENT_MS = 20_000;

    @TempDir
    Path directory;

    private TestCluster cluster;
    private Breaker breaker;
    private KvClient client;
    private int leader;
    private int other;
    private boolean stopsByItself;

    @BeforeEach
    void start() throws IOException {
        cluster = TestCluster.obeyingFaults(directory, 3).startAll();
        breaker = new Breaker(cluster);
        client = cluster.client(PATIENT_MS);
        client.put("a", "0");
        leader = cluster.awaitLeader(1);
        other = leader % 3 + 1;
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        for (int nodeId : cluster.running()) {
            breaker.ask(nodeId, new Request.HealFaults(""));
        }
        breaker.close();
        cluster.close();
        assertThat(cluster.fatal).hasSize(stopsByItself ? 1 : 0);
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(10));
    }

    private static long msSince(long startNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    private static Request.InjectFault inject(String id, List<Fault> rules) {
        return new Request.InjectFault(id, "", rules, 0, 1);
    }

    private static Request.Put put(long seq, String value) {
        return new Request.Put(new Request.Tag(1, 1, seq, 0), bytes("a"), bytes(value));
    }

    private void assertRefused(Request request, Code code, String part) throws Exception {
        Response.Refused refused = (Response.Refused) breaker.ask(leader, request);
        assertThat(refused.code()).isEqualTo(code);
        assertThat(refused.message()).contains(part).doesNotContain("\n");
        assertThat(breaker.list(leader)).isEmpty();
    }

    // ---- who may ask, and for what

    @Test
    void A10_aNodeThatWasNotStartedForItObeysNoFault() throws Exception {
        try (TestCluster sound = TestCluster.ofThree(directory.resolve("sound"))) {
            sound.start(1);
            try (RawClient raw = RawClient.to(sound.node(1))) {
                for (Request request : List.of(
                        inject("f1", List.of(new Fault.Cut(1, 2))),
                        new Request.HealFaults(""),
                        new Request.ListFaults(),
                        new Request.SendProbe(2, 1),
                        new Request.GetProbes())) {
                    Response.Refused refused = (Response.Refused) raw.call(request);
                    assertThat(refused.code()).isEqualTo(Code.FORBIDDEN);
                    assertThat(refused.code().definite()).isTrue();
                    assertThat(refused.message())
                            .isEqualTo(
                                    "n1 obeys no faults: put 'faults: true' under 'node:' in the topology and start it"
                                            + " anew.");
                }
            }
            assertThat(sound.status(1).faults()).isEmpty();
        }
    }

    @Test
    void whatMakesNoSenseIsRefusedAndChangesNothing() throws Exception {
        List<Fault> good = List.of(new Fault.Cut(leader, other));
        int third = other % 3 + 1;
        assertRefused(inject("", good), Code.BAD_REQUEST, "id is 1 to 64 letters");
        assertRefused(inject("f 1", good), Code.BAD_REQUEST, "not 'f 1'");
        assertRefused(inject("f1", List.of()), Code.BAD_REQUEST, "at least one rule");
        assertRefused(
                inject("f1", List.of(new Fault.Cut(other, third))), Code.BAD_REQUEST, "is nothing for n" + leader);
        assertRefused(inject("f1", List.of(new Fault.Cut(leader, 4))), Code.BAD_REQUEST, "is nothing for");
        assertRefused(inject("f1", List.of(new Fault.FullDisk(other))), Code.BAD_REQUEST, "is nothing for");
        String longText = "x".repeat(Limits.FAULT_TEXT_MAX + 1);
        assertRefused(new Request.InjectFault("f1", longText, good, 0, 1), Code.BAD_REQUEST, "at most 256");
        assertRefused(new Request.InjectFault("f1", "", good, 1L << 40, 1), Code.BAD_REQUEST, "A fault lasts");
        assertRefused(new Request.SendProbe(leader, 1), Code.BAD_REQUEST, "no link to node");
        assertRefused(new Request.SendProbe(4, 1), Code.BAD_REQUEST, "no link to node 4");
    }

    @Test
    void A1_aNodeHasRoomForSoManyFaultsAndRules() throws Exception {
        List<Fault> mild = List.of(new Fault.Duplicate(leader, other, 1));
        for (int i = 1; i <= Limits.FAULTS_MAX; i++) {
            assertThat(breaker.ask(leader, inject("f" + i, mild))).isInstanceOf(Response.FaultsReply.class);
        }
        assertThat(breaker.ask(leader, inject("more", mild))).isInstanceOf(Response.Refused.class);
        assertThat(breaker.ask(leader, inject("f7", mild))).as("replaced").isInstanceOf(Response.FaultsReply.class);
        assertThat(breaker.list(leader)).hasSize(Limits.FAULTS_MAX);
        breaker.heal("");
        List<Fault> half = Collections.nCopies(Limits.FAULT_RULES_MAX / 2 + 1, new Fault.Clog(leader, other));
        assertThat(breaker.ask(leader, inject("f1", half))).isInstanceOf(Response.FaultsReply.class);
        assertThat(breaker.ask(leader, inject("f2", half))).isInstanceOf(Response.Refused.class);
        assertThat(breaker.ask(leader, inject("f1", half))).isInstanceOf(Response.FaultsReply.class);
        breaker.heal("f1");
        assertThat(breaker.list(leader)).isEmpty();
    }

    // ---- clients beside another node

    @Test
    void A10_requestsOfAClientBehindACutAreNeitherAnsweredNorDone() throws Exception {
        try (RawClient placed = RawClient.placed(cluster.node(leader), other);
                RawClient sound = RawClient.to(cluster.node(leader))) {
            assertThat(placed.receive()).isInstanceOf(HelloReply.Accepted.class);
            assertThat(placed.call(put(1, "1"))).isInstanceOf(Response.Written.class);
            // What would cut the group's leader off, too, is not needed here: its other follower is enough for it.
            breaker.inject("f1", "cut n" + other + ">n" + leader);
            placed.ask(put(2, "2"), 5000);
            soon().until(() -> breaker.hits(leader, "f1") > 0);
            assertThat(sound.call(new Request.Get(bytes("a"))))
                    .isInstanceOfSatisfying(
                            Response.Value.class,
                            value -> assertThat(value.value()).isEqualTo(bytes("1")));
            breaker.heal("f1");
            assertThat(placed.readToEnd())
                    .as("closed when healed: what was lost breaks the stream")
                    .isEmpty();
        } catch (java.net.SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        assertThat(client.get("a")).isEqualTo("1");
    }

    @Test
    void A10_answersToAClientBehindACutAreLostAndItsWriteIsDone() throws Exception {
        try (RawClient placed = RawClient.placed(cluster.node(leader), other)) {
            assertThat(placed.receive()).isInstanceOf(HelloReply.Accepted.class);
            breaker.inject("f1", "cut n" + leader + ">n" + other);
            placed.ask(put(1, "1"), 5000);
            soon().until(() -> client.get("a").equals("1"));
            assertThat(placed.nothingComes()).isTrue();
            try (RawClient late = RawClient.placed(cluster.node(leader), other)) {
                assertThat(late.nothingComes())
                        .as("not even an answer to a hello")
                        .isTrue();
            }
            breaker.heal("f1");
        }
        try (RawClient again = RawClient.placed(cluster.node(leader), other)) {
            assertThat(again.receive()).isInstanceOf(HelloReply.Accepted.class);
        }
    }

    @Test
    void aDelayHoldsUpRequestsAndAnswersOfAClientInTheirOrder() throws Exception {
        try (RawClient placed = RawClient.placed(cluster.node(leader), other)) {
            assertThat(placed.receive()).isInstanceOf(HelloReply.Accepted.class);
            breaker.injectAt(
                    leader, 0, "f1", "delay n" + other + ">n" + leader + " 200ms", "clog n" + leader + ">n" + other);
            long startNanos = System.nanoTime();
            long first = placed.ask(put(1, "1"), 15_000);
            long second = placed.ask(put(2, "2"), 15_000);
            soon().until(() -> client.get("a").equals("2"));
            assertThat(msSince(startNanos)).isGreaterThanOrEqualTo(200);
            assertThat(placed.nothingComes()).isTrue();
            breaker.heal("f1");
            assertThat(placed.answer(first)).isInstanceOf(Response.Written.class);
            assertThat(placed.answer(second)).isInstanceOf(Response.Written.class);
            assertThat(placed.call(put(3, "3"))).isInstanceOf(Response.Written.class);
        }
    }

    @Test
    void aClientThatIsCutOffFromTheLeaderFindsNoWayAndOneBesideTheLeaderDoes() throws Exception {
        int third = other % 3 + 1;
        List<String> endpoints =
                cluster.topology.nodes().stream().map(Topology.Node::address).toList();
        KvClient.Builder builder = KvClient.builder().endpoints(endpoints).requestTimeoutMs(PATIENT_MS);
        try (KvClient minority = builder.at(other).requestTimeoutMs(1500).build();
                KvClient majority =
                        builder.at(third).requestTimeoutMs(PATIENT_MS).build()) {
            minority.put("a", "1");
            breaker.inject(
                    "f1",
                    "cut n" + other + ">n" + leader,
                    "cut n" + leader + ">n" + other,
                    "cut n" + other + ">n" + third,
                    "cut n" + third + ">n" + other);
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> minority.get("a")))
                    .as("C2 R10: nothing linearizable")
                    .isInstanceOf(kvctl.client.KvException.class);
            majority.put("a", "2");
            assertThat(majority.get("a")).isEqualTo("2");
            breaker.heal("f1");
            soon().ignoreExceptions().until(() -> minority.get("a").equals("2"));
        }
    }

    // ---- disk

    @Test
    void A11_D13_aSlowDiskSlowsEachSyncAndIsHealedAtOnce() throws Exception {
        breaker.inject("f1", "disk n" + leader + " slow 100ms");
        client.put("a", "1");
        soon().until(() -> breaker.hits(leader, "f1") >= 1);
        breaker.inject("f1", "disk n" + leader + " slow 1m");
        client.put("a", "2"); // whoever leads then
        soon().until(() -> breaker.hits(leader, "f1") >= 1);
        long startNanos = System.nanoTime();
        assertThat(breaker.list(leader)).as("it answers though its loop waits").hasSize(1);
        breaker.heal("f1");
        assertThat(cluster.status(leader).faults()).isEmpty();
        assertThat(msSince(startNanos)).isLessThan(20_000);
        client.put("a", "3");
        assertThat(client.get("a")).isEqualTo("3");
    }

    @Test
    void aSlowSyncTakesAtLeastThatLong() throws Exception {
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            breaker.injectAt(nodeId, 0, "f1", "disk n" + nodeId + " slow 150ms");
        }
        long startNanos = System.nanoTime();
        client.put("a", "1");
        assertThat(msSince(startNanos)).isGreaterThanOrEqualTo(150);
    }

    @Test
    void D8_anErrorOfASyncStopsTheNodeAndTheOthersGoOn() throws Exception {
        stopsByItself = true;
        assertDiskStopsTheLeader("error", "Input/output error (injected fault)");
    }

    @Test
    void D12_aFullDiskMakesTheLeaderHandOverAndAllFullOnesRefuseWritesOnly() throws Exception {
        breaker.inject("f1", "disk n" + leader + " full");
        client.put("a", "1");
        assertThat(cluster.awaitLeader(1)).isNotEqualTo(leader);
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            if (nodeId != leader) {
                breaker.injectAt(nodeId, 0, "f2", "disk n" + nodeId + " full");
            }
        }
        try (KvClient hasty = cluster.client(1_000)) {
            soon().untilAsserted(() -> assertThatThrownBy(() -> hasty.put("a", "2"))
                    .isInstanceOf(KvException.class)
                    .hasMessageContaining("is nearly full")
                    .hasFieldOrPropertyWithValue("outcome", KvException.Outcome.NOT_APPLIED));
        }
        assertThat(client.get("a")).isEqualTo("1");
        assertThat(cluster.status(leader).freeBytes()).isZero();
        breaker.heal("");
        client.put("a", "3");
        assertThat(client.get("a")).isEqualTo("3");
    }

    private void assertDiskStopsTheLeader(String kind, String reason) throws Exception {
        breaker.inject("f1", "disk n" + leader + ' ' + kind);
        client.put("a", "1");
        soon().until(() -> !cluster.fatal.isEmpty());
        assertThat(cluster.fatal.peek()).isInstanceOf(StorageException.class).hasMessageContaining(reason);
        cluster.stop(leader);
        assertThat(client.get("a")).isEqualTo("1");
        client.put("a", "2");
    }

    // ---- clock

    @Test
    void C8_noClockThatJumpsOrRunsWrongLosesAWriteOrServesAnOldValue() throws Exception {
        int i = 0;
        for (String bend : List.of("+1h", "-1h", "rate 0.5", "rate 2", "+5s", "-5s")) {
            breaker.inject("f1", "clock n" + leader + ' ' + bend);
            breaker.inject("f2", "clock n" + other + (i % 2 == 0 ? " rate 1.5" : " -300ms"));
            for (int round = 0; round < 5; round++) {
                i++;
                client.put("a", Integer.toString(i));
                assertThat(client.get("a")).isEqualTo(Integer.toString(i));
            }
            breaker.heal("f1");
        }
        breaker.heal("");
        client.put("a", "last");
        assertThat(client.get("a")).isEqualTo("last");
    }

    @Test
    void aLeaderWhoseClockHardlyGoesIsReplacedAndOneThatIsHealedCanLeadAgain() throws Exception {
        breaker.inject("f1", "clock n" + leader + " rate 0.01");
        soon().until(() -> cluster.replica(other, 1).leaderId() != leader
                && cluster.replica(other, 1).leaderId() != 0);
        client.put("a", "1");
        breaker.heal("f1");
        soon().ignoreExceptions().until(() -> {
            client.await(client.transferAsync(1, leader));
            return cluster.awaitLeader(1) == leader;
        });
        client.put("a", "2");
    }

    @Test
    void aListSaysHowOldAFaultIsAndWhatWasAskedFor() throws Exception {
        breaker.injectFor(60_000, "f1", "delay n" + leader + ">n" + other + " 1ms");
        breaker.inject("f2", "clock n" + leader + " rate 1.5", "disk n" + leader + " slow 1ms");
        List<FaultStatus> list = breaker.list(leader);
        assertThat(list).extracting(FaultStatus::id).containsExactly("f1", "f2");
        assertThat(list.get(0).leftMs()).isBetween(1L, 60_000L);
        assertThat(list.get(0).seed()).isEqualTo(42);
        assertThat(list.get(1).rules())
                .extracting(FaultStatus.Rule::fault)
                .containsExactly(new Fault.ClockRate(leader, 1500), new Fault.SlowDisk(leader, 1));
        soon().until(() -> breaker.list(leader).get(0).ageMs() > list.get(0).ageMs());
        client.put("a", "1");
        soon().until(() -> breaker.hits(leader, "f1") > 0 && breaker.hits(leader, "f2") > 0);
    }
}
