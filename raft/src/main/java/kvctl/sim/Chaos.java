package kvctl.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import kvctl.raft.RaftStatus;

/** Breaks a cluster as a {@link Swarm} says, and puts everything right again at the end. */
final class Chaos {
    private final SimCluster cluster;
    private final Simulation simulation;
    private final Swarm swarm;
    private final RandomGenerator random;
    private boolean over;
    private int faults;

    Chaos(SimCluster cluster, Swarm swarm) {
        this.cluster = cluster;
        this.simulation = cluster.simulation();
        this.swarm = swarm;
        this.random = simulation.random("chaos");
    }

    /** Faults injected so far, those of links not counted. */
    int faults() {
        return faults;
    }

    void begin() {
        cluster.network().faults(swarm.links());
        cluster.onDiskFailure(node -> startLater(node.nodeId()));
        every(swarm.crashMs(), () -> crash(victim(), SimDisk.Comeback.WHOLE));
        every(swarm.powerCutMs(), () -> cluster.nodeIds().forEach(id -> crash(id, SimDisk.Comeback.WHOLE)));
        every(swarm.rollbackMs(), this::rollBack);
        every(swarm.pauseMs(), this::pause);
        every(swarm.partitionMs(), this::partition);
        every(swarm.diskErrorMs(), () -> cluster.node(victim()).disk().failWrite(1 + random.nextInt(20)));
        every(swarm.slowDiskMs(), this::slowDisk);
        every(swarm.transferMs(), this::transfer);
    }

    /** Heals everything: links, disks and processes. */
    void end() {
        over = true;
        cluster.onDiskFailure(node -> cluster.start(node.nodeId()));
        cluster.network().faults(LinkFaults.NONE);
        cluster.heal();
        for (SimNode node : cluster.nodes()) {
            node.disk().failWrite(0);
            node.disk().latency(100, 300);
            if (!node.up()) {
                node.start();
            } else if (node.paused()) {
                node.resume();
            }
        }
    }

    private void every(int meanMs, Runnable fault) {
        if (meanMs > 0) {
            simulation.after(Simulation.exponential(random, meanMs * 1_000L), () -> {
                if (!over) {
                    faults++;
                    fault.run();
                    every(meanMs, fault);
                }
            });
        }
    }

    private void later(long meanMs, Runnable repair) {
        simulation.after(Simulation.exponential(random, meanMs * 1000), () -> {
            if (!over) {
                repair.run();
            }
        });
    }

    /** The leader in half of the cases: that is where it hurts. */
    private int victim() {
        int leader = cluster.leader();
        return leader != 0 && random.nextBoolean() ? leader : 1 + random.nextInt(swarm.nodes());
    }

    private void crash(int nodeId, SimDisk.Comeback comeback) {
        if (cluster.node(nodeId).up()) {
            cluster.crash(nodeId, comeback);
            startLater(nodeId);
        }
    }

    private void startLater(int nodeId) {
        later(random.nextBoolean() ? 50 : 800, () -> {
            if (!cluster.node(nodeId).up()) {
                cluster.start(nodeId);
            }
        });
    }

    /** Data survives only as long as a majority remembers it: a minority at a time may forget. */
    private void rollBack() {
        int nodeId = victim();
        long forgetful = cluster.nodes().stream()
                .filter(node -> node.nodeId() != nodeId && node.disk().everForgetful(SimCluster.GROUP))
                .count();
        if (forgetful + 1 <= (swarm.nodes() - 1) / 2) {
            crash(nodeId, SimDisk.Comeback.ROLLED_BACK);
        }
    }

    private void pause() {
        SimNode node = cluster.node(victim());
        if (node.up() && !node.paused()) {
            node.pause();
            int incarnation = node.incarnation();
            later(random.nextBoolean() ? 200 : 1_500, () -> {
                if (node.up() && node.paused() && node.incarnation() == incarnation) {
                    node.resume();
                }
            });
        }
    }

    private void slowDisk() {
        SimDisk disk = cluster.node(victim()).disk();
        disk.latency(1_000, random.nextBoolean() ? 20_000 : 300_000);
        later(1_000, () -> disk.latency(100, 300));
    }

    private void transfer() {
        int leader = cluster.leader();
        if (leader != 0) {
            RaftStatus status = cluster.node(leader).status(SimCluster.GROUP);
            int target = 1 + random.nextInt(swarm.nodes());
            simulation
                    .trace()
                    .comment(
                            simulation.nowUs(),
                            () -> "S" + leader + " (t" + status.currentTerm() + ") hands over to S" + target);
            cluster.transfer(leader, target);
        }
    }

    private void partition() {
        List<Integer> order = new ArrayList<>(cluster.nodeIds());
        for (int i = order.size() - 1; i > 0; i--) {
            order.set(i, order.set(random.nextInt(i + 1), order.get(i)));
        }
        int split = 1 + random.nextInt(order.size() - 1);
        List<Integer> left = order.subList(0, split);
        List<Integer> right = order.subList(split, order.size());
        SimNetwork<?> network = cluster.network();
        switch (random.nextInt(5)) {
            case 0 -> network.partition(List.of(left, right));
            case 1 -> network.partition(List.of(left, bridged(left.get(0), right)));
            case 2 -> network.isolate(victim());
            case 3 -> network.cut(order.get(0), order.get(1));
            default -> right.forEach(to -> network.cut(left.get(0), to));
        }
        simulation.trace().comment(simulation.nowUs(), () -> "links are cut");
        later(random.nextBoolean() ? 300 : 1_500, () -> {
            network.healAll();
            simulation.trace().comment(simulation.nowUs(), () -> "links are healed");
        });
    }

    private static List<Integer> bridged(int bridge, List<Integer> part) {
        List<Integer> joined = new ArrayList<>(part);
        joined.add(bridge);
        return joined;
    }
}
