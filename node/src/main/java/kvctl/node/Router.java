package kvctl.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import kvctl.node.fault.FaultDoor;
import kvctl.node.kv.KvMachine;
import kvctl.node.kv.ShardState;
import kvctl.node.meta.Controller;
import kvctl.node.meta.Migrator;
import kvctl.node.meta.Room;
import kvctl.protocol.Limits;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.Response.Code;
import kvctl.protocol.Response.Refused;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardStatus;
import kvctl.protocol.Shards;
import kvctl.raft.RaftStatus;
import kvctl.raft.Turn;
import kvctl.raft.Waiter;

/**
 * Answers requests: finds the group of a key, has writes proposed and reads granted, and turns results into responses.
 * No threads, clocks or sockets, so it runs the same in the simulator. One thread uses it: the node's loop; only
 * {@link #map} may be called by others.
 */
final class Router {
    /** Entries that a follower may lack to be handed leadership: nothing is proposed until it has them. */
    private static final long LITTLE_LAG = 10_000;

    private final Topology.Node self;
    private final long incarnation;
    private final Turn turn;
    private final Groups groups;
    private final Migrator migrator;
    private final Supplier<ShardMap> newest;
    private final Supplier<Core.Facts> facts;
    private long nowMs;
    private volatile ShardMap map;

    /**
     * @param newest map that this node knows, without leaders
     * @param ports what the node runs on
     */
    Router(
            Topology.Node self,
            Turn turn,
            Groups groups,
            Migrator migrator,
            Supplier<ShardMap> newest,
            Core.Ports ports) {
        this.self = self;
        this.incarnation = ports.storage().incarnation();
        this.turn = turn;
        this.groups = groups;
        this.migrator = migrator;
        this.newest = newest;
        this.facts = ports.facts();
        this.map = newest.get();
    }

    /** The shard map with the leaders this node knew last. */
    ShardMap map() {
        return map;
    }

    /**
     * Takes one call; it is answered now or at the end of a turn.
     *
     * @param realMs now, on the clock of the call's deadline
     * @param replicaMs now, on the clock that the replicas are given
     */
    void take(Call call, long realMs, long replicaMs) {
        if (realMs >= call.deadlineMs()) {
            call.answer(refused(Code.EXPIRED, "The time for this request was over before it was begun.", 0));
            return;
        }
        nowMs = replicaMs;
        Request request = call.request();
        if (request instanceof Request.Write write) {
            write(call, write);
        } else if (request instanceof Request.Get get) {
            get(call, get);
        } else if (request instanceof Request.Scan scan) {
            scan(call, scan);
        } else if (request instanceof Request.GetMap) {
            call.answer(new Response.MapReply(map));
        } else if (request instanceof Request.GetStatus) {
            call.answer(new Response.StatusReply(status()));
        } else if (request instanceof Request.TransferLeadership transfer) {
            call.answer(transfer(transfer));
        } else if (request instanceof Request.GetShards) {
            call.answer(new Response.ShardsReply(shards()));
        } else if (request instanceof Request.OfFaults) {
            call.answer(FaultDoor.forbidden(self.name())); // A node that obeys them has answered at its door.
        } else {
            control(call, request);
        }
    }

    // --- the controller ---

    private void control(Call call, Request request) {
        Controller controller = groups.controller();
        if (controller == null) {
            call.answer(notHere(ShardMap.CONTROLLER));
        } else if (request instanceof Request.SteerMoves steer) {
            turn.propose(ShardMap.CONTROLLER, Controller.steer(steer), call.waitsFor(this, ShardMap.CONTROLLER));
        } else if (request instanceof Request.Reconfigure change && !change.planOnly()) {
            reconfigure(call, change);
        } else {
            turn.read(ShardMap.CONTROLLER, call.waitsFor(this, ShardMap.CONTROLLER));
        }
    }

    private void reconfigure(Call call, Request.Reconfigure change) {
        byte[] command;
        try {
            command = Controller.reconfigure(change);
        } catch (IllegalArgumentException e) {
            call.answer(refused(Code.BAD_REQUEST, e.getMessage(), 0));
            return;
        }
        Refused noRoom = leads(ShardMap.CONTROLLER) ? noRoom(ShardMap.CONTROLLER, true) : null;
        if (noRoom != null) {
            call.answer(noRoom);
            return;
        }
        turn.propose(ShardMap.CONTROLLER, command, call.waitsFor(this, ShardMap.CONTROLLER));
    }

    private void write(Call call, Request.Write write) {
        String problem = problem(write);
        if (problem != null) {
            call.answer(refused(Code.BAD_REQUEST, problem, 0));
            return;
        }
        int shardId = Shards.of(write.key(), map.shardGroups().length);
        int groupId = groupOf(shardId);
        KvMachine machine = groups.machines().get(groupId);
        if (machine == null) {
            call.answer(notHere(groupId));
            return;
        }
        if (leads(groupId) && !machine.serves(shardId)) {
            call.answer(notServed(groupId, shardId));
            return; // Not proposed: clients ask again and again until the shard has arrived where it goes.
        }
        if (leads(groupId)) {
            Refused noRoom = noRoom(groupId, write instanceof Request.Delete);
            if (noRoom != null) {
                call.answer(noRoom);
                return;
            }
        }
        byte[] command;
        try {
            command = KvMachine.command(write, shardId);
        } catch (IllegalArgumentException e) {
            call.answer(refused(Code.BAD_REQUEST, e.getMessage(), 0));
            return;
        }
        turn.propose(groupId, command, call.waitsFor(this, groupId));
    }

    private void read(Call call, int shardId) {
        int groupId = groupOf(shardId);
        if (groups.machines().containsKey(groupId)) {
            turn.read(groupId, call.waitsFor(this, groupId));
        } else {
            call.answer(notHere(groupId));
        }
    }

    /**
     * The group that is asked for a shard: one here that serves it as far as its replica has applied, else the map's owner.
     * Whether it may answer is decided when the request is applied or the read served (HAZARDS G4).
     */
    private int groupOf(int shardId) {
        int owner = newest.get().shardGroups()[shardId];
        KvMachine ofOwner = groups.machines().get(owner);
        if (ofOwner != null && ofOwner.serves(shardId)) {
            return owner;
        }
        for (Map.Entry<Integer, KvMachine> each : groups.machines().entrySet()) {
            if (each.getValue().serves(shardId)) {
                return each.getKey();
            }
        }
        int taker = newest.get().movingTo()[shardId];
        return ofOwner != null || !groups.machines().containsKey(taker) ? owner : taker;
    }

    private void get(Call call, Request.Get get) {
        String problem = keyProblem(get.key());
        if (problem == null) {
            read(call, Shards.of(get.key(), map.shardGroups().length));
        } else {
            call.answer(refused(Code.BAD_REQUEST, problem, 0));
        }
    }

    private void scan(Call call, Request.Scan scan) {
        int shards = map.shardGroups().length;
        if (scan.shardId() < 0 || scan.shardId() >= shards) {
            String message = "There is no shard %d; shards are 0 to %d.".formatted(scan.shardId(), shards - 1);
            call.answer(refused(Code.BAD_REQUEST, message, 0));
        } else if (scan.limit() < 1 || scan.limit() > Limits.PAGE_ROWS_MAX) {
            String message = "A page has 1 to %d rows, not %d.".formatted(Limits.PAGE_ROWS_MAX, scan.limit());
            call.answer(refused(Code.BAD_REQUEST, message, 0));
        } else {
            read(call, scan.shardId());
        }
    }

    /** For {@link Call#done}: the write was applied, or the read may be served now. */
    void done(Call call, Object reply) {
        Request request = call.request();
        KvMachine machine = groups.machines().get(call.groupId());
        if (!(request instanceof Request.Write) && call.isDoorFull()) {
            call.answer(refused(Code.BUSY, "Answers are not read as fast as they are asked for.", 0));
        } else if (request instanceof Request.Get get) {
            call.answer(machine.get(Shards.of(get.key(), map.shardGroups().length), get.key()));
        } else if (request instanceof Request.Scan scan) {
            call.answer(machine.scan(scan));
        } else if (request instanceof Request.GetConfiguration get) {
            call.answer(groups.controller().configuration(get.number()));
        } else if (request instanceof Request.Reconfigure change && change.planOnly()) {
            call.answer(groups.controller().plan(change));
        } else {
            call.answer((Response) reply);
        }
    }

    /** For {@link Call#failed}. */
    void failed(Call call, Waiter.Failure why) {
        boolean write = changes(call.request());
        Response answer = switch (why) {
            case NOT_LEADER -> notLeader(call.groupId());
            case TOO_BUSY -> refused(Code.BUSY, name(call.groupId()) + " has too much waiting.", 0);
            case LOST_LEADERSHIP ->
                write
                        ? refused(
                                Code.LOST_LEADERSHIP,
                                "%s lost the leadership of %s while the write was under way."
                                        .formatted(self.name(), name(call.groupId())),
                                turn.leaderId(call.groupId()))
                        : notLeader(call.groupId());
            case STOPPED ->
                write ? refused(Code.STOPPING, self.name() + " is stopping.", 0) : notLeader(call.groupId());
        };
        call.answer(answer);
    }

    /** Refuses a call that was never begun, because the node stops. */
    void refuseAtStop(Call call) {
        call.answer(refused(Code.NOT_LEADER, self.name() + " is stopping.", 0));
    }

    /** A proposal of it may be applied, so without an answer nobody knows (HAZARDS E10). */
    private static boolean changes(Request request) {
        return request instanceof Request.Write
                || request instanceof Request.SteerMoves
                || request instanceof Request.Reconfigure reconfigure && !reconfigure.planOnly();
    }

    private Refused notLeader(int groupId) {
        int leaderId = turn.leaderId(groupId);
        int hint = leaderId == self.id() ? 0 : leaderId;
        String who = hint == 0 ? "no leader is known." : nodeName(hint) + " does.";
        return refused(Code.NOT_LEADER, "%s does not lead %s; %s".formatted(self.name(), name(groupId), who), hint);
    }

    private Refused notServed(int groupId, int shardId) {
        return refused(Code.WRONG_GROUP, "%s does not serve shard %d now.".formatted(name(groupId), shardId), 0);
    }

    private Refused notHere(int groupId) {
        return refused(Code.WRONG_GROUP, "%s holds no replica of %s.".formatted(self.name(), name(groupId)), 0);
    }

    /** Null if the group, led here, may take it (HAZARDS D12). */
    private Refused noRoom(int groupId, boolean small) {
        String full = groups.room().fullNode(newest.get(), groupId, small, id -> isAlive(groupId, id));
        return full == null
                ? null
                : refused(
                        Code.BUSY,
                        "%s takes no writes: the disk of %s is nearly full.".formatted(name(groupId), full),
                        0);
    }

    private boolean isAlive(int groupId, int nodeId) {
        return nodeId == self.id()
                || turn.status(groupId).peers().stream()
                        .anyMatch(peer -> peer.nodeId() == nodeId && alive(peer, nowMs));
    }

    private Response transfer(Request.TransferLeadership transfer) {
        int groupId = transfer.groupId();
        if (!turn.groups().contains(groupId)) {
            return notHere(groupId);
        }
        if (!newest.get().group(groupId).nodeIds().contains(transfer.toNodeId())) {
            return refused(
                    Code.BAD_REQUEST,
                    "Node %d holds no replica of %s.".formatted(transfer.toNodeId(), name(groupId)),
                    0);
        }
        if (!leads(groupId)) {
            return notLeader(groupId);
        }
        turn.transferLeadership(groupId, transfer.toNodeId(), nowMs);
        return new Response.Ok();
    }

    private static Refused refused(Code code, String message, int leaderId) {
        return new Refused(code, message, leaderId);
    }

    // --- limits ---

    private static String problem(Request.Write write) {
        int valueBytes = valueBytes(write);
        if (valueBytes > Limits.VALUE_MAX_BYTES) {
            return "Value is %s; limit is %s.".formatted(size(valueBytes), size(Limits.VALUE_MAX_BYTES));
        }
        return keyProblem(write.key());
    }

    private static String keyProblem(byte[] key) {
        if (key.length == 0) {
            return "Key is empty; it must have 1 byte at least.";
        }
        return key.length <= Limits.KEY_MAX_BYTES
                ? null
                : "Key is %s; limit is %s.".formatted(size(key.length), size(Limits.KEY_MAX_BYTES));
    }

    private static int valueBytes(Request request) {
        if (request instanceof Request.Put put) {
            return put.value().length;
        } else if (request instanceof Request.Append append) {
            return append.value().length;
        }
        return request instanceof Request.Cas cas ? cas.value().length : 0;
    }

    /** Bytes of key and value that a request makes the node hold. */
    static int payloadBytes(Request request) {
        if (request instanceof Request.Write write) {
            return write.key().length + valueBytes(write);
        } else if (request instanceof Request.Get get) {
            return get.key().length;
        }
        return request instanceof Request.Scan scan ? scan.prefix().length + scan.from().length : 0;
    }

    private static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        String unit = bytes < 1 << 20 ? "KiB" : "MiB";
        double amount = bytes / (bytes < 1 << 20 ? 1024.0 : 1024.0 * 1024);
        // One digit, but never rounded down to the limit that was broken; and no ".0".
        String text = String.format(Locale.ROOT, "%.1f", Math.ceil(amount * 10) / 10);
        return (text.endsWith(".0") ? text.substring(0, text.length() - 2) : text) + " " + unit;
    }

    // --- what people and the loop ask ---

    boolean leads(int groupId) {
        return turn.leaderId(groupId) == self.id();
    }

    String name(int groupId) {
        ShardMap.Group group = newest.get().group(groupId);
        return group == null ? "group " + groupId : group.name();
    }

    String nodeName(int nodeId) {
        return nodeId == 0 ? "unknown" : map.nodeName(nodeId);
    }

    /** Takes the newest map and the leaders that are known now into what clients get. */
    void refreshMap() {
        Map<Integer, Integer> leaders = new TreeMap<>();
        turn.groups().forEach(groupId -> leaders.put(groupId, turn.leaderId(groupId)));
        map = newest.get().withLeaders(leaders);
    }

    /**
     * The follower to hand leadership to, which answers and lacks little; null if there is none, or this replica does not
     * lead.
     *
     * @param needed how much room it must have
     */
    RaftStatus.Peer closest(RaftStatus status, Room.Level needed, long replicaMs) {
        RaftStatus.Peer best = null;
        for (RaftStatus.Peer peer : status.peers()) {
            boolean able = alive(peer, replicaMs)
                    && status.lastLogIndex() - peer.matchIndex() <= LITTLE_LAG
                    && groups.room().of(peer.nodeId()).compareTo(needed) <= 0;
            best = able && (best == null || peer.matchIndex() > best.matchIndex()) ? peer : best;
        }
        return best;
    }

    private boolean alive(RaftStatus.Peer peer, long replicaMs) {
        return peer.nodeId() != self.id()
                && replicaMs - peer.lastContactMs() < self.settings().electionMaxMs();
    }

    private NodeStatus status() {
        List<NodeStatus.Replica> replicas = new ArrayList<>();
        for (int groupId : turn.groups()) {
            KvMachine machine = groups.machines().get(groupId);
            replicas.add(replica(turn.status(groupId), machine == null ? 0 : machine.keys()));
        }
        Core.Facts process = facts.get();
        return new NodeStatus(
                self.id(),
                self.name(),
                process.pid(),
                process.uptimeMs(),
                incarnation,
                process.dataBytes(),
                process.rssBytes(),
                groups.room().freeBytes(),
                replicas,
                process.faults());
    }

    private NodeStatus.Replica replica(RaftStatus status, long keys) {
        List<NodeStatus.Peer> peers = new ArrayList<>();
        for (RaftStatus.Peer peer : status.peers()) {
            peers.add(new NodeStatus.Peer(peer.nodeId(), peer.matchIndex(), alive(peer, nowMs)));
        }
        return new NodeStatus.Replica(
                status.groupId(),
                name(status.groupId()),
                roleName(status),
                status.currentTerm(),
                status.leaderId(),
                status.commitIndex(),
                status.lastApplied(),
                status.lastLogIndex(),
                status.firstLogIndex(),
                status.logBytes(),
                keys,
                peers);
    }

    private List<ShardStatus> shards() {
        List<ShardStatus> shards = new ArrayList<>();
        groups.machines().forEach((groupId, machine) -> {
            for (ShardState state : machine.shards()) {
                boolean receiving = state.status() == ShardState.Status.RECEIVING;
                shards.add(new ShardStatus(
                        state.shardId(),
                        groupId,
                        state.status().name().toLowerCase(Locale.ROOT),
                        state.number(),
                        state.peerGroupId(),
                        state.keys(),
                        state.bytes(),
                        state.reads(),
                        state.writes(),
                        state.copiedBytes(),
                        state.totalBytes(),
                        receiving ? migrator.waitsFor(groupId, state.shardId()) : ""));
            }
        });
        return shards;
    }

    private static String roleName(RaftStatus status) {
        return status.forgetful()
                ? "forgetful"
                : status.role().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
