package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;

/**
 * The Raft scenarios of the MIT 6.5840 course under their names, written anew for the simulator, with their bounds on
 * messages, bytes and log size. Messages are counted both ways, where the course counts calls.
 */
class MitRaftScenariosTest {

    @Nested
    @DisplayName("3A leader election")
    class Elections {
        @Seeds
        void InitialElection(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            c.checkOneLeader();
            c.sleep(50);
            List<Long> terms = IntStream.rangeClosed(1, 3).mapToObj(c::term).toList();
            assertThat(terms).containsOnly(terms.get(0));
            assertThat(terms.get(0)).isPositive();
            c.sleep(2_000);
            assertThat(IntStream.rangeClosed(1, 3).mapToObj(c::term)).containsOnly(terms.get(0));
            c.checkOneLeader();
        }

        @Seeds
        void ReElection(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            int first = c.checkOneLeader();
            c.disconnect(first);
            c.checkOneLeader();
            c.connect(first);
            int second = c.checkOneLeader();
            c.disconnect(second, c.next(second, 1));
            c.sleep(2_000);
            c.checkNoLeader();
            c.connect(c.next(second, 1));
            c.checkOneLeader();
            c.connect(second);
            c.checkOneLeader();
        }

        @Seeds
        void ManyElections(long seed) {
            MitCluster c = new MitCluster(seed, 7);
            c.checkOneLeader();
            for (int round = 1; round < 10; round++) {
                int[] cut = {c.randomNode(), c.randomNode(), c.randomNode()};
                c.disconnect(cut);
                c.checkOneLeader();
                c.connectAll();
            }
            c.checkOneLeader();
        }
    }

    @Nested
    @DisplayName("3B log")
    class Logs {
        @Seeds
        void BasicAgree(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            for (int k = 1; k <= 3; k++) {
                assertThat(c.commands())
                        .as("nothing is committed before it is submitted")
                        .isEqualTo(k - 1);
                long index = c.one(3);
                assertThat(index)
                        .as("the no-op of the first term takes index 1")
                        .isEqualTo(k + 1);
                assertThat(c.commands()).isEqualTo(k);
            }
        }

        @Seeds
        void RPCBytes(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            c.one(99, 3);
            long before = c.cluster.network().bytes();
            long sent = 0;
            for (int i = 0; i < 10; i++) {
                c.one(5_000, 3);
                sent += 5_000;
            }
            assertThat(c.cluster.network().bytes() - before).isLessThanOrEqualTo(3 * sent + 50_000);
        }

        @Seeds
        void FollowerFailure(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            c.one(3);
            int leader = c.checkOneLeader();
            c.disconnect(c.next(leader, 1));
            c.one(2);
            c.sleep(1_000);
            c.one(2);
            leader = c.checkOneLeader();
            c.disconnect(c.next(leader, 1), c.next(leader, 2));
            long before = c.commands();
            SimCluster.Proposal lost = c.submit(leader);
            c.sleep(2_000);
            assertThat(lost.done()).isFalse();
            assertThat(c.commands()).isEqualTo(before);
        }

        @Seeds
        void LeaderFailure(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            c.one(3);
            c.disconnect(c.checkOneLeader());
            c.one(2);
            c.sleep(1_000);
            c.one(2);
            c.disconnect(c.checkOneLeader());
            long before = c.commands();
            List<SimCluster.Proposal> lost =
                    IntStream.rangeClosed(1, 3).mapToObj(c::submit).toList();
            c.sleep(2_000);
            assertThat(lost).noneMatch(SimCluster.Proposal::done);
            assertThat(c.commands()).isEqualTo(before);
        }

        @Seeds
        void FailAgree(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            c.one(3);
            int away = c.next(c.checkOneLeader(), 1);
            c.disconnect(away);
            c.one(2);
            c.one(2);
            c.sleep(1_000);
            c.one(2);
            c.one(2);
            c.connect(away);
            c.one(3);
            c.sleep(1_000);
            c.one(3);
        }

        @Seeds
        void FailNoAgree(long seed) {
            MitCluster c = new MitCluster(seed, 5);
            c.one(5);
            int leader = c.checkOneLeader();
            c.disconnect(c.next(leader, 1), c.next(leader, 2), c.next(leader, 3));
            SimCluster.Proposal alone = c.submit(leader);
            c.sleep(2_000);
            assertThat(alone.done()).isFalse();
            assertThat(c.commands()).isEqualTo(1);
            c.connectAll();
            SimCluster.Proposal next = c.submit(c.checkOneLeader());
            assertThat(c.cluster.until(next::done, 2_000)).isTrue();
            assertThat(c.commands())
                    .as("2 if the lonely command is gone, else 3")
                    .isBetween(2L, 3L);
            c.one(5);
        }

        @Seeds
        void ConcurrentStarts(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            for (int attempt = 0; attempt < 5; attempt++) {
                int leader = c.checkOneLeader();
                long term = c.term(leader);
                List<SimCluster.Proposal> five = c.submit(leader, 5);
                c.cluster.until(() -> five.stream().allMatch(SimCluster.Proposal::answered), 2_000);
                if (c.term(leader) == term) {
                    assertThat(five).allMatch(SimCluster.Proposal::done);
                    assertThat(five.stream().map(SimCluster.Proposal::index)).doesNotHaveDuplicates();
                    return;
                }
            }
            throw new AssertionError("the term changed in every attempt");
        }

        @Seeds
        void Rejoin(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            c.one(3);
            int first = c.checkOneLeader();
            c.disconnect(first);
            c.submit(first, 3);
            c.one(2);
            int second = c.checkOneLeader();
            c.disconnect(second);
            c.connect(first);
            c.one(2);
            c.connect(second);
            c.one(3);
            c.cluster.awaitEqual(5_000);
        }

        @Seeds
        void Backup(long seed) {
            MitCluster c = new MitCluster(seed, 5);
            c.one(5);
            int first = c.checkOneLeader();
            c.disconnect(c.next(first, 2), c.next(first, 3), c.next(first, 4));
            c.submit(first, 50);
            c.sleep(500);
            c.disconnect(first, c.next(first, 1));
            IntStream.rangeClosed(2, 4).forEach(n -> c.connect(c.next(first, n)));
            c.agree(3, 50);
            int second = c.checkOneLeader();
            int other = c.next(first, 2) == second ? c.next(second, 1) : c.next(first, 2);
            c.disconnect(other);
            c.submit(second, 50);
            c.sleep(500);
            IntStream.rangeClosed(1, 5).forEach(c::disconnect);
            c.connect(first);
            c.connect(c.next(first, 1));
            c.connect(other);
            c.agree(3, 50);
            long beforeHealing = c.cluster.network().messages();
            long healedUs = c.cluster.simulation().nowUs();
            c.connectAll();
            c.one(5);
            c.cluster.awaitEqual(5_000);
            long heartbeats = 2 * 4 * (2 + (c.cluster.simulation().nowUs() - healedUs) / 100_000);
            assertThat(c.cluster.network().messages() - beforeHealing - heartbeats)
                    .as("R9: backing up takes messages by the number of terms, not of entries")
                    .isLessThan(60);
            assertThat(c.cluster.simulation().nowUs()).isLessThan(120_000_000);
        }

        @Seeds
        void Count(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            int leader = c.checkOneLeader();
            assertThat(c.cluster.network().messages()).as("messages to elect").isBetween(1L, 30L);
            c.sleep(150);
            long before = c.cluster.network().messages();
            List<SimCluster.Proposal> ten = c.submit(leader, 10);
            assertThat(c.cluster.until(() -> ten.stream().allMatch(SimCluster.Proposal::done), 2_000))
                    .isTrue();
            assertThat(c.cluster.network().messages() - before)
                    .as("messages for 10 entries")
                    .isLessThanOrEqualTo(42);
            before = c.cluster.network().messages();
            c.sleep(1_000);
            assertThat(c.cluster.network().messages() - before)
                    .as("messages in an idle second")
                    .isLessThanOrEqualTo(60);
        }
    }

    @Nested
    @DisplayName("3C persistence")
    class Persistence {
        @Seeds
        void Persist1(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            c.one(3);
            c.crashAll();
            c.startAll();
            c.one(3);
            int first = c.checkOneLeader();
            c.crash(first);
            c.start(first);
            c.one(3);
            int second = c.checkOneLeader();
            c.crash(second);
            long index = c.one(2);
            c.start(second);
            assertThat(c.cluster.until(() -> c.cluster.appliedBy(index) == 3, 5_000))
                    .isTrue();
            int third = c.next(c.checkOneLeader(), 1);
            c.crash(third);
            c.one(2);
            c.start(third);
            c.one(3);
        }

        @Seeds
        void Persist2(long seed) {
            MitCluster c = new MitCluster(seed, 5);
            for (int round = 0; round < 5; round++) {
                c.one(5);
                int leader = c.checkOneLeader();
                c.crash(c.next(leader, 1));
                c.crash(c.next(leader, 2));
                c.one(3);
                c.crash(leader);
                c.crash(c.next(leader, 3));
                c.crash(c.next(leader, 4));
                c.start(c.next(leader, 1));
                c.start(c.next(leader, 2));
                c.sleep(1_000);
                c.start(c.next(leader, 3));
                c.one(3);
                c.start(c.next(leader, 4));
                c.start(leader);
            }
            c.one(5);
        }

        @Seeds
        void Persist3(long seed) {
            MitCluster c = new MitCluster(seed, 3);
            c.one(3);
            int leader = c.checkOneLeader();
            c.crash(c.next(leader, 2));
            c.one(2);
            c.crash(leader);
            c.crash(c.next(leader, 1));
            c.start(c.next(leader, 2));
            c.start(leader);
            c.one(2);
            c.start(c.next(leader, 1));
            c.one(3);
        }

        @Seeds
        void Figure8(long seed) {
            MitCluster c = new MitCluster(seed, 5);
            c.one(1);
            for (int round = 0; round < 1_000; round++) {
                int leader = submitAndWait(c);
                if (leader != 0) {
                    c.crash(leader);
                }
                long up = c.cluster.nodes().stream().filter(SimNode::up).count();
                if (up < 3) {
                    c.start(c.randomNode());
                }
            }
            c.startAll();
            c.one(5);
            c.cluster.awaitEqual(5_000);
        }

        @Seeds
        void UnreliableAgree(long seed) {
            MitCluster c = new MitCluster(seed, 5).unreliable();
            List<SimCluster.Proposal> parallel = new ArrayList<>();
            for (int round = 1; round < 50; round++) {
                int leader = c.checkOneLeader();
                parallel.addAll(c.submit(leader, 4));
                c.one(1);
            }
            c.cluster.network().faults(LinkFaults.NONE);
            assertThat(c.cluster.until(() -> parallel.stream().allMatch(SimCluster.Proposal::answered), 10_000))
                    .isTrue();
            c.one(5);
        }

        @Seeds
        void Figure8Unreliable(long seed) {
            MitCluster c = new MitCluster(seed, 5).unreliable();
            c.one(1);
            for (int round = 0; round < 1_000; round++) {
                if (round == 200) {
                    c.cluster.network().faults(LinkFaults.UNRELIABLE.withLongReorder(0.33));
                }
                int leader = submitAndWait(c);
                if (leader != 0 && c.random.nextInt(1_000) < 500) {
                    c.disconnect(leader);
                }
                long up = c.cluster.nodeIds().stream().filter(c::isConnected).count();
                if (up < 3) {
                    c.connect(c.randomNode());
                }
            }
            c.connectAll();
            c.one(5);
        }

        /** Their clients try every server; returns the last that took the command, mostly before it can be committed. */
        private int submitAndWait(MitCluster c) {
            int leader = 0;
            for (int nodeId : c.cluster.nodeIds()) {
                if (c.cluster.node(nodeId).up()) {
                    c.submit(nodeId);
                    leader = c.leads(nodeId) ? nodeId : leader;
                }
            }
            c.sleep(c.random.nextInt(1_000) < 100 ? c.random.nextInt(500) : c.random.nextInt(13));
            return leader;
        }

        @Seeds
        void ReliableChurn(long seed) {
            churn(new MitCluster(seed, 5));
        }

        @Seeds
        void UnreliableChurn(long seed) {
            churn(new MitCluster(seed, 5).unreliable());
        }

        /** That every acknowledged command stays in the log is checked after each event. */
        private void churn(MitCluster c) {
            boolean[] over = {false};
            for (int client = 0; client < 3; client++) {
                client(c, over);
            }
            for (int round = 0; round < 20; round++) {
                if (c.random.nextInt(1_000) < 200) {
                    c.disconnect(c.randomNode());
                }
                if (c.random.nextInt(1_000) < 500) {
                    int nodeId = c.randomNode();
                    c.start(nodeId);
                    c.connect(nodeId);
                }
                if (c.random.nextInt(1_000) < 200) {
                    c.crash(c.randomNode());
                }
                c.sleep(700);
            }
            c.cluster.network().faults(LinkFaults.NONE);
            c.startAll();
            c.connectAll();
            over[0] = true;
            c.one(5);
            c.cluster.awaitEqual(10_000);
            assertThat(c.commands()).isGreaterThan(10);
        }

        /** Submits wherever a leader may be, again and again. */
        private void client(MitCluster c, boolean[] over) {
            c.cluster.simulation().after(1_000L * (10 + c.random.nextInt(30)), () -> {
                if (!over[0]) {
                    c.cluster.nodeIds().forEach(c::submit);
                    client(c, over);
                }
            });
        }
    }

    @Nested
    @DisplayName("3D snapshots")
    class Snapshots {
        private static final long LOG_BYTES_MAX = 2_000;

        @Seeds
        void SnapshotBasic(long seed) {
            rounds(MitCluster.withSnapshots(seed, 3), false, false);
        }

        @Seeds
        void SnapshotInstall(long seed) {
            rounds(MitCluster.withSnapshots(seed, 3), true, false);
        }

        @Seeds
        void SnapshotInstallUnreliable(long seed) {
            rounds(MitCluster.withSnapshots(seed, 3).unreliable(), true, false);
        }

        @Seeds
        void SnapshotInstallCrash(long seed) {
            rounds(MitCluster.withSnapshots(seed, 3), false, true);
        }

        @Seeds
        void SnapshotInstallUnCrash(long seed) {
            rounds(MitCluster.withSnapshots(seed, 3).unreliable(), false, true);
        }

        private void rounds(MitCluster c, boolean disconnect, boolean crash) {
            c.one(3);
            int leader = c.checkOneLeader();
            for (int round = 0; round < 30; round++) {
                boolean leaderIsVictim = round % 3 == 1;
                int victim = leaderIsVictim ? leader : c.next(leader, 1);
                int sender = leaderIsVictim ? c.next(leader, 1) : leader;
                if (disconnect) {
                    c.disconnect(victim);
                    c.one(2);
                }
                if (crash) {
                    c.crash(victim);
                    c.one(2);
                }
                c.submit(sender, 5 + c.random.nextInt(10));
                c.one(disconnect || crash ? 2 : 3);
                assertThat(c.logBytes()).as("bytes of log on disk").isLessThan(LOG_BYTES_MAX);
                if (disconnect) {
                    c.connect(victim);
                    c.one(3);
                }
                if (crash) {
                    c.start(victim);
                    c.one(3);
                }
                leader = c.checkOneLeader();
            }
            assertThat(c.cluster.simulation().nowUs()).isLessThan(120_000_000);
        }

        @Seeds
        void SnapshotAllCrash(long seed) {
            MitCluster c = MitCluster.withSnapshots(seed, 3);
            c.one(3);
            for (int round = 0; round < 5; round++) {
                c.agree(3, 5 + c.random.nextInt(10));
                long before = c.one(3);
                c.crashAll();
                c.startAll();
                assertThat(c.one(3)).as("index never decreases").isGreaterThan(before);
            }
        }

        @Seeds
        void SnapshotInit(long seed) {
            MitCluster c = MitCluster.withSnapshots(seed, 3);
            c.agree(3, 11);
            for (int round = 0; round < 2; round++) {
                c.crashAll();
                c.startAll();
                c.one(3);
            }
            assertThat(c.commands()).isEqualTo(13);
            c.cluster.awaitEqual(5_000);
        }
    }
}
