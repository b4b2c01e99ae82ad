package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;
import kvctl.cli.NodeSelector;
import kvctl.node.Topology;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;
import org.junit.jupiter.api.Test;

class NodeSelectorTest {
    private static final Topology FIVE = Topology.parse("five.yaml", """
            cluster: five
            nodes: {n1: {}, n2: {}, n3: {}, n4: {}, n5: {}}
            groups:
              g1: [n1, n2, n3]
              g2: [n3, n4, n5]
            """);

    private final Survey survey = survey(Map.of("g1", "n2", "g2", "n5"), List.of("n1", "n2", "n3", "n5"));

    @Test
    void namesMeanThemselvesInTopologyOrderAndOnce() {
        assertThat(select("n3", "n1", "n3")).containsExactly("n1", "n3");
        assertThat(select("all")).containsExactly("n1", "n2", "n3", "n4", "n5");
        assertThat(select("random")).hasSize(1);
    }

    @Test
    void aLeaderIsFoundByGroupOrByShard() {
        assertThat(select("leader(g1)")).containsExactly("n2");
        assertThat(select("leader(0)")).containsExactly("n2");
        assertThat(select("leader(15)")).containsExactly("n5");
        assertThat(select("leader(g1)", "leader(g2)")).containsExactly("n2", "n5");
    }

    @Test
    void aGroupThatIsNotInTheTopologyIsFoundWhereItIs() {
        Map<String, NodeStatus> answers = new LinkedHashMap<>();
        answers.put("n1", status("n1", replica("controller", "follower", 1, 3), replica("g3", "leader", 1, 1)));
        answers.put("n3", status("n3", replica("controller", "leader", 1, 3)));
        Survey some = new Survey(answers, withGroups(g1GaveWayToG3()));
        assertThat(names(new NodeSelector(some.nodes(FIVE), new SplittableRandom(1)), "leader(controller)"))
                .containsExactly("n3");
        assertThat(names(new NodeSelector(some.nodes(FIVE), new SplittableRandom(1)), "follower(controller)"))
                .containsExactly("n1");
        assertThat(names(new NodeSelector(some.nodes(FIVE), new SplittableRandom(1)), "leader(g3)"))
                .containsExactly("n1");
    }

    @Test
    void aShardThatMovedIsLedByItsOwner() {
        ShardMap began = FIVE.shardMap();
        int[] owners = began.shardGroups().clone();
        owners[0] = 2;
        ShardMap now = new ShardMap(
                9, 2, "five-1", owners, new int[owners.length], began.groups(), began.nodes(), began.steering());
        Survey moved = new Survey(survey.answers(), now);
        assertThat(names(new NodeSelector(moved.nodes(FIVE), new SplittableRandom(1)), "leader(0)"))
                .containsExactly("n5");
    }

    @Test
    void aFollowerIsOneThatAnswers() {
        for (int seed = 0; seed < 20; seed++) {
            assertThat(names(new NodeSelector(survey.nodes(FIVE), new SplittableRandom(seed)), "follower(g2)"))
                    .containsExactly("n3");
            assertThat(names(new NodeSelector(survey.nodes(FIVE), new SplittableRandom(seed)), "follower(g1)"))
                    .hasSize(1)
                    .isSubsetOf("n1", "n3");
        }
    }

    @Test
    void whatMeansNothingIsAUsageErrorThatHelps() {
        assertThatThrownBy(() -> select("n9"))
                .hasMessageContaining("no node 'n9'")
                .satisfies(e -> assertThat(((CliException) e).code()).isEqualTo(ExitCode.USAGE));
        assertThatThrownBy(() -> select("leader(g7)")).hasMessageContaining("no group 'g7'");
        assertThatThrownBy(() -> select("leader(16)")).hasMessageContaining("no group '16'");
    }

    @Test
    void aGroupWithoutALeaderIsNoUsageError() {
        Survey leaderless = survey(Map.of("g2", "n5"), List.of("n1", "n5"));
        assertThatThrownBy(() -> names(new NodeSelector(leaderless.nodes(FIVE), new SplittableRandom(1)), "leader(g1)"))
                .satisfies(e -> assertThat(((CliException) e).code()).isEqualTo(ExitCode.NO_QUORUM));
    }

    @Test
    void ofTwoThatClaimToLeadTheOneWithTheHigherTermDoes() {
        Map<String, NodeStatus> answers = new LinkedHashMap<>();
        answers.put("n1", status("n1", replica("g1", "leader", 7, 1)));
        answers.put("n2", status("n2", replica("g1", "leader", 6, 2)));
        assertThat(new Survey(answers, null).leader("g1")).isEqualTo("n1");
    }

    @Test
    void aNodeHasJoinedWhenAllItsReplicasKnowTheirLeader() {
        Map<String, NodeStatus> answers = new LinkedHashMap<>();
        answers.put("n3", status("n3", replica("g1", "follower", 1, 2), replica("g2", "follower", 1, 0)));
        answers.put("n1", status("n1", replica("g1", "follower", 1, 2)));
        Survey some = new Survey(answers, null);
        assertThat(some.joined("n3")).isFalse();
        assertThat(some.joined("n1")).isTrue();
        assertThat(some.joined("n4")).isFalse();
    }

    @Test
    void theCostOfLosingNodesIsLeadersAndMajorities() {
        Set<String> all = Set.of("n1", "n2", "n3", "n4", "n5");
        assertThat(Cost.of(FIVE, survey, Set.of("n2"), all, true)).isEqualTo(new Cost(List.of("g1"), List.of()));
        assertThat(Cost.of(FIVE, survey, Set.of("n1"), all, true)).isEqualTo(Cost.NOTHING);
        assertThat(Cost.of(FIVE, survey, Set.of("n3"), Set.of("n1", "n2", "n3", "n5"), true))
                .isEqualTo(new Cost(List.of(), List.of("g2")));
        assertThat(Cost.of(FIVE, survey, all, all, true))
                .isEqualTo(new Cost(List.of("g1", "g2"), List.of("controller", "g1", "g2")));
        assertThat(Cost.of(FIVE, survey, all, all, false)).isEqualTo(new Cost(List.of("g1", "g2"), List.of()));
    }

    @Test
    void aGroupThatLeftIsNeitherFoundNorMissed() {
        Survey later = new Survey(survey.answers(), withGroups(g1GaveWayToG3()));
        assertThatThrownBy(() -> names(new NodeSelector(later.nodes(FIVE), new SplittableRandom(1)), "leader(g1)"))
                .hasMessage("There is no group 'g1'.")
                .satisfies(e -> assertThat(((CliException) e).hint()).startsWith("groups: controller, g2, g3;"));
        Set<String> all = Set.of("n1", "n2", "n3", "n4", "n5");
        assertThat(Cost.of(FIVE, later, Set.of("n1", "n2"), all, true).noQuorum())
                .containsExactly("controller");
    }

    private static List<ShardMap.Group> g1GaveWayToG3() {
        List<ShardMap.Group> groups = new ArrayList<>(FIVE.shardMap().groups());
        groups.removeIf(group -> group.name().equals("g1"));
        groups.add(new ShardMap.Group(3, "g3", List.of(3, 4, 5), 0));
        return groups;
    }

    private static ShardMap withGroups(List<ShardMap.Group> groups) {
        ShardMap began = FIVE.shardMap();
        int[] owners = new int[began.shardGroups().length];
        Arrays.fill(owners, 3);
        return new ShardMap(9, 2, "five-1", owners, new int[owners.length], groups, began.nodes(), began.steering());
    }

    private List<String> select(String... words) {
        return names(new NodeSelector(survey.nodes(FIVE), new SplittableRandom(1)), words);
    }

    private static List<String> names(NodeSelector selector, String... words) {
        return selector.select(List.of(words));
    }

    private static Survey survey(Map<String, String> leaders, List<String> answering) {
        Map<String, NodeStatus> answers = new LinkedHashMap<>();
        for (String name : answering) {
            int id = FIVE.node(name).id();
            answers.put(
                    name,
                    status(
                            name,
                            FIVE.groupsOn(id).stream()
                                    .map(group -> replica(
                                            group.name(),
                                            name.equals(leaders.get(group.name())) ? "leader" : "follower",
                                            3,
                                            1))
                                    .toArray(NodeStatus.Replica[]::new)));
        }
        return new Survey(answers, null);
    }

    private static NodeStatus status(String name, NodeStatus.Replica... replicas) {
        return new NodeStatus(1, name, 1, 1, 1, 0, 0, 1L << 40, List.of(replicas), List.of());
    }

    private static NodeStatus.Replica replica(String group, String role, long term, int leaderId) {
        return new NodeStatus.Replica(1, group, role, term, leaderId, 0, 0, 0, 0, 0, 0, List.of());
    }
}
