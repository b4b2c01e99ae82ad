package kvctl.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import kvctl.client.KvException;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;

@Command(
        name = "status",
        header = "Show nodes and groups of the cluster as the nodes themselves see them.",
        description =
                "%n* leads a group, x does not answer. GROUPS: led/held. TERM is the highest, COMMIT and APPLIED are "
                        + "sums over the node's replicas, LAG is how many entries it is behind its leaders. The controller, which "
                        + "keeps the configurations, is one of the groups. 'cluster status' looks at the processes instead.",
        footer = {"  kvctl status", "  kvctl status -o json", "  \\watch 1 status          in the REPL"})
final class Status implements Callable<Integer> {
    private final Session session;

    Status(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Connection connection = session.connection();
        ClusterView view = connection.view(null);
        Format format = session.settings().format();
        if (format == Format.JSON) {
            session.console().line(json(connection.target().name(), view));
            return 0;
        }
        boolean table = format == Format.TABLE
                || format == Format.AUTO && session.console().outIsTty();
        try (Rows rows = nodeRows()) {
            for (ClusterView.Node node : view.nodes()) {
                Line line = Line.of(view, node);
                rows.row(
                        inks(line),
                        table
                                ? line.mark() + " " + node.place().name()
                                : node.place().name(),
                        line.state(),
                        line.pid(),
                        line.address(),
                        line.led() + "/" + line.held(),
                        line.term(),
                        line.commit(),
                        line.applied(),
                        line.lag(),
                        line.dataBytes());
            }
        }
        if (table) {
            groups(view);
        }
        if (view.nodes().stream().anyMatch(node -> Line.of(view, node).state().equals("full"))) {
            session.note("A full node takes no writes until its disk has " + NodeStatus.LITTLE_ROOM_BYTES / (1 << 20)
                    + " MiB left; reads and deletes go on.");
        }
        List<String> faults = view.faults();
        if (!faults.isEmpty()) {
            session.note("made on purpose and in force: " + String.join(" ", faults) + "; kvctl faults, kvctl heal");
        }
        return 0;
    }

    private Rows nodeRows() {
        return Rows.many(
                session,
                "status",
                Column.text("node").as("  NODE"),
                Column.text("state"),
                Column.number("pid"),
                Column.text("addr"),
                Column.text("groups"),
                Column.number("term"),
                Column.number("commit"),
                Column.number("applied"),
                Column.number("lag"),
                Column.size("data_bytes", "DISK"));
    }

    private static List<Ink> inks(Line line) {
        Ink name = line.led() > 0 ? Ink.BOLD : Ink.PLAIN;
        return List.of(name, line.state().equals("up") ? Ink.GREEN : Ink.RED);
    }

    /** What the table says of one node; null where an absent node says nothing. */
    private record Line(
            String mark,
            String state,
            Long pid,
            String address,
            int led,
            int held,
            Long term,
            Long commit,
            Long applied,
            Long lag,
            Long dataBytes) {
        static Line of(ClusterView view, ClusterView.Node node) {
            ShardMap.Node place = node.place();
            String address = place.host() + ":" + place.port();
            if (!node.isUp()) {
                int held = (int) view.map().groups().stream()
                        .filter(group -> group.nodeIds().contains(place.nodeId()))
                        .count();
                String state = node.problem().code() == KvException.Code.UNREACHABLE ? "down" : "silent";
                return new Line("x", state, null, address, 0, held, null, null, null, null, null);
            }
            long term = 0;
            long commit = 0;
            long applied = 0;
            long lag = 0;
            int led = 0;
            for (NodeStatus.Replica replica : node.status().replicas()) {
                term = Math.max(term, replica.term());
                commit += replica.commitIndex();
                applied += replica.lastApplied();
                ClusterView.Node leader = view.leader(replica.groupId());
                if (node.equals(leader)) {
                    led++;
                } else if (leader != null) {
                    lag += Math.max(0, leader.replica(replica.groupId()).commitIndex() - replica.lastApplied());
                }
            }
            return new Line(
                    led > 0 ? "*" : " ",
                    node.status().freeBytes() < NodeStatus.LITTLE_ROOM_BYTES ? "full" : "up",
                    node.status().pid(),
                    address,
                    led,
                    node.status().replicas().size(),
                    term,
                    commit,
                    applied,
                    lag,
                    node.status().dataBytes());
        }
    }

    private void groups(ClusterView view) {
        session.console().line("");
        try (Rows rows = Rows.many(
                session,
                "groups",
                Column.text("group").as("  GROUP"),
                Column.text("leader"),
                Column.number("term"),
                Column.number("commit"),
                Column.number("shards"),
                Column.number("keys"),
                Column.text("replicas"))) {
            for (ShardMap.Group group : view.groups()) {
                ClusterView.Node leader = view.leader(group.groupId());
                NodeStatus.Replica led = leader == null ? null : leader.replica(group.groupId());
                rows.row(
                        List.of(Ink.PLAIN, leader == null ? Ink.RED : Ink.GREEN),
                        (leader == null ? "! " : "  ") + group.name(),
                        leader == null ? "none" : "*" + leader.place().name(),
                        led == null ? null : (Object) led.term(),
                        led == null ? null : (Object) led.commitIndex(),
                        shards(view, group),
                        led == null || group.groupId() == ShardMap.CONTROLLER ? null : (Object) led.keys(),
                        replicas(view, group));
            }
        }
    }

    /** Null for the controller, which owns none. */
    private static Long shards(ClusterView view, ShardMap.Group group) {
        if (group.groupId() == ShardMap.CONTROLLER) {
            return null;
        }
        long shards = 0;
        for (int groupId : view.map().shardGroups()) {
            shards += groupId == group.groupId() ? 1 : 0;
        }
        return shards;
    }

    private static List<String> replicas(ClusterView view, ShardMap.Group group) {
        List<String> names = new ArrayList<>();
        ClusterView.Node leader = view.leader(group.groupId());
        for (int nodeId : group.nodeIds()) {
            ClusterView.Node node = view.node(nodeId);
            if (node != null) {
                names.add((node.equals(leader) ? "*" : node.isUp() ? "" : "x")
                        + node.place().name());
            }
        }
        return names;
    }

    private static String json(String cluster, ClusterView view) {
        Json json = new Json()
                .open('{')
                .name("schema")
                .text("kvctl/status/1")
                .name("cluster")
                .text(cluster);
        json.name("cluster_id").text(view.map().clusterId());
        json.name("healthy").bool(view.isHealthy());
        json.name("nodes").open('[');
        for (ClusterView.Node node : view.nodes()) {
            Line line = Line.of(view, node);
            json.open('{')
                    .name("node")
                    .text(node.place().name())
                    .name("node_id")
                    .number(node.place().nodeId());
            json.name("state").text(line.state()).name("addr").text(line.address());
            json.name("groups_led").number(line.led()).name("groups_held").number(line.held());
            if (node.isUp()) {
                json.name("pid").number(line.pid()).name("term").number(line.term());
                json.name("commit").number(line.commit()).name("applied").number(line.applied());
                json.name("lag").number(line.lag()).name("data_bytes").number(line.dataBytes());
                json.name("rss_bytes").number(node.status().rssBytes());
                json.name("free_bytes").number(node.status().freeBytes());
                json.name("uptime_ms").number(node.status().uptimeMs());
                json.name("incarnation").number(node.status().incarnation());
                json.name("faults").open('[');
                node.status().faults().forEach(json::text);
                json.close(']');
                json.name("replicas").open('[');
                node.status().replicas().forEach(replica -> replica(json, view, replica));
                json.close(']');
            } else {
                json.name("problem").text(node.problem().getMessage());
            }
            json.close('}');
        }
        json.close(']').name("groups").open('[');
        for (ShardMap.Group group : view.groups()) {
            ClusterView.Node leader = view.leader(group.groupId());
            json.open('{').name("group").text(group.name()).name("group_id").number(group.groupId());
            json.name("leader").text(leader == null ? null : leader.place().name());
            Long shards = shards(view, group);
            if (shards != null) {
                json.name("shards").number(shards);
            }
            json.name("replicas").open('[');
            group.nodeIds()
                    .forEach(id -> json.text(
                            view.node(id) == null
                                    ? "" + id
                                    : view.node(id).place().name()));
            json.close(']').close('}');
        }
        return json.close(']').close('}').toString();
    }

    private static void replica(Json json, ClusterView view, NodeStatus.Replica replica) {
        ClusterView.Node leader = view.node(replica.leaderId());
        json.open('{').name("group").text(replica.group()).name("role").text(replica.role());
        json.name("term").number(replica.term());
        json.name("leader").text(leader == null ? null : leader.place().name());
        json.name("commit").number(replica.commitIndex()).name("applied").number(replica.lastApplied());
        json.name("first_log_index").number(replica.firstLogIndex());
        json.name("last_log_index").number(replica.lastLogIndex());
        json.name("log_bytes")
                .number(replica.logBytes())
                .name("keys")
                .number(replica.keys())
                .close('}');
    }
}
