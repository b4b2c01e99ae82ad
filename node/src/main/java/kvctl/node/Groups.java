package kvctl.node;

import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGenerator.SplittableGenerator;
import kvctl.node.kv.KvMachine;
import kvctl.node.meta.Controller;
import kvctl.node.meta.Migrator;
import kvctl.node.meta.Room;
import kvctl.protocol.Configuration;
import kvctl.protocol.ShardMap;
import kvctl.raft.RaftConfig;
import kvctl.raft.StateMachine;
import kvctl.raft.Turn;
import kvctl.storage.Storage;

/**
 * The groups that have a replica on this node. They come and go with the map: a group that names this node is started,
 * one that is in the map no more is stopped and its data deleted (HAZARDS G11). Ids of groups are never used again, so a
 * replica that was deleted is never missed.
 */
final class Groups implements Migrator.Replicas {
    private final Topology topology;
    private final Topology.Node self;
    private final ShardMap first;
    private final Turn turn;
    private final Storage storage;
    private final Room room;
    private final SplittableGenerator random;
    private final TreeMap<Integer, KvMachine> machines = new TreeMap<>();
    private Controller controller;

    Groups(Topology topology, Topology.Node self, Turn turn, Storage storage, Room room, SplittableGenerator random) {
        this.topology = topology;
        this.self = self;
        this.first = topology.shardMap();
        this.turn = turn;
        this.storage = storage;
        this.room = room;
        this.random = random;
    }

    /** State machines of the groups that own shards; a view that changes with them. */
    @Override
    public SortedMap<Integer, KvMachine> machines() {
        return machines;
    }

    /** The controller's replica here; null if there is none. */
    @Override
    public Controller controller() {
        return controller;
    }

    @Override
    public Room room() {
        return room;
    }

    /** Starts and stops replicas as the map says. */
    void follow(ShardMap map, long nowMs) {
        for (ShardMap.Group group : map.groups()) {
            if (group.nodeIds().contains(self.id()) && !turn.groups().contains(group.groupId())) {
                start(group, map, nowMs);
            }
        }
        for (int groupId : turn.groups()) {
            if (map.group(groupId) == null) {
                stop(groupId);
            }
        }
        deleteLeftovers(map);
    }

    /** Deletes what is left of groups that a crash kept from being deleted. */
    private void deleteLeftovers(ShardMap map) {
        int newest =
                map.groups().stream().mapToInt(ShardMap.Group::groupId).max().orElse(ShardMap.CONTROLLER);
        for (int groupId : storage.groups()) {
            // After lost commits the kept map may be older than the group: its promises must not be forgotten, too
            // (D4). Ids only grow, so a group below another one of the map is gone for certain.
            boolean isOver = map.group(groupId) == null && (groupId < newest || !storage.isForgetful(groupId));
            if (isOver && !turn.groups().contains(groupId)) {
                storage.remove(groupId);
            }
        }
    }

    private void start(ShardMap.Group group, ShardMap map, long nowMs) {
        int here = (int) map.groups().stream()
                .filter(each -> each.nodeIds().contains(self.id()))
                .count();
        StateMachine machine;
        if (group.groupId() == ShardMap.CONTROLLER) {
            controller = new Controller(storage.tables(group.groupId()), first, firstGroups());
            machine = controller;
        } else {
            KvMachine kv =
                    new KvMachine(group.groupId(), storage.tables(group.groupId()), firstShards(group.groupId()));
            machines.put(group.groupId(), kv);
            machine = kv;
        }
        RandomGenerator dice = random.split();
        turn.add(group.groupId(), raftConfig(group, here), machine, dice, nowMs);
    }

    private void stop(int groupId) {
        turn.remove(groupId);
        machines.remove(groupId);
        storage.remove(groupId);
    }

    private List<Configuration.Group> firstGroups() {
        return topology.groups().stream()
                .map(group -> new Configuration.Group(group.id(), group.name(), group.nodeIds(), 1))
                .toList();
    }

    /** What the group owns in configuration 1. */
    private SortedSet<Integer> firstShards(int groupId) {
        SortedSet<Integer> shards = new TreeSet<>();
        for (int shard = 0; shard < first.shardGroups().length; shard++) {
            if (first.shardGroups()[shard] == groupId) {
                shards.add(shard);
            }
        }
        return shards;
    }

    /** Limits so that all groups together fit in the heap and in the peers' queues. */
    private RaftConfig raftConfig(ShardMap.Group group, int groups) {
        Topology.Settings settings = self.settings();
        RaftConfig.Limits some = RaftConfig.Limits.DEFAULT;
        long share = settings.heapBytes() / 4 / groups;
        RaftConfig.Limits limits = new RaftConfig.Limits(
                some.messageBytes(),
                some.inflightMessages(),
                Math.max(64 << 10, Math.min(some.inflightBytes(), Peers.LOG_QUEUE_BYTES / groups)),
                Math.max(8 << 20, Math.min(some.uncommittedBytes(), share)),
                some.waitingReads(),
                some.applyBytes(),
                (int) Math.min(Integer.MAX_VALUE, settings.snapshotEntries()),
                Math.min(settings.snapshotBytes(), share),
                (int) Math.min(some.keptEntries(), settings.snapshotEntries() / 2),
                some.chunkBytes());
        return new RaftConfig(
                self.id(),
                group.nodeIds(),
                settings.heartbeatMs(),
                settings.electionMs(),
                settings.electionMaxMs(),
                limits);
    }
}
