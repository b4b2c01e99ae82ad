package kvctl.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import kvctl.protocol.Configuration;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardStatus;

/**
 * A controller and two groups on one node, for {@link FakeNode}: four shards, two of each group. A test sets what is on
 * its way and what the controller says.
 */
final class FakeShards {
    static final Response SILENCE = new Response.Ok();

    private final int port;

    int[] owners = {1, 1, 2, 2};
    int[] movingTo = new int[4];
    ShardMap.Steering steering = ShardMap.Steering.FREE;
    long number = 3;

    /** What the controller answers to a change or a plan. */
    Function<Request.Reconfigure, Response> controller;

    /** Moves that the controller says are left, one after the other; the last stays. */
    final List<Integer> movesLeft = new ArrayList<>(List.of(0));

    final List<Request> seen = new ArrayList<>();
    final List<ShardStatus> moving = new ArrayList<>();
    int groupWithoutLeader = -1;
    int secondPort = 1;
    private int extraRevision;

    FakeShards(int port) {
        this.port = port;
        controller = request -> reconfigured(new int[] {1, 3, 2, 2}, "Shard 1 moves because g3 has none.");
    }

    synchronized Response reconfigured(int[] after, String why) {
        List<Configuration.Group> groups = List.of(group(1), group(2), group(3));
        return new Response.Reconfigured(
                new Configuration(number, owners.clone(), groups.subList(0, 2)),
                new Configuration(number + 1, after, groups),
                why);
    }

    private static Configuration.Group group(int groupId) {
        return new Configuration.Group(groupId, "g" + groupId, List.of(1, 2), 1);
    }

    /** Shard 1 on its way from g1 to g2. */
    synchronized void moveShardOne(String ownerState, long copied, long total, String waitsFor) {
        movingTo[1] = 2;
        extraRevision++;
        moving.clear();
        moving.add(new ShardStatus(1, 1, ownerState, 3, 2, 10, 2048, 7, 8, 0, 0, ""));
        moving.add(new ShardStatus(1, 2, "receiving", 3, 1, 4, 1024, 0, 0, copied, total, waitsFor));
    }

    /** Whatever was on its way is there. */
    synchronized void arrive() {
        for (int shard = 0; shard < owners.length; shard++) {
            owners[shard] = movingTo[shard] == 0 ? owners[shard] : movingTo[shard];
        }
        movingTo = new int[4];
        moving.clear();
        extraRevision++;
    }

    synchronized Response answer(Request request) {
        seen.add(request);
        if (request instanceof Request.Reconfigure change) {
            return controller.apply(change);
        }
        if (request instanceof Request.GetConfiguration asked) {
            if (asked.number() > number + 1) {
                String message = "There is no configuration " + asked.number() + "; the newest is " + number + ".";
                return new Response.Refused(Response.Code.BAD_REQUEST, message, 0);
            }
            int left = movesLeft.size() > 1 ? movesLeft.remove(0) : movesLeft.get(0);
            return new Response.ConfigurationReply(
                    new Configuration(
                            asked.number() == 0 ? number : asked.number(), owners.clone(), List.of(group(1), group(2))),
                    left);
        }
        if (request instanceof Request.SteerMoves) {
            return new Response.Ok();
        }
        if (request instanceof Request.GetShards) {
            List<ShardStatus> all = new ArrayList<>(moving);
            for (int shard = 0; shard < owners.length; shard++) {
                int id = shard;
                if (owners[shard] != 0 && moving.stream().noneMatch(each -> each.shardId() == id)) {
                    all.add(new ShardStatus(shard, owners[shard], "serving", 1, 0, 10 + shard, 2048, 5, 6, 0, 0, ""));
                }
            }
            return new Response.ShardsReply(all);
        }
        return null;
    }

    /** Node n2 does not answer: nobody listens at its port. */
    synchronized ShardMap map() {
        return new ShardMap(
                1 + number + extraRevision,
                number,
                "fake",
                owners.clone(),
                movingTo.clone(),
                List.of(
                        new ShardMap.Group(1, "g1", List.of(1), 1),
                        new ShardMap.Group(2, "g2", List.of(1), 1),
                        new ShardMap.Group(0, "controller", List.of(1), 1)),
                List.of(
                        new ShardMap.Node(1, "solo", "127.0.0.1", port),
                        new ShardMap.Node(2, "n2", "127.0.0.1", secondPort)),
                steering);
    }

    NodeStatus status() {
        List<NodeStatus.Replica> replicas = new ArrayList<>();
        for (int groupId = 0; groupId < 3; groupId++) {
            boolean leads = groupId != groupWithoutLeader;
            replicas.add(new NodeStatus.Replica(
                    groupId,
                    groupId == 0 ? "controller" : "g" + groupId,
                    leads ? "leader" : "candidate",
                    3,
                    leads ? 1 : 0,
                    10,
                    10,
                    10,
                    1,
                    500,
                    20,
                    List.of()));
        }
        return new NodeStatus(1, "solo", 4711, 60_000, 1, 4096, 1 << 20, 1L << 40, replicas, List.of());
    }
}
