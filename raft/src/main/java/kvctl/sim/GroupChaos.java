package kvctl.sim;

import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import kvctl.raft.RaftStatus;

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

    /** Data survives only as long as a majority remembers it: a minority may ever forget. */
    @Override
    public boolean rollBack(int nodeId, RandomGenerator dice) {
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
    public void breakDisk(int nodeId, RandomGenerator dice) {
        cluster.node(nodeId).disk().failWrite(1 + dice.nextInt(20));
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
    public void transfer(RandomGenerator dice) {
        int leader = cluster.leader();
        if (leader != 0) {
            RaftStatus status = cluster.node(leader).status(SimCluster.GROUP);
            int target = 1 + dice.nextInt(cluster.nodeIds().size());
            Simulation simulation = cluster.simulation();
            simulation
                    .trace()
                    .comment(
                            simulation.nowUs(),
                            () -> "S" + leader + " (t" + status.currentTerm() + ") hands over to S" + target);
            cluster.transfer(leader, target);
        }
    }
}
