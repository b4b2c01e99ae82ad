package kvctl.node.sim;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import kvctl.protocol.Change;
import kvctl.protocol.ShardMap;
import kvctl.sim.LinkFaults;
import kvctl.sim.SimNetwork;
import kvctl.sim.Simulation;

/** Breaks and changes a cluster as a {@link ShardSwarm} says, and puts everything right again at the end. */
final class ClusterChaos {
    private static final int GROUPS_MAX = 4;

    private final KvCluster cluster;
    private final Simulation simulation;
    private final ShardSwarm swarm;
    private final RandomGenerator random;
    private final List<KvCluster.Client> administrators = new ArrayList<>();
    private boolean over;
    private int faults;
    private int joined;

    ClusterChaos(KvCluster cluster, ShardSwarm swarm) {
        this.cluster = cluster;
        this.simulation = cluster.simulation();
        this.swarm = swarm;
        this.random = simulation.random("chaos");
        this.joined = swarm.groups();
        administrators.add(cluster.client());
        administrators.add(cluster.client());
    }

    /** Faults injected so far, those of links not counted. */
    int faults() {
        return faults;
    }

    void begin() {
        cluster.network().faults(swarm.links());
        LinkFaults ofClients = new LinkFaults(100, swarm.clientDelayMs() * 1000L + 200, swarm.clientLoss(), 0, 0, 0, 0);
        cluster.clients().forEach(client -> client.transport().faults(ofClients));
        cluster.onDiskFailure(server -> startLater(server.nodeId()));
        every(swarm.changeMs(), this::change);
        every(swarm.steerMs(), this::steer);
        every(swarm.crashMs(), () -> crash(victim()));
        every(swarm.powerCutMs(), () -> cluster.nodeIds().forEach(this::crash));
        every(swarm.forgetMs(), this::forget);
        every(swarm.transferMs(), this::transfer);
        every(swarm.pauseMs(), this::pause);
        every(swarm.partitionMs(), this::partition);
        every(swarm.clientCutMs(), this::cutClient);
        every(swarm.diskErrorMs(), this::breakDisk);
        every(swarm.slowDiskMs(), this::slowDisk);
    }

    /** Heals everything: links, disks and processes. */
    void end() {
        over = true;
        cluster.onDiskFailure(SimServer::start);
        cluster.network().faults(LinkFaults.NONE);
        cluster.network().healAll();
        cluster.clients().forEach(client -> {
            client.transport().faults(LinkFaults.NONE);
            client.transport().cutFrom(Set.of());
        });
        freeMoves();
        for (SimServer server : cluster.servers()) {
            server.diskLatency(300);
            if (!server.up()) {
                server.start();
            } else if (server.paused()) {
                server.resume();
            }
        }
    }

    /** Again and again: an older request to pause may still be on its way. */
    private void freeMoves() {
        if (!cluster.map().steering().equals(ShardMap.Steering.FREE)) {
            administrators.get(0).kv().steerMovesAsync(false, 0);
        }
        simulation.after(100_000, this::freeMoves);
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

    /** Somebody's leader in half of the cases: that is where it hurts. */
    private int victim() {
        List<ShardMap.Group> groups = cluster.map().groups();
        int leader = cluster.leader(groups.get(random.nextInt(groups.size())).groupId());
        return leader != 0 && random.nextBoolean() ? leader : 1 + random.nextInt(swarm.nodes());
    }

    // --- configurations ---

    private void change() {
        Change change = next();
        administrators.get(random.nextInt(2)).kv().reconfigureAsync(change, 0, false);
    }

    private Change next() {
        List<ShardMap.Group> groups = cluster.map().dataGroups();
        String one = groups.get(random.nextInt(groups.size())).name();
        switch (random.nextInt(5)) {
            case 0, 1 -> {
                if (groups.size() < GROUPS_MAX) {
                    return new Change.Join(List.of(newGroup()));
                }
                return new Change.Leave(List.of(one));
            }
            case 2, 3 -> {
                if (groups.size() > 1) {
                    return new Change.Leave(List.of(one));
                }
                return new Change.Join(List.of(newGroup(), newGroup()));
            }
            default -> {
                return new Change.Move(random.nextInt(swarm.shards()), one);
            }
        }
    }

    private Change.NewGroup newGroup() {
        List<Integer> nodes = shuffled();
        int size = random.nextInt(4) == 0 ? 1 : 3;
        return new Change.NewGroup("g" + ++joined, nodes.subList(0, size), 1 + random.nextInt(2));
    }

    private List<Integer> shuffled() {
        List<Integer> order = new ArrayList<>(cluster.nodeIds());
        for (int i = order.size() - 1; i > 0; i--) {
            order.set(i, order.set(random.nextInt(i + 1), order.get(i)));
        }
        return order;
    }

    private void steer() {
        long bytesPerS = random.nextBoolean() ? 0 : 200_000;
        administrators.get(random.nextInt(2)).kv().steerMovesAsync(random.nextInt(3) == 0, bytesPerS);
    }

    // --- faults ---

    private void crash(int nodeId) {
        if (cluster.server(nodeId).up()) {
            cluster.crash(nodeId);
            startLater(nodeId);
        }
    }

    /** Data survives only as long as a majority remembers it: one node at a time, and none that is a majority alone. */
    private void forget() {
        int nodeId = victim();
        boolean alone = cluster.map().groups().stream()
                .anyMatch(group -> group.nodeIds().equals(List.of(nodeId)));
        if (alone || cluster.servers().stream().anyMatch(this::mayBeForgetful)) {
            return;
        }
        cluster.server(nodeId).forget(1 + random.nextInt(10));
        startLater(nodeId);
    }

    /** A process that is down can't be asked. */
    private boolean mayBeForgetful(SimServer server) {
        return !server.up()
                || server.core().groups().stream()
                        .anyMatch(groupId -> server.core().status(groupId).forgetful());
    }

    private void transfer() {
        List<ShardMap.Group> groups = cluster.map().groups();
        ShardMap.Group group = groups.get(random.nextInt(groups.size()));
        int to = group.nodeIds().get(random.nextInt(group.nodeIds().size()));
        administrators.get(0).kv().transferAsync(group.groupId(), to);
    }

    private void startLater(int nodeId) {
        later(random.nextBoolean() ? 50 : 800, () -> cluster.start(nodeId));
    }

    private void pause() {
        SimServer server = cluster.server(victim());
        if (server.runs()) {
            server.pause();
            int incarnation = server.incarnation();
            later(random.nextBoolean() ? 200 : 1_000, () -> {
                if (server.up() && server.paused() && server.incarnation() == incarnation) {
                    server.resume();
                }
            });
        }
    }

    private void breakDisk() {
        SimServer server = cluster.server(victim());
        int n = 1 + random.nextInt(20);
        if (random.nextBoolean()) {
            server.disk().failWrite(n);
        } else {
            server.disk().failSync(n);
        }
    }

    private void slowDisk() {
        SimServer server = cluster.server(victim());
        server.diskLatency(random.nextBoolean() ? 20_000 : 100_000);
        later(700, () -> server.diskLatency(300));
    }

    private void cutClient() {
        SimTransport client =
                cluster.clients().get(random.nextInt(cluster.clients().size())).transport();
        List<Integer> order = shuffled();
        client.cutFrom(new TreeSet<>(order.subList(0, 1 + random.nextInt(order.size()))));
        later(700, () -> client.cutFrom(new HashSet<>()));
    }

    private void partition() {
        List<Integer> order = shuffled();
        int split = 1 + random.nextInt(order.size() - 1);
        List<Integer> left = order.subList(0, split);
        List<Integer> right = order.subList(split, order.size());
        SimNetwork<?> network = cluster.network();
        switch (random.nextInt(5)) {
            case 0 -> network.partition(List.of(left, right));
            case 1 -> {
                List<Integer> bridged = new ArrayList<>(right);
                bridged.add(left.get(0));
                network.partition(List.of(left, bridged));
            }
            case 2 -> network.isolate(victim());
            case 3 -> network.cut(order.get(0), order.get(1));
            default -> right.forEach(to -> network.cut(left.get(0), to));
        }
        simulation.trace().comment(simulation.nowUs(), () -> "links are cut");
        later(random.nextBoolean() ? 300 : 1_000, () -> {
            network.healAll();
            simulation.trace().comment(simulation.nowUs(), () -> "links are healed");
        });
    }
}
