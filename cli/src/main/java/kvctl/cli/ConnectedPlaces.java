package kvctl.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import kvctl.cli.fault.Places;
import kvctl.client.KvClient;
import kvctl.protocol.ShardMap;

/** The nodes of the cluster that a session is connected to. */
final class ConnectedPlaces implements Places {
    /** A node that works answers at once, whatever its disk and its links do. */
    private static final long NODE_MS = 1_000;

    private final Connection connection;
    private final ShardMap map;
    private ClusterView view;

    ConnectedPlaces(Session session) {
        connection = session.connection();
        map = connection.map();
    }

    @Override
    public List<String> nodes() {
        return map.nodes().stream().map(ShardMap.Node::name).toList();
    }

    @Override
    public int id(String node) {
        return map.nodes().stream()
                .filter(each -> each.name().equals(node))
                .findFirst()
                .orElseThrow()
                .nodeId();
    }

    @Override
    public String name(int id) {
        return map.nodes().stream()
                .filter(each -> each.nodeId() == id)
                .findFirst()
                .map(ShardMap.Node::name)
                .orElse("node " + id);
    }

    @Override
    public ShardMap map() {
        return view().map();
    }

    @Override
    public String leader(ShardMap.Group group) {
        ClusterView.Node leader = view().leader(group.groupId());
        return leader == null ? null : leader.place().name();
    }

    @Override
    public boolean answers(String node) {
        return view().node(id(node)).isUp();
    }

    private ClusterView view() {
        if (view == null) {
            view = connection.view(map);
        }
        return view;
    }

    @Override
    public void refresh() {
        view = null;
    }

    @Override
    public List<Answer> ask(List<Question> questions) {
        List<CompletableFuture<Answer>> asked = new ArrayList<>();
        for (Question question : questions) {
            asked.add(connection
                    .faults(id(question.node()), question.request(), NODE_MS)
                    .handle((response, error) ->
                            new Answer(question.node(), response, error == null ? null : KvClient.failure(error))));
        }
        return connection.await(CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> asked.stream().map(CompletableFuture::join).toList()));
    }
}
