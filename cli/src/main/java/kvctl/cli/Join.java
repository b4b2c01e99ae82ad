package kvctl.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import kvctl.protocol.Change;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "join",
        header = "Add groups to the cluster; they take their share of the shards.",
        description =
                "%nA word that names a node of the cluster is a node, any other word begins a new group. As few shards "
                        + "move as balance allows, and each is served while it is copied. Prints the new configuration's number; "
                        + "on a terminal it then shows the moves until they are done (Ctrl-C leaves them running).",
        footer = {
            "  kvctl join g3 n1 n2 n3",
            "  kvctl join g3 n1 n2 n3 --plan           only show what would move",
            "  kvctl join g3 n1 n2 n3 g4 n3 n4 n5 --weight 2",
            "  kvctl join g3 n1 n2 n3 --expect 1 && kvctl wait migrated"
        })
final class Join implements Callable<Integer> {
    private final Session session;

    @Parameters(
            arity = "1..*",
            paramLabel = "GROUP NODE",
            description = "A new group's name and the names of its nodes; more groups may follow.")
    private List<String> words;

    @Option(
            names = "--weight",
            paramLabel = "N",
            description = "Share of the shards, compared with the other groups' weights (default 1).")
    private int weight = 1;

    @Option(
            names = {"-y", "--yes"},
            description = "Also if a new group has no quorum now: its shards, and all later changes, wait for it.")
    private boolean yes;

    @Mixin
    private final Changes changes = new Changes();

    Join(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (weight < 1) {
            throw CliException.usage("--weight is 1 or more, not " + weight + ".", null);
        }
        ShardMap map = session.connection().freshMap();
        List<Change.NewGroup> groups = groups(map);
        if (!yes && !changes.isPlan()) {
            requireQuorums(groups, session.connection().view(map));
        }
        String what = groups.stream().map(Change.NewGroup::name).collect(Collectors.joining(" "));
        return changes.run(session, "join", what, new Change.Join(groups));
    }

    /** Shards given to a group that can't take them can't be given to another one, either, until it can. */
    private static void requireQuorums(List<Change.NewGroup> groups, ClusterView view) {
        for (Change.NewGroup group : groups) {
            List<String> silent = group.nodeIds().stream()
                    .map(view::node)
                    .filter(node -> !node.isUp())
                    .map(node -> node.place().name())
                    .toList();
            if (2 * silent.size() >= group.nodeIds().size()) {
                String who = String.join(", ", silent);
                throw new CliException(
                        ExitCode.UNSAFE,
                        "Group '" + group.name() + "' would have no quorum: " + who
                                + (silent.size() == 1 ? " does" : " do") + " not answer.",
                        "kvctl start " + String.join(" ", silent) + ", or join with --yes");
            }
        }
    }

    private List<Change.NewGroup> groups(ShardMap map) {
        Map<String, Integer> nodes = new LinkedHashMap<>();
        map.nodes().forEach(node -> nodes.put(node.name(), node.nodeId()));
        String known = "nodes: " + String.join(", ", nodes.keySet());
        Map<String, List<Integer>> groups = new LinkedHashMap<>();
        List<Integer> members = null;
        for (String word : words) {
            if (!nodes.containsKey(word)) {
                members = new ArrayList<>();
                if (groups.put(word, members) != null) {
                    throw CliException.usage("Group '" + word + "' is named twice.", null);
                }
            } else if (members == null) {
                throw CliException.usage(
                        "'" + word + "' is a node; the group's name comes first.", "kvctl join GROUP " + word + " ...");
            } else {
                members.add(nodes.get(word));
            }
        }
        List<String> names = List.copyOf(groups.keySet());
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (i == 0 && groups.get(name).isEmpty()) {
                throw CliException.usage(
                        names.size() == 1
                                ? "Group '" + name + "' has no nodes."
                                : Words.noNode(names.get(1), nodes.keySet()),
                        known);
            }
            check(name, groups.get(name), nodes, known);
        }
        return groups.entrySet().stream()
                .map(group -> new Change.NewGroup(group.getKey(), List.copyOf(group.getValue()), weight))
                .toList();
    }

    /** Behind a group's name, a mistyped node looks like one more group without nodes. */
    private static void check(String name, List<Integer> ids, Map<String, Integer> nodes, String known) {
        if (ids.isEmpty()) {
            boolean looksLikeOne = Words.nearest(name, nodes.keySet()) != null;
            throw CliException.usage(
                    looksLikeOne ? Words.noNode(name, nodes.keySet()) : "Group '" + name + "' has no nodes.", known);
        }
        if (new HashSet<>(ids).size() < ids.size()) {
            throw CliException.usage("Group '" + name + "' names a node twice.", known);
        }
    }
}
