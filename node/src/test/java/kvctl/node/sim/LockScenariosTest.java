package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kvctl.client.KvClient;
import kvctl.client.Result;
import kvctl.node.Topology;
import kvctl.sim.LinkFaults;
import kvctl.sim.Simulation;

/** The course's lock on compare-and-set: never two holders, whatever the network does, also while its shard moves. */
class LockScenariosTest {
    private static final byte[] LOCK = Load.bytes("lock");
    private static final byte[] FREE = Load.bytes("free");

    private final int[] holders = {0};
    private final int[] times = {0};

    /** A client that takes the lock, holds it, gives it back, and begins again. */
    private final class Holder {
        private final KvCluster cluster;
        private final KvClient client;
        private final byte[] name;

        Holder(KvCluster cluster, KvCluster.Client client) {
            this.cluster = cluster;
            this.client = client.kv();
            this.name = Load.bytes("c" + client.clientId());
        }

        void ask() {
            client.getAsync(LOCK).whenComplete((result, thrown) -> {
                if (thrown == null && result.value() != null && java.util.Arrays.equals(result.value(), name)) {
                    hold(result.version()); // An attempt whose answer was lost has taken it.
                } else if (thrown == null
                        && (result.value() == null || java.util.Arrays.equals(result.value(), FREE))) {
                    client.casAsync(LOCK, result.version(), name).whenComplete(this::asked);
                } else {
                    later(this::ask);
                }
            });
        }

        private void asked(Result result, Throwable thrown) {
            if (thrown == null && result.done()) {
                hold(result.version());
            } else {
                later(this::ask);
            }
        }

        private void hold(long version) {
            holders[0]++;
            times[0]++;
            assertThat(holders[0]).as("holders of the lock").isEqualTo(1);
            later(() -> {
                holders[0]--;
                release(version);
            });
        }

        private void release(long version) {
            client.casAsync(LOCK, version, FREE).whenComplete((result, thrown) -> {
                if (thrown == null) {
                    later(this::ask);
                } else {
                    later(() -> release(version));
                }
            });
        }

        private void later(Runnable next) {
            cluster.simulation().after(10_000, next);
        }
    }

    private void run(long seed, int clients, boolean unreliable) {
        holders[0] = 0;
        times[0] = 0;
        Topology topology =
                ShardSwarm.topology(2, 3, 100, 16 << 20, List.of(new Topology.Group(1, "g1", List.of(1, 2, 3))));
        KvCluster cluster = new KvCluster(new Simulation(seed), topology, true).clientTimeout(500);
        for (int i = 0; i < clients; i++) {
            KvCluster.Client client = cluster.client();
            if (unreliable) {
                client.transport().faults(new LinkFaults(100, 9_000, 0.1, 0, 0, 0, 0));
            }
            new Holder(cluster, client).ask();
        }
        if (unreliable) {
            cluster.network().faults(LinkFaults.UNRELIABLE);
        }
        cluster.startAll();
        cluster.runFor(unreliable ? 6_000 : 2_000);
        cluster.reconfigure(KvCluster.join("g2", 1, 2, 3), 20_000);
        cluster.awaitComplete(20_000);
        cluster.reconfigure(KvCluster.leave("g1"), 20_000);
        cluster.awaitComplete(20_000);
        cluster.runFor(unreliable ? 6_000 : 2_000);
        assertThat(times[0]).as("the lock was taken").isGreaterThan(unreliable ? 2 : 20);
    }

    @Seeds
    void OneClientReliable(long seed) {
        run(seed, 1, false);
    }

    @Seeds
    void ManyClientsReliable(long seed) {
        run(seed, 10, false);
    }

    @Seeds
    void OneClientUnreliable(long seed) {
        run(seed, 1, true);
    }

    @Seeds
    void ManyClientsUnreliable(long seed) {
        run(seed, 10, true);
    }
}
