package kvctl.client;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kvctl.protocol.Frame;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;

/** The client's view of the cluster: the newest map, who leads which group as far as known, and the connections. */
final class Nodes {
    /** What the dispatcher has to know. */
    interface Events {
        /**
         * A map with a higher revision, or the first one.
         *
         * @param before null if it is the first
         */
        void mapChanged(ShardMap before);

        /** The calls parked at the node can be sent. */
        void opened(NodeLink node);

        void answered(Call.Attempt attempt, Response response);

        /** The connection is over: nothing was sent for {@code parked}; of {@code open} nobody knows. */
        void closed(NodeLink node, List<Call> parked, List<Call.Attempt> open);
    }

    private final Transport transport;
    private final ClientConfig config;
    private final Events events;
    private final Map<String, NodeLink> byAddress = new LinkedHashMap<>();
    private final Map<Integer, NodeLink> byId = new TreeMap<>();
    private final Map<Integer, ShardMap.Group> groups = new TreeMap<>();
    private final Map<Integer, Integer> leaders = new TreeMap<>();
    private final List<NodeLink> endpoints = new ArrayList<>();
    private ShardMap map;
    private String clusterId;
    private int nextEndpoint;

    Nodes(Transport transport, ClientConfig config, Events events) {
        this.transport = transport;
        this.config = config;
        this.events = events;
        this.clusterId = config.clusterId();
        for (String endpoint : config.endpoints()) {
            endpoints.add(at(endpoint));
        }
    }

    /** The newest map, null if none is known yet. */
    ShardMap map() {
        return map;
    }

    List<NodeLink> endpoints() {
        return endpoints;
    }

    Collection<NodeLink> all() {
        return byAddress.values();
    }

    NodeLink at(String address) {
        return byAddress.computeIfAbsent(address, NodeLink::new);
    }

    /** Null: the map names no such node. */
    NodeLink byId(int nodeId) {
        return byId.get(nodeId);
    }

    /** Null: the map names no such group. */
    ShardMap.Group group(int groupId) {
        return groups.get(groupId);
    }

    boolean isMember(int groupId, int nodeId) {
        ShardMap.Group group = groups.get(groupId);
        return group != null && group.nodeIds().contains(nodeId);
    }

    /** The leader as far as known, 0 if not. */
    int leader(int groupId) {
        return leaders.getOrDefault(groupId, 0);
    }

    /** True: that is news. */
    boolean setLeader(int groupId, int nodeId) {
        Integer before = leaders.put(groupId, nodeId);
        return nodeId != 0 && (before == null || before != nodeId);
    }

    void forgetLeader(int groupId, NodeLink node) {
        if (node.nodeId != 0) {
            leaders.replace(groupId, node.nodeId, 0);
        }
    }

    /** It leads no group any more, as far as is known. */
    void forgetLeader(NodeLink node) {
        leaders.replaceAll((groupId, leaderId) -> leaderId == node.nodeId ? 0 : leaderId);
    }

    /** Takes over a map unless the known one is as new; hints about leaders are used where none is known. */
    void learn(ShardMap news) {
        ShardMap before = map;
        boolean newer = map == null || news.revision() > map.revision();
        if (newer) {
            map = news;
            groups.clear();
            byId.clear();
            for (ShardMap.Group group : news.groups()) {
                groups.put(group.groupId(), group);
            }
            leaders.keySet().retainAll(groups.keySet());
            for (ShardMap.Node node : news.nodes()) {
                byId.put(node.nodeId(), linkOf(node));
            }
        }
        for (ShardMap.Group group : news.groups()) {
            if (leader(group.groupId()) == 0 && group.leaderId() != 0) {
                leaders.put(group.groupId(), group.leaderId());
            }
        }
        if (newer) {
            events.mapChanged(before);
        }
    }

    /** The link of the map's address, unless there is a connection to the node already under another address. */
    private NodeLink linkOf(ShardMap.Node node) {
        NodeLink link = at(node.host() + ":" + node.port());
        link.nodeId = node.nodeId();
        link.name = node.name();
        if (link.state == NodeLink.State.IDLE) {
            for (NodeLink other : byAddress.values()) {
                if (other.nodeId == node.nodeId() && other.state == NodeLink.State.OPEN) {
                    return other;
                }
            }
        }
        return link;
    }

    /** While there is no map: connects to one endpoint after the other. */
    void seekMap(long nowMs) {
        for (NodeLink endpoint : endpoints) {
            if (endpoint.state == NodeLink.State.CONNECTING
                    && nowMs < endpoint.connectStartedMs + ClientConfig.NEXT_ENDPOINT_MS) {
                return;
            }
        }
        for (int i = 0; i < endpoints.size(); i++) {
            NodeLink endpoint = endpoints.get(nextEndpoint++ % endpoints.size());
            if (endpoint.state == NodeLink.State.IDLE && !endpoint.refusedLately(nowMs)) {
                connect(endpoint, nowMs);
                return;
            }
        }
    }

    void connect(NodeLink node, long nowMs) {
        node.state = NodeLink.State.CONNECTING;
        node.connectStartedMs = nowMs;
        long generation = ++node.generation;
        node.link = transport.connect(node.address, hello(), new Transport.Listener() {
            @Override
            public void opened(HelloReply.Accepted hello) {
                if (generation == node.generation) {
                    Nodes.this.opened(node, hello);
                }
            }

            @Override
            public void answered(long correlationId, Response response) {
                if (generation == node.generation) {
                    Nodes.this.answered(node, correlationId, response);
                }
            }

            @Override
            public void closed(Transport.Closed kind, String reason) {
                if (generation == node.generation) {
                    Nodes.this.closed(node, kind, reason);
                }
            }
        });
    }

    private Hello hello() {
        return Hello.ofClient(clusterId, config.name()).placedAt(config.at());
    }

    /** Sends; null: it could not be sent and will not be. */
    Call.Attempt send(NodeLink node, Call call, long timeLeftMs) {
        long correlationId = node.nextCorrelationId++;
        if (!node.link.send(new Frame.Ask(correlationId, timeLeftMs, call.request))) {
            return null;
        }
        Call.Attempt attempt = new Call.Attempt(call, node, correlationId);
        node.open.put(correlationId, attempt);
        return attempt;
    }

    /** Gives up a connection that is as good as dead. */
    void drop(NodeLink node, String reason) {
        if (node.state != NodeLink.State.IDLE) {
            node.link.close();
            closed(node, Transport.Closed.LOST, reason);
        }
    }

    private void opened(NodeLink node, HelloReply.Accepted hello) {
        if (!clusterId.isEmpty() && !clusterId.equals(hello.clusterId())) {
            unwanted(node, "belongs to cluster '" + hello.clusterId() + "', not '" + clusterId + "'");
            return;
        }
        if (node.nodeId != 0 && node.nodeId != hello.nodeId()) {
            unwanted(node, "calls itself " + hello.name());
            return;
        }
        if (hello.map() == null && map == null) {
            unwanted(node, "gave no shard map");
            return;
        }
        clusterId = hello.clusterId();
        node.state = NodeLink.State.OPEN;
        node.nodeId = hello.nodeId();
        node.name = hello.name();
        node.problem = null;
        node.problemKind = null;
        node.heardMs = transport.nowMs();
        node.suspectUntilMs = Long.MIN_VALUE;
        if (hello.map() != null) {
            learn(hello.map());
        }
        events.opened(node);
    }

    private void unwanted(NodeLink node, String reason) {
        node.link.close();
        closed(node, Transport.Closed.UNWANTED, reason);
    }

    private void answered(NodeLink node, long correlationId, Response response) {
        node.heardMs = transport.nowMs();
        node.suspectUntilMs = Long.MIN_VALUE;
        node.problem = null;
        Call.Attempt attempt = node.open.remove(correlationId);
        if (attempt != null) {
            events.answered(attempt, response);
        }
    }

    private void closed(NodeLink node, Transport.Closed kind, String reason) {
        node.generation++;
        node.state = NodeLink.State.IDLE;
        node.link = null;
        node.failedMs = transport.nowMs();
        node.problem = reason;
        node.problemKind = kind;
        List<Call> parked = new ArrayList<>(node.parked);
        List<Call.Attempt> open = new ArrayList<>(node.open.values());
        node.parked.clear();
        node.open.clear();
        events.closed(node, parked, open);
    }
}
