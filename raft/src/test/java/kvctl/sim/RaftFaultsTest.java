package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import kvctl.raft.RaftConfig;
import kvctl.raft.RaftStatus;
import kvctl.raft.Waiter;
import org.junit.jupiter.api.Test;

/**
 * Rows of the fault matrix on one group, with their bounds in election timeouts (HAZARDS §1.9). What must hold
 * throughout, such as that nothing acknowledged is lost and no read is stale, {@link Checks} looks at after every event.
 * More rows are in {@link ConnectivityTest}.
 */
class RaftFaultsTest {
    private static final int ET = 600;
    private static final int COMMAND = 8;

    private static SimCluster five(long seed) {
        SimCluster cluster = SimCluster.started(seed, 5);
        cluster.awaitLeader(5 * ET);
        cluster.agree(COMMAND, 5, 5_000);
        return cluster;
    }

    private static long term(SimCluster cluster) {
        return cluster.nodes().stream()
                .filter(SimNode::up)
                .mapToLong(node -> node.status(SimCluster.GROUP).currentTerm())
                .max()
                .orElse(0);
    }

    /** The leader and so many others behind it, around the circle. */
    private static List<Integer> leaderAnd(SimCluster cluster, int others) {
        List<Integer> nodes = new ArrayList<>(List.of(cluster.leader()));
        while (nodes.size() <= others) {
            nodes.add(nodes.get(nodes.size() - 1) % cluster.nodeIds().size() + 1);
        }
        return nodes;
    }

    private static List<Integer> rest(SimCluster cluster, List<Integer> without) {
        return cluster.nodeIds().stream().filter(id -> !without.contains(id)).toList();
    }

    private static long msUntil(SimCluster cluster, Runnable done) {
        long startUs = cluster.simulation().nowUs();
        done.run();
        return (cluster.simulation().nowUs() - startUs) / 1_000;
    }

    // --- processes and power ---

    @Seeds
    void D2_killedServersAreDoneWithoutOrBackWithinTwoElectionTimeouts(long seed) {
        SimCluster cluster = five(seed);
        for (int killed : new int[] {1, 2, 5, 1, 2, 5}) {
            List<Integer> victims = leaderAnd(cluster, killed - 1);
            cluster.propose(victims.get(0), COMMAND);
            victims.forEach(cluster::crash);
            if (killed == 5) {
                cluster.runFor(100);
                cluster.startAll();
            }
            cluster.agree(COMMAND, 3, 2 * ET);
            cluster.startAll();
            cluster.agree(COMMAND, 5, 2 * ET);
        }
        cluster.awaitEqual(2 * ET);
    }

    /** Of what was not synced yet, the disk keeps any prefix; the write on its way may be torn. */
    @Seeds
    void D2_powerCutsAtAnyInstantLoseNothingThatWasAcknowledged(long seed) {
        SimCluster cluster = five(seed);
        RandomGenerator dice = cluster.simulation().random("power");
        for (int round = 0; round < 20; round++) {
            int leader = cluster.awaitLeader(5 * ET);
            for (int i = 0; i < 10; i++) {
                cluster.propose(leader, 100);
                cluster.simulation().runFor(dice.nextInt(400));
            }
            if (round % 2 == 0) {
                cluster.nodeIds().forEach(cluster::crash);
                cluster.startAll();
            } else {
                cluster.restart(leader);
            }
            cluster.agree(COMMAND, 3, 2 * ET);
        }
        cluster.awaitEqual(5_000);
    }

    /** Nobody else has a copy: what the lone member answers must be on its disk. */
    @Seeds
    void R7_aLoneMemberAnswersOnlyWhatAPowerCutLeaves(long seed) {
        SimCluster cluster = SimCluster.started(seed, 1);
        RandomGenerator dice = cluster.simulation().random("power");
        cluster.node(1).disk().latency(1_000, 2_000);
        int done = 0;
        for (int round = 0; round < 30; round++) {
            cluster.awaitLeader(2 * ET);
            List<SimCluster.Proposal> proposals = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                proposals.add(cluster.propose(1, COMMAND));
                cluster.simulation().runFor(dice.nextInt(3_000));
            }
            done += (int) proposals.stream().filter(SimCluster.Proposal::done).count();
            cluster.restart(1);
        }
        cluster.awaitLeader(2 * ET);
        cluster.agree(COMMAND, 1, ET);
        assertThat(done).isBetween(20, 149);
        assertThat(cluster.node(1).disk().state(SimCluster.GROUP).commands()).isGreaterThan(done);
    }

    // --- slow disks, standstill, clocks ---

    /** Fifty times the usual: a follower's holds nobody up, a leader's only itself; nobody is deposed for it. */
    @Seeds
    void A11_aSlowDiskHoldsUpNobodyElse(long seed) {
        SimCluster cluster = five(seed);
        int leader = cluster.leader();
        long term = term(cluster);
        long usual = msUntil(cluster, () -> agree(cluster, 50));
        for (int slow : leaderAnd(cluster, 2).subList(1, 3)) {
            cluster.node(slow).disk().latency(5_000, 15_000);
        }
        assertThat(msUntil(cluster, () -> agree(cluster, 50)))
                .as("two slow followers, usually %d ms", usual)
                .isLessThan(usual * 3 / 2);
        cluster.nodes().forEach(node -> node.disk().latency(100, 300));
        cluster.node(leader).disk().latency(5_000, 15_000);
        assertThat(msUntil(cluster, () -> agree(cluster, 50)))
                .as("a leader waits for its disk in each turn")
                .isLessThan(50 * 4 * 20);
        assertThat(cluster.leader()).isEqualTo(leader);
        assertThat(term(cluster)).isEqualTo(term);
        cluster.node(leader).disk().latency(100, 300);
        cluster.awaitEqual(5_000);
    }

    private static void agree(SimCluster cluster, int times) {
        for (int i = 0; i < times; i++) {
            cluster.agree(COMMAND, 3, 2 * ET);
        }
    }

    /** SIGSTOP of the leader, a follower or all, for half, two and twenty election timeouts. */
    @Seeds
    void A8_C3_C9_whoStoodStillServesNothingOldAndEverythingGoesOn(long seed) {
        for (int who = 0; who < 3; who++) {
            SimCluster cluster = five(seed);
            for (int forMs : new int[] {ET / 2, 2 * ET, 20 * ET}) {
                long term = term(cluster);
                int leader = cluster.leader();
                List<Integer> stopped = who == 2 ? cluster.nodeIds() : List.of(who == 0 ? leader : leader % 5 + 1);
                cluster.read(leader, () -> {});
                cluster.simulation().runFor(300); // Some reads are asked for, and some rounds answered, before it.
                stopped.forEach(cluster::pause);
                cluster.read(leader, () -> {});
                cluster.propose(leader, COMMAND);
                if (who == 0 && forMs > ET) {
                    cluster.agree(COMMAND, 4, 2 * ET);
                }
                cluster.runFor(forMs);
                stopped.forEach(id -> cluster.read(id, () -> {}));
                stopped.forEach(cluster::resume);
                cluster.agree(COMMAND, 3, 2 * ET);
                cluster.agree(COMMAND, 5, 2 * ET);
                assertThat(term(cluster) - term).as("terms").isLessThanOrEqualTo(2);
            }
            cluster.awaitEqual(2 * ET);
        }
    }

    /** Every clock has another rate, from half to twice as fast, and shows another time. */
    @Seeds
    void C8_clocksOfAnyRateAndTimeBreakNothing(long seed) {
        SimCluster cluster = new SimCluster(new Simulation(seed), SimCluster.Options.of(5));
        double[] rates = {0.5, 0.75, 1, 1.5, 2};
        for (int nodeId : cluster.nodeIds()) {
            cluster.node(nodeId).clock(rates[(nodeId + (int) seed) % 5], 3_600_000L * nodeId);
        }
        cluster.startAll();
        cluster.awaitLeader(5 * ET);
        for (int round = 0; round < 10; round++) {
            agree(cluster, 10);
            int leader = cluster.leader();
            cluster.read(leader, () -> {});
            if (round % 3 == 2) {
                cluster.restart(leader);
                cluster.awaitLeader(4 * ET);
            }
        }
        cluster.awaitEqual(2 * ET);
    }

    /** An hour ahead: a leader gives up and somebody is elected, a follower asks and is refused. */
    @Seeds
    void C8_aClockThatJumpsAheadCostsElectionsAndNothingElse(long seed) {
        SimCluster cluster = five(seed);
        for (int round = 1; round <= 4; round++) {
            int jumping = round % 2 == 0 ? cluster.leader() : cluster.leader() % 5 + 1;
            long term = term(cluster);
            cluster.node(jumping).clock(1, 3_600_000L * round);
            cluster.read(cluster.leader(), () -> {});
            cluster.agree(COMMAND, 3, 2 * ET);
            cluster.agree(COMMAND, 5, 2 * ET);
            assertThat(term(cluster) - term).as("terms").isLessThanOrEqualTo(4);
        }
        cluster.awaitEqual(2 * ET);
    }

    /** A machine that was suspended: it stood still, and so did its clock, which says that nothing has happened. */
    @Seeds
    void A8_aSuspendedMachineWhoseClockStoodStillServesNothingOld(long seed) {
        int forMs = 30_000;
        for (boolean all : new boolean[] {false, true}) {
            SimCluster cluster = five(seed);
            int old = cluster.leader();
            long term = term(cluster);
            List<Integer> suspended = all ? cluster.nodeIds() : List.of(old);
            suspended.forEach(cluster::pause);
            if (!all) {
                cluster.agree(COMMAND, 4, 2 * ET);
            }
            cluster.runFor(forMs);
            suspended.forEach(id -> cluster.node(id).clock(1, -forMs));
            cluster.read(old, () -> {});
            cluster.propose(old, COMMAND);
            suspended.forEach(cluster::resume);
            cluster.agree(COMMAND, 3, 2 * ET);
            cluster.agree(COMMAND, 5, 2 * ET);
            assertThat(term(cluster) - term).as("terms").isLessThanOrEqualTo(2);
            cluster.awaitEqual(2 * ET);
        }
    }

    // --- links ---

    /** The side without a majority serves nothing; the other one goes on in time, and so do all when it is over. */
    @Seeds
    void R10_C2_aMinorityServesNothingAndTheMajorityGoesOn(long seed) {
        for (int behindLeader : new int[] {0, 1, 2}) {
            SimCluster cluster = five(seed);
            int leader = cluster.leader();
            List<Integer> one = leaderAnd(cluster, behindLeader);
            List<Integer> other = rest(cluster, one);
            boolean leaderIsInMinority = one.size() < other.size();
            List<Integer> minority = leaderIsInMinority ? one : other;
            cluster.network().partition(List.of(one, other));
            boolean[] served = {false};
            List<SimCluster.Proposal> lost = new ArrayList<>();
            for (int nodeId : minority) {
                lost.add(cluster.propose(nodeId, COMMAND));
                cluster.read(nodeId, () -> served[0] = true);
            }
            List<Integer> majority = leaderIsInMinority ? other : one;
            cluster.agree(() -> leaderOf(cluster, majority), COMMAND, 3, 2 * ET);
            cluster.runFor(4 * ET);
            assertThat(lost).noneMatch(SimCluster.Proposal::done);
            assertThat(served[0]).isFalse();
            assertThat(leaderOf(cluster, minority))
                    .as("n%d and %s", leader, minority)
                    .isZero();
            cluster.heal();
            cluster.agree(COMMAND, 5, 2 * ET);
        }
    }

    private static int leaderOf(SimCluster cluster, List<Integer> nodes) {
        return nodes.stream()
                .filter(id -> cluster.node(id).status(SimCluster.GROUP).role() == RaftStatus.Role.LEADER)
                .findFirst()
                .orElse(0);
    }

    /** Nobody hears it, and it hears everybody: it follows, and its answers are missed by nobody. */
    @Seeds
    void R10_aMuteFollowerDisturbsNobody(long seed) {
        SimCluster cluster = five(seed);
        int leader = cluster.leader();
        int mute = leader % 5 + 1;
        cluster.nodeIds().forEach(other -> cluster.network().cut(mute, other));
        long term = term(cluster);
        cluster.runFor(60_000);
        assertThat(cluster.leader()).isEqualTo(leader);
        assertThat(term(cluster)).isEqualTo(term);
        cluster.agree(COMMAND, 4, 2 * ET);
        cluster.heal();
        cluster.agree(COMMAND, 5, 2 * ET);
    }

    /** S1-S2-S3-S4-S5-S1: each reaches a majority, no two the same one. */
    @Seeds
    void R12_aRingOfMajoritiesHasOneLeaderAndTermsStayCalm(long seed) {
        SimCluster cluster = five(seed);
        cluster.network().partition(List.of(List.of(1, 2), List.of(2, 3), List.of(3, 4), List.of(4, 5), List.of(5, 1)));
        cluster.awaitLeader(20 * ET);
        cluster.agree(COMMAND, 3, 2 * ET);
        cluster.runFor(10 * ET);
        long term = term(cluster);
        cluster.runFor(60_000);
        assertThat(term(cluster) - term).as("terms in a minute").isLessThanOrEqualTo(2);
        cluster.agree(COMMAND, 3, 2 * ET);
        cluster.heal();
        cluster.agree(COMMAND, 5, 2 * ET);
    }

    /** Up and down every fifth to two election timeouts for half a minute, with a client who never rests. */
    @Seeds
    void R10_aFlappingLinkLeavesAtLeastHalfOfTheThroughput(long seed) {
        long sound = doneInHalfAMinute(five(seed), false);
        long flapping = doneInHalfAMinute(five(seed), true);
        assertThat(flapping).as("of %d", sound).isGreaterThan(sound / 2);
    }

    private static long doneInHalfAMinute(SimCluster cluster, boolean flaps) {
        int one = cluster.leader();
        int two = one % 5 + 1;
        long before = cluster.checks().answers().proposals();
        for (int i = 0; i < 50; i++) {
            if (flaps) {
                cluster.network().cut(i % 2 == 0 ? one : two, i % 2 == 0 ? two : one);
            }
            int forMs = ET / 5 + i % 10 * ET / 5;
            for (int ms = 0; ms < forMs; ms += 10) {
                if (cluster.leader() != 0) {
                    cluster.propose(cluster.leader(), COMMAND);
                }
                cluster.runFor(10);
            }
            cluster.heal();
        }
        return cluster.checks().answers().proposals() - before;
    }

    /** Three of ten messages are lost, half come twice, any order, some two seconds late, old ones again. */
    @Seeds
    void A5_R4_lossDuplicatesReorderingAndReplayOnlyCostTime(long seed) {
        SimCluster cluster = five(seed);
        cluster.network().faults(new LinkFaults(200, 3_000, 0.3, 0.5, 1, 0.1, 0.3));
        for (int second = 0; second < 30; second += 5) {
            long before = cluster.checks().answers().proposals();
            for (int ms = 0; ms < 5_000; ms += 25) {
                if (cluster.leader() != 0) {
                    cluster.propose(cluster.leader(), COMMAND);
                    cluster.read(cluster.leader(), () -> {});
                }
                cluster.runFor(25);
            }
            assertThat(cluster.checks().answers().proposals() - before)
                    .as("done from second %d on: %s", second, cluster)
                    .isPositive();
        }
        cluster.network().faults(LinkFaults.NONE);
        cluster.awaitEqual(10 * ET);
    }

    // --- load ---

    /** A follower that reads nothing for a minute costs its leader no more than the log's limit, and others nothing. */
    @Seeds
    void A1_A2_aPeerThatReadsNothingHoldsUpNobodyAndIsBounded(long seed) {
        int limit = 20_000;
        RaftConfig.Limits limits = RaftConfig.Limits.DEFAULT.withSnapshots(10_000, limit, 20);
        SimCluster cluster =
                new SimCluster(new Simulation(seed), SimCluster.Options.of(3).withLimits(limits)).startAll();
        int leader = cluster.awaitLeader(5 * ET);
        long usual = msUntil(cluster, () -> agree(cluster, 100, 2));
        cluster.pause(leader % 3 + 1);
        assertThat(msUntil(cluster, () -> agree(cluster, 100, 2)))
                .as("usually %d ms", usual)
                .isLessThan(2 * usual);
        long sent = cluster.network().messages();
        for (int ms = 0; ms < 60_000; ms += 50) {
            cluster.propose(leader, 400);
            cluster.runFor(50);
            assertThat(cluster.node(leader).status(SimCluster.GROUP).logBytes()).isLessThanOrEqualTo(limit + 1_000);
        }
        assertThat(cluster.network().messages() - sent)
                .as("heartbeats, and one message each way for a command")
                .isLessThan(1_200 * 3 * 3);
        cluster.resume(leader % 3 + 1);
        cluster.agree(COMMAND, 3, 2 * ET);
        cluster.awaitEqual(2 * ET);
    }

    private static void agree(SimCluster cluster, int times, int expected) {
        for (int i = 0; i < times; i++) {
            cluster.agree(400, expected, 2 * ET);
        }
    }

    /**
     * Twice, then ten times as many proposals as the limit on uncommitted bytes lets through: the excess is refused at once
     * and definitely, nobody is deposed, and when it is over everything is taken again.
     */
    @Seeds
    void A1_A4_overloadIsRefusedDefinitelyAndLeavesNothingBehind(long seed) {
        RaftConfig.Limits d = RaftConfig.Limits.DEFAULT;
        RaftConfig.Limits limits = new RaftConfig.Limits(
                d.messageBytes(),
                d.inflightMessages(),
                d.inflightBytes(),
                1_000,
                d.waitingReads(),
                d.applyBytes(),
                d.snapshotEntries(),
                d.snapshotBytes(),
                d.keptEntries(),
                d.chunkBytes());
        SimCluster cluster =
                new SimCluster(new Simulation(seed), SimCluster.Options.of(3).withLimits(limits)).startAll();
        int leader = cluster.awaitLeader(5 * ET);
        long term = term(cluster);
        double capacity = offered(cluster, 6).share();
        Offered twice = offered(cluster, (int) Math.ceil(2 * 6 * capacity));
        Offered burst = offered(cluster, (int) Math.ceil(10 * 6 * capacity));
        assertThat(twice.refused()).isPositive();
        assertThat(burst.refused()).isGreaterThan(twice.refused());
        assertThat(burst.done()).as("of %d in half a second", twice.done()).isGreaterThan(twice.done() / 2);
        cluster.runFor(20);
        Offered calm = offered(cluster, 1);
        assertThat(calm.done()).isEqualTo(calm.asked());
        assertThat(cluster.leader()).isEqualTo(leader);
        assertThat(term(cluster)).isEqualTo(term);
    }

    private record Offered(int asked, int done, int refused) {
        double share() {
            return (double) done / asked;
        }
    }

    /** So many commands of 300 bytes each 2 ms, for half a second, and what became of them. */
    private static Offered offered(SimCluster cluster, int perStep) {
        List<SimCluster.Proposal> all = new ArrayList<>();
        for (int ms = 0; ms < 500; ms += 2) {
            for (int i = 0; i < perStep; i++) {
                all.add(cluster.propose(cluster.leader(), 300));
            }
            cluster.runFor(2);
        }
        BooleanSupplier answered = () -> all.stream().allMatch(SimCluster.Proposal::answered);
        assertThat(cluster.until(answered, ET)).as("nobody waits for ever").isTrue();
        assertThat(all)
                .filteredOn(proposal -> !proposal.done())
                .allMatch(proposal -> proposal.failure() == Waiter.Failure.TOO_BUSY);
        int done = (int) all.stream().filter(SimCluster.Proposal::done).count();
        return new Offered(all.size(), done, all.size() - done);
    }

    /** Two hundred groups on the same three nodes, as all of them start, and as one node comes back. */
    @Test
    void A7_manyGroupsElectInTimeAndNotAllOnOneNode() {
        int groups = 200;
        SimCluster.Options options = new SimCluster.Options(3, groups, 50, 300, ET, RaftConfig.Limits.DEFAULT, 100);
        SimCluster cluster = new SimCluster(new Simulation(1), options).startAll();
        assertThat(cluster.until(() -> ledGroups(cluster, 0) == groups, 3 * ET))
                .as("%d of %d are led", ledGroups(cluster, 0), groups)
                .isTrue();
        for (int nodeId : cluster.nodeIds()) {
            assertThat(ledGroups(cluster, nodeId)).as("led by S%d", nodeId).isGreaterThan(groups / 10);
        }
        int led = ledGroups(cluster, 1);
        cluster.crash(1);
        assertThat(cluster.until(() -> ledGroups(cluster, 0) == groups, 3 * ET)).isTrue();
        long[] terms = new long[groups + 1];
        for (int group = 1; group <= groups; group++) {
            terms[group] = cluster.node(2).status(group).currentTerm();
        }
        cluster.start(1);
        assertThat(cluster.until(() -> followedBy(cluster, 1) == groups, 2 * ET))
                .as("groups that S1 follows, of %d that it led %d of", groups, led)
                .isTrue();
        cluster.runFor(4 * ET);
        for (int group = 1; group <= groups; group++) {
            assertThat(cluster.node(2).status(group).currentTerm()).isEqualTo(terms[group]);
        }
    }

    /** Groups that a node leads; 0: that any node leads. */
    private static int ledGroups(SimCluster cluster, int nodeId) {
        int led = 0;
        for (int group = 1; group <= cluster.options().groups(); group++) {
            for (SimNode node : cluster.nodes()) {
                boolean asked = nodeId == 0 || node.nodeId() == nodeId;
                led += asked && node.up() && node.status(group).role() == RaftStatus.Role.LEADER ? 1 : 0;
            }
        }
        return led;
    }

    private static int followedBy(SimCluster cluster, int nodeId) {
        int followed = 0;
        for (int group = 1; group <= cluster.options().groups(); group++) {
            followed += cluster.node(nodeId).status(group).leaderId() != 0 ? 1 : 0;
        }
        return followed;
    }
}
