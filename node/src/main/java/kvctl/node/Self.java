package kvctl.node;

import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.ShardMap;

/**
 * Who this node is, and whom it talks to (HAZARDS R19, A6).
 *
 * @param clusterId of the cluster; nobody of another one is listened to
 * @param incarnation of the data directory
 * @param known the peers' incarnations
 */
record Self(String clusterId, Topology topology, Topology.Node node, long incarnation, KnownPeers known) {
    int nodeId() {
        return node.id();
    }

    /** What this node says first when it dials another one. */
    Hello hello() {
        return Hello.ofPeer(clusterId, node.id(), node.name(), incarnation);
    }

    /** Null if whoever said {@code hello} may come in. */
    HelloReply.Refused refusal(Hello hello) {
        if (hello.minVersion() > Hello.VERSION || hello.maxVersion() < Hello.VERSION) {
            return refused(
                    HelloReply.Code.WRONG_VERSION,
                    "%s speaks protocol version %d, not %d to %d"
                            .formatted(node.name(), Hello.VERSION, hello.minVersion(), hello.maxVersion()));
        }
        boolean peer = hello.role() == Hello.Role.PEER;
        if (!hello.clusterId().equals(clusterId) && (peer || !hello.clusterId().isEmpty())) {
            return refused(
                    HelloReply.Code.WRONG_CLUSTER,
                    "%s belongs to cluster '%s', not '%s'".formatted(node.name(), clusterId, hello.clusterId()));
        }
        if (peer && !knows(hello.nodeId(), hello.name())) {
            return refused(
                    HelloReply.Code.WRONG_IDENTITY,
                    "cluster '%s' has no other node %d named '%s'".formatted(clusterId, hello.nodeId(), hello.name()));
        }
        if (peer && !known.accepts(hello.nodeId(), hello.incarnation())) {
            return refused(HelloReply.Code.WRONG_IDENTITY, forgot(hello.name()));
        }
        return null;
    }

    private String forgot(String peer) {
        return "%s lost the data directory that %s knows it by, so it may have forgotten votes and writes"
                .formatted(peer, node.name());
    }

    HelloReply.Accepted welcome(ShardMap map) {
        return new HelloReply.Accepted(Hello.VERSION, clusterId, node.id(), node.name(), incarnation, map);
    }

    /** Null if {@code reply} is from the node that was dialled; else what is wrong, in one line. */
    String objection(HelloReply reply, Topology.Node dialled) {
        if (reply instanceof HelloReply.Refused refused) {
            return "refused: " + refused.message();
        }
        HelloReply.Accepted accepted = (HelloReply.Accepted) reply;
        if (accepted.clusterId().equals(clusterId)
                && accepted.nodeId() == dialled.id()
                && accepted.name().equals(dialled.name())
                && accepted.version() == Hello.VERSION) {
            return known.accepts(dialled.id(), accepted.incarnation()) ? null : forgot(dialled.name());
        }
        return "at %s answers node %d '%s' of cluster '%s', version %d"
                .formatted(
                        dialled.address(),
                        accepted.nodeId(),
                        accepted.name(),
                        accepted.clusterId(),
                        accepted.version());
    }

    private boolean knows(int nodeId, String name) {
        return nodeId >= 1
                && nodeId <= topology.nodes().size()
                && nodeId != node.id()
                && topology.node(nodeId).name().equals(name);
    }

    private static HelloReply.Refused refused(HelloReply.Code code, String message) {
        return new HelloReply.Refused(code, message);
    }
}
