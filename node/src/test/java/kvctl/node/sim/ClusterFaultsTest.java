package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.node.Call;
import kvctl.node.Topology;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.raft.RaftStatus;
import kvctl.sim.LinkFaults;
import kvctl.sim.Simulation;

/**
 * Rows of the fault matrix on whole nodes with real clients (HAZARDS §1.9): damage, wiped data, bytes that change on their
 * way, moves and administrators that meet. Each ends with the judgement of everything that the clients saw.
 */
class ClusterFaultsTest {
    private static final int GROUP = 1;
    /** Longest election timeout of simulated clusters. */
    private static final int ET = 400;

    private static final long SOON_MS = 3_000;
    private static final long LONG_MS = 60_000;
    private static final Load.Options BUSY = new Load.Options(3, 8, 5, 0.3, 0.2);

    private static KvCluster cluster(long seed, int shards, int nodes, List<List<Integer>> groups) {
        List<Topology.Group> made = IntStream.range(0, groups.size())
                .mapToObj(i -> new Topology.Group(i + 1, "g" + (i + 1), groups.get(i)))
                .toList();
        return new KvCluster(new Simulation(seed), ShardSwarm.topology(shards, nodes, 5_000, 16 << 20, made), false)
                .startAll();
    }

    private static KvCluster oneGroup(long seed) {
        return cluster(seed, 2, 3, List.of(List.of(1, 2, 3)));
    }

    private static void end(KvCluster cluster, Load load) {
        load.stop();
        cluster.awaitQuiet(LONG_MS);
        load.verify();
    }

    // --- what a disk may have done ---

    private static RaftStatus status(SimServer server) {
        return server.core().status(GROUP);
    }

    /** A record below what was acknowledged is damaged, or the end of the file is gone; the leader's, too. */
    @Seeds
    void D4_D5_whatWasDamagedOrCutIsFetchedFromOthersAndNeverVotedWith(long seed) {
        KvCluster cluster = oneGroup(seed);
        Load load = new Load(cluster, BUSY).start();
        int forgetful = 0;
        for (int round = 0; round < 9; round++) {
            cluster.runFor(400);
            SimServer server = cluster.server(1 + round % 3);
            if (round % 2 == 0) {
                server.crash();
                assertThat(server.disk().damage("log/" + GROUP + "/", round / 4))
                        .isTrue();
            } else {
                assertThat(server.forget(3)).isPositive();
            }
            server.start();
            forgetful += status(server).forgetful() ? 1 : 0;
            boolean[] campaigned = {false};
            cluster.await(
                    "repair",
                    () -> {
                        RaftStatus now = status(server);
                        campaigned[0] |= now.forgetful() && now.role() != RaftStatus.Role.FOLLOWER;
                        return !now.forgetful();
                    },
                    SOON_MS);
            assertThat(campaigned[0]).isFalse();
        }
        assertThat(forgetful).as("rounds that took something away").isGreaterThanOrEqualTo(4);
        end(cluster, load);
    }

    /** An entry was on the leader's and one more disk, and that one is wiped: the third must not find a majority. */
    @Seeds
    void D11_aWipedNodeIsNotListenedToAndWhatItHeldIsNotForgotten(long seed) {
        KvCluster cluster = oneGroup(seed);
        Load load = new Load(cluster, new Load.Options(1, 4, 10, 0.3, 0));
        cluster.await(load.put("k", "1"), SOON_MS);
        cluster.runFor(500); // Nobody else believes to lead.
        int leader = cluster.leader(GROUP);
        int wiped = leader % 3 + 1;
        int behind = wiped % 3 + 1;
        cluster.network().isolate(behind);
        cluster.await(load.put("k", "2"), SOON_MS);
        cluster.server(wiped).wipe();
        cluster.crash(leader);
        cluster.network().healAll();
        cluster.start(wiped);
        assertThat(cluster.until(() -> cluster.leader(GROUP) != 0, 5_000))
                .as("a leader without what was acknowledged; %s", cluster)
                .isFalse();

        cluster.start(leader);
        load.start();
        cluster.runFor(1_000);
        load.stop();
        assertThat(cluster.await(load.get("k"), SOON_MS).value()).isEqualTo(Load.bytes("2"));
        assertThat(status(cluster.server(wiped)).lastLogIndex())
                .as("nobody tells it anything")
                .isZero();
        load.verify();
    }

    // --- what links may do ---

    /** One message of twenty comes with a flipped bit. */
    @Seeds
    void A6_aFlippedBitEndsTheConnectionAndIsNeverApplied(long seed) {
        KvCluster cluster = oneGroup(seed);
        Load load = new Load(cluster, BUSY).start();
        cluster.runFor(500);
        cluster.network().flip(0.05);
        for (int second = 0; second < 4; second++) {
            long before = load.done();
            cluster.runFor(1_000);
            assertThat(load.done()).as("%s", cluster).isGreaterThan(before);
        }
        assertThat(cluster.network().flips()).isGreaterThan(100);
        cluster.network().flip(0);
        end(cluster, load);
    }

    /** Between nodes three of ten messages are lost and half come twice, late and old ones; clients lose connections. */
    @Seeds
    void A5_E2_eachAppendTakesEffectOnceWhateverLinksDo(long seed) {
        KvCluster cluster = oneGroup(seed);
        Load load = new Load(cluster, BUSY).start();
        cluster.network().faults(new LinkFaults(200, 3_000, 0.3, 0.5, 1, 0.1, 0.3));
        LinkFaults ofClients = new LinkFaults(100, 3_000, 0.05, 0, 0, 0, 0);
        cluster.clients().forEach(client -> client.transport().faults(ofClients));
        for (int second = 0; second < 12; second += 4) {
            long before = load.done();
            cluster.runFor(4_000);
            assertThat(load.done()).as("%s", cluster).isGreaterThan(before);
        }
        cluster.healLinks();
        end(cluster, load);
    }

    // --- processes ---

    /** A load on two groups that share a node, while one node after the other is killed and started again. */
    @Seeds
    void aRollingRestartHoldsUpClientsForAnElectionAtMost(long seed) {
        KvCluster cluster = cluster(seed, 4, 5, List.of(List.of(1, 2, 3), List.of(3, 4, 5)));
        Load load = new Load(cluster, new Load.Options(4, 8, 2, 0.3, 0.2)).start();
        cluster.runFor(1_000);
        for (int nodeId : cluster.nodeIds()) {
            cluster.crash(nodeId);
            assertThat(longestGapMs(cluster, load, 300)).isLessThan(2 * ET);
            cluster.start(nodeId);
            assertThat(longestGapMs(cluster, load, 1_000)).isLessThan(2 * ET);
        }
        end(cluster, load);
        assertThat(load.failed() + load.unknown()).as("requests that failed").isZero();
    }

    private static long longestGapMs(KvCluster cluster, Load load, int forMs) {
        long longest = 0;
        long gap = 0;
        long done = load.done();
        for (int ms = 0; ms < forMs || gap > 0; ms += 5) {
            cluster.runFor(5);
            gap = load.done() == done ? gap + 5 : 0;
            longest = Math.max(longest, gap);
            done = load.done();
            assertThat(gap).as("%s", cluster).isLessThan(LONG_MS);
        }
        return longest;
    }

    // --- moves ---

    /**
     * A read waits for its round when its leader stands still, and another comes meanwhile; the shard moves and is written
     * elsewhere. The first read began before that and may still be answered as it was then; the second one must not.
     */
    @Seeds
    void C5_aReadInAPausedLeaderIsNotAnsweredFromAShardThatHasMoved(long seed) {
        for (int waitUs : new int[] {0, 100, 300, 600, 1_000}) {
            KvCluster cluster = cluster(seed, 1, 6, List.of(List.of(4, 5, 6), List.of(1, 2, 3)));
            Load load = new Load(cluster, new Load.Options(1, 2, 10, 0.3, 0));
            cluster.await(load.put("k", "old"), SOON_MS);
            cluster.runFor(500);
            SimServer leader = cluster.server(cluster.leader(GROUP));
            Answer first = read(leader);
            cluster.simulation().runFor(waitUs);
            leader.pause();
            cluster.reconfigure(new Change.Move(0, "g2"), LONG_MS);
            cluster.awaitComplete(LONG_MS);
            cluster.await(load.put("k", "new"), SOON_MS);
            Answer second = read(leader);
            leader.resume();
            cluster.await("answers", () -> first.response != null && second.response != null, SOON_MS);
            if (first.response instanceof Response.Value value) {
                assertThat(value.value()).isEqualTo(Load.bytes("old"));
            }
            assertThat(second.response)
                    .as("the first was asked %d us before the pause", waitUs)
                    .isInstanceOf(Response.Refused.class);
            end(cluster, load);
        }
    }

    private static Answer read(SimServer server) {
        Answer answer = new Answer();
        server.take(new Call(answer, 1, new Request.Get(Load.bytes("k")), Long.MAX_VALUE, 100));
        return answer;
    }

    private static final class Answer implements Call.Door {
        private Response response;

        @Override
        public void answer(Call call, Response answered) {
            response = answered;
        }

        @Override
        public boolean isFull() {
            return false;
        }
    }

    /** Each group gives what the other one takes, again and again; nobody waits for somebody who waits for him. */
    @Seeds
    void G7_twoGroupsThatSwapShardsAllTheTimeNeverWaitForEachOther(long seed) {
        KvCluster cluster = cluster(seed, 2, 6, List.of(List.of(1, 2, 3), List.of(4, 5, 6)));
        Load load = new Load(cluster, BUSY).fill(12, 5_000).start();
        for (int round = 0; round < 10; round++) {
            for (int shard = 0; shard < 2; shard++) {
                String to = (round + shard) % 2 == 0 ? "g2" : "g1";
                cluster.reconfigure(new Change.Move(shard, to), SOON_MS);
                cluster.awaitComplete(SOON_MS);
            }
        }
        assertThat(cluster.map().number()).isEqualTo(21);
        end(cluster, load);
    }

    /** Both want to make configuration 2, and the leader who should decide is killed about then. */
    @Seeds
    void G3_oneOfTwoAdministratorsWinsAndWhoeverLeadsFinishes(long seed) {
        for (int afterUs : new int[] {300, 900, 2_000, 4_000}) {
            KvCluster cluster = cluster(seed, 4, 6, List.of(List.of(1, 2, 3)));
            Load load = new Load(cluster, BUSY).start();
            cluster.runFor(500);
            List<CompletableFuture<Response.Reconfigured>> asked = List.of(
                    cluster.client().kv().reconfigureAsync(KvCluster.join("g2", 4, 5, 6), 1, false),
                    cluster.client().kv().reconfigureAsync(KvCluster.join("g3", 4, 5, 6), 1, false));
            cluster.simulation().runFor(afterUs);
            int leader = cluster.leader(ShardMap.CONTROLLER);
            cluster.crash(leader);
            cluster.await("both answers", () -> asked.stream().allMatch(CompletableFuture::isDone), LONG_MS);
            cluster.awaitComplete(LONG_MS);
            cluster.start(leader);

            Configuration second = cluster.await(cluster.client().kv().configurationAsync(2), SOON_MS)
                    .configuration();
            assertThat(cluster.map().number()).isEqualTo(2);
            List<String> names =
                    second.groups().stream().map(Configuration.Group::name).toList();
            assertThat(names).as("after %d us", afterUs).isIn(List.of("g1", "g2"), List.of("g1", "g3"));
            assertTold(asked.get(0), names.contains("g2"));
            assertTold(asked.get(1), names.contains("g3"));
            end(cluster, load);
        }
    }

    /** Who won and whose leader was lost may not know it; who lost never hears that he won. */
    private static void assertTold(CompletableFuture<Response.Reconfigured> asked, boolean won) {
        KvException why = asked.handle((made, thrown) -> thrown == null ? null : KvClient.failure(thrown))
                .join();
        if (why == null) {
            assertThat(won).isTrue();
        } else {
            assertThat(why.outcome() == KvException.Outcome.UNKNOWN || !won && why.code() == KvException.Code.CONFLICT)
                    .as("%s, won: %s", why, won)
                    .isTrue();
        }
    }
}
