package kvctl.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.protocol.Shards;

/**
 * What the toy nodes answer from: one consistent table, who leads, and the sessions, as the real machine has them. A
 * test
 * changes the public fields to make trouble.
 */
class ToyCluster {
    /** Says what a node does with a request before the table sees it; null: go on. */
    interface Trouble {
        Response meet(int nodeId, Request request);
    }

    /** Returned by a trouble: no answer at all. */
    static final Response SILENCE = new Response.Ok();

    final int shards;
    final Map<Integer, Integer> ports = new TreeMap<>();
    volatile int leaderId = 1;
    volatile Trouble trouble = (nodeId, request) -> null;
    volatile long floorMs;

    /** Applied first, then answered with silence: the answer is lost. */
    volatile boolean loseAnswers;

    /** Applies a repeated write again: what the checker has to find. */
    volatile boolean forgetful;

    int applied;
    int repeats;

    /** What the controller's leader answers. */
    Function<Request, Response> controller = request -> new Response.Ok();

    /** How many changes of the map a node has not heard of. */
    final Map<Integer, Integer> mapsBehind = new HashMap<>();

    private final Map<Integer, List<Integer>> members = new TreeMap<>();
    private final Map<Integer, Integer> leaders = new HashMap<>();
    private final List<ShardMap> maps = new ArrayList<>();
    private final int[] owners;
    private final int[] movingTo;

    /** The group that serves the shard in truth, whatever the map says; 0: none. */
    private final int[] serving;

    private int answering = 1;
    private final Map<String, Response.Row> rows = new HashMap<>();
    private final Map<String, Response> results = new HashMap<>();
    private long version;

    ToyCluster(int shards, int... nodeIds) {
        this.shards = shards;
        for (int nodeId : nodeIds) {
            ports.put(nodeId, 1000 + nodeId);
        }
        owners = new int[shards];
        movingTo = new int[shards];
        serving = new int[shards];
        Arrays.fill(owners, 1);
        Arrays.fill(serving, 1);
        members.put(1, List.copyOf(ports.keySet()));
        publish();
    }

    /** One more group; 0 is the controller. Its leader does not change. */
    synchronized void addGroup(int groupId, int leader, Integer... nodeIds) {
        members.put(groupId, List.of(nodeIds));
        leaders.put(groupId, leader);
        publish();
    }

    synchronized void members(int groupId, Integer... nodeIds) {
        members.put(groupId, List.of(nodeIds));
        publish();
    }

    synchronized void removeGroup(int groupId) {
        members.remove(groupId);
        publish();
    }

    /** The shard belongs to this group, now and without a move; 0: to nobody. */
    synchronized void give(int shardId, int groupId) {
        owners[shardId] = groupId;
        serving[shardId] = groupId;
        movingTo[shardId] = 0;
        publish();
    }

    synchronized void startMove(int shardId, int groupId) {
        movingTo[shardId] = groupId;
        publish();
    }

    synchronized void freeze(int shardId) {
        serving[shardId] = 0;
    }

    synchronized void install(int shardId) {
        serving[shardId] = movingTo[shardId];
    }

    synchronized void finishMove(int shardId) {
        owners[shardId] = movingTo[shardId];
        movingTo[shardId] = 0;
        publish();
    }

    synchronized int owner(int shardId) {
        return owners[shardId];
    }

    private void publish() {
        maps.add(map());
    }

    private int leader(int groupId) {
        return groupId == 1 ? leaderId : leaders.getOrDefault(groupId, 0);
    }

    /** As a node knows it. */
    synchronized ShardMap map(int nodeId) {
        int behind = mapsBehind.getOrDefault(nodeId, 0);
        return behind == 0 ? map() : maps.get(Math.max(0, maps.size() - 1 - behind));
    }

    synchronized ShardMap map() {
        List<ShardMap.Node> nodes = new ArrayList<>();
        ports.forEach((nodeId, port) -> nodes.add(new ShardMap.Node(nodeId, "n" + nodeId, "127.0.0.1", port)));
        List<ShardMap.Group> groups = new ArrayList<>();
        members.forEach((groupId, ids) -> groups.add(
                new ShardMap.Group(groupId, groupId == 0 ? "controller" : "g" + groupId, ids, leader(groupId))));
        return new ShardMap(
                maps.size() + 1, 1, "toy", owners.clone(), movingTo.clone(), groups, nodes, ShardMap.Steering.FREE);
    }

    synchronized Response answer(int nodeId, Request request) {
        Response first = trouble.meet(nodeId, request);
        if (first != null) {
            return first == SILENCE ? null : first;
        }
        if (request instanceof Request.GetMap) {
            return new Response.MapReply(map(nodeId));
        }
        if (request instanceof Request.GetStatus) {
            return new Response.StatusReply(
                    new NodeStatus(nodeId, "n" + nodeId, 1, 1, 1, 0, 0, 0, List.of(), List.of()));
        }
        int shardId = shardOf(request);
        int asked = request instanceof Request.TransferLeadership transfer ? transfer.groupId() : ShardMap.CONTROLLER;
        int groupId = shardId >= 0 ? serving[shardId] : asked;
        if (!members.containsKey(groupId)
                || shardId >= 0 && groupId == 0
                || !members.get(groupId).contains(nodeId)) {
            return new Response.Refused(Response.Code.WRONG_GROUP, "shard " + shardId + " is not here", 0);
        }
        if (nodeId != leader(groupId)) {
            return new Response.Refused(Response.Code.NOT_LEADER, "not the leader", leader(groupId));
        }
        answering = groupId;
        Response response = shardId >= 0 ? apply(request) : controller.apply(request);
        return loseAnswers ? null : response;
    }

    private int shardOf(Request request) {
        if (request instanceof Request.Get get) {
            return Shards.of(get.key(), shards);
        }
        if (request instanceof Request.Write write) {
            return Shards.of(write.key(), shards);
        }
        return request instanceof Request.Scan scan ? scan.shardId() : -1;
    }

    private Response apply(Request request) {
        if (request instanceof Request.Get get) {
            Response.Row row = rows.get(text(get.key()));
            return row == null
                    ? new Response.NotFound(answering, version)
                    : new Response.Value(row.value(), row.version(), answering, version);
        }
        if (request instanceof Request.Scan scan) {
            return page(scan);
        }
        if (request instanceof Request.Write write) {
            Request.Tag tag = write.tag();
            String name = tag.sessionMs() + "-" + tag.sessionRandom() + "-" + tag.seq();
            Response before = results.get(name);
            if (before != null && !forgetful) {
                repeats++;
                return before;
            }
            if (tag.sessionMs() <= floorMs) {
                return new Response.Refused(Response.Code.SESSION_EXPIRED, "pushed out", 0);
            }
            Response result = write(write);
            applied++;
            results.put(name, result);
            return result;
        }
        return new Response.Ok();
    }

    private Response write(Request.Write write) {
        String key = text(write.key());
        Response.Row row = rows.get(key);
        long now = row == null ? 0 : row.version();
        if (write instanceof Request.Delete) {
            rows.remove(key);
            return row == null
                    ? new Response.Unchanged(0, answering, version)
                    : new Response.Written(++version, answering, version);
        }
        byte[] value;
        if (write instanceof Request.Append append) {
            byte[] old = row == null ? new byte[0] : row.value();
            value = Arrays.copyOf(old, old.length + append.value().length);
            System.arraycopy(append.value(), 0, value, old.length, append.value().length);
        } else if (write instanceof Request.Cas cas) {
            if (cas.expectedVersion() != now) {
                return new Response.Unchanged(now, answering, version);
            }
            value = cas.value();
        } else {
            value = ((Request.Put) write).value();
        }
        rows.put(key, new Response.Row(write.key(), value, ++version));
        return new Response.Written(version, answering, version);
    }

    private Response page(Request.Scan scan) {
        List<Response.Row> found = new ArrayList<>();
        for (Response.Row row : rows.values()) {
            byte[] key = row.key();
            if (Shards.of(key, shards) == scan.shardId()
                    && Arrays.compareUnsigned(key, scan.from()) >= 0
                    && text(key).startsWith(text(scan.prefix()))) {
                found.add(row);
            }
        }
        found.sort((a, b) -> Arrays.compareUnsigned(a.key(), b.key()));
        boolean more = found.size() > scan.limit();
        return new Response.Page(
                new ArrayList<>(found.subList(0, Math.min(scan.limit(), found.size()))), more, answering, version);
    }

    static String text(byte[] bytes) {
        return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
