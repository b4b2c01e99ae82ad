package kvctl.node.sim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.Result;
import kvctl.node.Topology;
import kvctl.protocol.Change;
import kvctl.protocol.NodeStatus;
import kvctl.sim.Simulation;
import org.junit.jupiter.api.Test;

/** Disks fill up: nothing is lost, nobody stops, and nothing needs a restart (HAZARDS D12). */
class FullDiskTest {
    private static final long SOON_MS = 3_000;
    private static final long LITTLE = NodeStatus.LITTLE_ROOM_BYTES - 1;
    private static final byte[] KEY = "a".getBytes(UTF_8);

    private final KvCluster cluster = new KvCluster(
                    new Simulation(12),
                    ShardSwarm.topology(
                            1,
                            6,
                            5_000,
                            16 << 20,
                            List.of(
                                    new Topology.Group(1, "g1", List.of(1, 2, 3)),
                                    new Topology.Group(2, "g2", List.of(4, 5, 6)))),
                    false)
            .startAll();
    private final KvClient client = cluster.client().kv();

    private void room(long bytes, int... nodeIds) {
        IntStream.of(nodeIds).forEach(id -> cluster.server(id).disk().room(bytes));
        cluster.runFor(100); // Nodes look once a turn, and tell the others.
    }

    private void put(String value) {
        cluster.await(client.putAsync(KEY, value.getBytes(UTF_8)), SOON_MS);
    }

    private String get() {
        return new String(cluster.await(client.getAsync(KEY), SOON_MS).value(), UTF_8);
    }

    private void assertRefused(CompletableFuture<Result> write) {
        cluster.until(write::isDone, 60_000);
        assertThat(write).isCompletedExceptionally();
        KvException why = (KvException) write.handle((done, e) -> e instanceof CompletionException ? e.getCause() : e)
                .join();
        assertThat(why.code()).isEqualTo(KvException.Code.BUSY);
        assertThat(why.outcome()).isEqualTo(KvException.Outcome.NOT_APPLIED);
        assertThat(why.getMessage()).contains("is nearly full");
    }

    @Test
    void D12_aLeaderWithoutRoomHandsOverAndWritesGoOn() {
        put("0");
        int leader = cluster.leader(1);
        room(0, leader);
        put("1");
        assertThat(cluster.leader(1)).isNotEqualTo(leader);
        room(Long.MAX_VALUE, leader);
        cluster.await(
                "caught up",
                () -> cluster.server(leader).core().status(1).lastApplied()
                        == cluster.server(cluster.leader(1)).core().status(1).lastApplied(),
                SOON_MS);
        assertThat(get()).isEqualTo("1");
        cluster.awaitQuiet(60_000);
    }

    @Test
    void D12_aMajorityWithoutRoomTakesNoWritesServesReadsAndGoesOnWithoutARestart() {
        put("0");
        for (long left : new long[] {LITTLE, 0}) {
            for (int[] full : new int[][] {{1, 2}, {2, 3}, {1, 2, 3}}) {
                room(left, full);
                assertRefused(client.appendAsync(KEY, new byte[] {'x'}));
                assertThat(get()).isEqualTo("0");
                room(Long.MAX_VALUE, 1, 2, 3);
                put("1");
                put("0");
            }
        }
        cluster.awaitQuiet(60_000);
    }

    @Test
    void D12_deletesAreTakenWhileThereIsALittleRoom() {
        put("0");
        room(LITTLE, 1, 2, 3);
        cluster.await(client.deleteAsync(KEY), SOON_MS);
        room(0, 1, 2, 3);
        assertRefused(client.deleteAsync(KEY));
        room(Long.MAX_VALUE, 1, 2, 3);
        put("1");
        cluster.awaitQuiet(60_000);
    }

    @Test
    void D12_aNewLeaderOfFullNodesServesReads() {
        put("0");
        cluster.runFor(500);
        room(0, 1, 2, 3);
        int leader = cluster.leader(1);
        cluster.crash(leader);
        cluster.await("new leader", () -> cluster.leader(1) != 0 && cluster.leader(1) != leader, 2 * SOON_MS);
        assertThat(get()).isEqualTo("0");
        assertRefused(client.appendAsync(KEY, new byte[] {'x'}));
        room(Long.MAX_VALUE, 1, 2, 3);
        cluster.start(leader);
        put("1");
        cluster.awaitQuiet(60_000);
    }

    @Test
    void D12_aShardArrivesOnlyWhereThereIsRoom() {
        put("0");
        room(LITTLE, 5, 6);
        cluster.reconfigure(new Change.Move(0, "g2"), SOON_MS);
        cluster.runFor(5_000);
        assertThat(cluster.map().moves()).isEqualTo(1);
        put("1");
        room(Long.MAX_VALUE, 5, 6);
        cluster.awaitComplete(SOON_MS);
        assertThat(get()).isEqualTo("1");
        cluster.awaitQuiet(60_000);
    }
}
