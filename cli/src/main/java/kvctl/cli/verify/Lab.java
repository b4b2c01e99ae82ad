package kvctl.cli.verify;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import kvctl.cli.Durations;
import kvctl.cli.ExitCode;
import kvctl.cli.check.Subject;
import kvctl.cli.launch.Endpoints;
import kvctl.cli.launch.Survey;
import kvctl.client.KvClient;
import kvctl.client.Result;
import kvctl.protocol.Configuration;
import kvctl.protocol.ShardMap;
import kvctl.protocol.Shards;

/**
 * The cluster in the hands of a case: clients, faults, processes, changes of its groups. What breaks something is an
 * ordinary kvctl command, as a user would give it. One thread; a case that is interrupted ends at its next wait.
 */
final class Lab {
    /** The names of all groups that cases let join begin so. */
    static final String GROUP = "verify-";

    private static final int LOOK_MS = 400;
    private static final long STEP_MS = 15;
    private static final long CLIENT_MS = 10_000;
    private static final long START_MS = 180_000;

    /** A node that runs answers by then, however busy the machine is. */
    private static final long ANSWER_MS = 20_000;

    private static final int ASK_MS = 2_000;
    private static final long HEAL_MS = 10_000;

    /** A fault that nobody heals, because this process was killed, heals by itself. */
    private static final String AT_MOST = " --for 10m";

    private final Subject cluster;
    private final Journal journal;
    private final Options options;
    private final BooleanSupplier stopped;
    private final ShardMap beginning;
    private final List<Endpoints.Node> endpoints;
    private final KvClient client;
    private final Controller controller;
    private final List<KvClient> clients = new ArrayList<>();
    private final List<Runnable> atEnd = new ArrayList<>();
    private final List<Trouble> troubles = new ArrayList<>();
    private final Set<String> dead = new LinkedHashSet<>();
    private final Set<String> kept = new LinkedHashSet<>();
    private final String prefix = "verify:" + Long.toString(System.currentTimeMillis(), 36) + ":";
    private RandomGenerator random = new SplittableRandom(0);
    private String name = "";
    private boolean uninterruptible;
    private long killedNs = System.nanoTime();

    /**
     * What the user chose.
     *
     * @param seed of all that is drawn
     * @param full the suite's own durations, not those for a classroom
     * @param patience all bounds of time are multiplied by it
     */
    record Options(long seed, boolean full, double patience) {}

    /** @param stopped whether the user wants an end */
    Lab(Subject cluster, Journal journal, Options options, BooleanSupplier stopped) {
        this.cluster = cluster;
        this.journal = journal;
        this.options = options;
        this.stopped = stopped;
        this.beginning = cluster.map();
        this.endpoints = beginning.nodes().stream()
                .map(node -> new Endpoints.Node(node.nodeId(), node.name(), node.host(), node.port()))
                .toList();
        this.client = cluster.connect(0, lenient(CLIENT_MS));
        this.controller = new Controller(this);
    }

    /** A case begins: the same seed and case make the same choices, whatever was before. */
    void begin(Scenario scenario) {
        name = scenario.name();
        random = new SplittableRandom(
                options.seed() ^ ((long) scenario.fullName().hashCode() << 32));
        journal.begin();
    }

    // --- talking ---

    void say(String format, Object... words) {
        journal.say(String.format(Locale.ROOT, format, words));
    }

    void count(String figure, long value) {
        journal.figures().add(figure.replace(' ', '_'), value);
    }

    void bytes(String figure, long value) {
        count(figure + "_bytes", value);
    }

    /** A time, and the most that the suite allows. @throws Failed if it took longer */
    void within(String figure, long ms, long mostMs) {
        String key = figure.replace(' ', '_') + "_ms";
        journal.figures().bound(key, bound(mostMs));
        count(key, ms);
        if (ms > bound(mostMs)) {
            throw late(figure + " within " + Durations.text(bound(mostMs)), Durations.text(ms));
        }
    }

    /** A time for which the suite has no bound. */
    void took(String figure, long ms) {
        count(figure + "_ms", ms);
    }

    /** @throws Failed unless so */
    void expect(boolean asItMustBe, String expected, String seen) {
        if (!asItMustBe) {
            throw late(expected, seen);
        }
    }

    /** As above, about data: that it is lost, doubled or stale. */
    void promise(boolean kept, String expected, String seen) {
        if (!kept) {
            throw new Failed(expected, seen, "kvctl status; kvctl cluster logs NODE", true);
        }
    }

    private static Failed late(String expected, String seen) {
        return new Failed(expected, seen, "kvctl status; kvctl cluster logs NODE", false);
    }

    // --- time and chance ---

    /** Something for a classroom, or as in the suite. */
    int pick(int classroom, int suite) {
        return options.full() ? suite : classroom;
    }

    RandomGenerator random() {
        return random;
    }

    /** A bound of the suite with the user's patience. */
    long bound(long ms) {
        return Math.round(ms * options.patience());
    }

    /** A time that is given to what is no promise; patience does not shorten it. */
    long lenient(long ms) {
        return Math.round(ms * Math.max(1, options.patience()));
    }

    void sleep(long ms) {
        until(() -> false, ms);
    }

    /** @return false if it is not so after {@code ms} */
    boolean until(BooleanSupplier condition, long ms) {
        long endNs = System.nanoTime() + ms * 1_000_000;
        while (!condition.getAsBoolean()) {
            checkStopped();
            long leftNs = endNs - System.nanoTime();
            if (leftNs <= 0) {
                return false;
            }
            try {
                TimeUnit.NANOSECONDS.sleep(Math.min(leftNs, STEP_MS * 1_000_000));
            } catch (InterruptedException e) {
                throw interrupted();
            }
        }
        return true;
    }

    /** An answer. @throws Failed if there is none in time, or an error */
    <T> T await(CompletableFuture<T> future, String what) {
        long endNs = System.nanoTime() + 2 * lenient(CLIENT_MS) * 1_000_000;
        while (true) {
            checkStopped();
            try {
                return future.get(STEP_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                expect(System.nanoTime() < endNs, "an answer to " + what, "none");
            } catch (ExecutionException e) {
                throw late(
                        "an answer to " + what, KvClient.failure(e.getCause()).getMessage());
            } catch (InterruptedException e) {
                throw interrupted();
            }
        }
    }

    <T> List<T> awaitAll(List<CompletableFuture<T>> futures, String what) {
        List<T> all = new ArrayList<>();
        futures.forEach(future -> all.add(await(future, what)));
        return all;
    }

    void checkStopped() {
        if (!uninterruptible && stopped.getAsBoolean()) {
            throw new Skipped("interrupted");
        }
    }

    private static Skipped interrupted() {
        Thread.currentThread().interrupt();
        return new Skipped("interrupted");
    }

    /** From now on the user can't interrupt: something is set right. */
    void uninterruptible(boolean on) {
        uninterruptible = on;
    }

    // --- what there is ---

    /** In the order of the topology. */
    List<String> nodes() {
        return endpoints.stream().map(Endpoints.Node::name).toList();
    }

    int id(String node) {
        return endpoints.stream()
                .filter(each -> each.name().equals(node))
                .findFirst()
                .orElseThrow()
                .id();
    }

    String node(int id) {
        return endpoints.stream()
                .filter(each -> each.id() == id)
                .findFirst()
                .orElseThrow()
                .name();
    }

    /** Those that are not in the controller first. */
    List<String> nodesForKills() {
        List<Integer> controllers = beginning.group(ShardMap.CONTROLLER).nodeIds();
        return endpoints.stream()
                .sorted(Comparator.comparing(node -> controllers.contains(node.id())))
                .map(Endpoints.Node::name)
                .toList();
    }

    int shards() {
        return beginning.shardGroups().length;
    }

    /** What all nodes say now. */
    Survey look() {
        return Survey.of(beginning.clusterId(), endpoints, LOOK_MS);
    }

    /** What these nodes say, which run. @throws Failed if one of them does not answer */
    Survey ask(Collection<String> names) {
        List<Endpoints.Node> asked =
                endpoints.stream().filter(node -> names.contains(node.name())).toList();
        Survey[] seen = {null};
        boolean answered = until(
                () -> {
                    seen[0] = Survey.of(beginning.clusterId(), asked, ASK_MS);
                    return seen[0].answers().keySet().containsAll(names);
                },
                lenient(ANSWER_MS));
        expect(
                answered,
                "an answer of " + Team.list(names),
                "answers of " + Team.list(seen[0].answers().keySet()) + " only");
        return seen[0];
    }

    /** Who owns what now, as far as a node knows. @throws Failed if none answers */
    ShardMap map() {
        ShardMap[] map = {null};
        boolean known = until(() -> (map[0] = look().map()) != null, lenient(ANSWER_MS));
        expect(known, "an answer of a node", "none");
        return map[0];
    }

    Subject cluster() {
        return cluster;
    }

    /** Configurations, and who changes them. */
    Controller controller() {
        return controller;
    }

    /** Nodes that others don't reach now, because of this case. */
    Set<String> away() {
        Set<String> away = new LinkedHashSet<>(dead);
        troubles.forEach(trouble -> away.addAll(trouble.away()));
        return away;
    }

    /**
     * A group of so many servers: one that is there, or one that joins for the cases of this run, or, where there are not
     * so many nodes, a smaller one.
     */
    Team group(int servers) {
        int most = (nodes().size() - 1) / 2 * 2 + 1;
        int wanted = Math.min(servers, most);
        Configuration now = controller.configuration(0);
        List<Integer> owners = Arrays.stream(now.shardGroups()).boxed().toList();
        List<Configuration.Group> fitting = now.groups().stream()
                .filter(group -> group.nodeIds().size() == wanted && owners.contains(group.groupId()))
                .toList();
        Team team;
        if (fitting.isEmpty()) {
            if (map().steering().paused()) {
                throw new Skipped(Needs.PAUSED);
            }
            String joined = GROUP + wanted;
            kept.add(joined);
            team = new Team(
                    this, controller.join(joined, nodes().subList(0, wanted)).group(joined));
        } else {
            team = new Team(this, fitting.get(0));
        }
        String fewer = wanted < servers ? " (" + servers + " servers in the suite)" : "";
        say("%s on %s%s", team.name(), Team.list(team.nodes()), fewer);
        return team;
    }

    /** Groups that stay until the end of the run. */
    Set<String> kept() {
        return kept;
    }

    // --- clients ---

    /** For all; its requests have ten seconds. */
    KvClient client() {
        return client;
    }

    /** One beside a node: it reaches the others as that node does. */
    KvClient clientAt(String node, long timeoutMs) {
        return connect(id(node), timeoutMs);
    }

    /** One with more or less time for a request. */
    KvClient client(long timeoutMs) {
        return connect(0, timeoutMs);
    }

    private KvClient connect(int nodeId, long timeoutMs) {
        KvClient made = cluster.connect(nodeId, timeoutMs);
        clients.add(made);
        return made;
    }

    /** Done when the case ends, however it does: a load that nobody stopped would go on. */
    void atEnd(Runnable stop) {
        atEnd.add(stop);
    }

    /** All keys of this run begin so, and no others. */
    String prefix() {
        return prefix;
    }

    /** A key of that shard that no other case has. */
    byte[] key(int shardId, String word) {
        for (int i = 0; ; i++) {
            byte[] key = bytes(prefix + name + ":{" + i + "}" + word);
            if (Shards.of(key, shards()) == shardId) {
                return key;
            }
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    String get(byte[] key) {
        return text(await(client.getAsync(key), "get").value());
    }

    Result put(byte[] key, String value) {
        return await(client.putAsync(key, bytes(value)), "put");
    }

    Result append(byte[] key, String value) {
        return await(client.appendAsync(key, bytes(value)), "append");
    }

    /** Those that were answered. */
    static long done(Collection<? extends CompletableFuture<?>> futures) {
        return futures.stream()
                .filter(future -> future.isDone() && !future.isCompletedExceptionally())
                .count();
    }

    // --- faults ---

    /**
     * Runs commands that make faults.
     *
     * @param text what they come to, for people, and {@code where}
     * @param away nodes that are cut off by it
     */
    Trouble trouble(String text, String where, List<String> away, String... commands) {
        Trouble trouble = new Trouble(this, text, away, List.of(commands));
        troubles.add(trouble);
        trouble.commands().forEach(command -> inject(trouble, command));
        say("%s%s", text, where);
        return trouble;
    }

    /** As above, of messages between nodes that may be killed: {@code NODES} in a command stands for those that are there. */
    Trouble lossy(String text, String where, List<String> nodes, String... commands) {
        Trouble trouble = new Trouble(this, text, List.of(), List.of(commands));
        trouble.between(nodes);
        troubles.add(trouble);
        injectBetween(trouble);
        say("%s%s", text, where);
        return trouble;
    }

    private void injectBetween(Trouble trouble) {
        List<String> here =
                trouble.between().stream().filter(node -> !dead.contains(node)).toList();
        if (here.size() > 1) {
            String all = String.join(",", here);
            trouble.commands().forEach(command -> inject(trouble, command.replace("NODES", all)));
        }
    }

    private void inject(Trouble trouble, String command) {
        checkStopped();
        long seed = random.nextInt(1_000_000);
        Subject.Ran ran = cluster.run(command + AT_MOST + " --seed " + seed + " --no-header");
        String id = ran.out().split("\t", 2)[0]; // It is there, too, when not all links obey.
        if (!id.isBlank()) {
            trouble.ids().add(id);
        }
        requireDone(command, ran);
    }

    /** For {@link Trouble}. */
    void heal(Trouble trouble) {
        heal(trouble.ids(), killedNs - trouble.sinceNs() > 0);
        troubles.remove(trouble);
        say("heal: %s", trouble.text());
    }

    /** @param mayBeGone nodes were killed meanwhile, and a fault ends with those who know of it */
    private void heal(List<String> ids, boolean mayBeGone) {
        while (!ids.isEmpty()) {
            boolean[] gone = {mayBeGone};
            String[] problem = {""};
            boolean healed = until(
                    () -> {
                        Subject.Ran ran = cluster.run("heal " + ids.get(0));
                        problem[0] = ran.err().strip();
                        if (ran.code() == ExitCode.UNREACHABLE.code()) {
                            gone[0] = true; // Who did not answer may have obeyed.
                            return false;
                        }
                        return ran.code() == 0 || gone[0] && ran.code() == ExitCode.CONFLICT.code();
                    },
                    lenient(HEAL_MS));
            expect(healed, "'kvctl heal " + ids.get(0) + "' to succeed", problem[0]);
            ids.remove(0);
        }
    }

    /** Ids of all that is in force because of this case. */
    Set<String> faults() {
        Set<String> ids = new LinkedHashSet<>();
        troubles.forEach(trouble -> ids.addAll(trouble.ids()));
        return ids;
    }

    /** Runs a command that must succeed. @return what it wrote */
    String run(String command) {
        checkStopped();
        Subject.Ran ran = cluster.run(command);
        requireDone(command, ran);
        return ran.out();
    }

    private void requireDone(String command, Subject.Ran ran) {
        expect(
                ran.code() == 0,
                "'kvctl " + command + "' to succeed",
                ran.err().strip().replace("\n", " "));
    }

    // --- processes ---

    /** @return when, by {@link System#nanoTime} */
    long kill(Collection<String> nodes) {
        long sinceNs = System.nanoTime();
        dead.addAll(nodes);
        killedNs = sinceNs;
        run("kill " + String.join(" ", nodes));
        say("kill -9 %s", Team.list(nodes));
        return sinceNs;
    }

    /** Starts them, and waits until they answer, for which no suite has a bound. */
    void start(Collection<String> nodes) {
        if (nodes.isEmpty()) {
            return;
        }
        long fromNs = System.nanoTime();
        run("start --wait 0 " + String.join(" ", nodes));
        boolean up = until(() -> look().answers().keySet().containsAll(nodes), lenient(START_MS));
        expect(
                up,
                Team.list(nodes) + " to answer after the start",
                "no answer in " + Durations.text(lenient(START_MS)));
        dead.removeAll(nodes);
        for (Trouble lossy : troubles) { // What is late or lost is so at the sender, and ends with its process.
            if (nodes.stream().anyMatch(lossy.between()::contains)) {
                heal(lossy.ids(), true);
                injectBetween(lossy);
            }
        }
        say("start %s: answering after %s", Team.list(nodes), Durations.text(msSince(fromNs)));
    }

    /** Waits until every replica of every node knows its leader. */
    void joined() {
        boolean joined = until(
                () -> {
                    Survey seen = look();
                    return nodes().stream().allMatch(seen::joined);
                },
                lenient(START_MS));
        expect(joined, "a leader for every replica", "not within " + Durations.text(lenient(START_MS)));
    }

    Set<String> dead() {
        return Set.copyOf(dead);
    }

    // --- the end of a case ---

    /** Ends the case's loads and clients. */
    void stopLoads() {
        atEnd.forEach(Runnable::run);
        atEnd.clear();
        until(() -> client.inFlight() == 0, 2 * lenient(CLIENT_MS));
        clients.forEach(KvClient::close);
        clients.clear();
    }

    /** All faults were healed and all nodes started by another. */
    void forget() {
        troubles.clear();
        dead.clear();
    }

    void close() {
        clients.forEach(KvClient::close);
        client.close();
    }

    static long msSince(long ns) {
        return (System.nanoTime() - ns) / 1_000_000;
    }
}
