package kvctl.node.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import kvctl.node.sim.Coverage.Operation;
import kvctl.protocol.Change;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;
import kvctl.sim.Chaos;
import kvctl.sim.Fault;
import kvctl.sim.LinkFaults;
import kvctl.sim.SimNetwork;
import kvctl.sim.SimProcess;
import kvctl.sim.Simulation;
import kvctl.sim.Timetable;
import kvctl.storage.MemoryDisk;

/**
 * Changes a cluster and cuts its clients off as a {@link ShardSwarm} says, while {@link Chaos} breaks its nodes; puts
 * everything right again at the end.
 */
final class ClusterChaos implements Chaos.Target {
    /** Groups beyond which one leaves; one more than at the beginning, if that is more. */
    private static final int GROUPS_MAX = 4;

    private static final int CLIENT_CUT_MS = 700;
    private static final int FULL_MAX_US = 3_000_000;
    private static final int USUAL_DISK_US = 300;

    /** From here on a delay of clients is a fault. */
    private static final int CLIENT_DELAY_MS = 5;

    private final KvCluster cluster;
    private final Simulation simulation;
    private final ShardSwarm swarm;
    private final Underway underway;
    private final Chaos chaos;
    private final RandomGenerator random;
    private final List<KvCluster.Client> administrators = new ArrayList<>();
    private final List<Made> made = new ArrayList<>();
    private int joined;

    /** A configuration that was made, and may not be complete. */
    private record Made(Operation change, long number) {}

    /** @param again what to do again; null: draws */
    ClusterChaos(KvCluster cluster, ShardSwarm swarm, Chaos.Again again) {
        this.cluster = cluster;
        this.simulation = cluster.simulation();
        this.swarm = swarm;
        this.underway = cluster.underway();
        this.chaos = new Chaos(simulation, this, swarm.links(), swarm.faults(), again);
        chaos.watch(underway);
        cluster.checks().onChange(this::endChanges);
        this.random = simulation.random("changes");
        this.joined = swarm.groups();
        administrators.add(cluster.client());
        administrators.add(cluster.client());
    }

    /** Faults injected so far, those of links not counted. */
    int count() {
        return chaos.count();
    }

    /** All that was done so far. */
    Timetable timetable() {
        return chaos.timetable();
    }

    /** Gives every node a clock of its own; before they are started. */
    void setClocks() {
        chaos.setClocks();
    }

    void begin() {
        chaos.begin();
        setClientLinks();
        chaos.every(swarm.changeMs(), this::change);
        chaos.every(swarm.steerMs(), this::steer);
        chaos.every(swarm.clientCutMs(), this::cutClient);
        RandomGenerator disks = simulation.random("full disks");
        chaos.every(disks, disks.nextInt(3) == 0 ? swarm.clientCutMs() : 0, () -> fillDisk(disks));
    }

    private void setClientLinks() {
        boolean drops = chaos.stands(
                Fault.Kind.CLIENT_DROP,
                swarm.clientLoss() > 0,
                "clients: a request or answer in %.0f breaks their connection".formatted(1 / swarm.clientLoss()));
        boolean delays = chaos.stands(
                Fault.Kind.CLIENT_DELAY,
                swarm.clientDelayMs() >= CLIENT_DELAY_MS,
                "clients: requests and answers are some " + swarm.clientDelayMs() + " ms on their way");
        boolean usual = swarm.clientDelayMs() < CLIENT_DELAY_MS;
        long meanUs = (delays || usual ? swarm.clientDelayMs() * 1000L : 0) + 200;
        LinkFaults links = new LinkFaults(100, meanUs, drops ? swarm.clientLoss() : 0, 0, 0, 0, 0);
        cluster.clients().forEach(client -> client.transport().faults(links));
    }

    /** Heals everything: links, disks and processes. */
    void end() {
        cluster.healLinks();
        cluster.servers().forEach(server -> server.disk().room(Long.MAX_VALUE));
        freeMoves();
        chaos.end();
        underway.end();
    }

    /** Again and again: an older request to pause may still be on its way. */
    private void freeMoves() {
        if (!cluster.map().steering().equals(ShardMap.Steering.FREE)) {
            administrators.get(0).kv().steerMovesAsync(false, 0);
        }
        simulation.after(100_000, this::freeMoves);
    }

    // --- configurations ---

    private Fault change() {
        Change change = next();
        int asks = random.nextInt(2);
        return asked(text(change), on -> on.ask(asks, change));
    }

    private void ask(int administrator, Change change) {
        Operation operation = change instanceof Change.Join
                ? Operation.JOIN
                : change instanceof Change.Leave ? Operation.LEAVE : Operation.MOVE;
        underway.begins(operation);
        administrators
                .get(administrator)
                .kv()
                .reconfigureAsync(change, 0, false)
                .whenComplete((reply, thrown) -> {
                    if (thrown == null) {
                        made.add(new Made(operation, reply.after().number()));
                        endChanges();
                    } else {
                        underway.ends(operation);
                    }
                });
    }

    /** A change is over when all its shards have arrived. */
    private void endChanges() {
        ShardMap newest = cluster.map();
        made.removeIf(each -> {
            boolean over = newest.number() > each.number || newest.number() == each.number && newest.moves() == 0;
            if (over) {
                underway.ends(each.change);
            }
            return over;
        });
    }

    /** Until it is answered. */
    private void during(Operation operation, CompletableFuture<?> asked) {
        underway.begins(operation);
        asked.whenComplete((reply, thrown) -> underway.ends(operation));
    }

    private static Fault asked(String text, Consumer<ClusterChaos> what) {
        return Fault.endless(Fault.Kind.ASKED, text, on -> {
            what.accept((ClusterChaos) on);
            return Fault.NO_END;
        });
    }

    private String text(Change change) {
        if (change instanceof Change.Join join) {
            return "join "
                    + join.groups().stream()
                            .map(group -> group.name() + " on " + chaos.names(group.nodeIds()))
                            .collect(Collectors.joining(", "));
        } else if (change instanceof Change.Leave leave) {
            return "leave " + String.join(", ", leave.groups());
        }
        Change.Move move = (Change.Move) change;
        return "move " + move.shardId() + " " + move.group();
    }

    private Change next() {
        List<ShardMap.Group> groups = cluster.map().dataGroups();
        String one = groups.get(random.nextInt(groups.size())).name();
        switch (random.nextInt(5)) {
            case 0, 1 -> {
                if (groups.size() < Math.max(GROUPS_MAX, swarm.groups() + 1)) {
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

    private Fault steer() {
        long bytesPerS = random.nextBoolean() ? 0 : 200_000;
        int asks = random.nextInt(2);
        boolean pause = random.nextInt(3) == 0;
        String rate = bytesPerS == 0 ? "" : ", throttled to " + bytesPerS / 1000 + " kB/s";
        String text = (pause ? "migrate pause" : "migrate resume") + rate;
        return asked(
                text,
                on -> on.during(
                        Operation.STEER, on.administrators.get(asks).kv().steerMovesAsync(pause, bytesPerS)));
    }

    private Fault cutClient() {
        int number = random.nextInt(cluster.clients().size());
        List<Integer> order = chaos.shuffled();
        Set<Integer> from = new TreeSet<>(order.subList(0, 1 + random.nextInt(order.size())));
        String text = "client " + number + " is cut from " + chaos.names(List.copyOf(from));
        return Fault.of(Fault.Kind.CLIENT_CUT, text, Fault.about(CLIENT_CUT_MS), on -> {
            SimTransport client = of(on).clients().get(number).transport();
            client.cutFrom(from);
            return () -> client.cutFrom(Set.of());
        });
    }

    private static KvCluster of(Chaos.Target on) {
        return ((ClusterChaos) on).cluster;
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

    @Override
    public Fault rollBack(int nodeId, RandomGenerator dice) {
        if (!mayForget(nodeId)) {
            return null;
        }
        int commits = 1 + dice.nextInt(10);
        String text = "kill %s, and its disk comes back %d commits older".formatted(name(nodeId), commits);
        Fault.Part part = Chaos.down(nodeId, on -> {
            boolean may = ((ClusterChaos) on).mayForget(nodeId);
            if (may) {
                of(on).server(nodeId).forget(commits);
            }
            return may;
        });
        return new Fault(Fault.Kind.ROLLBACK, text, List.of(part));
    }

    /** Data survives only as long as a majority remembers it: one node at a time, and none that is a majority alone. */
    private boolean mayForget(int nodeId) {
        boolean alone = cluster.map().groups().stream()
                .anyMatch(group -> group.nodeIds().equals(List.of(nodeId)));
        return !alone && cluster.servers().stream().noneMatch(this::mayBeForgetful);
    }

    private String name(int nodeId) {
        return chaos.names(List.of(nodeId));
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
    public Fault breakDisk(int nodeId, RandomGenerator dice) {
        int n = 1 + dice.nextInt(20);
        boolean write = dice.nextBoolean();
        String text = "disk of %s fails at %s %d from now".formatted(name(nodeId), write ? "write" : "sync", n);
        return Fault.endless(Fault.Kind.DISK_ERROR, text, on -> {
            if (write) {
                of(on).server(nodeId).disk().failWrite(n);
            } else {
                of(on).server(nodeId).disk().failSync(n);
            }
            return Fault.NO_END;
        });
    }

    private Fault fillDisk(RandomGenerator dice) {
        int nodeId = dice.nextInt(1, nodeIds().size() + 1);
        boolean full = dice.nextBoolean();
        String text = "disk of %s %s full".formatted(name(nodeId), full ? "is" : "is nearly");
        return Fault.of(Fault.Kind.FULL_DISK, text, each -> each.nextLong(FULL_MAX_US), on -> {
            MemoryDisk disk = of(on).server(nodeId).disk();
            disk.room(full ? 0 : NodeStatus.LITTLE_ROOM_BYTES - 1);
            return () -> disk.room(Long.MAX_VALUE);
        });
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
    public Fault transfer(RandomGenerator dice) {
        ShardMap.Group group = anyGroup(dice);
        int to = group.nodeIds().get(dice.nextInt(group.nodeIds().size()));
        return asked(
                group.name() + " is to be led by " + name(to),
                on -> on.during(
                        Operation.TRANSFER, on.administrators.get(0).kv().transferAsync(group.groupId(), to)));
    }
}
