package kvctl.node.meta;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.ShardMap;

/** What a change makes of a configuration. A function of its arguments. */
final class Changes {
    static final int GROUPS_MAX = 256;
    static final int NODES_PER_GROUP_MAX = 9;

    /** The same rule as for names in a topology. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    private static final String NAME_RULE = "1 to 63 of A-Z a-z 0-9 . _ - beginning with a letter or a digit";
    private static final int NAMES_LISTED = 8;

    private final Configuration newest;
    private final int nextGroupId;
    private final ShardMap first;

    /**
     * @param nextGroupId id of the first group that joins; the next ones follow it
     * @param first has the nodes and the controller's group
     */
    Changes(Configuration newest, int nextGroupId, ShardMap first) {
        this.newest = newest;
        this.nextGroupId = nextGroupId;
        this.first = first;
    }

    /**
     * @return the next configuration, or {@code newest} itself if it is already as wanted
     * @throws Refusal if the change can't be made
     */
    Configuration next(Change change) throws Refusal {
        if (change instanceof Change.Join join) {
            return join(join.groups());
        } else if (change instanceof Change.Leave leave) {
            return leave(leave.groups());
        } else if (change instanceof Change.Move move) {
            return move(move);
        }
        throw new IllegalArgumentException("unknown change: " + change);
    }

    private Configuration join(List<Change.NewGroup> joining) throws Refusal {
        Refusal.unless(!joining.isEmpty(), "A join names at least one group.");
        int has = newest.groups().size();
        Refusal.unless(
                joining.size() <= GROUPS_MAX - has,
                GROUPS_MAX + " groups are the most; there are " + has + ", and " + joining.size()
                        + " more are too many.");
        List<Configuration.Group> groups = new ArrayList<>(newest.groups());
        Set<String> names = new HashSet<>();
        String controller = first.group(ShardMap.CONTROLLER).name();
        for (Change.NewGroup group : joining) {
            String name = Refusal.quoted(group.name());
            Refusal.unless(NAME.matcher(group.name()).matches(), name + " is no group name: " + NAME_RULE + ".");
            Refusal.unless(
                    newest.group(group.name()) == null && !group.name().equals(controller),
                    "Group " + name + " exists already; choose another name.");
            Refusal.unless(names.add(group.name()), "The join names group " + name + " twice.");
            checkNodes(group, name);
            Refusal.unless(
                    group.weight() >= 1,
                    "The weight of group " + name + " is a whole number from 1, not " + group.weight() + ".");
            int groupId = nextGroupId + names.size() - 1;
            groups.add(new Configuration.Group(groupId, group.name(), List.copyOf(group.nodeIds()), group.weight()));
        }
        return balanced(groups);
    }

    private void checkNodes(Change.NewGroup group, String name) throws Refusal {
        int size = group.nodeIds().size();
        Refusal.unless(
                size >= 1 && size <= NODES_PER_GROUP_MAX,
                "Group " + name + " has 1 to " + NODES_PER_GROUP_MAX + " nodes, not " + size + ".");
        Set<Integer> nodeIds = new HashSet<>();
        for (int nodeId : group.nodeIds()) {
            ShardMap.Node node = first.nodes().stream()
                    .filter(each -> each.nodeId() == nodeId)
                    .findFirst()
                    .orElse(null);
            Refusal.unless(node != null, "Group " + name + " can't be on node " + nodeId + ": there is no such node.");
            Refusal.unless(nodeIds.add(nodeId), "Node '" + node.name() + "' is twice in group " + name + ".");
        }
    }

    private Configuration leave(List<String> leaving) throws Refusal {
        Refusal.unless(!leaving.isEmpty(), "A leave names at least one group.");
        List<Configuration.Group> groups = new ArrayList<>(newest.groups());
        Set<String> names = new HashSet<>();
        for (String name : leaving) {
            Configuration.Group group = known(name);
            Refusal.unless(names.add(name), "The leave names group " + Refusal.quoted(name) + " twice.");
            groups.remove(group);
        }
        int owned = 0;
        for (int groupId : newest.shardGroups()) {
            owned += groupId == ShardMap.NO_GROUP ? 0 : 1;
        }
        Refusal.unless(
                !groups.isEmpty() || owned == 0,
                "Nobody is left to take " + Why.count(owned, "shard") + " from " + listed(newest.groups())
                        + "; join another group first.");
        return balanced(groups);
    }

    private Configuration move(Change.Move move) throws Refusal {
        int shards = newest.shardGroups().length;
        Refusal.unless(
                move.shardId() >= 0 && move.shardId() < shards,
                "There is no shard " + move.shardId() + "; shards are 0 to " + (shards - 1) + ".");
        Configuration.Group group = known(move.group());
        if (newest.shardGroups()[move.shardId()] == group.groupId()) {
            return newest;
        }
        int[] shardGroups = newest.shardGroups().clone();
        shardGroups[move.shardId()] = group.groupId();
        return new Configuration(newest.number() + 1, shardGroups, newest.groups());
    }

    private Configuration balanced(List<Configuration.Group> groups) {
        int[] shardGroups = Balancer.balance(newest.shardGroups(), groups);
        return new Configuration(newest.number() + 1, shardGroups, List.copyOf(groups));
    }

    private Configuration.Group known(String name) throws Refusal {
        Configuration.Group group = newest.group(name);
        Refusal.unless(
                group != null,
                "There is no group " + Refusal.quoted(name)
                        + (newest.groups().isEmpty() ? "." : "; the groups are " + listed(newest.groups()) + "."));
        return group;
    }

    private static String listed(List<Configuration.Group> groups) {
        String names = groups.stream()
                .limit(NAMES_LISTED)
                .map(Configuration.Group::name)
                .collect(Collectors.joining(", "));
        int more = groups.size() - NAMES_LISTED;
        return more > 0 ? names + " and " + more + " more" : names;
    }
}
