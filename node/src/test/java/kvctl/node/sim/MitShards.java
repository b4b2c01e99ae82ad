package kvctl.node.sim;

import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import kvctl.client.Result;
import kvctl.node.Topology;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.ShardMap;
import kvctl.protocol.Shards;
import kvctl.raft.RaftStatus;
import kvctl.sim.Simulation;

/**
 * The course's shardkv harness: a controller on nodes 1 to 3, three servers for each of the groups "100", "101" and "102"
 * on nodes 4 to 12, ten shards, and what the store should hold.
 */
final class MitShards {
    static final int SHARDS = 10;
    static final long LIMIT_MS = 60_000;

    private static final int PER_GROUP = 3;

    final KvCluster cluster;
    final Load load;
    final TreeMap<String, String> expected = new TreeMap<>();
    private final int logBytesMax;
    private int values;

    /** @param maxRaftState of the course: the log is cut at so many bytes; -1: never */
    MitShards(long seed, boolean unreliable, int maxRaftState, int clients, long thinkMs, int keys) {
        this(seed, unreliable, maxRaftState, new Load.Options(clients, keys, thinkMs, 0, 0));
    }

    MitShards(long seed, boolean unreliable, int maxRaftState, Load.Options options) {
        int entries = maxRaftState < 0 ? 1_000_000 : 8;
        int bytes = maxRaftState < 0 ? 16 << 20 : maxRaftState;
        logBytesMax = maxRaftState < 0 ? Integer.MAX_VALUE : 8 * maxRaftState;
        Topology topology = ShardSwarm.topology(SHARDS, 3 + 3 * PER_GROUP, entries, bytes, List.of());
        cluster = new KvCluster(new Simulation(seed), topology, false).clientTimeout(LIMIT_MS);
        load = new Load(cluster, options);
        if (unreliable) {
            cluster.unreliable(load.clients());
        }
        cluster.startAll();
    }

    static List<Integer> nodesOf(int group) {
        return IntStream.range(0, PER_GROUP)
                .map(i -> 4 + PER_GROUP * group + i)
                .boxed()
                .toList();
    }

    static String name(int group) {
        return "10" + group;
    }

    /** A key of each shard. */
    static String key(int shard) {
        int i = 0;
        while (Shards.of(Load.bytes("k" + shard + "." + i), SHARDS) != shard) {
            i++;
        }
        return "k" + shard + "." + i;
    }

    // --- configurations; moves go on while these return, as in the course ---

    void join(int... groups) {
        List<Change.NewGroup> made = IntStream.of(groups)
                .mapToObj(group -> new Change.NewGroup(name(group), nodesOf(group), 1))
                .toList();
        cluster.reconfigure(new Change.Join(made), LIMIT_MS);
    }

    void leave(int... groups) {
        String[] names = IntStream.of(groups).mapToObj(MitShards::name).toArray(String[]::new);
        cluster.reconfigure(KvCluster.leave(names), LIMIT_MS);
    }

    /** Waits until the newest configuration is carried out. */
    void settle() {
        cluster.awaitComplete(LIMIT_MS);
    }

    void shutdown(int... groups) {
        IntStream.of(groups).forEach(group -> nodesOf(group).forEach(cluster::crash));
    }

    void start(int... groups) {
        IntStream.of(groups).forEach(group -> nodesOf(group).forEach(cluster::start));
    }

    void sleep(long ms) {
        cluster.runFor(ms);
    }

    // --- requests ---

    void put(String key, int bytes) {
        String value = text(bytes);
        await(load.put(key, value));
        expected.put(key, value);
    }

    void append(String key, int bytes) {
        String value = text(bytes);
        await(load.append(key, value));
        expected.merge(key, value, String::concat);
    }

    private String text(int bytes) {
        return ("v" + ++values + "_").repeat(1 + bytes / 3).substring(0, bytes);
    }

    void putAll() {
        for (int shard = 0; shard < SHARDS; shard++) {
            put(key(shard), 20);
        }
    }

    void appendAll(int bytes) {
        expected.keySet().forEach(key -> append(key, bytes));
    }

    /** Every key has the value that it should have. */
    void checkAll() {
        expected.keySet().forEach(this::check);
    }

    void check(String key) {
        check(key, await(load.get(key)));
    }

    void check(String key, Result result) {
        byte[] value = result.value();
        String found = value == null ? "" : new String(value, java.nio.charset.StandardCharsets.ISO_8859_1);
        Breach.unless(
                found.equals(expected.get(key)),
                Rule.ACKNOWLEDGED_ONCE,
                "%s is '%s', not '%s'",
                key,
                found,
                expected.get(key));
    }

    <T> T await(CompletableFuture<T> future) {
        return cluster.await(future, LIMIT_MS);
    }

    // --- bounds ---

    /** No log is longer than eight times the limit. */
    void checkLogs() {
        for (SimServer server : cluster.servers()) {
            if (!server.runs()) {
                continue;
            }
            for (int groupId : server.core().groups()) {
                RaftStatus status = server.core().status(groupId);
                Breach.unless(
                        groupId == ShardMap.CONTROLLER || status.logBytes() <= logBytesMax,
                        Rule.NO_LEFTOVERS,
                        "the log of group %d on n%d has %d bytes",
                        groupId,
                        server.nodeId(),
                        status.logBytes());
            }
        }
    }

    /** No clients any more, everything up: all must become quiet, and what clients saw must be explained. */
    void finish() {
        load.stop();
        cluster.healLinks();
        cluster.startAll();
        cluster.awaitQuiet(LIMIT_MS);
        checkAll();
        load.verify();
    }

    Configuration query(long number) {
        return await(cluster.clients().get(0).kv().configurationAsync(number)).configuration();
    }
}
