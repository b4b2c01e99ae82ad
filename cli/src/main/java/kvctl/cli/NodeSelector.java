package kvctl.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kvctl.protocol.ShardMap;

/**
 * Which nodes a user means: names, {@code all}, {@code random}, {@code leader(GROUP)} and {@code follower(GROUP)}, where
 * GROUP is a group's name (the controller's is {@code controller}), or the number of one of its shards.
 */
public final class NodeSelector {
    private static final Pattern ROLE = Pattern.compile("(leader|follower)\\(([^()]*)\\)");

    /** What is known of the nodes; everything but {@link #nodes} may have to ask them. */
    public interface Nodes {
        /** Names, in the order in which they are listed. */
        List<String> nodes();

        ShardMap map();

        /** The node that leads the group; null if none does. */
        String leader(ShardMap.Group group);

        boolean answers(String node);
    }

    private final Nodes nodes;
    private final RandomGenerator random;

    public NodeSelector(Nodes nodes, RandomGenerator random) {
        this.nodes = nodes;
        this.random = random;
    }

    /**
     * The nodes' names in listed order, each once.
     *
     * @throws CliException if a word means no node, or a group has no leader at the moment
     */
    public List<String> select(List<String> words) {
        Set<String> chosen = new LinkedHashSet<>();
        for (String word : words) {
            chosen.addAll(names(word));
        }
        return nodes.nodes().stream().filter(chosen::contains).toList();
    }

    /** True if the word depends on who leads at the moment. */
    public static boolean isRole(String word) {
        return ROLE.matcher(word).matches();
    }

    private List<String> names(String word) {
        List<String> all = nodes.nodes();
        if (all.contains(word)) {
            return List.of(word);
        }
        Matcher role = ROLE.matcher(word);
        if (role.matches()) {
            ShardMap.Group group = group(role.group(2));
            return role.group(1).equals("leader") ? List.of(leader(group)) : List.of(follower(group));
        }
        return switch (word) {
            case "all" -> all;
            case "random" -> List.of(all.get(random.nextInt(all.size())));
            default -> throw unknown(word);
        };
    }

    private CliException unknown(String word) {
        return CliException.usage(
                Words.noNode(word, nodes.nodes()), "name a node, all, random, 'leader(GROUP)' or 'follower(GROUP)'");
    }

    private ShardMap.Group group(String word) {
        ShardMap map = nodes.map();
        if (map.group(word) != null) {
            return map.group(word);
        }
        int shards = map.shardGroups().length;
        if (word.matches("\\d{1,4}") && Integer.parseInt(word) < shards) {
            int groupId = map.shardGroups()[Integer.parseInt(word)];
            if (groupId != ShardMap.NO_GROUP) {
                return map.group(groupId);
            }
        }
        List<String> names = map.groups().stream().map(ShardMap.Group::name).toList();
        throw CliException.usage(
                "There is no group '" + word + "'.",
                "groups: " + String.join(", ", names) + "; or a shard, 0 to " + (shards - 1));
    }

    private String leader(ShardMap.Group group) {
        String leader = nodes.leader(group);
        if (leader == null) {
            throw new CliException(
                    ExitCode.NO_QUORUM,
                    "Group '" + group.name() + "' has no leader at the moment.",
                    "kvctl cluster status");
        }
        return leader;
    }

    /** One that answers, so that "kill a follower" always hits a working one. */
    private String follower(ShardMap.Group group) {
        String leader = leader(group);
        List<String> followers = new ArrayList<>();
        for (ShardMap.Node node : nodes.map().nodes()) {
            boolean isOther =
                    group.nodeIds().contains(node.nodeId()) && !node.name().equals(leader);
            if (isOther && nodes.answers(node.name())) {
                followers.add(node.name());
            }
        }
        if (followers.isEmpty()) {
            throw new CliException(
                    ExitCode.CONFLICT, "No follower of group '" + group.name() + "' answers.", "kvctl cluster status");
        }
        return followers.get(random.nextInt(followers.size()));
    }
}
