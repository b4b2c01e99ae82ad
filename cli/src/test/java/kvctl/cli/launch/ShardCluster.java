package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardStatus;
import kvctl.protocol.Shards;

/**
 * A cluster of real node processes n1, n2, ... with an administrator who changes its groups. A change is refused while
 * another one is being carried out, so the administrator waits and tries again. Thread-safe.
 */
final class ShardCluster {
    /** A condition that takes longer will not come; this is no promise to anybody. */
    static final Duration PATIENCE = Duration.ofSeconds(120);

    /** What a client gives a request: so long that none may fail while nodes are killed and started again. */
    static final long CLIENT_MS = 90_000;

    private static final int STATUS_MS = 1000;
    private static final String NAME = "demo";

    private final int nodes;
    private final Kvctl kvctl;
    private final Fleet fleet;
    private final List<String> endpoints;
    private final KvClient client;

    /**
     * @param home for the cluster and nobody else
     * @param nodes how many
     * @param settings the topology behind its nodes: shards, controller, groups, node
     */
    ShardCluster(Path home, int nodes, String settings) throws IOException, InterruptedException {
        this.nodes = nodes;
        List<Integer> ports = new ArrayList<>();
        Kvctl last = new Kvctl(home);
        while (ports.size() < nodes) {
            IntStream.range(last.basePort(), last.basePort() + 5)
                    .filter(port -> !ports.contains(port))
                    .forEach(ports::add);
            last = new Kvctl(home);
        }
        kvctl = last;
        StringBuilder topology = new StringBuilder("cluster: " + NAME + "\nnodes:\n");
        for (int id = 1; id <= nodes; id++) {
            topology.append("  %s: {port: %d}%n".formatted(name(id), ports.get(id - 1)));
        }
        Path file = home.resolve("topology.yaml");
        Files.createDirectories(home);
        Files.writeString(file, topology + settings);
        kvctl.up("-f", file.toString());
        fleet = new Fleet(kvctl.cluster(NAME));
        endpoints = ports.subList(0, nodes).stream()
                .map(port -> "127.0.0.1:" + port)
                .toList();
        client = connect();
    }

    /** One for all; its requests have {@link #CLIENT_MS}. */
    KvClient client() {
        return client;
    }

    /** One more client, the caller's to close. */
    KvClient connect() {
        return KvClient.builder()
                .endpoints(endpoints)
                .requestTimeoutMs(CLIENT_MS)
                .build();
    }

    void close() throws IOException, InterruptedException {
        client.close();
        kvctl.cleanUp();
    }

    static String name(int nodeId) {
        return "n" + nodeId;
    }

    private static List<String> names(int... nodeIds) {
        return Arrays.stream(nodeIds).mapToObj(ShardCluster::name).toList();
    }

    int nodes() {
        return nodes;
    }

    // --- processes ---

    synchronized void kill(int... nodeIds) throws IOException {
        fleet.kill(names(nodeIds));
    }

    /** Starts what does not run, and returns when the processes exist. */
    synchronized void start(int... nodeIds) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("start", "--wait", "0"));
        words.addAll(names(nodeIds));
        kvctl.run(words.toArray(String[]::new)).succeeds();
    }

    /** Starts a node as a user does: returns when it has joined its groups. */
    synchronized void startAndWait(int nodeId) throws IOException, InterruptedException {
        kvctl.run("start", "--wait", "60s", name(nodeId)).succeeds();
    }

    /** Starts every node that does not run. */
    synchronized void startMissing() throws IOException, InterruptedException {
        int[] missing = IntStream.rangeClosed(1, nodes)
                .filter(id -> !fleet.state(name(id)).alive())
                .toArray();
        if (missing.length > 0) {
            start(missing);
        }
    }

    /** SIGSTOP, unless the node does not run. */
    synchronized void pause(int... nodeIds) throws IOException {
        for (int nodeId : nodeIds) {
            fleet.pause(name(nodeId));
        }
    }

    /** SIGCONT to those that were stopped and live. */
    synchronized void resume(int... nodeIds) throws IOException {
        for (int nodeId : nodeIds) {
            fleet.resume(name(nodeId));
        }
    }

    /** Every node runs, is heard, and has a leader for each of its replicas. */
    void awaitAllJoined() {
        until(() -> IntStream.rangeClosed(1, nodes).allMatch(id -> {
            NodeStatus status = status(id);
            return status != null && status.replicas().stream().allMatch(replica -> replica.leaderId() != 0);
        }));
    }

    // --- what nodes say ---

    /** Null if it does not answer soon. */
    NodeStatus status(int nodeId) {
        return answer(client.statusAsync(nodeId, STATUS_MS));
    }

    /** What all nodes say that answer soon. */
    List<NodeStatus> statuses() {
        List<CompletableFuture<NodeStatus>> asked = IntStream.rangeClosed(1, nodes)
                .mapToObj(id -> client.statusAsync(id, STATUS_MS))
                .toList();
        return asked.stream().map(this::answer).filter(status -> status != null).toList();
    }

    /** Node that leads the group by its own word, of two the one of the higher term; 0 if none does. */
    int leaderNow(String group) {
        int leader = 0;
        long term = -1;
        for (NodeStatus status : statuses()) {
            for (NodeStatus.Replica replica : status.replicas()) {
                if (replica.group().equals(group) && replica.role().equals("leader") && replica.term() > term) {
                    leader = status.nodeId();
                    term = replica.term();
                }
            }
        }
        return leader;
    }

    int leader(String group) {
        int[] leader = {0};
        until(() -> (leader[0] = leaderNow(group)) != 0);
        return leader[0];
    }

    /** What the node says of the shard in the group; null if it does not answer or has nothing of it. */
    ShardStatus shard(int nodeId, int shardId, int groupId) {
        List<ShardStatus> shards = answer(client.shardsAsync(nodeId, STATUS_MS));
        return shards == null
                ? null
                : shards.stream()
                        .filter(each -> each.shardId() == shardId && each.groupId() == groupId)
                        .findFirst()
                        .orElse(null);
    }

    /** Null if the node does not answer. */
    List<ShardStatus> shards(int nodeId) {
        return answer(client.shardsAsync(nodeId, STATUS_MS));
    }

    private <T> T answer(CompletableFuture<T> future) {
        try {
            return client.await(future);
        } catch (KvException e) {
            return null;
        }
    }

    ShardMap map() {
        return client.await(client.mapAsync());
    }

    // --- the administrator ---

    Configuration configuration(long number) {
        return client.await(client.configurationAsync(number)).configuration();
    }

    Configuration newest() {
        return configuration(0);
    }

    static Change.NewGroup group(String name, int... nodeIds) {
        return new Change.NewGroup(name, IntStream.of(nodeIds).boxed().toList(), 1);
    }

    Configuration join(Change.NewGroup... groups) {
        return change(new Change.Join(List.of(groups)));
    }

    Configuration leave(String... groups) {
        return change(new Change.Leave(List.of(groups)));
    }

    Configuration move(int shardId, String group) {
        return change(new Change.Move(shardId, group));
    }

    /** Makes the change when its turn has come; its shards may be on their way on return. */
    Configuration change(Change change) {
        Configuration[] made = {null};
        boolean[] unknown = {false};
        until(() -> {
            try {
                Response.Reconfigured done = client.await(client.reconfigureAsync(change, 0, false));
                made[0] = done.after();
            } catch (KvException e) {
                // What was sent to a node that died then may have been done, whatever the next one answers.
                unknown[0] |= e.outcome() == KvException.Outcome.UNKNOWN;
                Configuration newest = newest();
                if (unknown[0] && isIn(newest, change)) {
                    made[0] = newest;
                } else if (!e.code().retryable() && !e.getMessage().contains("Nobody is left")) {
                    throw e;
                }
            }
            return made[0] != null;
        });
        return made[0];
    }

    private static boolean isIn(Configuration configuration, Change change) {
        if (change instanceof Change.Join join) {
            return join.groups().stream().allMatch(group -> configuration.group(group.name()) != null);
        } else if (change instanceof Change.Leave leave) {
            return leave.groups().stream().allMatch(group -> configuration.group(group) == null);
        }
        Change.Move move = (Change.Move) change;
        return configuration.shardGroups()[move.shardId()]
                == configuration.group(move.group()).groupId();
    }

    /** The newest configuration is carried out. */
    void awaitMigrated() {
        until(() -> client.await(client.configurationAsync(0)).movesLeft() == 0);
    }

    void steer(Boolean paused, long bytesPerS) {
        client.await(client.steerMovesAsync(paused, bytesPerS));
    }

    /** The groups are exactly these, none has a shard that is missing from it, and shares differ by one at most. */
    static void assertBalanced(Configuration configuration, String... groups) {
        assertThat(configuration.groups()).extracting(Configuration.Group::name).containsExactlyInAnyOrder(groups);
        List<Integer> owners =
                Arrays.stream(configuration.shardGroups()).boxed().toList();
        List<Integer> shares = configuration.groups().stream()
                .map(group -> Collections.frequency(owners, group.groupId()))
                .toList();
        assertThat(shares.stream().mapToInt(Integer::intValue).sum())
                .as("shards of groups that are there: %s", configuration)
                .isEqualTo(owners.size());
        assertThat(Collections.max(shares) - Collections.min(shares))
                .as("difference of shares of %s", configuration)
                .isLessThanOrEqualTo(1);
    }

    /** A key of that shard. */
    static String key(int shardId, int shards, String name) {
        for (int i = 0; ; i++) {
            String key = name + "-" + i;
            if (Shards.of(key.getBytes(StandardCharsets.UTF_8), shards) == shardId) {
                return key;
            }
        }
    }

    /** One line of who owns what, for messages. */
    static String text(ShardMap map) {
        return "revision %d, configuration %d, owners %s, moving to %s"
                .formatted(
                        map.revision(),
                        map.number(),
                        Arrays.stream(map.shardGroups())
                                .mapToObj(Integer::toString)
                                .collect(Collectors.joining(" ")),
                        Arrays.stream(map.movingTo())
                                .mapToObj(Integer::toString)
                                .collect(Collectors.joining(" ")));
    }

    static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }
}
