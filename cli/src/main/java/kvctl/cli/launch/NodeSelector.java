package kvctl.cli.launch;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;
import kvctl.node.Topology;
import kvctl.node.TopologyException;
import kvctl.protocol.ShardMap;

/**
 * Which nodes a user means: names, {@code all}, {@code random}, {@code leader(GROUP)} and {@code follower(GROUP)}, where
 * GROUP is a group's name (the controller's is {@code controller}), or the number of one of its shards.
 */
final class NodeSelector {
    private static final Pattern ROLE = Pattern.compile("(leader|follower)\\(([^()]*)\\)");

    private final Topology topology;
    private final Supplier<Survey> survey;
    private final RandomGenerator random;
    private Survey asked;

    /** @param survey is asked at most once, and not at all if names are enough */
    NodeSelector(Topology topology, Supplier<Survey> survey, RandomGenerator random) {
        this.topology = topology;
        this.survey = survey;
        this.random = random;
    }

    /**
     * The nodes in topology order, each once.
     *
     * @throws CliException if a word means no node, or a group has no leader at the moment
     */
    List<Topology.Node> select(List<String> words) {
        Set<String> chosen = new LinkedHashSet<>();
        for (String word : words) {
            chosen.addAll(names(word));
        }
        return topology.nodes().stream()
                .filter(node -> chosen.contains(node.name()))
                .toList();
    }

    private List<String> names(String word) {
        List<String> all = topology.nodes().stream().map(Topology.Node::name).toList();
        if (all.contains(word)) {
            return List.of(word);
        }
        Matcher role = ROLE.matcher(word);
        if (role.matches()) {
            ShardMap.Group group = group(role.group(2));
            return role.group(1).equals("leader") ? List.of(leader(group)) : followers(group);
        }
        return switch (word) {
            case "all" -> all;
            case "random" -> List.of(all.get(random.nextInt(all.size())));
            default -> throw unknown(word);
        };
    }

    private CliException unknown(String word) {
        try {
            topology.node(word);
            throw new IllegalStateException(word);
        } catch (TopologyException e) {
            return CliException.usage(e.getMessage(), "name a node, all, random, 'leader(GROUP)' or 'follower(GROUP)'");
        }
    }

    private ShardMap.Group group(String word) {
        ShardMap map = survey().mapOr(topology);
        if (map.group(word) != null) {
            return map.group(word);
        }
        if (word.matches("\\d{1,4}") && Integer.parseInt(word) < topology.shards()) {
            int groupId = map.shardGroups()[Integer.parseInt(word)];
            if (groupId != ShardMap.NO_GROUP) {
                return map.group(groupId);
            }
        }
        List<String> names = map.groups().stream().map(ShardMap.Group::name).toList();
        throw CliException.usage(
                "Cluster '" + topology.cluster() + "' has no group '" + word + "'.",
                "groups: " + String.join(", ", names) + "; or a shard, 0 to " + (topology.shards() - 1));
    }

    private String leader(ShardMap.Group group) {
        String leader = survey().leader(group.name());
        if (leader == null) {
            throw new CliException(
                    ExitCode.NO_QUORUM,
                    "Group '" + group.name() + "' has no leader at the moment.",
                    "kvctl cluster status");
        }
        return leader;
    }

    /** One that answers, so that "kill a follower" always hits a working one. */
    private List<String> followers(ShardMap.Group group) {
        String leader = leader(group);
        List<String> followers = new ArrayList<>();
        for (int id : group.nodeIds()) {
            String name = topology.node(id).name();
            if (!name.equals(leader) && survey().answers().containsKey(name)) {
                followers.add(name);
            }
        }
        if (followers.isEmpty()) {
            throw new CliException(
                    ExitCode.CONFLICT, "No follower of group '" + group.name() + "' answers.", "kvctl cluster status");
        }
        return List.of(followers.get(random.nextInt(followers.size())));
    }

    private Survey survey() {
        if (asked == null) {
            asked = survey.get();
        }
        return asked;
    }
}
