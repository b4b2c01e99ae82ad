package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import kvctl.node.Topology;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.ShardMap;
import kvctl.sim.Simulation;

/** The shard controller's scenarios of the MIT 6.5840 course under their names, on a running cluster. */
class ShardControllerScenariosTest {
    private static final int SHARDS = 10;
    private static final long LIMIT_MS = 20_000;

    private final List<Configuration> seen = new ArrayList<>();
    private KvCluster cluster;

    private void begin(long seed) {
        seen.clear();
        Topology topology = ShardSwarm.topology(SHARDS, 3, 20, 16 << 20, List.of());
        cluster = new KvCluster(new Simulation(seed), topology, true).startAll();
    }

    private void join(String... names) {
        List<Change.NewGroup> groups = java.util.Arrays.stream(names)
                .map(name -> new Change.NewGroup(name, List.of(1, 2, 3), 1))
                .toList();
        change(new Change.Join(groups));
    }

    private void leave(String... names) {
        change(KvCluster.leave(names));
    }

    private void change(Change change) {
        cluster.reconfigure(change, LIMIT_MS);
        cluster.awaitComplete(LIMIT_MS);
        seen.add(query(0));
    }

    private Configuration query(long number) {
        return cluster.await(cluster.clients().get(0).kv().configurationAsync(number), LIMIT_MS)
                .configuration();
    }

    /** Exactly these groups, no shard elsewhere, and max - min at most 1. */
    private void check(String... names) {
        Configuration newest = query(0);
        assertThat(newest.groups()).extracting(Configuration.Group::name).containsExactlyInAnyOrder(names);
        Map<Integer, Integer> counts = new TreeMap<>();
        newest.groups().forEach(group -> counts.put(group.groupId(), 0));
        for (int groupId : newest.shardGroups()) {
            assertThat(counts).containsKey(groupId);
            counts.merge(groupId, 1, Integer::sum);
        }
        int max = counts.values().stream().mapToInt(i -> i).max().orElseThrow();
        int min = counts.values().stream().mapToInt(i -> i).min().orElseThrow();
        assertThat(max - min).isLessThanOrEqualTo(1);
    }

    private void checkHistory() {
        for (Configuration configuration : seen) {
            assertThat(query(configuration.number())).usingRecursiveComparison().isEqualTo(configuration);
        }
    }

    /** HAZARDS G1, G2, G3. */
    @Seeds
    void TestBasic(long seed) {
        begin(seed);
        join("a");
        check("a");
        join("b");
        check("a", "b");
        leave("a");
        check("b");
        join("a");
        check("a", "b");
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            cluster.crash(nodeId);
            checkHistory();
            cluster.start(nodeId);
        }
        for (int shard = 0; shard < SHARDS; shard++) {
            String to = shard < SHARDS / 2 ? "a" : "b";
            long before = query(0).number();
            boolean there = query(0).shardGroups()[shard] == query(0).group(to).groupId();
            change(new Change.Move(shard, to));
            assertThat(query(0).number()).isEqualTo(there ? before : before + 1);
        }
        for (int shard = 0; shard < SHARDS; shard++) {
            Configuration newest = query(0);
            assertThat(newest.shardGroups()[shard])
                    .isEqualTo(newest.group(shard < SHARDS / 2 ? "a" : "b").groupId());
        }
        concurrently();
        minimalMoves();
        cluster.awaitQuiet(LIMIT_MS);
    }

    /** Ten administrators at once; who comes at the wrong moment tries again. */
    private void concurrently() {
        int administrators = 5;
        int[] finished = {0};
        for (int i = 0; i < administrators; i++) {
            String name = "x" + i;
            List<Change> todo = new ArrayList<>(List.of(
                    KvCluster.join(name + ".more", 1, 2, 3),
                    KvCluster.join(name, 1, 2, 3),
                    KvCluster.leave(name + ".more")));
            administrate(cluster.client(), todo, finished);
        }
        cluster.await("all administrators", () -> finished[0] == administrators, 120_000);
        cluster.awaitComplete(LIMIT_MS);
        check("a", "b", "x0", "x1", "x2", "x3", "x4");
        leave("x0", "x1", "x2", "x3", "x4");
    }

    private void administrate(KvCluster.Client client, List<Change> todo, int[] finished) {
        if (todo.isEmpty()) {
            finished[0]++;
            return;
        }
        client.kv().reconfigureAsync(todo.get(0), 0, false).whenComplete((made, thrown) -> {
            if (thrown == null) {
                todo.remove(0);
            }
            cluster.simulation().after(20_000, () -> administrate(client, todo, finished));
        });
    }

    private void minimalMoves() {
        for (int i = 0; i < 5; i++) {
            Configuration before = query(0);
            join("m" + i);
            assertStay(before, query(0));
        }
        for (int i = 0; i < 5; i++) {
            Configuration before = query(0);
            leave("m" + i);
            assertStay(before, query(0));
        }
    }

    /** Between groups that are in both, nothing moves. */
    private static void assertStay(Configuration before, Configuration after) {
        for (Configuration.Move move : before.movesTo(after)) {
            boolean both = after.group(move.fromGroupId()) != null && before.group(move.toGroupId()) != null;
            assertThat(both).as("%s between groups that stay", move).isFalse();
        }
    }

    /** HAZARDS G1, G2. */
    @Seeds
    void TestMulti(long seed) {
        begin(seed);
        join("a", "b");
        check("a", "b");
        join("c");
        check("a", "b", "c");
        leave("a", "c");
        check("b");
        join(IntStream.range(0, 5).mapToObj(i -> "m" + i).toArray(String[]::new));
        check("b", "m0", "m1", "m2", "m3", "m4");
        leave("m0", "m1", "m2");
        check("b", "m3", "m4");
        Configuration before = query(0);
        int leader = cluster.leader(ShardMap.CONTROLLER);
        cluster.crash(leader);
        cluster.await("next leader", () -> cluster.leader(ShardMap.CONTROLLER) != 0, 3_000);
        assertThat(query(0)).usingRecursiveComparison().isEqualTo(before);
        checkHistory();
        cluster.start(leader);
        cluster.awaitQuiet(LIMIT_MS);
    }
}
