package kvctl.cli.launch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import kvctl.cli.NodeSelector;
import kvctl.node.Topology;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;

/**
 * What the nodes of a cluster said when they were all asked at the same time.
 *
 * @param answers by node name, in topology order; nodes that did not answer are missing
 * @param map the newest shard map that one of them has; null if none answered
 */
public record Survey(Map<String, NodeStatus> answers, ShardMap map) {
    private static final int MAX_THREADS = 16;

    /**
     * Asks; blocks until every node answered or had its time.
     *
     * @param timeoutMs for one node
     */
    public static Survey of(String clusterId, List<Endpoints.Node> nodes, int timeoutMs) {
        Map<String, NodeStatus> answers = new LinkedHashMap<>();
        ShardMap map = null;
        if (nodes.isEmpty()) {
            return new Survey(answers, null);
        }
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(nodes.size(), MAX_THREADS), Survey::daemon);
        try {
            List<Future<Probe.Answer>> asked = new ArrayList<>();
            for (Endpoints.Node node : nodes) {
                asked.add(threads.submit(() -> Probe.ask(clusterId, node, timeoutMs)));
            }
            for (int i = 0; i < nodes.size(); i++) {
                Probe.Answer answer = answerOf(asked.get(i));
                if (answer != null) {
                    answers.put(nodes.get(i).name(), answer.status());
                    boolean newer =
                            map == null || answer.map() != null && answer.map().revision() > map.revision();
                    map = newer ? answer.map() : map;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            threads.shutdownNow();
        }
        return new Survey(answers, map);
    }

    private static Probe.Answer answerOf(Future<Probe.Answer> asked) throws InterruptedException {
        try {
            return asked.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException) {
                return null;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "kvctl-survey");
        thread.setDaemon(true);
        return thread;
    }

    /** The newest map, or the one that the cluster began with if no node answered: groups may have come and gone. */
    public ShardMap mapOr(Topology beginning) {
        return map == null ? beginning.shardMap() : map;
    }

    /** The node's replica of the group, or null if it did not answer or has none. */
    public NodeStatus.Replica replica(String node, String group) {
        NodeStatus status = answers.get(node);
        if (status == null) {
            return null;
        }
        for (NodeStatus.Replica replica : status.replicas()) {
            if (replica.group().equals(group)) {
                return replica;
            }
        }
        return null;
    }

    /** Name of the node that leads the group by its own word; of two, the one with the higher term; null if none does. */
    public String leader(String group) {
        String leader = null;
        long term = -1;
        for (String node : answers.keySet()) {
            NodeStatus.Replica replica = replica(node, group);
            if (replica != null && replica.role().equals("leader") && replica.term() > term) {
                leader = node;
                term = replica.term();
            }
        }
        return leader;
    }

    /** For {@link NodeSelector}: the nodes of the topology, as far as they answered. */
    NodeSelector.Nodes nodes(Topology topology) {
        return new NodeSelector.Nodes() {
            @Override
            public List<String> nodes() {
                return topology.nodes().stream().map(Topology.Node::name).toList();
            }

            @Override
            public ShardMap map() {
                return mapOr(topology);
            }

            @Override
            public String leader(ShardMap.Group group) {
                return Survey.this.leader(group.name());
            }

            @Override
            public boolean answers(String node) {
                return answers.containsKey(node);
            }
        };
    }

    /** The groups that the node leads. */
    public List<String> leads(String node) {
        NodeStatus status = answers.get(node);
        if (status == null) {
            return List.of();
        }
        return status.replicas().stream()
                .map(NodeStatus.Replica::group)
                .filter(group -> node.equals(leader(group)))
                .toList();
    }

    /** The node answered, and each of its replicas knows its group's leader. */
    public boolean joined(String node) {
        NodeStatus status = answers.get(node);
        return status != null && status.replicas().stream().allMatch(replica -> replica.leaderId() != 0);
    }
}
