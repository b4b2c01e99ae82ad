package kvctl.cli.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static kvctl.cli.launch.ShardCluster.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import kvctl.check.Linearizability;
import kvctl.check.Recorder;
import kvctl.check.Verdict;
import kvctl.client.Result;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardStatus;
import kvctl.protocol.Shards;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The 13 cases of MIT 6.5840's classic shardkv suite on node processes: three groups of three servers, ten shards. One
 * cluster serves all cases, and each begins with the groups it wants. What is different here:
 *
 * <ul>
 *   <li>A change is refused while another is being carried out. The administrator waits and tries again, so where the suite
 *       kills a group that has shards to hand over, the next change waits until it is back.
 *   <li>The controller is on one node of each group: it survives the end of one group, and waits when two are down.
 *   <li>All cases have a log that is cut after 1 KiB, also those that have no limit in the suite.
 *   <li>Links between processes can't be broken here. "Unreliable" is {@link Unrest}: nodes are stopped (SIGSTOP) for
 *       moments. So messages are late and come in bursts, leaders are deposed unknowing, requests are repeated; only the
 *       kills break connections.
 * </ul>
 *
 * <p>Loads are short; {@code -Dkvctl.rounds=full} makes them as long as the suite's and longer.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ShardMovesIT {
    private static final boolean FULL = "full".equals(System.getProperty("kvctl.rounds"));
    private static final int SHARDS = 10;
    private static final int NODES = 9;
    private static final int[][] MEMBERS = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
    private static final long LOG_BYTES_MAX = 8_000;
    private static final long CHALLENGE1_BYTES_MAX = 117_000;

    private final Random random = new Random(6_5840);
    private final Map<String, String> expected = new LinkedHashMap<>();
    private final List<Appender> appenders = new ArrayList<>();
    private final ExecutorService administrator = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "administrator");
        thread.setDaemon(true);
        return thread;
    });
    private ShardCluster cluster;
    private Unrest unrest;
    private String test;
    private long startNanos;

    @BeforeAll
    void up(@TempDir Path temp) throws Exception {
        cluster = new ShardCluster(temp.resolve("home"), NODES, """
                shards: 10
                controller: [n1, n5, n9]
                groups:
                  g100: [n1, n2, n3]
                node: {heap: 64m, snapshot: {entries: 100, bytes: 1KiB}}
                """);
    }

    @AfterAll
    void down() throws Exception {
        administrator.shutdownNow();
        cluster.close();
    }

    @BeforeEach
    void begin(TestInfo info) {
        test = info.getTestMethod().orElseThrow().getName();
        startNanos = System.nanoTime();
        expected.clear();
        appenders.clear();
    }

    @AfterEach
    void leaveNothing() throws Exception {
        if (unrest != null) {
            unrest.end();
            unrest = null;
        }
        cluster.startMissing();
        cluster.awaitMigrated();
        List<CompletableFuture<Result>> deletes = new ArrayList<>();
        expected.keySet().forEach(key -> deletes.add(cluster.client().deleteAsync(key.getBytes(UTF_8))));
        appenders.forEach(
                each -> deletes.add(cluster.client().deleteAsync(each.key().getBytes(UTF_8))));
        deletes.forEach(cluster.client()::await);
    }

    // --- what the cases are made of ---

    private static String group(int number) {
        return "g10" + number;
    }

    /** Brings the cluster to exactly these groups. */
    private void only(int... numbers) {
        List<String> wanted =
                IntStream.of(numbers).mapToObj(ShardMovesIT::group).toList();
        List<String> there = cluster.newest().groups().stream()
                .map(Configuration.Group::name)
                .toList();
        int[] missing = IntStream.of(numbers)
                .filter(number -> !there.contains(group(number)))
                .toArray();
        if (missing.length > 0) {
            join(missing);
        }
        String[] surplus = there.stream().filter(name -> !wanted.contains(name)).toArray(String[]::new);
        if (surplus.length > 0) {
            cluster.leave(surplus);
        }
        cluster.awaitMigrated();
    }

    private Configuration join(int... numbers) {
        return cluster.join(IntStream.of(numbers)
                .mapToObj(number -> ShardCluster.group(group(number), MEMBERS[number]))
                .toArray(Change.NewGroup[]::new));
    }

    private Configuration leave(int... numbers) {
        return cluster.leave(IntStream.of(numbers).mapToObj(ShardMovesIT::group).toArray(String[]::new));
    }

    /** Later, when its turn has come. */
    private CompletableFuture<Configuration> ask(Supplier<Configuration> change) {
        return CompletableFuture.supplyAsync(change, administrator);
    }

    private void kill(int... numbers) throws Exception {
        cluster.kill(IntStream.of(numbers)
                .flatMap(number -> Arrays.stream(MEMBERS[number]))
                .toArray());
    }

    private void start() throws Exception {
        cluster.startMissing();
    }

    /** Puts so many keys, evenly over the shards. */
    private void put(int keys, int bytes) {
        for (int i = 0; i < keys; i++) {
            expected.put(ShardCluster.key(i % SHARDS, SHARDS, test + "-" + i), text(bytes));
        }
        all(expected.entrySet().stream()
                .map(each -> cluster.client()
                        .putAsync(each.getKey().getBytes(UTF_8), each.getValue().getBytes(UTF_8)))
                .toList());
    }

    private void append() {
        List<CompletableFuture<Result>> appends = new ArrayList<>();
        expected.replaceAll((key, value) -> {
            String more = text(5 + random.nextInt(15));
            appends.add(cluster.client().appendAsync(key.getBytes(UTF_8), more.getBytes(UTF_8)));
            return value + more;
        });
        all(appends);
    }

    private String text(int length) {
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append((char) ('a' + random.nextInt(26)));
        }
        return text.toString();
    }

    /** All keys have exactly the values they should have. */
    private void check() {
        Map<String, CompletableFuture<Result>> gets = new LinkedHashMap<>();
        expected.keySet().forEach(key -> gets.put(key, cluster.client().getAsync(key.getBytes(UTF_8))));
        gets.forEach((key, get) -> {
            byte[] value = cluster.client().await(get).value();
            assertThat(value == null ? null : new String(value, UTF_8)).as(key).isEqualTo(expected.get(key));
        });
    }

    private void checkAndAppend() {
        check();
        append();
        check();
    }

    private void all(List<CompletableFuture<Result>> futures) {
        futures.forEach(cluster.client()::await);
    }

    private void startAppenders(long pauseMs) {
        for (int i = 0; i < SHARDS; i++) {
            appenders.add(
                    Appender.start(cluster.client(), ShardCluster.key(i, SHARDS, test + "-appender-" + i), pauseMs));
        }
    }

    /** Time for the load: each appender gets so many more acknowledged. */
    private void awaitAppends(int more) {
        List<Integer> before = appenders.stream().map(Appender::acknowledged).toList();
        until(() -> {
            for (int i = 0; i < appenders.size(); i++) {
                if (!appenders.get(i).failed() && appenders.get(i).acknowledged() < before.get(i) + more) {
                    return false;
                }
            }
            return true;
        });
    }

    private void verifyAppends() {
        appenders.forEach(Appender::stopAndVerify);
    }

    private void awaitShortLogs() {
        until(() -> cluster.statuses().stream()
                .flatMap(status -> status.replicas().stream())
                .allMatch(replica -> replica.logBytes() <= LOG_BYTES_MAX));
    }

    private long elapsedMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    private void report(String figures) {
        String load = appenders.isEmpty()
                ? ""
                : ", %d appends, longest gap of one appender %d ms"
                        .formatted(
                                appenders.stream()
                                        .mapToInt(Appender::acknowledged)
                                        .sum(),
                                appenders.stream()
                                        .mapToLong(Appender::longestGapMs)
                                        .max()
                                        .orElseThrow());
        System.out.printf("%s: %d ms%s%s%n", test, elapsedMs(), figures.isEmpty() ? "" : ", " + figures, load);
    }

    // --- the cases ---

    @Test
    void StaticShards() throws Exception {
        only(0, 1);
        Configuration configuration = cluster.newest();
        ShardCluster.assertBalanced(configuration, "g100", "g101");
        put(10, 20);
        check();
        kill(1);
        List<CompletableFuture<Result>> gets = expected.keySet().stream()
                .map(key -> cluster.client().getAsync(key.getBytes(UTF_8)))
                .toList();
        until(() -> done(gets) >= 5);
        await().during(Duration.ofSeconds(2)).atMost(ShardCluster.PATIENCE).until(() -> done(gets) == 5);
        start();
        all(gets);
        check();
        report("");
    }

    private static long done(List<CompletableFuture<Result>> futures) {
        return futures.stream().filter(CompletableFuture::isDone).count();
    }

    @Test
    void JoinLeave() throws Exception {
        only(0);
        joinAndLeave();
        report("");
    }

    private void joinAndLeave() throws Exception {
        put(10, 5);
        check();
        join(1);
        checkAndAppend();
        leave(0);
        checkAndAppend();
        cluster.awaitMigrated();
        kill(0);
        check();
        append();
        check();
    }

    @Test
    void Snapshot() throws Exception {
        only(0);
        put(30, 20);
        check();
        join(1);
        join(2);
        leave(0);
        checkAndAppend();
        leave(1);
        join(0);
        checkAndAppend();
        cluster.awaitMigrated();
        check();
        awaitShortLogs();
        kill(0, 1, 2);
        start();
        check();
        awaitShortLogs();
        report("");
    }

    @Test
    void MissChange() throws Exception {
        only(0);
        put(10, 20);
        check();
        join(1);
        cluster.kill(1, 4, 7);
        join(2);
        leave(1);
        leave(0);
        checkAndAppend();
        join(1);
        checkAndAppend();
        start();
        checkAndAppend();
        cluster.awaitAllJoined();
        cluster.kill(2, 5, 8);
        join(0);
        leave(2);
        checkAndAppend();
        start();
        checkAndAppend();
        report("");
    }

    @Test
    void Concurrent1() throws Exception {
        only(0);
        concurrentlyWithShutdowns();
        verifyAppends();
        report("");
    }

    /** Joins, leaves and the end of all groups in between, each as soon as it may be. */
    private void concurrentlyWithShutdowns() throws Exception {
        startAppenders(10);
        awaitAppends(5);
        join(1);
        awaitAppends(5);
        join(2);
        awaitAppends(5);
        leave(0);
        kill(0);
        kill(1);
        kill(2);
        CompletableFuture<Configuration> left = ask(() -> leave(2));
        start();
        left.join();
        join(0);
        leave(1);
        awaitAppends(5);
        join(1);
        awaitAppends(FULL ? 300 : 20);
    }

    @Test
    void Concurrent2() throws Exception {
        only(0, 1, 2);
        startAppenders(50);
        leave(0);
        leave(2);
        awaitAppends(FULL ? 50 : 15);
        join(0);
        join(2);
        leave(1);
        awaitAppends(FULL ? 50 : 15);
        join(1);
        leave(0);
        leave(2);
        awaitAppends(FULL ? 50 : 15);
        kill(1, 2);
        start();
        awaitAppends(10);
        verifyAppends();
        report("");
    }

    @Test
    void Concurrent3() throws Exception {
        only(0);
        startAppenders(10);
        int rounds = FULL ? 6 : 2;
        for (int round = 0; round < rounds; round++) {
            join(2);
            join(1);
            awaitAppends(random.nextInt(20));
            kill(0, 1, 2);
            start();
            awaitAppends(random.nextInt(20));
            leave(1);
            leave(2);
            awaitAppends(random.nextInt(20));
        }
        cluster.awaitMigrated();
        awaitShortLogs();
        verifyAppends();
        report(rounds + " rounds");
    }

    @Test
    void Unreliable1() throws Exception {
        only(0);
        unrest = Unrest.begin(cluster, random.nextLong());
        joinAndLeave();
        report(unrest.end() + " stops");
    }

    @Test
    void Unreliable2() throws Exception {
        only(0);
        unrest = Unrest.begin(cluster, random.nextLong());
        concurrentlyWithShutdowns();
        int stops = unrest.end();
        verifyAppends();
        report(stops + " stops");
    }

    @Test
    void Unreliable3() throws Exception {
        only(0);
        put(10, 5);
        Recorder recorder = new Recorder(System::nanoTime);
        long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(FULL ? 30 : 8);
        unrest = Unrest.begin(cluster, random.nextLong());
        List<String> keys = IntStream.range(0, 10)
                .mapToObj(i -> ShardCluster.key(i, SHARDS, test + "-register-" + i))
                .toList();
        List<CompletableFuture<Void>> clients = IntStream.range(0, 10)
                .mapToObj(process -> new RegisterClient(
                                cluster.client(), recorder, process, random.nextLong(), keys, untilNanos)
                        .start())
                .toList();
        join(1);
        join(2);
        leave(0);
        leave(1);
        join(1);
        join(0);
        clients.forEach(cluster.client()::await);
        int stops = unrest.end();
        keys.forEach(key -> expected.put(key, ""));
        Verdict verdict = Linearizability.check(recorder.history());
        assertThat(verdict.kind()).as(verdict.toString()).isEqualTo(Verdict.Kind.OK);
        int operations = recorder.history().operations().size();
        assertThat(operations).isGreaterThan(100);
        report(operations + " operations, " + stops + " stops");
    }

    @Test
    void Challenge1Delete() throws Exception {
        only(0);
        put(30, 1000);
        check();
        for (int cycle = 0; cycle < 2; cycle++) {
            join(1);
            leave(0);
            join(2);
            check();
            leave(1);
            join(0);
            leave(2);
            check();
        }
        join(1);
        join(2);
        cluster.awaitMigrated();
        check();
        long[] bytes = {0};
        try {
            until(() -> (bytes[0] = storedBytes()) <= CHALLENGE1_BYTES_MAX);
        } finally {
            report(bytes[0] + " B of logs and shards on all servers");
        }
    }

    /** Logs and shards of all groups' replicas on all nodes. */
    private long storedBytes() {
        List<NodeStatus> statuses = cluster.statuses();
        assertThat(statuses).hasSize(NODES);
        long bytes = 0;
        for (NodeStatus status : statuses) {
            bytes += status.replicas().stream()
                    .filter(replica -> replica.groupId() != ShardMap.CONTROLLER)
                    .mapToLong(NodeStatus.Replica::logBytes)
                    .sum();
            bytes += cluster.shards(status.nodeId()).stream()
                    .mapToLong(ShardStatus::bytes)
                    .sum();
        }
        return bytes;
    }

    @Test
    void Challenge2Unaffected() throws Exception {
        only(0);
        put(10, 5);
        Configuration joined = join(1);
        cluster.awaitMigrated();
        int[] mine = shardsOf(joined, 1);
        kill(0);
        leave(0);
        long longestMs = useAll(mine);
        start();
        cluster.awaitMigrated();
        check();
        report("longest request %d ms".formatted(longestMs));
    }

    @Test
    void Challenge2Partial() throws Exception {
        only(0, 1, 2);
        put(10, 5);
        int[] coming = shardsOf(cluster.newest(), 2);
        kill(0);
        long leftNanos = System.nanoTime();
        Configuration left = leave(0, 2);
        int target = left.group(group(1)).groupId();
        until(() -> IntStream.of(coming).allMatch(shard -> cluster.map().shardGroups()[shard] == target));
        long movedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - leftNanos);
        long longestMs = useAll(coming);
        assertThat(cluster.map().moves()).as("what the dead group has").isPositive();
        start();
        cluster.awaitMigrated();
        check();
        report("%d shards came from g102 in %d ms, longest request %d ms".formatted(coming.length, movedMs, longestMs));
    }

    private static int[] shardsOf(Configuration configuration, int number) {
        int groupId = configuration.group(group(number)).groupId();
        return IntStream.range(0, SHARDS)
                .filter(shard -> configuration.shardGroups()[shard] == groupId)
                .toArray();
    }

    /** Reads, writes and reads the keys of these shards. @return the longest that a request took, in ms */
    private long useAll(int[] shards) {
        assertThat(shards).isNotEmpty();
        long longestNanos = 0;
        for (Map.Entry<String, String> each : expected.entrySet()) {
            byte[] key = each.getKey().getBytes(UTF_8);
            int shard = Shards.of(key, SHARDS);
            if (IntStream.of(shards).noneMatch(mine -> mine == shard)) {
                continue;
            }
            long nanos = System.nanoTime();
            assertThat(cluster.client().get(each.getKey())).isEqualTo(each.getValue());
            longestNanos = Math.max(longestNanos, System.nanoTime() - nanos);
            nanos = System.nanoTime();
            each.setValue(each.getValue() + "-2");
            cluster.client().append(key, "-2".getBytes(UTF_8));
            longestNanos = Math.max(longestNanos, System.nanoTime() - nanos);
            assertThat(cluster.client().get(each.getKey())).isEqualTo(each.getValue());
        }
        return TimeUnit.NANOSECONDS.toMillis(longestNanos);
    }
}
