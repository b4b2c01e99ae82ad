package kvctl.node;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator.SplittableGenerator;
import kvctl.node.kv.KvMachine;
import kvctl.node.meta.Controller;
import kvctl.node.meta.Directory;
import kvctl.node.meta.Migrator;
import kvctl.node.meta.Note;
import kvctl.node.meta.Notes;
import kvctl.node.meta.Pace;
import kvctl.node.meta.Room;
import kvctl.protocol.ShardMap;
import kvctl.raft.Message;
import kvctl.raft.Outbox;
import kvctl.raft.RaftStatus;
import kvctl.raft.Turn;
import kvctl.storage.Storage;

/**
 * All that a node decides: its replicas, what they serve, who owns which shard, and the moves. No threads, clocks, dice or
 * sockets of its own, so that it runs the same in a process and in the simulator. The caller's loop is that of {@link
 * Turn}: everything that has come, {@link #prepare}, {@link #save}, {@link #finish}. Not thread-safe, except {@link #map}.
 */
public final class Core {
    private final int nodeId;
    private final Storage storage;
    private final Turn turn;
    private final Groups groups;
    private final Directory directory;
    private final Room room;
    private final Links links;
    private final Migrator migrator;
    private final Router router;
    private boolean ledController;
    private long toldRevision = -1;

    /** To the other nodes: messages of replicas, and notes. */
    public interface Links extends Outbox, Notes {}

    /**
     * What a node runs on.
     *
     * @param random dice of the election timeouts
     * @param facts of the process, for those who ask for its status
     */
    public record Ports(Storage storage, Links links, SplittableGenerator random, Supplier<Facts> facts) {}

    /**
     * What a process says of itself; bytes are 0 where they can't be read.
     *
     * @param faults ids of those in force
     */
    public record Facts(long pid, long uptimeMs, long dataBytes, long rssBytes, List<String> faults) {
        /** Of a sound one. */
        public Facts(long pid, long uptimeMs, long dataBytes, long rssBytes) {
            this(pid, uptimeMs, dataBytes, rssBytes, List.of());
        }
    }

    /**
     * Starts the node's replicas from what is stored.
     *
     * @param nodeId of one of the topology's nodes
     * @param nowMs now, on the clock that the replicas are given
     */
    public Core(Topology topology, int nodeId, Ports ports, long nowMs) {
        this(topology, nodeId, Pace.DEFAULT, ports, nowMs);
    }

    /** As the other one, with moves cut in another way; for simulations. */
    public Core(Topology topology, int nodeId, Pace pace, Ports ports, long nowMs) {
        this.nodeId = nodeId;
        this.storage = ports.storage();
        this.links = ports.links();
        this.room = new Room(nodeId, ports.links());
        this.turn = new Turn(nodeId, storage, this::send);
        Topology.Node self = topology.node(nodeId);
        this.groups = new Groups(topology, self, turn, storage, room, ports.random());
        this.directory = new Directory(nodeId, topology.shardMap(), storage.facts(), ports.links(), nowMs);
        this.migrator = new Migrator(nodeId, pace, turn, groups, directory::map, ports.links());
        this.router = new Router(self, turn, groups, migrator, directory::map, ports);
        groups.follow(directory.map(), nowMs);
        router.refreshMap();
        followController(nowMs);
    }

    /** What another node has no room for is not sent: to Raft that is a loss like others (HAZARDS D12). */
    private void send(int groupId, int to, Message message) {
        if (room.sends(to, message)) {
            links.send(groupId, to, message);
        }
    }

    // --- what has come ---

    /** A message of another node's replica. */
    public void receive(int groupId, int from, Message message, long nowMs) {
        if (room.takes(message)) {
            turn.receive(groupId, from, message, nowMs);
        }
    }

    /** A note of another node. */
    public void receive(int from, Note note, long nowMs) {
        if (note instanceof Note.MapWanted wanted) {
            directory.answer(from, wanted);
        } else if (note instanceof Note.MapNews news) {
            follow(news.map(), nowMs);
        } else if (note instanceof Note.RoomLeft left) {
            room.hear(from, left);
        } else {
            migrator.receive(from, note, nowMs);
        }
    }

    /**
     * A client's call; it is answered now or at the end of a turn.
     *
     * @param realMs now, on the clock of the call's deadline
     */
    public void take(Call call, long realMs, long nowMs) {
        router.take(call, realMs, nowMs);
    }

    // --- the turn ---

    /** Fires timers and sends what promises nothing that is not durable yet. */
    public void prepare(long nowMs) {
        room.look(storage.freeBytes(), directory.map(), nowMs);
        turn.prepare(nowMs);
    }

    /** True if {@link #save} will write. */
    public boolean hasSaves() {
        return turn.hasSaves();
    }

    /** Makes everything durable that the rest of this turn stands on. */
    public void save() {
        turn.save();
    }

    /** Sends what had to wait for the disk, applies, answers, and takes the moves on. */
    public void finish(long nowMs) {
        turn.finish(nowMs);
        followController(nowMs);
        tellIfLeading();
        directory.tick(nowMs);
        migrator.tick(nowMs);
    }

    private void followController(long nowMs) {
        if (groups.controller() != null) {
            follow(groups.controller().map(), nowMs);
        }
    }

    private void follow(ShardMap news, long nowMs) {
        if (directory.learn(news)) {
            groups.follow(news, nowMs);
            router.refreshMap();
        }
    }

    /** The controller's leader tells everybody of each change, and a new leader what it has found. */
    private void tellIfLeading() {
        boolean leads = groups.controller() != null && turn.leaderId(ShardMap.CONTROLLER) == nodeId;
        if (leads && (!ledController || directory.map().revision() != toldRevision)) {
            toldRevision = directory.map().revision();
            directory.tell();
        }
        ledController = leads;
    }

    /** When to run the next turn if nothing comes; may be in the past. */
    public long nextDeadlineMs() {
        return Math.min(nextTimerMs(), migrator.nextDeadlineMs());
    }

    /** The same without the moves: timers that may fire a little late. */
    long nextTimerMs() {
        return Math.min(turn.nextDeadlineMs(), directory.nextDeadlineMs());
    }

    /** Housekeeping, about every second. */
    public void maintain(long nowMs) {
        storage.maintain(nowMs);
        if (room.of(nodeId) != Room.Level.ENOUGH) {
            Room.Level better = Room.Level.values()[room.of(nodeId).ordinal() - 1];
            handOver(better, nowMs);
        }
    }

    /** Fails everybody who waits; no answer is given afterwards (HAZARDS A9). */
    public void stop() {
        turn.stop();
    }

    // --- what people and the loop ask ---

    /** The newest shard map with the leaders that are known here. May be called by any thread. */
    public ShardMap map() {
        return router.map();
    }

    /** Takes the leaders that are known now into the map; to be called when they have changed. */
    public void refreshMap() {
        router.refreshMap();
    }

    String name(int groupId) {
        return router.name(groupId);
    }

    String nodeName(int id) {
        return router.nodeName(id);
    }

    boolean leads(int groupId) {
        return router.leads(groupId);
    }

    /** Refuses a call that was never begun, because the node stops. */
    void refuseAtStop(Call call) {
        router.refuseAtStop(call);
    }

    /** Ids of the groups with a replica here, in order. */
    public List<Integer> groups() {
        return turn.groups();
    }

    /** A copy of a replica's state. */
    public RaftStatus status(int groupId) {
        return turn.status(groupId);
    }

    /** The state machine of a group's replica here; null if there is none. */
    public KvMachine machine(int groupId) {
        return groups.machines().get(groupId);
    }

    /** The controller's replica here; null if there is none. */
    public Controller controller() {
        return groups.controller();
    }

    /** What the node's own disk can take. */
    Room.Level room() {
        return room.of(nodeId);
    }

    /** Hands every leadership to the follower that is closest behind; returns the groups concerned. */
    List<Integer> handOver(long nowMs) {
        return handOver(Room.Level.NONE, nowMs);
    }

    private List<Integer> handOver(Room.Level needed, long nowMs) {
        List<Integer> handed = new ArrayList<>();
        for (int groupId : turn.groups()) {
            RaftStatus.Peer best = router.closest(turn.status(groupId), needed, nowMs);
            if (best != null) {
                turn.transferLeadership(groupId, best.nodeId(), nowMs);
                handed.add(groupId);
            }
        }
        return handed;
    }
}
