package kvctl.cli;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import kvctl.protocol.Change;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "leave",
        header = "Remove groups from the cluster; their shards go to the others first.",
        description =
                "%nA leaving group serves until its last shard has moved. Its nodes stay nodes of the cluster, and may be "
                        + "stopped. The last group that has shards can't leave: nobody would take them.",
        footer = {"  kvctl leave g3", "  kvctl leave g3 --plan", "  kvctl leave g2 g3 --wait"})
final class Leave implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "1..*", paramLabel = "GROUP", description = "Names of groups.")
    private List<String> groups;

    @Mixin
    private final Changes changes = new Changes();

    Leave(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ShardMap map = session.connection().freshMap();
        List<String> names = List.copyOf(new LinkedHashSet<>(groups));
        names.forEach(name -> check(map, name));
        return changes.run(session, "leave", String.join(" ", names), new Change.Leave(names));
    }

    /** @throws CliException if no group of that name can own shards */
    static void check(ShardMap map, String name) {
        List<String> known = map.dataGroups().stream().map(ShardMap.Group::name).toList();
        if (known.contains(name)) {
            return;
        }
        ShardMap.Group group = map.group(name);
        if (group != null) {
            throw CliException.usage("'" + name + "' is the controller's group: it has no shards and stays.", null);
        }
        String near = Words.nearest(name, known);
        throw CliException.usage(
                "There is no group '" + name + "'." + (near == null ? "" : " Did you mean '" + near + "'?"),
                known.isEmpty()
                        ? "there is none yet: kvctl join GROUP NODE..."
                        : "groups: " + String.join(", ", known));
    }
}
