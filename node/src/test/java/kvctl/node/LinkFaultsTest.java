package kvctl.node;

import static kvctl.node.TestCluster.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.protocol.FaultStatus;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Broken links between three real nodes, with heartbeats and clients going on. */
@Timeout(120)
class LinkFaultsTest {
    private static final long PATIENT_MS = 20_000;

    @TempDir
    Path directory;

    private TestCluster cluster;
    private Wires wires;
    private Breaker breaker;
    private KvClient client;
    private int leader;
    private int follower;
    private int third;

    private final AtomicBoolean enough = new AtomicBoolean();
    private final AtomicLong written = new AtomicLong();
    private CompletableFuture<Void> load = CompletableFuture.completedFuture(null);

    @BeforeEach
    void start() throws IOException {
        wires = new Wires(3);
        cluster = TestCluster.obeyingFaults(directory, 3);
        cluster.wired(wires.join(cluster.topology)).startAll();
        breaker = new Breaker(cluster);
        client = cluster.client(PATIENT_MS);
        client.put("a", "0");
        leader = cluster.awaitLeader(1);
        follower = leader % 3 + 1;
        third = follower % 3 + 1;
        for (int from = 1; from <= 3; from++) {
            breaker.awaitLink(from, from % 3 + 1);
            breaker.awaitLink(from % 3 + 1, from);
        }
    }

    @AfterEach
    void stop() throws Exception {
        enough.set(true);
        load.get(60, TimeUnit.SECONDS);
        client.close();
        breaker.close();
        cluster.close();
        wires.close();
        assertThat(cluster.fatal).isEmpty();
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(10));
    }

    /** A writer that goes on until the end of the test. */
    private void startLoad() {
        load = CompletableFuture.runAsync(() -> {
            while (!enough.get()) {
                try {
                    client.put("load", Long.toString(written.get()));
                } catch (KvException e) {
                    continue; // Nobody leads just now.
                }
                written.incrementAndGet();
            }
        });
    }

    private void awaitWrites(int more) {
        long before = written.get();
        soon().until(() -> written.get() >= before + more);
    }

    private String link(int from, int to) {
        return "n" + from + ">n" + to;
    }

    private long term(int nodeId) throws Exception {
        return cluster.replica(nodeId, 1).term();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void A10_R10_aOneWayCutLeaksNoByteOnEitherDialDirection(boolean fromLeader) throws Exception {
        int from = fromLeader ? leader : follower;
        int to = fromLeader ? follower : leader;
        startLoad();
        awaitWrites(20);
        long term = term(leader);
        assertThat(wires.open(from, to)).isPositive();

        breaker.inject("f1", "cut " + link(from, to));
        long sent = wires.sentWhenQuiet(from, to);
        long other = wires.sent(to, from);

        for (int i = 0; i < 20; i++) {
            breaker.probe(from, to);
        }
        awaitWrites(100);
        breaker.awaitLink(to, from);
        wires.breakOff(to, from); // Now it has to be dialled anew, by a hello that is not answered.
        soon().until(() -> wires.open(to, from) > 0);
        breaker.awaitLink(to, from);
        awaitWrites(100);
        assertThat(wires.sent(to, from)).as("the other direction works").isGreaterThan(other);

        assertThat(wires.sent(from, to)).as("bytes across the cut").isEqualTo(sent);
        assertThat(wires.open(from, to)).isZero();
        assertThat(breaker.hits(from, "f1")).isGreaterThan(20);
        assertThat(term(third)).as("a deaf or mute follower deposes nobody").isEqualTo(term);

        breaker.heal("f1");
        breaker.awaitLink(from, to);
        soon().until(() -> cluster.replica(follower, 1).lastApplied()
                >= cluster.replica(leader, 1).commitIndex() - 50);
    }

    @Test
    void A10_R10_theOtherSideOfAnIsolatedLeaderGoesOnAndNoByteCrosses() throws Exception {
        startLoad();
        breaker.inject(
                "f1",
                "cut " + link(leader, follower),
                "cut " + link(follower, leader),
                "cut " + link(leader, third),
                "cut " + link(third, leader));
        long sent = 0;
        for (int other : List.of(follower, third)) {
            sent += wires.sentWhenQuiet(leader, other) + wires.sentWhenQuiet(other, leader);
        }
        soon().until(() ->
                List.of("leader").contains(cluster.replica(follower, 1).role())
                        || List.of("leader").contains(cluster.replica(third, 1).role()));
        awaitWrites(100);
        soon().untilAsserted(() ->
                assertThat(cluster.replica(leader, 1).role()).as("C2 R10").isNotEqualTo("leader"));
        assertThat(wires.sent(leader, follower)
                        + wires.sent(leader, third)
                        + wires.sent(follower, leader)
                        + wires.sent(third, leader))
                .isEqualTo(sent);
        assertThat(cluster.status(leader).faults()).containsExactly("f1");
        assertThat(breaker.list(leader)).singleElement().satisfies(fault -> {
            assertThat(fault.rules()).hasSize(4);
            assertThat(fault.leftMs()).isZero();
            assertThat(fault.description()).isEqualTo("of a test");
        });
        breaker.heal("");
        assertThat(cluster.status(leader).faults()).isEmpty();
        breaker.awaitLink(leader, follower);
        breaker.awaitLink(follower, leader);
    }

    @Test
    void A10_theReceiverAloneKeepsOutWhatASenderThatWasNotToldSends() throws Exception {
        breaker.injectAt(follower, 0, "f1", "cut " + link(leader, follower));
        long before = breaker.probe(leader, follower);
        startLoad();
        awaitWrites(50);
        soon().until(() -> breaker.hits(follower, "f1") > 3); // it dials again and again
        breaker.awaitLink(follower, leader);
        for (int i = 0; i < 10; i++) {
            breaker.probe(leader, follower);
        }
        awaitWrites(50);
        assertThat(breaker.arrived(leader, follower)).allMatch(number -> number < before);
        long applied = cluster.replica(follower, 1).lastApplied();
        awaitWrites(50);
        assertThat(cluster.replica(follower, 1).lastApplied()).isEqualTo(applied);
        breaker.heal("f1");
        breaker.awaitLink(leader, follower);
    }

    @Test
    void A10_theSenderAloneSendsNothingToAReceiverThatWasNotTold() throws Exception {
        breaker.injectAt(leader, 0, "f1", "cut " + link(leader, follower));
        long sent = wires.sentWhenQuiet(leader, follower);
        wires.breakOff(follower, leader);
        startLoad();
        long back = wires.sent(follower, leader);
        awaitWrites(50);
        // The other one dials, says its hello and is not answered.
        soon().until(() -> wires.sent(follower, leader) > back);
        awaitWrites(50);
        assertThat(wires.sent(leader, follower)).isEqualTo(sent);
    }

    @Test
    void aHealRestoresAtOnce() throws Exception {
        breaker.inject("f1", "cut " + link(leader, follower), "cut " + link(follower, leader));
        soon().until(() -> breaker.hits(leader, "f1") > 20); // long enough for all back-off there is
        long startNanos = System.nanoTime();
        breaker.heal("f1");
        breaker.awaitLink(leader, follower);
        breaker.awaitLink(follower, leader);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos))
                .isLessThan(2000);
    }

    @Test
    void aFaultEndsByTimeAndNotBefore() throws Exception {
        long startNanos = System.nanoTime();
        breaker.injectFor(700, "f1", "cut " + link(leader, follower));
        breaker.inject("f2", "delay " + link(follower, leader) + " 1ms");
        FaultStatus fault = breaker.list(leader).get(0);
        assertThat(fault.leftMs()).isBetween(1L, 700L);
        breaker.awaitLink(leader, follower);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos))
                .isGreaterThanOrEqualTo(700);
        assertThat(breaker.list(leader)).extracting(FaultStatus::id).containsExactly("f2");
        assertThat(cluster.status(leader).faults()).containsExactly("f2");
    }

    @Test
    void aReplacedFaultIsNotEndedByTheTimeOfItsPredecessor() throws Exception {
        breaker.injectFor(300, "f1", "cut " + link(leader, follower));
        breaker.inject("f1", "cut " + link(leader, follower));
        breaker.injectFor(600, "f2", "delay " + link(leader, third) + " 1ms");
        soon().until(() -> breaker.list(leader).size() == 1);
        assertThat(breaker.list(leader)).extracting(FaultStatus::id).containsExactly("f1");
    }

    @Test
    void aDelayLastsAtLeastThatLongAndKeepsTheOrder() throws Exception {
        breaker.inject("f1", "delay " + link(leader, follower) + " 300ms");
        List<Long> sent = new ArrayList<>();
        long startNanos = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            sent.add(breaker.probe(leader, follower));
        }
        soon().until(() -> breaker.arrived(leader, follower).contains(sent.get(0)));
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos))
                .isGreaterThanOrEqualTo(300);
        soon().until(() -> breaker.arrived(leader, follower).containsAll(sent));
        assertThat(breaker.arrived(leader, follower)).endsWith(sent.toArray(Long[]::new));
        breaker.awaitLink(follower, leader);
    }

    @Test
    void aClogHoldsAndDeliversWhenItIsHealed() throws Exception {
        breaker.inject("f1", "clog " + link(leader, follower));
        List<Long> sent = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            sent.add(breaker.probe(leader, follower));
        }
        startLoad();
        awaitWrites(50);
        soon().until(() -> breaker.hits(leader, "f1") > 40);
        assertThat(breaker.arrived(leader, follower)).doesNotContainAnyElementsOf(sent);
        breaker.heal("f1");
        soon().until(() -> breaker.arrived(leader, follower).containsAll(sent));
        assertThat(breaker.arrived(leader, follower)).endsWith(sent.toArray(Long[]::new));
        awaitWrites(50);
    }

    @Test
    void A1_aCloggedLinkCostsABoundedAmountAndTheRestOfTheNodeGoesOn() throws Exception {
        breaker.inject("f1", "clog " + link(leader, follower), "clog " + link(leader, third));
        byte[] value = new byte[1 << 20];
        try (KvClient hasty = cluster.client(2000)) {
            for (int i = 0; i < 30; i++) {
                hasty.putAsync(bytes("big" + i), value);
            }
            soon().until(() -> breaker.hits(leader, "f1") > 20);
            breaker.awaitLink(follower, third);
        }
        breaker.heal("f1");
        client.put("a", "1");
        assertThat(client.get("a")).isEqualTo("1");
    }

    @Test
    void A5_aLossIsAboutAsOftenAsAskedFor() throws Exception {
        breaker.inject("f1", "drop " + link(follower, third) + " 50%");
        int arrived = 0;
        for (int round = 0; round < 10; round++) {
            List<Long> sent = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                sent.add(breaker.probe(follower, third));
            }
            // What is sent behind them and arrives shows that they had their chance.
            breaker.awaitLink(follower, third);
            List<Long> there = breaker.arrived(follower, third);
            arrived += (int) sent.stream().filter(there::contains).count();
        }
        assertThat(arrived).as("of 400").isBetween(150, 250);
    }

    @Test
    void A5_R4_C2_appendsAreDoneOnceAndInOrderWhateverTheLinksDo() throws Exception {
        List<String> rules = new ArrayList<>();
        for (int from = 1; from <= 3; from++) {
            for (int to = 1; to <= 3; to++) {
                if (from != to) {
                    rules.add("drop " + link(from, to) + " 5%");
                    rules.add("duplicate " + link(from, to) + " 50%");
                    rules.add("reorder " + link(from, to) + " 30% 60ms");
                    rules.add("delay " + link(from, to) + " 5ms jitter 5ms");
                }
            }
        }
        breaker.inject("f1", rules.toArray(String[]::new));
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            client.append(bytes("log"), bytes(i + ","));
            expected.append(i).append(',');
            assertThat(client.get("log")).isEqualTo(expected.toString());
        }
        assertThat(breaker.list(leader).get(0).rules())
                .allSatisfy(rule -> assertThat(rule.lost()).isZero());
        breaker.heal("f1");
        soon().untilAsserted(() -> {
            long applied = cluster.replica(leader, 1).commitIndex();
            assertThat(cluster.replica(follower, 1).lastApplied()).isEqualTo(applied);
            assertThat(cluster.replica(third, 1).lastApplied()).isEqualTo(applied);
        });
        assertThat(client.get("log")).isEqualTo(expected.toString());
    }

    /** In either direction, whatever it hits: the frame is not taken, its connection is closed, and another one is made. */
    @Test
    void A6_aFlippedBitBetweenPeersClosesTheConnectionAndIsNeverApplied() throws Exception {
        startLoad();
        awaitWrites(20);
        for (int round = 0; round < 6; round++) {
            int from = round % 2 == 0 ? leader : follower;
            int to = round % 2 == 0 ? follower : leader;
            long dials = wires.dials(from, to);
            wires.flipNext(from, to);
            soon().until(() -> !wires.flips(from, to) && wires.dials(from, to) > dials);
            awaitWrites(20);
            breaker.awaitLink(from, to);
        }
        enough.set(true);
        load.get(60, TimeUnit.SECONDS);
        assertThat(client.get("load")).isEqualTo(Long.toString(written.get() - 1));
        soon().untilAsserted(() -> assertThat(cluster.replica(follower, 1).lastApplied())
                .isEqualTo(cluster.replica(leader, 1).commitIndex()));
    }

    @Test
    void aProbeShowsEachDirectionOfALink() throws Exception {
        breaker.inject("f1", "cut " + link(leader, follower));
        long lost = breaker.probe(leader, follower);
        breaker.awaitLink(follower, leader);
        breaker.awaitLink(leader, third);
        assertThat(breaker.arrived(leader, follower)).doesNotContain(lost);
    }

    @Test
    void A10_aRestartForgetsTheFault() throws Exception {
        breaker.inject("f1", "cut " + link(leader, follower), "cut " + link(follower, leader));
        cluster.stop(follower);
        cluster.start(follower);
        assertThat(cluster.status(follower).faults()).isEmpty();
        assertThat(cluster.status(leader).faults()).containsExactly("f1");
    }
}
