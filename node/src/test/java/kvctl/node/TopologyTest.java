package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kvctl.protocol.ShardMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopologyTest {
    private static final String GOOD = """
            cluster: demo
            nodes:
              a: { port: 1 }
              b: { port: 2 }
              c: { port: 3 }
            groups:
              g1: [a, b, c]
            """;

    @Test
    void exampleOfTheDesignIsRead() {
        Topology topology = Topology.parse("topology.yaml", """
                cluster: demo            # a comment
                shards: 32
                nodes:
                  delhi:   { port: 7101 }
                  mumbai:  { port: 7102, host: 10.0.0.2, heap: 1g, snapshot: { entries: 5 } }
                  chennai: { port: 7103 }
                controller: [delhi, mumbai, chennai]
                groups:
                  g1: [delhi, mumbai, chennai]
                  g2: [chennai]
                node:
                  heap: 64m
                  snapshot: { entries: 10000, bytes: 8MiB }
                """);

        assertThat(topology.cluster()).isEqualTo("demo");
        assertThat(topology.shards()).isEqualTo(32);
        assertThat(topology.nodes()).extracting(Topology.Node::id).containsExactly(1, 2, 3);
        assertThat(topology.node("chennai"))
                .isEqualTo(new Topology.Node(
                        3,
                        "chennai",
                        "127.0.0.1",
                        7103,
                        new Topology.Settings(64L << 20, 10_000, 8L << 20, 100, 500, false)));
        assertThat(topology.node("mumbai").settings())
                .isEqualTo(new Topology.Settings(1L << 30, 5, 8L << 20, 100, 500, false));
        assertThat(topology.node("mumbai").address()).isEqualTo("10.0.0.2:7102");
        assertThat(topology.groups())
                .containsExactly(
                        new Topology.Group(1, "g1", List.of(1, 2, 3)), new Topology.Group(2, "g2", List.of(3)));
        assertThat(topology.groupsOn(3)).extracting(Topology.Group::name).containsExactly("g1", "g2");
        assertThat(topology.warnings()).isEmpty();
    }

    @Test
    void whatIsLeftOutHasDefaults() {
        Topology topology = Topology.parse("t.yaml", """
                cluster: demo
                base_port: 9000
                nodes: { a: , b: {}, c: { port: 80 } }
                groups: { g1: &all [a, b, c], g2: *all }
                """);

        assertThat(topology.shards()).isEqualTo(16);
        assertThat(topology.nodes())
                .extracting(Topology.Node::address)
                .containsExactly("127.0.0.1:9000", "127.0.0.1:9001", "127.0.0.1:80");
        assertThat(topology.nodes()).extracting(Topology.Node::settings).containsOnly(Topology.Settings.DEFAULT);
        assertThat(topology.controller()).containsExactly(1, 2, 3);
        assertThat(topology.groups()).extracting(Topology.Group::nodeIds).containsOnly(List.of(1, 2, 3));
    }

    @Test
    void unknownFieldNamesPlaceNearestFieldLineAndCaret() {
        TopologyException problem = problemOf("""
                cluster: demo
                nodes:
                  n1: { port: 7101 }
                groups:
                  g1: [n1]
                node:
                  heap: 128m
                  snapshots: { entries: 10 }
                """);

        assertThat(problem).hasMessage("""
                topology.yaml:8:3: unknown field 'snapshots'. Did you mean 'snapshot'?
                    snapshots: { entries: 10 }
                    ^""");
        assertThat(problem.problems()).hasSize(1);
        assertThat(problem.problems().get(0).headline())
                .isEqualTo("topology.yaml:8:3: unknown field 'snapshots'. Did you mean 'snapshot'?");
    }

    @Test
    void allProblemsAreReportedAtOnceInTheOrderOfTheFile() {
        assertThat(headlines("""
                        cluster: -demo
                        shards: 5000
                        replicas: 3
                        nodes:
                          delhi: { port: 7101, hots: x }
                          mumbai: { port: 7101 }
                          Delhi: { port: 70000 }
                          mumbai: { port: 7105 }
                          bad name: { port: [1] }
                        controller: []
                        groups:
                          g1: [delhi, mumbay, delhi]
                          g2: delhi
                        node: { heap: 128MB, heartbeat: 50, election: 1h, faults: yes, snapshot: { entries: 0, bytes: x } }
                        """))
                .containsExactly(
                        "topology.yaml:1:10: 'cluster' must be a name of 1 to 63 of A-Z a-z 0-9 . _ - beginning"
                                + " with a letter or a"
                                + " digit, not '-demo'.",
                        "topology.yaml:2:9: 'shards' must be a whole number from 1 to 4096, not 5000.",
                        "topology.yaml:3:1: unknown field 'replicas'. Known here: cluster, shards, base_port,"
                                + " nodes, controller,"
                                + " groups, node.",
                        "topology.yaml:5:24: unknown field 'hots'. Did you mean 'host'?",
                        "topology.yaml:6:19: port 7101 of node 'mumbai' is already that of node 'delhi' on 127.0.0.1.",
                        "topology.yaml:7:3: node 'Delhi' differs from node 'delhi' only in case: their"
                                + " directories are the same"
                                + " on some machines.",
                        "topology.yaml:7:18: 'port' must be a whole number from 1 to 65535, not 70000.",
                        "topology.yaml:8:3: duplicate field 'mumbai', first in line 6.",
                        "topology.yaml:9:3: 'bad name' is no name: 1 to 63 of A-Z a-z 0-9 . _ - beginning with a"
                                + " letter or a"
                                + " digit.",
                        "topology.yaml:9:21: 'port' must be a single value.",
                        "topology.yaml:10:1: 'controller' is empty: name at least one node.",
                        "topology.yaml:12:15: unknown node 'mumbay' in group 'g1'. Did you mean 'mumbai'?",
                        "topology.yaml:12:23: node 'delhi' is twice in group 'g1'.",
                        "topology.yaml:13:7: group 'g2' must be a list of nodes, as [delhi, mumbai, Delhi, bad name].",
                        "topology.yaml:14:15: 'heap' must be a size from 32MiB to 1024GiB, not '128MB'. Write 128MiB.",
                        "topology.yaml:14:33: 'heartbeat' must be a time from 1ms to 10000ms (as 300ms or 2s),"
                                + " not '50'.",
                        "topology.yaml:14:47: 'election' must be a time from 10ms to 60000ms (as 300ms or 2s),"
                                + " not '1h'.",
                        "topology.yaml:14:59: 'faults' must be true or false, not 'yes'.",
                        "topology.yaml:14:85: 'entries' must be a whole number from 1 to 1000000000, not 0.",
                        "topology.yaml:14:95: 'bytes' must be a size from 1KiB to 4GiB (as 16MiB or 128m), not 'x'.");
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThat(headlines("shards: 4\n"))
                .containsExactly(
                        "topology.yaml:1:1: missing field 'cluster'.",
                        "topology.yaml:1:1: missing field 'nodes'.",
                        "topology.yaml:1:1: missing field 'groups'.");
        assertThat(headlines("cluster:\nnodes: {}\ngroups: [g1]\n"))
                .containsExactly(
                        "topology.yaml:1:1: 'cluster' must be a single value.",
                        "topology.yaml:2:1: 'nodes' has 0 entries; 1 to 128 are possible.",
                        "topology.yaml:3:9: 'groups' must be a mapping from names, as 'groups: { a: ... }'.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing\n", "just words\n", "- a\n- b\n", "null\n"})
    void whatIsNoMappingIsNoTopology(String yaml) {
        assertThat(headlines(yaml)).singleElement().asString().contains("a topology begins with fields");
    }

    @Test
    void brokenYamlIsReportedWithItsPlace() {
        assertThat(headlines("cluster: demo\nnodes: { a: [\n"))
                .singleElement()
                .asString()
                .startsWith("topology.yaml:3:1: this is no YAML: ");
        assertThat(headlines("cluster: demo\n\tnodes: a\n"))
                .singleElement()
                .asString()
                .startsWith("topology.yaml:2:1: this is no YAML: ");
        assertThat(headlines("a: *b\n")).singleElement().asString().contains("there is no anchor 'b' above");
        assertThat(headlines(GOOD + "---\na: b\n")).singleElement().asString().contains("second one begins here");
        assertThat(headlines("a: " + "[".repeat(100) + "]".repeat(100)))
                .singleElement()
                .asString()
                .contains("too deeply");
    }

    @Test
    void heartbeatsMustFitIntoAnElectionTimeoutOfEveryNode() {
        assertThat(headlines(GOOD + "node: { heartbeat: 300ms }\n"))
                .containsExactly(
                        "topology.yaml:8:20: 'election' (500ms) must be at least twice 'heartbeat' (300ms), or one late"
                                + " heartbeat deposes a leader.");
        assertThat(headlines(GOOD.replace("port: 2 }", "port: 2, election: 60ms }")))
                .singleElement()
                .asString()
                .startsWith("topology.yaml:4:27: 'election' (60ms)");
    }

    @Test
    void samePortOnAnotherHostIsFine() {
        Topology topology = Topology.parse("t", GOOD.replace("port: 2", "port: 1, host: other"));
        assertThat(topology.node(2).address()).isEqualTo("other:1");
        assertThat(headlines(GOOD.replace("port: 2", "port: 1, host: localhost")))
                .singleElement()
                .asString()
                .contains("already that of node 'a'");
    }

    @Test
    void evenGroupWarns() {
        Topology topology = Topology.parse("t", GOOD.replace("[a, b, c]", "[a, b]"));
        assertThat(topology.warnings())
                .containsExactly(
                        "Group 'g1' has 2 replicas: that survives no more failures than 1 and needs one more answer for"
                                + " each write.");
    }

    @Test
    void moreGroupsThanShardsWarns() {
        Topology topology = Topology.parse("t", GOOD.replace("g1: [a, b, c]", "{ g1: [a], g2: [b] }") + "shards: 1\n");
        assertThat(topology.warnings()).containsExactly("1 of 2 groups get no shard: there are only 1.");
    }

    @ParameterizedTest
    @CsvSource({
        "65536,65536",
        "64k,65536",
        "64KiB,65536",
        "64Ki,65536",
        "16MiB,16777216",
        "16m,16777216",
        "1G,1073741824",
        "2048B,2048"
    })
    void sizesAreBinary(String text, long bytes) {
        assertThat(TopologyValues.bytes(text, 1, Long.MAX_VALUE)).isEqualTo(bytes);
        assertThat(TopologyValues.bytes(TopologyValues.bytesText(bytes), 1, Long.MAX_VALUE))
                .isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "m", "-1m", "1.5m", "16MB", "1t", "999999999999999g", "16MiBs"})
    void oddSizesAreRefused(String text) {
        assertThat(catchThrowableOfType(
                        IllegalArgumentException.class, () -> TopologyValues.bytes(text, 1, Long.MAX_VALUE)))
                .hasMessageContaining("must be a size");
    }

    @Test
    void writtenTopologyReadsBackEqual() {
        Topology odd = Topology.parse("t", """
                cluster: "1"
                shards: 7
                nodes:
                  null: { port: 1, host: "::1", faults: true, heap: 33m }
                  "true": { port: 2, election: 2s }
                  1e3: { port: 3, snapshot: { bytes: 1025 } }
                  007: { port: 4 }
                groups: { no: ["null", "true", 1e3], "12": [007] }
                """);
        assertThat(odd.node(4).name()).isEqualTo("007");
        assertThat(odd.node(1).address()).isEqualTo("[::1]:1");
        for (Topology topology : List.of(odd, Topology.parse("t", GOOD), Topology.defaults("x", 5, 3, 7101))) {
            assertThat(Topology.parse("again", topology.toYaml())).isEqualTo(topology);
        }
    }

    @Test
    void withoutAFileThreeNodesHoldOneGroup() {
        Topology topology = Topology.defaults("demo", 3, 1, Topology.DEFAULT_BASE_PORT);
        assertThat(topology.nodes()).extracting(Topology.Node::name).containsExactly("n1", "n2", "n3");
        assertThat(topology.nodes()).extracting(Topology.Node::port).containsExactly(7101, 7102, 7103);
        assertThat(topology.groups()).containsExactly(new Topology.Group(1, "g1", List.of(1, 2, 3)));
        assertThat(topology.shards()).isEqualTo(16);
    }

    @Test
    void defaultGroupsSpreadEvenlyOverTheNodes() {
        for (int nodes = 1; nodes <= 12; nodes++) {
            for (int groups = 1; groups <= 12; groups++) {
                Topology topology = Topology.defaults("demo", nodes, groups, 7101);
                assertThat(Topology.parse("t", topology.toYaml())).isEqualTo(topology);
                Map<Integer, Integer> load = new TreeMap<>();
                topology.nodes()
                        .forEach(n -> load.put(n.id(), topology.groupsOn(n.id()).size()));
                int most = load.values().stream().max(Integer::compare).orElseThrow();
                int least = load.values().stream().min(Integer::compare).orElseThrow();
                assertThat(most - least)
                        .as(nodes + " nodes, " + groups + " groups")
                        .isLessThanOrEqualTo(1);
                topology.groups()
                        .forEach(g -> assertThat(new HashSet<>(g.nodeIds()))
                                .hasSize(g.nodeIds().size()));
            }
        }
    }

    @Test
    void impossibleDefaultsAreRefused() {
        assertThat(catchThrowableOfType(TopologyException.class, () -> Topology.defaults("a/b", 3, 1, 7101)))
                .hasMessageStartingWith("'a/b' is no cluster name");
        assertThat(catchThrowableOfType(TopologyException.class, () -> Topology.defaults("a", 0, 1, 7101)))
                .hasMessageContaining("not 0");
        assertThat(catchThrowableOfType(TopologyException.class, () -> Topology.defaults("a", 3, 0, 7101)))
                .hasMessageContaining("not 0");
        assertThat(catchThrowableOfType(TopologyException.class, () -> Topology.defaults("a", 3, 1, 65534)))
                .hasMessage("Ports 65534 to 65536 are not all between 1 and 65535.");
    }

    @Test
    void firstShardMapSplitsShardsEvenly() {
        ShardMap map = Topology.defaults("demo", 5, 3, 7101).shardMap();
        assertThat(map.number()).isEqualTo(1);
        assertThat(map.clusterId()).isEqualTo("demo");
        assertThat(map.shardGroups()).containsExactly(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3);
        assertThat(map.group(ShardMap.CONTROLLER).nodeIds()).containsExactly(1, 2, 3);
        assertThat(map.dataGroups())
                .extracting(ShardMap.Group::nodeIds)
                .containsExactly(List.of(1, 2, 3), List.of(1, 4, 5), List.of(2, 3, 4));
        assertThat(map.nodes()).extracting(ShardMap.Node::port).containsExactly(7101, 7102, 7103, 7104, 7105);
        for (int groups = 1; groups <= 20; groups++) {
            int[] owned = new int[groups];
            Arrays.stream(Topology.defaults("x", 3, groups, 1).shardMap().shardGroups())
                    .forEach(g -> owned[g - 1]++);
            assertThat(Arrays.stream(owned).max().orElseThrow()
                            - Arrays.stream(owned).min().orElseThrow())
                    .isLessThanOrEqualTo(1);
        }
    }

    @Test
    void unknownNodeIsRefusedWithTheNearestName() {
        Topology topology = Topology.parse("t", GOOD.replace("a:", "alpha:").replace("[a", "[alpha"));
        assertThat(catchThrowableOfType(TopologyException.class, () -> topology.node("alhpa")))
                .hasMessage("Cluster 'demo' has no node 'alhpa'. Did you mean 'alpha'?");
    }

    @Test
    void filesAreRead(@TempDir Path dir) throws IOException {
        Path file = dir.resolve("my.yaml");
        assertThat(catchThrowableOfType(TopologyException.class, () -> Topology.read(file)))
                .hasMessage("There is no file " + file + ".");
        Files.writeString(file, "cluster: [a]\n" + GOOD.substring(GOOD.indexOf('\n') + 1));
        assertThat(catchThrowableOfType(TopologyException.class, () -> Topology.read(file))
                        .problems())
                .extracting(TopologyException.Problem::headline)
                .containsExactly("my.yaml:1:10: 'cluster' must be a single value.");
        Files.writeString(file, GOOD);
        assertThat(Topology.read(file).withCluster("other").cluster()).isEqualTo("other");
    }

    @ParameterizedTest
    @ValueSource(strings = {"three-nodes.yaml", "five-cities.yaml"})
    void shippedExampleHasNoProblemAndNoWarning(String name) {
        Topology topology = Topology.read(Path.of("..", "examples", name));
        assertThat(topology.warnings()).isEmpty();
        assertThat(topology.groups()).allSatisfy(g -> assertThat(g.nodeIds()).hasSize(3));
    }

    @Test
    void exampleOfThreeNodesIsWhatAStartWithoutAFileGets() {
        assertThat(Topology.read(Path.of("..", "examples", "three-nodes.yaml")))
                .isEqualTo(Topology.defaults("demo", 3, 1, 7101));
    }

    private static List<String> headlines(String yaml) {
        return problemOf(yaml).problems().stream()
                .map(TopologyException.Problem::headline)
                .toList();
    }

    private static TopologyException problemOf(String yaml) {
        TopologyException problem =
                catchThrowableOfType(TopologyException.class, () -> Topology.parse("topology.yaml", yaml));
        assertThat(problem).isNotNull();
        return problem;
    }
}
