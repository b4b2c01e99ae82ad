package kvctl.node.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import kvctl.protocol.Change;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;
import kvctl.sim.Chaos;
import kvctl.sim.LinkFaults;
import kvctl.sim.SimNetwork;
import kvctl.sim.SimProcess;
import kvctl.sim.Simulation;

/**
 * Changes a cluster and cuts its clients off as a {@link ShardSwarm} says, while {@link Chaos} breaks its nodes; puts
 * everything right again at the end.
 */
final class ClusterChaos implements Chaos.Target {
    private static final int GROUPS_MAX = 4;
    private static final int USUAL_DISK_US = 300;

    private final KvCluster cluster;
    private final Simulation simulation;
    private final ShardSwarm swarm;
    private final Chaos chaos;
    private final RandomGenerator random;
    private final List<KvCluster.Client> administrators = new ArrayList<>();
    private final RandomGenerator disks; // Of their own, so that they leave the others' as they were.
    private int joined;
    private boolean over;

    ClusterChaos(KvCluster cluster, ShardSwarm swarm) {
        this.cluster = cluster;
        this.simulation = cluster.simulation();
        this.swarm = swarm;
        this.chaos = new Chaos(simulation, this, swarm.links(), swarm.faults());
        this.random = simulation.random("changes");
        this.disks = simulation.random("full disks");
        this.joined = swarm.groups();
        administrators.add(cluster.client());
        administrators.add(cluster.client());
    }

    /** Faults injected so far, those of links not counted. */
    int count() {
        return chaos.count();
    }

    /** Gives every node a clock of its own; before they are started. */
    void setClocks() {
        chaos.setClocks();
    }

    void begin() {
        chaos.begin();
        LinkFaults ofClients = new LinkFaults(100, swarm.clientDelayMs() * 1000L + 200, swarm.clientLoss(), 0, 0, 0, 0);
        cluster.clients().forEach(client -> client.transport().faults(ofClients));
        chaos.every(swarm.changeMs(), this::change);
        chaos.every(swarm.steerMs(), this::steer);
        chaos.every(swarm.clientCutMs(), this::cutClient);
        simulation.repeat(disks, disks.nextInt(3) == 0 ? swarm.clientCutMs() : 0, () -> over, this::fillDisk);
    }

    /** Heals everything: links, disks and processes. */
    void end() {
        over = true;
        cluster.healLinks();
        cluster.servers().forEach(server -> server.disk().room(Long.MAX_VALUE));
        freeMoves();
        chaos.end();
    }

    /** Again and again: an older request to pause may still be on its way. */
    private void freeMoves() {
        if (!cluster.map().steering().equals(ShardMap.Steering.FREE)) {
            administrators.get(0).kv().steerMovesAsync(false, 0);
        }
        simulation.after(100_000, this::freeMoves);
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
        List<Integer> nodes = chaos.shuffled();
        int size = random.nextInt(4) == 0 ? 1 : 3;
        return new Change.NewGroup("g" + ++joined, nodes.subList(0, size), 1 + random.nextInt(2));
    }

    private void steer() {
        long bytesPerS = random.nextBoolean() ? 0 : 200_000;
        administrators.get(random.nextInt(2)).kv().steerMovesAsync(random.nextInt(3) == 0, bytesPerS);
    }

    private void fillDisk() {
        int nodeId = disks.nextInt(1, nodeIds().size() + 1);
        cluster.server(nodeId).disk().room(disks.nextBoolean() ? 0 : NodeStatus.LITTLE_ROOM_BYTES - 1);
        simulation.after(
                disks.nextLong(3_000_000), () -> cluster.server(nodeId).disk().room(Long.MAX_VALUE));
    }

    private void cutClient() {
        SimTransport client =
                cluster.clients().get(random.nextInt(cluster.clients().size())).transport();
        List<Integer> order = chaos.shuffled();
        client.cutFrom(new TreeSet<>(order.subList(0, 1 + random.nextInt(order.size()))));
        chaos.later(700, () -> client.cutFrom(Set.of()));
    }

    // --- what is broken ---

    @Override
    public List<Integer> nodeIds() {
        return cluster.nodeIds();
    }

    @Override
    public SimProcess process(int nodeId) {
        return cluster.server(nodeId);
    }

    @Override
    public SimNetwork<?> network() {
        return cluster.network();
    }

    /** Of any group. */
    @Override
    public int leader(RandomGenerator dice) {
        return cluster.leader(anyGroup(dice).groupId());
    }

    private ShardMap.Group anyGroup(RandomGenerator dice) {
        List<ShardMap.Group> groups = cluster.map().groups();
        return groups.get(dice.nextInt(groups.size()));
    }

    @Override
    public void crash(int nodeId) {
        cluster.crash(nodeId);
    }

    /** Data survives only as long as a majority remembers it: one node at a time, and none that is a majority alone. */
    @Override
    public boolean rollBack(int nodeId, RandomGenerator dice) {
        boolean alone = cluster.map().groups().stream()
                .anyMatch(group -> group.nodeIds().equals(List.of(nodeId)));
        if (alone || cluster.servers().stream().anyMatch(this::mayBeForgetful)) {
            return false;
        }
        cluster.server(nodeId).forget(1 + dice.nextInt(10));
        return true;
    }

    /** A process that is down can't be asked. One that is up may have promises in a group that it does not know of yet. */
    private boolean mayBeForgetful(SimServer server) {
        return !server.up()
                || cluster.map().groups().stream()
                        .anyMatch(group -> server.storage().isForgetful(group.groupId()))
                || server.core().groups().stream()
                        .anyMatch(groupId -> server.core().status(groupId).forgetful());
    }

    @Override
    public void breakDisk(int nodeId, RandomGenerator dice) {
        int n = 1 + dice.nextInt(20);
        if (dice.nextBoolean()) {
            cluster.server(nodeId).disk().failWrite(n);
        } else {
            cluster.server(nodeId).disk().failSync(n);
        }
    }

    @Override
    public void onDiskFailure(Consumer<SimProcess> reaction) {
        cluster.onDiskFailure(reaction);
    }

    @Override
    public void diskLatency(int nodeId, long meanUs) {
        cluster.server(nodeId).diskLatency(meanUs == 0 ? USUAL_DISK_US : meanUs);
    }

    @Override
    public void transfer(RandomGenerator dice) {
        ShardMap.Group group = anyGroup(dice);
        int to = group.nodeIds().get(dice.nextInt(group.nodeIds().size()));
        administrators.get(0).kv().transferAsync(group.groupId(), to);
    }
}
