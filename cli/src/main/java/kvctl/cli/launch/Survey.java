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
import kvctl.protocol.NodeStatus;

/**
 * What the nodes of a cluster said when they were all asked at the same time.
 *
 * @param answers by node name, in topology order; nodes that did not answer are missing
 */
public record Survey(Map<String, NodeStatus> answers) {
    private static final int MAX_THREADS = 16;

    /**
     * Asks; blocks until every node answered or had its time.
     *
     * @param timeoutMs for one node
     */
    public static Survey of(String clusterId, List<Endpoints.Node> nodes, int timeoutMs) {
        Map<String, NodeStatus> answers = new LinkedHashMap<>();
        if (nodes.isEmpty()) {
            return new Survey(answers);
        }
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(nodes.size(), MAX_THREADS), Survey::daemon);
        try {
            List<Future<NodeStatus>> asked = new ArrayList<>();
            for (Endpoints.Node node : nodes) {
                asked.add(threads.submit(() -> Probe.status(clusterId, node, timeoutMs)));
            }
            for (int i = 0; i < nodes.size(); i++) {
                NodeStatus status = answerOf(asked.get(i));
                if (status != null) {
                    answers.put(nodes.get(i).name(), status);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            threads.shutdownNow();
        }
        return new Survey(answers);
    }

    private static NodeStatus answerOf(Future<NodeStatus> asked) throws InterruptedException {
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
