package kvctl.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
    private final Map<String, Response.Row> rows = new HashMap<>();
    private final Map<String, Response> results = new HashMap<>();
    private long version;

    ToyCluster(int shards, int... nodeIds) {
        this.shards = shards;
        for (int nodeId : nodeIds) {
            ports.put(nodeId, 1000 + nodeId);
        }
    }

    synchronized ShardMap map() {
        int[] shardGroups = new int[shards];
        Arrays.fill(shardGroups, 1);
        List<ShardMap.Node> nodes = new ArrayList<>();
        ports.forEach((nodeId, port) -> nodes.add(new ShardMap.Node(nodeId, "n" + nodeId, "127.0.0.1", port)));
        List<Integer> ids = List.copyOf(ports.keySet());
        return new ShardMap(
                1,
                1,
                "toy",
                shardGroups,
                new int[shardGroups.length],
                List.of(new ShardMap.Group(1, "g1", ids, leaderId)),
                nodes,
                ShardMap.Steering.FREE);
    }

    synchronized Response answer(int nodeId, Request request) {
        Response first = trouble.meet(nodeId, request);
        if (first != null) {
            return first == SILENCE ? null : first;
        }
        if (request instanceof Request.GetMap) {
            return new Response.MapReply(map());
        }
        if (request instanceof Request.GetStatus) {
            return new Response.StatusReply(new NodeStatus(nodeId, "n" + nodeId, 1, 1, 1, 0, 0, List.of()));
        }
        if (nodeId != leaderId) {
            return new Response.Refused(Response.Code.NOT_LEADER, "not the leader", leaderId);
        }
        Response response = apply(request);
        return loseAnswers ? null : response;
    }

    private Response apply(Request request) {
        if (request instanceof Request.Get get) {
            Response.Row row = rows.get(text(get.key()));
            return row == null
                    ? new Response.NotFound(1, version)
                    : new Response.Value(row.value(), row.version(), 1, version);
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
            return row == null ? new Response.Unchanged(0, 1, version) : new Response.Written(++version, 1, version);
        }
        byte[] value;
        if (write instanceof Request.Append append) {
            byte[] old = row == null ? new byte[0] : row.value();
            value = Arrays.copyOf(old, old.length + append.value().length);
            System.arraycopy(append.value(), 0, value, old.length, append.value().length);
        } else if (write instanceof Request.Cas cas) {
            if (cas.expectedVersion() != now) {
                return new Response.Unchanged(now, 1, version);
            }
            value = cas.value();
        } else {
            value = ((Request.Put) write).value();
        }
        rows.put(key, new Response.Row(write.key(), value, ++version));
        return new Response.Written(version, 1, version);
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
                new ArrayList<>(found.subList(0, Math.min(scan.limit(), found.size()))), more, 1, version);
    }

    static String text(byte[] bytes) {
        return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
