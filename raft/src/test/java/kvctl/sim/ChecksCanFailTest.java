package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import kvctl.raft.Entry;
import kvctl.raft.Message.AppendEntries;
import kvctl.raft.Message.AppendEntriesReply;
import kvctl.raft.Message.RequestVoteReply;
import org.junit.jupiter.api.Test;

/**
 * A check that can't fail checks nothing. Here the world is broken in ways that no correct replica survives: a disk that
 * loses what it had acknowledged and does not notice, a network that forges. Each must be reported, and by a property
 * that fits.
 */
class ChecksCanFailTest {

    /** Breaks {@code seed}'s cluster every half second; returns the property that was found broken, or null. */
    private static Property firstBroken(long seed, Consumer<SimCluster> sabotage) {
        SimCluster cluster = SimCluster.started(seed, 3);
        try {
            for (int i = 0; i < 60; i++) {
                int leader = cluster.leader();
                for (int k = 0; k < 5; k++) {
                    cluster.propose(leader == 0 ? 1 : leader, 8);
                }
                cluster.runFor(500);
                sabotage.accept(cluster);
            }
            return null;
        } catch (Violation violation) {
            return violation.property();
        } catch (IllegalStateException invariant) {
            return Property.NODE_INVARIANT;
        }
    }

    private static TreeSet<Property> broken(Consumer<SimCluster> sabotage) {
        TreeSet<Property> properties = new TreeSet<>();
        for (long seed = 1; seed <= 8; seed++) {
            Property property = firstBroken(seed, sabotage);
            if (property != null) {
                properties.add(property);
            }
        }
        return properties;
    }

    @Test
    void aWorldInOrderBreaksNothing() {
        assertThat(broken(cluster -> {})).isEmpty();
    }

    @Test
    void disksThatLoseAcknowledgedWritesUnnoticedAreFound() {
        assertThat(broken(cluster -> {
                    for (int nodeId : cluster.nodeIds()) {
                        cluster.crash(nodeId, SimDisk.Comeback.ROLLED_BACK_UNNOTICED);
                        cluster.start(nodeId);
                    }
                }))
                .isNotEmpty()
                .isSubsetOf(
                        Property.STATE_MACHINE_SAFETY,
                        Property.LEADER_COMPLETENESS,
                        Property.LOG_MATCHING,
                        Property.ELECTION_SAFETY,
                        Property.ANSWER_IS_TRUE,
                        Property.COMMITTED_IS_DURABLE,
                        Property.NODE_INVARIANT);
    }

    /** The same disks, noticed: two of three forget, and the group stands still rather than lie (HAZARDS D4). */
    @Test
    void D4_disksThatLoseWritesAndNoticeItBreakNothing() {
        assertThat(broken(cluster -> {
                    for (int nodeId : cluster.nodeIds()) {
                        cluster.crash(nodeId, SimDisk.Comeback.ROLLED_BACK);
                        cluster.start(nodeId);
                    }
                }))
                .isEmpty();
    }

    @Test
    void forgedVotesAreFound() {
        assertThat(broken(cluster -> {
                    for (SimNode node : cluster.nodes()) {
                        long term = node.status(SimCluster.GROUP).currentTerm();
                        for (int from : cluster.nodeIds()) {
                            node.receive(SimCluster.GROUP, from, new RequestVoteReply(term, true));
                        }
                    }
                    cluster.nodes().forEach(node -> cluster.isolate(node.nodeId()));
                    cluster.runFor(200);
                    forgeElection(cluster);
                    cluster.heal();
                }))
                .contains(Property.ELECTION_SAFETY);
    }

    /** Makes every isolated node believe that it was elected. */
    private static void forgeElection(SimCluster cluster) {
        for (int i = 0; i < 400; i++) {
            cluster.runFor(5);
            for (SimNode node : cluster.nodes()) {
                long term = node.status(SimCluster.GROUP).currentTerm();
                for (int from : cluster.nodeIds()) {
                    node.receive(SimCluster.GROUP, from, new kvctl.raft.Message.PreVoteReply(term + 1, true));
                    node.receive(SimCluster.GROUP, from, new RequestVoteReply(term, true));
                }
            }
        }
    }

    @Test
    void forgedAcknowledgementsAreFound() {
        assertThat(broken(cluster -> {
                    int leader = cluster.leader();
                    if (leader == 0) {
                        return;
                    }
                    cluster.isolate(leader);
                    cluster.propose(leader, 8);
                    cluster.runFor(5);
                    SimNode node = cluster.node(leader);
                    long last = node.status(SimCluster.GROUP).lastLogIndex();
                    long term = node.status(SimCluster.GROUP).currentTerm();
                    for (int from : cluster.nodeIds()) {
                        node.receive(
                                SimCluster.GROUP, from, new AppendEntriesReply(term, true, last, 0, 0, 1_000, true));
                    }
                    cluster.runFor(5);
                    cluster.heal();
                }))
                .contains(Property.COMMITTED_IS_DURABLE);
    }

    @Test
    void forgedEntriesAreFound() {
        assertThat(broken(cluster -> {
                    int leader = cluster.leader();
                    if (leader == 0) {
                        return;
                    }
                    SimNode follower = cluster.node(leader % 3 + 1);
                    long last = follower.status(SimCluster.GROUP).lastLogIndex();
                    long term = follower.status(SimCluster.GROUP).currentTerm();
                    long lastTerm = follower.disk().current(SimCluster.GROUP).lastTerm();
                    Entry forged = Entry.command(last + 1, term, new byte[] {1, 2, 3});
                    follower.receive(
                            SimCluster.GROUP,
                            leader,
                            new AppendEntries(term, leader, last, lastTerm, List.of(forged), last, last + 1, 1));
                }))
                .contains(Property.LOG_MATCHING);
    }

    @Test
    void forgedRoundsAreFoundAsStaleReads() {
        assertThat(broken(cluster -> {
                    int old = cluster.leader();
                    if (old == 0) {
                        return;
                    }
                    cluster.isolate(old);
                    cluster.until(() -> cluster.leader() != old && cluster.leader() != 0, 3_000);
                    cluster.propose(cluster.leader(), 8);
                    cluster.runFor(100);
                    cluster.heal();
                    cluster.runFor(100);
                }))
                .as("without forging, a deposed leader grants nothing")
                .isEmpty();
        assertThat(broken(ChecksCanFailTest::forgeRounds)).contains(Property.LINEARIZABLE_READ);
    }

    private static void forgeRounds(SimCluster cluster) {
        int old = cluster.leader();
        if (old == 0) {
            return;
        }
        SimNode node = cluster.node(old);
        long term = node.status(SimCluster.GROUP).currentTerm();
        cluster.isolate(old);
        for (int i = 0; i < 300; i++) {
            cluster.runFor(10);
            for (int from : cluster.nodeIds()) {
                node.receive(SimCluster.GROUP, from, new AppendEntriesReply(term, true, 1, 0, 0, 1_000_000, true));
            }
            int leader = cluster.leader();
            if (leader != old) {
                cluster.propose(leader, 8);
                cluster.read(old, () -> {});
            }
        }
        cluster.heal();
    }
}
