package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;

/** Links that fail in part, pauses and failing disks: HAZARDS R10, R12, A8, C9, D8, D13. */
class ConnectivityTest {
    private static final int ET = 600;

    private static SimCluster five(long seed) {
        SimCluster cluster = SimCluster.started(seed, 5);
        cluster.awaitLeader(5 * ET);
        cluster.agree(8, 5, 5_000);
        return cluster;
    }

    private static long term(SimCluster cluster) {
        return cluster.nodes().stream()
                .mapToLong(node -> node.status(SimCluster.GROUP).currentTerm())
                .max()
                .orElse(0);
    }

    /** Quorum loss (Omni-Paxos): everybody can reach only S3; the leader can't reach a majority any more. */
    @Seeds
    void R12_quorumLoss_theNodeInTheMiddleTakesOver(long seed) {
        SimCluster cluster = five(seed);
        cluster.network().partition(List.of(List.of(1, 3), List.of(2, 3), List.of(4, 3), List.of(5, 3)));
        assertThat(cluster.until(() -> cluster.leader() == 3, 20 * ET))
                .as("%s", cluster)
                .isTrue();
        cluster.agree(8, 5, 10_000);
    }

    /**
     * Constrained election: the leader is cut off, and the node in the middle has a stale log. It can't win, and nobody else
     * reaches a majority: Raft stands still until a link heals. A limit of Raft, stated and held to.
     */
    @Seeds
    void R12_constrainedElection_standsStillUntilALinkHeals(long seed) {
        SimCluster cluster = five(seed);
        int leader = cluster.leader();
        int middle = leader % 5 + 1;
        List<Integer> others = cluster.nodeIds().stream()
                .filter(id -> id != leader && id != middle)
                .toList();
        cluster.isolate(middle);
        long committed = cluster.agree(8, 4, 5_000);
        cluster.network()
                .partition(others.stream().map(id -> List.of(id, middle)).toList());
        cluster.runFor(10 * ET);
        assertThat(cluster.checks().committed()).as("nothing new").isEqualTo(committed);
        assertThat(cluster.leader()).isZero();
        int one = others.get(0);
        int two = others.get(1);
        cluster.network().heal(one, two);
        cluster.network().heal(two, one);
        assertThat(cluster.until(() -> cluster.leader() == one || cluster.leader() == two, 20 * ET))
                .as("one that reaches three: %s", cluster)
                .isTrue();
        cluster.agree(8, 3, 10_000);
    }

    /** Chained: S1-S2-S3-S4-S5. Those in the middle reach three. */
    @Seeds
    void R12_chain_aNodeInTheMiddleLeadsAndTermsStayCalm(long seed) {
        SimCluster cluster = five(seed);
        cluster.network().partition(List.of(List.of(1, 2), List.of(2, 3), List.of(3, 4), List.of(4, 5)));
        assertThat(cluster.until(() -> List.of(2, 3, 4).contains(cluster.leader()), 20 * ET))
                .as("%s", cluster)
                .isTrue();
        cluster.agree(8, 3, 10_000);
        cluster.runFor(10 * ET);
        long term = term(cluster);
        cluster.runFor(60_000);
        assertThat(term(cluster) - term).as("terms in a minute").isLessThanOrEqualTo(2);
    }

    /** A leader that can send and not hear, or hear and not send, is replaced within four election timeouts. */
    @Seeds
    void R10_aLeaderThatIsDeafOrMuteIsReplaced(long seed) {
        for (boolean deaf : new boolean[] {true, false}) {
            SimCluster cluster = five(seed);
            int leader = cluster.leader();
            for (int other : cluster.nodeIds()) {
                cluster.network().cut(deaf ? other : leader, deaf ? leader : other);
            }
            assertThat(cluster.until(() -> cluster.leader() != leader && cluster.leader() != 0, 4 * ET))
                    .as("deaf %s: %s", deaf, cluster)
                    .isTrue();
            cluster.agree(8, 4, 5_000);
            long term = term(cluster);
            cluster.runFor(60_000);
            assertThat(term(cluster) - term).as("terms in a minute").isLessThanOrEqualTo(2);
        }
    }

    /** A follower that hears nobody asks and asks; PreVote keeps it from deposing anybody. */
    @Seeds
    void R10_aDeafFollowerDisturbsNobody(long seed) {
        SimCluster cluster = five(seed);
        int leader = cluster.leader();
        int deaf = leader % 5 + 1;
        for (int other : cluster.nodeIds()) {
            cluster.network().cut(other, deaf);
        }
        long term = term(cluster);
        cluster.runFor(60_000);
        assertThat(cluster.leader()).isEqualTo(leader);
        assertThat(term(cluster)).isEqualTo(term);
        cluster.agree(8, 4, 5_000);
    }

    /** One link goes up and down every fifth to two election timeouts, for a minute. */
    @Seeds
    void R10_aFlappingLinkDeposesNobodyForLong(long seed) {
        SimCluster cluster = five(seed);
        int leader = cluster.leader();
        int other = leader % 5 + 1;
        long done = 0;
        for (int i = 0; i < 60; i++) {
            cluster.network().cut(i % 2 == 0 ? leader : other, i % 2 == 0 ? other : leader);
            cluster.runFor(ET / 5 + i % 10 * ET / 5);
            cluster.heal();
            done = cluster.agree(8, 3, 4 * ET);
        }
        assertThat(done).isGreaterThanOrEqualTo(60);
        assertThat(term(cluster)).as("terms").isLessThanOrEqualTo(5);
    }

    @Seeds
    void A8_aPausedLeaderServesNothingStaleWhenItWakes(long seed) {
        SimCluster cluster = five(seed);
        for (int round = 0; round < 5; round++) {
            int old = cluster.awaitLeader(10 * ET);
            cluster.pause(old);
            cluster.read(old, () -> {});
            assertThat(cluster.until(() -> cluster.leader() != 0, 10 * ET)).isTrue();
            cluster.agree(8, 4, 5_000);
            cluster.read(old, () -> {});
            cluster.resume(old);
            cluster.runFor(2 * ET);
        }
        cluster.awaitEqual(5_000);
    }

    /** All pause for thirty seconds and wake together: what has come is read before timers fire, so no storm follows. */
    @Seeds
    void C9_allPauseAndWakeWithoutAnElectionStorm(long seed) {
        SimCluster cluster = five(seed);
        long term = term(cluster);
        cluster.nodeIds().forEach(cluster::pause);
        cluster.runFor(30_000);
        cluster.nodeIds().forEach(cluster::resume);
        cluster.awaitLeader(4 * ET);
        cluster.agree(8, 5, 5_000);
        assertThat(term(cluster) - term).isLessThanOrEqualTo(2);
    }

    @Seeds
    void D8_aNodeWhoseDiskFailsStopsAndComesBackWithoutLoss(long seed) {
        SimCluster cluster = five(seed);
        for (int n = 1; n <= 6; n++) {
            int leader = cluster.awaitLeader(10 * ET);
            cluster.node(leader).disk().failWrite(n);
            for (int i = 0; i < 10 && cluster.node(leader).up(); i++) {
                cluster.propose(leader, 8);
                cluster.runFor(50);
            }
            assertThat(cluster.node(leader).up()).isFalse();
            cluster.agree(8, 4, 5_000);
            cluster.start(leader);
            cluster.agree(8, 5, 5_000);
        }
    }

    @Seeds
    void D13_aLeaderWhoseDiskHangsIsReplaced(long seed) {
        SimCluster cluster = five(seed);
        int leader = cluster.leader();
        cluster.node(leader).disk().latency(60_000_000, 0);
        cluster.propose(leader, 8);
        assertThat(cluster.until(() -> cluster.leader() != leader && cluster.leader() != 0, 5 * ET))
                .isTrue();
        cluster.agree(8, 4, 5_000);
    }

    /** S5: the receiver is killed at each chunk and rejoins. */
    @Seeds
    void S5_aCrashAtAnyChunkLeavesOldOrNewState(long seed) {
        SimCluster.Options options = new SimCluster.Options(
                3,
                1,
                50,
                300,
                ET,
                kvctl.raft.RaftConfig.Limits.DEFAULT
                        .withSnapshots(5, 1 << 20, 0)
                        .withChunkBytes(50),
                400);
        SimCluster cluster = new SimCluster(new Simulation(seed), options).startAll();
        int leader = cluster.awaitLeader(5 * ET);
        int victim = leader % 3 + 1;
        for (long killedAtMs : LongStream.rangeClosed(0, 12).toArray()) {
            cluster.isolate(victim);
            for (int i = 0; i < 12; i++) {
                cluster.agree(8, 2, 5_000);
            }
            cluster.heal();
            cluster.runFor(50 + killedAtMs);
            cluster.restart(victim);
            cluster.agree(8, 3, 10_000);
        }
        cluster.awaitEqual(5_000);
    }
}
