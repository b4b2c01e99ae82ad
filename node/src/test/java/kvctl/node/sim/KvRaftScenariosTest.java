package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import kvctl.client.KvClient;
import kvctl.client.Result;
import kvctl.node.Topology;
import kvctl.raft.RaftStatus;
import kvctl.sim.Simulation;

/**
 * The replicated store's scenarios of the MIT 6.5840 course under their names, written anew for the simulator, with their
 * bounds: one group, real clients. Load lasts shorter here, everything else is as there.
 */
class KvRaftScenariosTest {
    private static final int GROUP = 1;
    private static final long LIMIT_MS = 60_000;
    private static final int MAX_RAFT_STATE = 1_000;

    /** One group on all nodes, and what is done to it. */
    private static final class Run {
        final KvCluster cluster;
        final Load load;
        private final RandomGenerator dice;
        private final int clients;
        private boolean unreliable;
        private boolean restarts;
        private boolean partitions;
        private boolean snapshots;

        Run(long seed, int clients, int servers, boolean snapshots) {
            this(seed, clients, servers, snapshots, new Load.Options(clients, clients, 5, 0.5, 0));
        }

        Run(long seed, int clients, int servers, boolean snapshots, Load.Options options) {
            this.clients = clients;
            this.snapshots = snapshots;
            List<Integer> nodes = IntStream.rangeClosed(1, servers).boxed().toList();
            Topology topology = ShardSwarm.topology(
                    4,
                    servers,
                    snapshots ? 8 : 1_000_000,
                    snapshots ? MAX_RAFT_STATE : 16 << 20,
                    List.of(new Topology.Group(GROUP, "g1", nodes)));
            cluster = new KvCluster(new Simulation(seed), topology, false).clientTimeout(LIMIT_MS);
            load = new Load(cluster, options);
            dice = cluster.simulation().random("scenario");
            cluster.startAll();
            cluster.await("leader", () -> cluster.leader(GROUP) != 0, LIMIT_MS);
        }

        /** Fifteen keys, some of them overwritten, where the course has random keys. */
        static Run withRandomKeys(long seed, int clients, int servers, boolean snapshots) {
            return new Run(seed, clients, servers, snapshots, new Load.Options(clients, 15, 5, 0.5, 0.05));
        }

        Run unreliable() {
            unreliable = true;
            return this;
        }

        Run restarts() {
            restarts = true;
            return this;
        }

        Run partitions() {
            partitions = true;
            return this;
        }

        void go() {
            if (unreliable) {
                cluster.unreliable(load.clients());
            }
            for (int i = 0; i < 3; i++) {
                long before = load.done();
                load.start();
                cluster.runFor(partitions ? 1_000 : 1_500);
                for (int j = 0; partitions && j < 2; j++) {
                    cut();
                    cluster.runFor(1_000 + dice.nextInt(200));
                }
                load.stop();
                cluster.network().healAll();
                cluster.await("answers", load::isIdle, LIMIT_MS);
                assertThat(load.done()).isGreaterThan(before + clients);
                if (restarts) {
                    cluster.nodeIds().forEach(cluster::crash);
                    cluster.startAll();
                }
                checkLogs();
            }
            cluster.healLinks();
            cluster.awaitQuiet(LIMIT_MS);
            load.verify();
        }

        /** Two random parts; clients reach all nodes. */
        private void cut() {
            List<Integer> left = new ArrayList<>();
            List<Integer> right = new ArrayList<>();
            cluster.nodeIds().forEach(id -> (dice.nextBoolean() ? left : right).add(id));
            cluster.network().partition(List.of(left, right));
        }

        void checkLogs() {
            for (SimServer server : cluster.servers()) {
                RaftStatus status = server.core().status(GROUP);
                if (snapshots) {
                    assertThat(status.logBytes())
                            .as("log of n%d", server.nodeId())
                            .isLessThanOrEqualTo(8 * MAX_RAFT_STATE);
                } else {
                    assertThat(status.firstLogIndex()).as("no snapshots").isLessThanOrEqualTo(1);
                }
            }
        }

        void put(String key, String value) {
            cluster.await(load.put(key, value), LIMIT_MS);
        }
    }

    @Seeds
    void Basic(long seed) {
        new Run(seed, 1, 5, false).go();
    }

    @Seeds
    void Concurrent(long seed) {
        new Run(seed, 5, 5, false).go();
    }

    @Seeds
    void Unreliable(long seed) {
        new Run(seed, 5, 5, false).unreliable().go();
    }

    @Seeds
    void UnreliableOneKey(long seed) {
        new Run(seed, 5, 3, false, new Load.Options(5, 1, 5, 0.2, 0))
                .unreliable()
                .go();
    }

    @Seeds
    void ManyPartitionsOneClient(long seed) {
        new Run(seed, 1, 5, false).partitions().go();
    }

    @Seeds
    void ManyPartitionsManyClients(long seed) {
        new Run(seed, 5, 5, false).partitions().go();
    }

    @Seeds
    void PersistOneClient(long seed) {
        new Run(seed, 1, 5, false).restarts().go();
    }

    @Seeds
    void PersistConcurrent(long seed) {
        new Run(seed, 5, 5, false).restarts().go();
    }

    @Seeds
    void PersistConcurrentUnreliable(long seed) {
        new Run(seed, 5, 5, false).unreliable().restarts().go();
    }

    @Seeds
    void PersistPartition(long seed) {
        new Run(seed, 5, 5, false).restarts().partitions().go();
    }

    @Seeds
    void PersistPartitionUnreliable(long seed) {
        new Run(seed, 5, 5, false).unreliable().restarts().partitions().go();
    }

    @Seeds
    void PersistPartitionUnreliableLinearizable(long seed) {
        Run.withRandomKeys(seed, 15, 7, false)
                .unreliable()
                .restarts()
                .partitions()
                .go();
    }

    @Seeds
    void SnapshotRecover(long seed) {
        new Run(seed, 1, 5, true).restarts().go();
    }

    @Seeds
    void SnapshotRecoverManyClients(long seed) {
        new Run(seed, 20, 5, true).restarts().go();
    }

    @Seeds
    void SnapshotUnreliable(long seed) {
        new Run(seed, 5, 5, true).unreliable().go();
    }

    @Seeds
    void SnapshotUnreliableRecover(long seed) {
        new Run(seed, 5, 5, true).unreliable().restarts().go();
    }

    @Seeds
    void SnapshotUnreliableRecoverConcurrentPartition(long seed) {
        new Run(seed, 5, 5, true).unreliable().restarts().partitions().go();
    }

    @Seeds
    void SnapshotUnreliableRecoverConcurrentPartitionLinearizable(long seed) {
        Run.withRandomKeys(seed, 15, 7, true)
                .unreliable()
                .restarts()
                .partitions()
                .go();
    }

    @Seeds
    void Speed(long seed) {
        for (boolean snapshots : new boolean[] {false, true}) {
            Run run = new Run(seed, 1, 3, snapshots);
            KvClient client = run.load.clients().get(0).kv();
            long startUs = run.cluster.simulation().nowUs();
            for (int i = 0; i < 1_000; i++) {
                run.cluster.await(client.appendAsync(Load.bytes("x"), Load.bytes("x 0 " + i + " y")), LIMIT_MS);
            }
            long tookMs = (run.cluster.simulation().nowUs() - startUs) / 1_000;
            assertThat(tookMs).as("1,000 writes, one after the other").isLessThanOrEqualTo(33_300);
        }
    }

    @Seeds
    void OnePartition(long seed) {
        Run run = new Run(seed, 3, 5, false);
        KvCluster c = run.cluster;
        run.put("a0", "13");
        int leader = c.leader(GROUP);
        List<Integer> minority = List.of(leader, 1 + leader % 5);
        List<Integer> majority =
                c.nodeIds().stream().filter(id -> !minority.contains(id)).toList();
        c.network().partition(List.of(minority, majority));
        KvCluster.Client one = run.load.clients().get(1);
        KvCluster.Client two = run.load.clients().get(2);
        one.transport().cutFrom(Set.copyOf(majority));
        two.transport().cutFrom(Set.copyOf(majority));
        run.load.clients().get(0).transport().cutFrom(Set.copyOf(minority));
        run.put("a0", "14");
        CompletableFuture<Result> put = one.kv().putAsync(Load.bytes("a0"), Load.bytes("15"));
        CompletableFuture<Result> get = two.kv().getAsync(Load.bytes("a0"));
        c.runFor(1_000);
        assertThat(put).as("a put without a majority").isNotDone();
        assertThat(get).as("a get without a majority").isNotDone();
        run.put("a0", "16");
        c.network().healAll();
        c.clients().forEach(client -> client.transport().cutFrom(Set.of()));
        c.runFor(1_000);
        c.await("the put", put::isDone, 3_000);
        c.await("the get", get::isDone, 3_000);
        Result last = c.await(run.load.clients().get(0).kv().getAsync(Load.bytes("a0")), LIMIT_MS);
        assertThat(last.value()).isEqualTo(Load.bytes("15"));
    }

    @Seeds
    void SnapshotRPC(long seed) {
        Run run = new Run(seed, 1, 3, true);
        KvCluster c = run.cluster;
        run.put("a", "A");
        c.network().isolate(3);
        for (int i = 0; i < 50; i++) {
            run.put("b" + i % 10, "v" + i);
        }
        run.put("b", "B");
        c.server(1);
        c.until(() -> false, 500);
        assertThat(c.server(1).core().status(GROUP).logBytes()).isLessThanOrEqualTo(8 * MAX_RAFT_STATE);
        assertThat(c.server(2).core().status(GROUP).logBytes()).isLessThanOrEqualTo(8 * MAX_RAFT_STATE);
        c.network().partition(List.of(List.of(1, 3), List.of(2)));
        run.put("c", "C");
        run.put("d", "D");
        Result value = c.await(run.load.get("b"), LIMIT_MS);
        assertThat(value.value()).isEqualTo(Load.bytes("B"));
        c.network().healAll();
        run.put("e", "E");
        c.awaitQuiet(LIMIT_MS);
        run.load.verify();
    }

    @Seeds
    void SnapshotSize(long seed) {
        Run run = new Run(seed, 1, 3, true);
        for (int i = 0; i < 200; i++) {
            run.put("x", "0");
            run.cluster.await(run.load.get("x"), LIMIT_MS);
            run.put("x", "1");
            run.cluster.await(run.load.get("x"), LIMIT_MS);
        }
        run.checkLogs();
        run.cluster.awaitQuiet(LIMIT_MS);
        run.load.verify();
        long rows = run.cluster.server(1).core().machine(GROUP).keys();
        assertThat(rows).isEqualTo(1);
    }
}
