package kvctl.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.function.Supplier;
import kvctl.node.kv.KvMachine;
import kvctl.protocol.Limits;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.Response.Code;
import kvctl.protocol.Response.Refused;
import kvctl.protocol.ShardMap;
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
    private final Self self;
    private final Turn turn;
    private final SortedMap<Integer, KvMachine> machines;
    private final Supplier<ProcessFacts.Figures> facts;
    private final long startedMs;
    private long nowMs;
    private volatile ShardMap map;

    /**
     * @param machines state machine of each group that has a replica here
     * @param startedMs when the node started, on the clock of {@link #take}'s {@code realMs}
     */
    Router(
            Self self,
            Turn turn,
            SortedMap<Integer, KvMachine> machines,
            Supplier<ProcessFacts.Figures> facts,
            long startedMs) {
        this.self = self;
        this.turn = turn;
        this.machines = machines;
        this.facts = facts;
        this.startedMs = startedMs;
        this.map = self.topology().shardMap(self.clusterId());
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
            call.answer(new Response.StatusReply(status(realMs)));
        } else if (request instanceof Request.TransferLeadership transfer) {
            call.answer(transfer(transfer));
        }
    }

    private void write(Call call, Request.Write write) {
        int shards = map.shardGroups().length;
        String problem = problem(write);
        if (problem != null) {
            call.answer(refused(Code.BAD_REQUEST, problem, 0));
            return;
        }
        int groupId = map.shardGroups()[Shards.of(write.key(), shards)];
        if (!machines.containsKey(groupId)) {
            call.answer(notHere(groupId));
            return;
        }
        byte[] command;
        try {
            command = KvMachine.command(write, shards);
        } catch (IllegalArgumentException e) {
            call.answer(refused(Code.BAD_REQUEST, e.getMessage(), 0));
            return;
        }
        turn.propose(groupId, command, call.waitsFor(this, groupId));
    }

    private void read(Call call, int shardId) {
        int groupId = map.shardGroups()[shardId];
        if (machines.containsKey(groupId)) {
            turn.read(groupId, call.waitsFor(this, groupId));
        } else {
            call.answer(notHere(groupId));
        }
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
        KvMachine machine = machines.get(call.groupId());
        if (!(request instanceof Request.Write) && call.isDoorFull()) {
            call.answer(refused(Code.BUSY, "Answers are not read as fast as they are asked for.", 0));
        } else if (request instanceof Request.Get get) {
            call.answer(machine.get(Shards.of(get.key(), map.shardGroups().length), get.key()));
        } else if (request instanceof Request.Scan scan) {
            call.answer(machine.scan(scan));
        } else {
            call.answer((Response) reply);
        }
    }

    /** For {@link Call#failed}. */
    void failed(Call call, Waiter.Failure why) {
        boolean write = call.request() instanceof Request.Write;
        Response answer = switch (why) {
            case NOT_LEADER -> notLeader(call.groupId());
            case TOO_BUSY -> refused(Code.BUSY, name(call.groupId()) + " has too much waiting.", 0);
            case LOST_LEADERSHIP ->
                write
                        ? refused(
                                Code.LOST_LEADERSHIP,
                                "%s lost the leadership of %s while the write was under way."
                                        .formatted(self.node().name(), name(call.groupId())),
                                turn.leaderId(call.groupId()))
                        : notLeader(call.groupId());
            case STOPPED ->
                write ? refused(Code.STOPPING, self.node().name() + " is stopping.", 0) : notLeader(call.groupId());
        };
        call.answer(answer);
    }

    /** Refuses a call that was never begun, because the node stops. */
    void refuseAtStop(Call call) {
        call.answer(refused(Code.NOT_LEADER, self.node().name() + " is stopping.", 0));
    }

    private Refused notLeader(int groupId) {
        int leaderId = turn.leaderId(groupId);
        int hint = leaderId == self.nodeId() ? 0 : leaderId;
        String who = hint == 0 ? "no leader is known." : nodeName(hint) + " does.";
        return refused(
                Code.NOT_LEADER, "%s does not lead %s; %s".formatted(self.node().name(), name(groupId), who), hint);
    }

    private Refused notHere(int groupId) {
        return refused(
                Code.WRONG_GROUP,
                "%s holds no replica of %s.".formatted(self.node().name(), name(groupId)),
                0);
    }

    private Response transfer(Request.TransferLeadership transfer) {
        int groupId = transfer.groupId();
        if (!machines.containsKey(groupId)) {
            return refused(Code.WRONG_GROUP, self.node().name() + " holds no replica of group " + groupId + ".", 0);
        }
        if (!self.topology().groups().get(groupId - 1).nodeIds().contains(transfer.toNodeId())) {
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
        return turn.leaderId(groupId) == self.nodeId();
    }

    String name(int groupId) {
        return self.topology().groups().get(groupId - 1).name();
    }

    String nodeName(int nodeId) {
        return nodeId == 0 ? "unknown" : self.topology().node(nodeId).name();
    }

    /** Takes the leaders that are known now into the map that clients get. */
    void refreshMap() {
        ShardMap old = map;
        List<ShardMap.Group> groups = new ArrayList<>();
        for (ShardMap.Group group : old.groups()) {
            int leaderId = turn.leaderId(group.groupId());
            groups.add(new ShardMap.Group(group.groupId(), group.name(), group.nodeIds(), leaderId));
        }
        map = new ShardMap(
                old.revision(),
                old.number(),
                old.clusterId(),
                old.shardGroups(),
                old.movingTo(),
                groups,
                old.nodes(),
                old.steering());
    }

    /** Hands every leadership to the follower that is closest behind; returns the groups concerned. */
    List<Integer> handOver(long replicaMs) {
        List<Integer> handed = new ArrayList<>();
        for (int groupId : machines.keySet()) {
            RaftStatus status = turn.status(groupId);
            RaftStatus.Peer best = null;
            for (RaftStatus.Peer peer : status.peers()) {
                boolean better = best == null || peer.matchIndex() > best.matchIndex();
                best = alive(peer, replicaMs) && better ? peer : best;
            }
            if (best != null) {
                turn.transferLeadership(groupId, best.nodeId(), replicaMs);
                handed.add(groupId);
            }
        }
        return handed;
    }

    private boolean alive(RaftStatus.Peer peer, long replicaMs) {
        return peer.nodeId() != self.nodeId()
                && replicaMs - peer.lastContactMs() < self.node().settings().electionMaxMs();
    }

    private NodeStatus status(long realMs) {
        List<NodeStatus.Replica> replicas = new ArrayList<>();
        machines.forEach((groupId, machine) -> replicas.add(replica(turn.status(groupId), machine)));
        ProcessFacts.Figures figures = facts.get();
        return new NodeStatus(
                self.nodeId(),
                self.node().name(),
                ProcessHandle.current().pid(),
                realMs - startedMs,
                self.incarnation(),
                figures.dataBytes(),
                figures.rssBytes(),
                replicas);
    }

    private NodeStatus.Replica replica(RaftStatus status, KvMachine machine) {
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
                machine.keys(),
                peers);
    }

    private static String roleName(RaftStatus status) {
        return status.forgetful()
                ? "forgetful"
                : status.role().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
