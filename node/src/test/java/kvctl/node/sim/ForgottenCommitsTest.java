package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kvctl.node.Topology;
import kvctl.protocol.Shards;
import kvctl.raft.Message;
import kvctl.raft.RaftStatus;
import kvctl.sim.Simulation;

/**
 * A disk comes back without its last commits, the newest map among them: the node does not know any more of a group that
 * it has promised something (HAZARDS D4).
 */
class ForgottenCommitsTest {
    private static final int GROUP = 2;
    private static final long SOON_MS = 3_000;
    private static final int REMEMBERED = 16;

    private static String keyOfTheLaterGroup(KvCluster cluster) {
        return IntStream.range(0, 100)
                .mapToObj(i -> "key" + i)
                .filter(each -> cluster.map().shardGroups()[Shards.of(Load.bytes(each), 2)] == GROUP)
                .findFirst()
                .orElseThrow();
    }

    /** Seed 11579: one replica had caught up and counted, forgot that in a crash, and with a second one there was no leader. */
    @Seeds
    void D4_aReplicaThatCountsAgainDoesSoAfterEveryCrash(long seed) {
        Topology topology =
                ShardSwarm.topology(2, 3, 1_000, 1 << 20, List.of(new Topology.Group(1, "g1", List.of(1, 2, 3))));
        KvCluster cluster = new KvCluster(new Simulation(seed), topology, true).startAll();
        Load load = new Load(cluster, new Load.Options(1, 4, 20, 0.3, 0.2)).fill(4, 20);
        cluster.runFor(1_000);
        int victim = cluster.leader(1) % 3 + 1;
        SimServer server = cluster.server(victim);
        server.forget(1 + (int) seed % 5);
        cluster.start(victim);
        cluster.await("counts", () -> !server.core().status(1).forgetful(), SOON_MS);
        server.forget(0);
        cluster.start(victim);
        assertThat(server.core().status(1).forgetful()).isFalse();
        cluster.awaitQuiet(10 * SOON_MS);
        load.verify();
    }

    @Seeds
    void D4_whatAReplicaOfALaterGroupHasPromisedIsKept(long seed) {
        Topology topology =
                ShardSwarm.topology(2, 6, 1_000, 1 << 20, List.of(new Topology.Group(1, "g1", List.of(1, 2, 3))));
        KvCluster cluster = new KvCluster(new Simulation(seed), topology, true).startAll();
        Load load = new Load(cluster, new Load.Options(1, 4, 20, 0.3, 0.2));
        cluster.runFor(1_000);
        int late = 4 + (int) seed % 3;
        List<Integer> others = Stream.of(4, 5, 6).filter(node -> node != late).toList();
        others.forEach(node -> {
            cluster.network().cut(node, late);
            cluster.network().cut(late, node);
        });
        long[] writesBefore = {0, 0, 0, 0, 0, 0, 0};
        others.forEach(node -> writesBefore[node] = cluster.server(node).disk().writes());
        cluster.reconfigure(KvCluster.join("g2", 4, 5, 6), SOON_MS);
        cluster.awaitComplete(SOON_MS);
        cluster.await(load.append(keyOfTheLaterGroup(cluster), "1"), SOON_MS);
        cluster.runFor(100);

        int leader = cluster.leader(GROUP);
        int victim = others.get(0) == leader ? others.get(1) : others.get(0);
        SimServer server = cluster.server(victim);
        RaftStatus before = server.core().status(GROUP);
        assertThat(before.votedFor()).isEqualTo(leader);
        int commits = (int) (server.disk().writes() - writesBefore[victim]);
        assertThat(server.core().machine(GROUP).keys()).as("acknowledged keys").isPositive();
        assertThat(commits).isLessThanOrEqualTo(REMEMBERED);
        cluster.crash(leader);
        int synced = commits - server.disk().unsyncedCommits();
        assertThat(server.forget(synced)).isEqualTo(synced);
        cluster.start(victim);
        assertThat(server.core().map().number())
                .as("the kept map is of before the group")
                .isEqualTo(1);
        cluster.network().healAll();
        cluster.await("replica", () -> server.core().groups().contains(GROUP), SOON_MS);

        Message vote = new Message.RequestVote(before.currentTerm(), late, 1_000, before.currentTerm(), true);
        server.execute(nowMs -> server.core().receive(GROUP, late, vote, nowMs));
        cluster.runFor(50);
        RaftStatus after = server.core().status(GROUP);
        assertThat(after.forgetful()).isTrue();
        assertThat(after.currentTerm()).isGreaterThanOrEqualTo(before.currentTerm());
        if (after.currentTerm() == before.currentTerm()) {
            assertThat(after.votedFor()).isEqualTo(leader);
        }
        assertThat(cluster.until(() -> cluster.leader(GROUP) != 0, SOON_MS))
                .as("a leader without what was acknowledged; %s", cluster)
                .isFalse();

        cluster.startAll();
        cluster.await("rejoin", () -> !server.core().status(GROUP).forgetful(), SOON_MS);
        load.start();
        cluster.runFor(500);
        load.stop();
        cluster.awaitQuiet(10 * SOON_MS);
        load.verify();
    }
}
