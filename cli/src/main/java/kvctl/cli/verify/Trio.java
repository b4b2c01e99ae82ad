package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kvctl.client.KvClient;
import kvctl.client.RequestId;
import kvctl.client.Result;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.ShardMap;
import kvctl.protocol.Shards;

/** The suite's groups 100, 101 and 102 beside those of the cluster, and keys whose values are known. */
final class Trio {
    private static final int GROUPS = 3;
    private static final int SERVERS = 3;
    private static final long STEP_MS = 15;
    private static final long CLIENT_MS = 10_000;

    private final Lab lab;
    private final List<List<String>> nodes;
    private final Map<String, String> expected = new LinkedHashMap<>();
    private List<KvClient> clients;
    private int next;

    private Trio(Lab lab, List<List<String>> nodes) {
        this.lab = lab;
        this.nodes = nodes;
        this.clients = List.of(lab.client());
    }

    /** From now on messages of all nodes get late and lost, and those of the clients, which are beside nodes now. */
    Trouble unreliable() {
        clients = Team.beside(lab, lab.nodes(), lab.nodes().size());
        return Team.lossy(lab, lab.nodes());
    }

    /** For loads. */
    List<KvClient> clients() {
        return clients;
    }

    /** Each request by another one. */
    private KvClient client() {
        return clients.get(next++ % clients.size());
    }

    /**
     * Groups that have no node in common, and whose death leaves every other group its majority: of three nodes each if
     * there are so many, else of one.
     */
    static Trio apart(Lab lab) {
        List<String> all = lab.nodesForKills();
        for (int servers : new int[] {SERVERS, 1}) {
            List<List<String>> sets = IntStream.range(0, GROUPS)
                    .mapToObj(group -> IntStream.range(0, servers)
                            .mapToObj(i -> all.get((group + i * GROUPS) % all.size()))
                            .toList())
                    .toList();
            if (servers == 1 || all.size() >= GROUPS * servers && sets.stream().allMatch(set -> spares(lab, set))) {
                if (servers < SERVERS) {
                    lab.say("groups of one node each: killing one leaves all others their majority");
                }
                return new Trio(lab, sets);
            }
        }
        throw new IllegalStateException("groups of one node are always possible");
    }

    private static boolean spares(Lab lab, List<String> set) {
        ShardMap map = lab.map();
        return map.groups().stream()
                .allMatch(group -> group.nodeIds().stream()
                                .filter(id -> set.contains(lab.node(id)))
                                .count()
                        <= (group.nodeIds().size() - 1) / 2);
    }

    /** Groups of three that have two nodes in common. */
    static Trio together(Lab lab) {
        List<String> all = lab.nodes();
        return new Trio(
                lab,
                IntStream.range(0, GROUPS)
                        .mapToObj(group -> List.of(all.get(0), all.get(1), all.get(2 + group % (all.size() - 2))))
                        .toList());
    }

    static String name(int group) {
        return Lab.GROUP + (100 + group);
    }

    List<String> nodes(int group) {
        return nodes.get(group);
    }

    private static String[] names(int... groups) {
        return IntStream.of(groups).mapToObj(Trio::name).toArray(String[]::new);
    }

    void join(int... groups) {
        List<Change.NewGroup> all = IntStream.of(groups)
                .mapToObj(group -> new Change.NewGroup(
                        name(group), nodes(group).stream().map(lab::id).toList(), 1))
                .toList();
        String text = IntStream.of(groups)
                .mapToObj(group -> name(group) + " " + String.join(" ", nodes(group)))
                .reduce((one, more) -> one + " " + more)
                .orElseThrow();
        lab.controller().change("join " + text, new Change.Join(all));
    }

    void leave(int... groups) {
        lab.controller().leave(names(groups));
    }

    void kill(int... groups) {
        lab.kill(members(groups));
    }

    void start(int... groups) {
        lab.start(members(groups));
    }

    private Set<String> members(int... groups) {
        Set<String> all = new LinkedHashSet<>();
        IntStream.of(groups).forEach(group -> all.addAll(nodes(group)));
        return all;
    }

    int id(int group) {
        return lab.controller().configuration(0).group(name(group)).groupId();
    }

    /** Shards that the group is to have. */
    List<Integer> shards(int group) {
        Configuration now = lab.controller().configuration(0);
        int id = now.group(name(group)).groupId();
        List<Integer> shards = IntStream.range(0, now.shardGroups().length)
                .filter(shard -> now.shardGroups()[shard] == id)
                .boxed()
                .toList();
        if (shards.isEmpty()) {
            throw new Skipped("there are too few shards for so many groups");
        }
        return shards;
    }

    /** So many keys, evenly over the shards. */
    List<byte[]> keys(List<Integer> shards, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> lab.key(shards.get(i % shards.size()), "k" + i))
                .toList();
    }

    Set<String> keys() {
        return expected.keySet();
    }

    int[] shardsOfKeys() {
        return expected.keySet().stream()
                .mapToInt(key -> Shards.of(Lab.bytes(key), lab.shards()))
                .distinct()
                .toArray();
    }

    // --- values ---

    /** Puts so many keys into these shards. */
    void put(List<Integer> shards, int count, int bytes) {
        lab.controller().settle();
        List<CompletableFuture<Result>> puts = new ArrayList<>();
        for (byte[] key : keys(shards, count)) {
            String value = text(bytes);
            expected.put(Lab.text(key), value);
            KvClient client = client();
            puts.add(repeated(id -> client.putAsync(key, Lab.bytes(value), id)));
        }
        lab.awaitAll(puts, "puts");
        lab.say("%d puts, into %d shards", count, shards.size());
    }

    /** Sends it until it is answered, under the name that it had the first time: so it takes effect once. */
    private CompletableFuture<Result> repeated(Function<RequestId, CompletableFuture<Result>> request) {
        CompletableFuture<Result> end = new CompletableFuture<>();
        repeat(request, null, System.nanoTime() + lab.lenient(CLIENT_MS) * 1_000_000, end);
        return end;
    }

    private static void repeat(
            Function<RequestId, CompletableFuture<Result>> request,
            RequestId id,
            long endNs,
            CompletableFuture<Result> end) {
        request.apply(id).whenComplete((result, thrown) -> {
            if (thrown == null) {
                end.complete(result);
            } else if (System.nanoTime() - endNs > 0) {
                end.completeExceptionally(thrown);
            } else {
                RequestId same = KvClient.failure(thrown).requestId().orElse(id);
                CompletableFuture.delayedExecutor(STEP_MS, TimeUnit.MILLISECONDS)
                        .execute(() -> repeat(request, same, endNs, end));
            }
        });
    }

    /** Random letters. */
    private String text(int length) {
        return Stream.generate(() -> String.valueOf((char) ('a' + lab.random().nextInt(26))))
                .limit(length)
                .reduce("", String::concat);
    }

    /** All keys have exactly the values that they should have. */
    void check() {
        long fromNs = System.nanoTime();
        read();
        lab.say("%d keys are as they should be (%d ms)", expected.size(), Lab.msSince(fromNs));
    }

    void checkAndAppend() {
        long fromNs = System.nanoTime();
        read();
        List<CompletableFuture<Result>> appends = new ArrayList<>();
        expected.replaceAll((key, value) -> {
            String more = text(5);
            KvClient client = client();
            appends.add(repeated(id -> client.appendAsync(Lab.bytes(key), Lab.bytes(more), id)));
            return value + more;
        });
        lab.awaitAll(appends, "appends");
        read();
        lab.took("use", Lab.msSince(fromNs));
        lab.say("%d keys read, appended to and read again in %d ms", expected.size(), Lab.msSince(fromNs));
    }

    private void read() {
        Map<String, CompletableFuture<Result>> gets = new LinkedHashMap<>();
        for (String key : expected.keySet()) {
            KvClient client = client();
            gets.put(key, repeated(id -> client.getAsync(Lab.bytes(key))));
        }
        gets.forEach((key, get) -> {
            String value = Lab.text(lab.await(get, "get").value());
            lab.promise(expected.get(key).equals(value), "'" + expected.get(key) + "' in " + key, "'" + value + "'");
        });
    }
}
