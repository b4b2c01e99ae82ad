package kvctl.sim;

import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** One group as {@link Chaos} breaks it. */
final class GroupChaos implements Chaos.Target {
    private final SimCluster cluster;
    private final Chaos chaos;

    GroupChaos(SimCluster cluster, Swarm swarm) {
        this.cluster = cluster;
        this.chaos = new Chaos(cluster.simulation(), this, swarm.links(), swarm.faults());
    }

    Chaos chaos() {
        return chaos;
    }

    @Override
    public List<Integer> nodeIds() {
        return cluster.nodeIds();
    }

    @Override
    public SimProcess process(int nodeId) {
        return cluster.node(nodeId);
    }

    @Override
    public SimNetwork<?> network() {
        return cluster.network();
    }

    @Override
    public int leader(RandomGenerator dice) {
        return cluster.leader();
    }

    @Override
    public void crash(int nodeId) {
        cluster.crash(nodeId);
    }

    @Override
    public Fault rollBack(int nodeId, RandomGenerator dice) {
        String text = "S" + nodeId + " comes back with an older disk";
        return new Fault(
                Fault.Kind.ROLLBACK, text, List.of(Chaos.down(nodeId, on -> ((GroupChaos) on).forget(nodeId))));
    }

    /** Data survives only as long as a majority remembers it: a minority may ever forget. */
    private boolean forget(int nodeId) {
        List<Integer> nodeIds = cluster.nodeIds();
        long forgetful = nodeIds.stream()
                .filter(id -> id != nodeId && cluster.node(id).disk().everForgetful(SimCluster.GROUP))
                .count();
        if (!cluster.node(nodeId).up() || forgetful + 1 > (nodeIds.size() - 1) / 2) {
            return false;
        }
        cluster.crash(nodeId, SimDisk.Comeback.ROLLED_BACK);
        return true;
    }

    @Override
    public Fault breakDisk(int nodeId, RandomGenerator dice) {
        int n = 1 + dice.nextInt(20);
        return Fault.endless(Fault.Kind.DISK_ERROR, "disk of S" + nodeId + " fails at write " + n + " from now", on -> {
            ((GroupChaos) on).cluster.node(nodeId).disk().failWrite(n);
            return Fault.NO_END;
        });
    }

    @Override
    public void onDiskFailure(Consumer<SimProcess> reaction) {
        cluster.onDiskFailure(reaction);
    }

    @Override
    public void diskLatency(int nodeId, long meanUs) {
        SimDisk disk = cluster.node(nodeId).disk();
        if (meanUs == 0) {
            disk.latency(100, 300);
        } else {
            disk.latency(1_000, meanUs);
        }
    }

    @Override
    public Fault transfer(RandomGenerator dice) {
        int leader = cluster.leader();
        if (leader == 0) {
            return null;
        }
        int to = 1 + dice.nextInt(cluster.nodeIds().size());
        return Fault.endless(Fault.Kind.ASKED, "S" + leader + " is to hand over to S" + to, on -> {
            ((GroupChaos) on).cluster.transfer(leader, to);
            return Fault.NO_END;
        });
    }
}
