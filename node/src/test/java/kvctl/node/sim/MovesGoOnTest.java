package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.node.Call;
import kvctl.node.Topology;
import kvctl.node.kv.ShardState.Status;
import kvctl.protocol.Change;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.sim.Simulation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A move that is held up, by people or by faults, never leaves a shard that nobody serves for long, and goes on as soon as
 * it can (HAZARDS G12).
 */
class MovesGoOnTest {
    private static final int SHARD = 0;
    private static final long SOON_MS = 3_000;
    private static final long LONG_MS = 60_000;

    /** Nodes 1 to 3 are the controller's, the others of the groups given. */
    private static KvCluster cluster(int shards, int nodes, List<List<Integer>> groups) {
        List<Topology.Group> made = IntStream.range(0, groups.size())
                .mapToObj(i -> new Topology.Group(i + 1, "g" + (i + 1), groups.get(i)))
                .toList();
        return new KvCluster(new Simulation(nodes), ShardSwarm.topology(shards, nodes, 5_000, 16 << 20, made), false)
                .startAll();
    }

    private static Load load(KvCluster cluster, int values, int valueBytes) {
        Load load = new Load(cluster, new Load.Options(2, 6, 60, 0.3, 0.2)).fill(values, valueBytes);
        cluster.runFor(500); // Everybody knows the leaders.
        return load;
    }

    private static void steer(KvCluster cluster, KvClient client, Boolean paused, long bytesPerS) {
        cluster.await(client.steerMovesAsync(paused, bytesPerS), SOON_MS);
    }

    private static Status status(KvCluster cluster, String group) {
        return cluster.checks().group(cluster.groupId(group)).status(SHARD);
    }

    private static void end(KvCluster cluster, Load load) {
        load.stop();
        cluster.awaitQuiet(LONG_MS);
        load.verify();
    }

    /** How long shards were served by nobody. */
    private static final class Outages {
        private final KvCluster cluster;
        private final TreeMap<Integer, Long> sinceUs = new TreeMap<>();
        private long longestUs;

        Outages(KvCluster cluster) {
            this.cluster = cluster;
            cluster.checks().onChange(this::look);
        }

        private long servers(int shard) {
            return cluster.map().dataGroups().stream()
                    .filter(group -> cluster.checks().group(group.groupId()).serves(shard))
                    .count();
        }

        private void look() {
            long nowUs = cluster.simulation().nowUs();
            for (int shard = 0; shard < cluster.map().shardGroups().length; shard++) {
                if (servers(shard) == 0) {
                    sinceUs.putIfAbsent(shard, nowUs);
                } else if (sinceUs.containsKey(shard)) {
                    longestUs = Math.max(longestUs, nowUs - sinceUs.remove(shard));
                }
            }
        }

        void checkServedOnce() {
            for (int shard = 0; shard < cluster.map().shardGroups().length; shard++) {
                assertThat(servers(shard))
                        .as("groups that serve shard %d; %s", shard, cluster)
                        .isEqualTo(1);
            }
        }

        /** The longest one, until now if it is not over. */
        long longestMs() {
            sinceUs.values()
                    .forEach(us ->
                            longestUs = Math.max(longestUs, cluster.simulation().nowUs() - us));
            return longestUs / 1000;
        }
    }

    @ParameterizedTest(name = "one set of nodes for all: {0}")
    @ValueSource(booleans = {true, false})
    void G15_aPauseAtAnyMomentLeavesEachShardToOneGroup(boolean shared) {
        KvCluster cluster =
                cluster(2, shared ? 3 : 6, List.of(List.of(1, 2, 3), shared ? List.of(1, 2, 3) : List.of(4, 5, 6)));
        Load load = load(cluster, 12, 20_000).start();
        KvClient admin = cluster.client().kv();
        Outages outages = new Outages(cluster);
        Set<String> met = new TreeSet<>();
        for (int i = 0; i < 60; i++) {
            String from = i % 2 == 0 ? "g1" : "g2";
            String to = i % 2 == 0 ? "g2" : "g1";
            cluster.reconfigure(new Change.Move(SHARD, to), SOON_MS);
            cluster.simulation().runFor(i * (shared ? 1_500L : 300L)); // The move takes about so long.
            CompletableFuture<?> paused = admin.steerMovesAsync(true, -1);
            cluster.await("pause", () -> cluster.map().steering().paused(), SOON_MS);
            met.add(status(cluster, from) + " " + status(cluster, to));
            cluster.runFor(1_000);
            outages.checkServedOnce();
            cluster.await(paused, SOON_MS);
            steer(cluster, admin, false, -1);
            cluster.awaitComplete(SOON_MS);
            cluster.await("drop", () -> status(cluster, from) == Status.GONE, SOON_MS);
        }
        assertThat(outages.longestMs()).isLessThan(1_000);
        assertThat(met).contains("COPYING RECEIVING", "FROZEN RECEIVING", "FROZEN SERVING");
        end(cluster, load);
    }

    @Test
    void aThrottleHoldsUpTheCopyButNotWhatIsFrozen() {
        KvCluster cluster = cluster(1, 5, List.of(List.of(4), List.of(5)));
        Load load = load(cluster, 40, 3_000).start();
        steer(cluster, cluster.client().kv(), null, 2_000);
        Outages outages = new Outages(cluster);
        long beganUs = cluster.simulation().nowUs();
        cluster.reconfigure(new Change.Move(SHARD, "g2"), SOON_MS);
        cluster.awaitComplete(2 * LONG_MS);
        assertThat(cluster.simulation().nowUs() - beganUs).isGreaterThan(30_000_000);
        assertThat(outages.longestMs()).isLessThan(1_000);
        end(cluster, load);
    }

    @Test
    void aThrottleThatIsLiftedLeavesNoDebt() {
        KvCluster cluster = cluster(1, 5, List.of(List.of(4), List.of(5)));
        Load load = load(cluster, 60, 3_000).start();
        KvClient admin = cluster.client().kv();
        steer(cluster, admin, null, 1);
        cluster.reconfigure(new Change.Move(SHARD, "g2"), SOON_MS);
        cluster.await("first piece", () -> status(cluster, "g2") == Status.RECEIVING, SOON_MS);
        cluster.runFor(10_000);
        assertThat(status(cluster, "g1")).isEqualTo(Status.COPYING);
        steer(cluster, admin, null, 0);
        cluster.awaitComplete(SOON_MS);
        end(cluster, load);
    }

    @Test
    void G12_aFollowerOfTheSourceThatIsCutOffFromItsGroupHoldsNothingUp() {
        for (int lonely = 4; lonely <= 6; lonely++) {
            KvCluster cluster = cluster(1, 7, List.of(List.of(4, 5, 6), List.of(7)));
            Load load = load(cluster, 20, 20_000).start();
            for (int other = 4; other <= 6; other++) {
                cluster.network().cut(lonely, other);
                cluster.network().cut(other, lonely);
            }
            cluster.await("leader", () -> cluster.leader(1) != 0, SOON_MS);
            cluster.reconfigure(new Change.Move(SHARD, "g2"), SOON_MS);
            cluster.awaitComplete(2 * SOON_MS);
            cluster.network().healAll();
            end(cluster, load);
        }
    }

    @ParameterizedTest(name = "its answers are lost, too: {0}")
    @ValueSource(booleans = {true, false})
    void aLeaderOfTheSourceThatTheTargetDoesNotReachIsAskedByItsFollowers(boolean bothWays) {
        KvCluster cluster = cluster(1, 7, List.of(List.of(4, 5, 6), List.of(7)));
        Load load = new Load(cluster, new Load.Options(8, 30, 2, 0.1, 0.9))
                .fill(20, 20_000)
                .start();
        cluster.runFor(500);
        int leader = cluster.leader(1);
        cluster.network().cut(7, leader);
        if (bothWays) {
            cluster.network().cut(leader, 7);
        }
        Outages outages = new Outages(cluster);
        cluster.reconfigure(new Change.Move(SHARD, "g2"), SOON_MS);
        cluster.awaitComplete(3 * SOON_MS);
        assertThat(cluster.leader(1)).isEqualTo(leader);
        assertThat(outages.longestMs()).isLessThan(100);
        cluster.network().healAll();
        end(cluster, load);
    }

    @Test
    void aLongBacklogIsTakenBeforeTheFreeze() {
        KvCluster cluster = cluster(1, 5, List.of(List.of(4), List.of(5)));
        Load load = load(cluster, 40, 10_000).start();
        KvClient admin = cluster.client().kv();
        cluster.reconfigure(new Change.Move(SHARD, "g2"), SOON_MS);
        cluster.await("first piece", () -> status(cluster, "g2") == Status.RECEIVING, SOON_MS);
        steer(cluster, admin, true, -1);
        assertThat(status(cluster, "g1")).isEqualTo(Status.COPYING);
        Puts puts = new Puts(cluster.server(4));
        while (puts.done < 60_000) {
            puts.send(2_000);
            cluster.await("puts", () -> puts.done == puts.sent, SOON_MS);
        }
        Outages outages = new Outages(cluster);
        steer(cluster, admin, false, -1);
        cluster.awaitComplete(LONG_MS);
        assertThat(outages.longestMs()).isLessThan(30);
        end(cluster, load);
    }

    /** Distinct keys, put past the client. */
    private static final class Puts implements Call.Door {
        private final SimServer leader;
        private int sent;
        private int done;

        Puts(SimServer leader) {
            this.leader = leader;
        }

        void send(int count) {
            for (int i = 0; i < count; i++) {
                sent++;
                Request.Tag tag = new Request.Tag(1, 9, sent, sent);
                Request put = new Request.Put(tag, Load.bytes("put" + sent), new byte[150]);
                leader.take(new Call(this, sent, put, Long.MAX_VALUE, 100));
            }
        }

        @Override
        public void answer(Call call, Response response) {
            assertThat(response).isInstanceOf(Response.Written.class);
            done++;
        }

        @Override
        public boolean isFull() {
            return false;
        }
    }

    @Test
    void G12_nothingIsFrozenForATargetThatCantCommit() {
        KvCluster cluster = cluster(1, 6, List.of(List.of(1, 2, 3), List.of(4, 5, 6)));
        Load load = load(cluster, 4, 1_000).start();
        cluster.await("leader", () -> cluster.leader(2) != 0, SOON_MS);
        int leader = cluster.leader(2);
        for (int node = 4; node <= 6; node++) {
            if (node != leader) {
                cluster.network().cut(node, leader); // It leads for a while yet, and nothing is committed.
            }
        }
        Outages outages = new Outages(cluster);
        cluster.reconfigure(new Change.Move(SHARD, "g2"), SOON_MS);
        for (int node = 4; node <= 6; node++) {
            if (node != leader) {
                cluster.crash(node);
            }
        }
        boolean[] copied = new boolean[1];
        cluster.until(
                () -> {
                    copied[0] |= status(cluster, "g1") == Status.COPYING;
                    return outages.longestMs() > 0;
                },
                20_000);
        assertThat(copied[0]).as("the leader without a majority has begun").isTrue();
        assertThat(outages.longestMs()).isZero();
        cluster.network().healAll();
        cluster.startAll();
        cluster.awaitComplete(2 * SOON_MS);
        end(cluster, load);
    }

    @Test
    void E10_aChangeWhoseLeaderWasLostIsUnknown() {
        KvCluster cluster = cluster(2, 4, List.of(List.of(4)));
        cluster.runFor(500);
        int leader = cluster.leader(ShardMap.CONTROLLER);
        KvCluster.Client client = cluster.client();
        cluster.await(client.kv().configurationAsync(0), SOON_MS);
        for (int node = 1; node <= 4; node++) {
            if (node != leader) {
                cluster.network().cut(node, leader); // Entries get to the others, and no answer comes back.
            }
        }
        client.transport()
                .cutFrom(IntStream.rangeClosed(1, 4)
                        .filter(n -> n != leader)
                        .boxed()
                        .collect(Collectors.toSet()));
        CompletableFuture<Response.Reconfigured> asked =
                client.kv().reconfigureAsync(KvCluster.join("g2", 4), 0, false);
        cluster.await("answer", asked::isDone, 3 * SOON_MS);
        assertThat(asked).isCompletedExceptionally();
        KvException why =
                asked.handle((made, thrown) -> KvClient.failure(thrown)).join();
        assertThat(why.outcome()).isEqualTo(KvException.Outcome.UNKNOWN);
        assertThat(cluster.map().number()).as("the others have made it").isEqualTo(2);
    }

    @Test
    void G10_aDeadSourceHoldsUpOnlyItsOwnShards() {
        KvCluster cluster = cluster(16, 6, List.of(List.of(4), List.of(5)));
        Load load = load(cluster, 16, 2_000);
        cluster.crash(4);
        cluster.reconfigure(KvCluster.join("g3", 6), SOON_MS);
        int g3 = cluster.groupId("g3");
        assertThat(moving(cluster, 1)).isGreaterThan(1);
        assertThat(moving(cluster, 2)).isGreaterThan(1);
        cluster.await("shards of the healthy source", () -> moving(cluster, 2) == 0, SOON_MS);
        assertThat(moving(cluster, 1)).isGreaterThan(1);
        cluster.startAll();
        cluster.awaitComplete(SOON_MS);
        assertThat(cluster.map().shardGroups()).contains(g3);
        end(cluster, load);
    }

    private static long moving(KvCluster cluster, int fromGroupId) {
        ShardMap map = cluster.map();
        return IntStream.range(0, map.shardGroups().length)
                .filter(shard -> map.movingTo()[shard] != 0 && map.shardGroups()[shard] == fromGroupId)
                .count();
    }
}
