package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import kvctl.cli.Durations;
import kvctl.cli.launch.Survey;
import kvctl.client.KvClient;
import kvctl.client.Result;
import kvctl.protocol.Configuration;
import kvctl.protocol.NodeStatus;

/** One group under test: who leads it, what is written to it, and which of its nodes reach each other. */
final class Team {
    /** The suite polls ten times for a leader, about half a second apart. */
    private static final long LEADER_MS = 5_000;

    /** In which a command must be agreed on. */
    private static final long AGREE_MS = 10_000;

    private static final long LEAD_MS = 30_000;

    /** What a request has on a network that loses messages. */
    private static final long LOSSY_MS = 1_000;

    /** Writes after which a log must have been cut, if it is cut at all in a lesson. */
    private static final int WRITES_MAX = 60_000;

    private static final int FILL_WRITES = 4_000;
    private static final int FILL_CLIENTS = 64;
    private static final int FILL_KEYS = 64;

    private final Lab lab;
    private final Configuration.Group group;
    private final List<String> nodes;
    private final int shardId;
    private int writes;

    Team(Lab lab, Configuration.Group group) {
        this.lab = lab;
        this.group = group;
        this.nodes = group.nodeIds().stream().map(lab::node).toList();
        int[] owners = lab.controller().configuration(0).shardGroups();
        this.shardId = IntStream.range(0, owners.length)
                .filter(shard -> owners[shard] == group.groupId())
                .findFirst()
                .orElse(-1);
        if (shardId < 0) {
            throw new Skipped("there are too few shards for so many groups");
        }
        lab.controller().settled();
    }

    /** As people write it. */
    static String list(Collection<String> words) {
        return String.join(", ", words);
    }

    String name() {
        return group.name();
    }

    List<String> nodes() {
        return nodes;
    }

    int size() {
        return nodes.size();
    }

    int majority() {
        return nodes.size() / 2 + 1;
    }

    /** The member that stands so many behind that one, around the circle. */
    String after(String node, int steps) {
        return nodes.get((nodes.indexOf(node) + steps) % nodes.size());
    }

    /** All but these. */
    List<String> without(Collection<String> some) {
        return nodes.stream().filter(node -> !some.contains(node)).toList();
    }

    List<String> without(String... some) {
        return without(Arrays.asList(some));
    }

    /** Some members by chance, in the group's order. */
    List<String> random(int count) {
        List<String> left = new ArrayList<>(nodes);
        while (left.size() > count) {
            left.remove(lab.random().nextInt(left.size()));
        }
        return left;
    }

    // --- leaders ---

    NodeStatus.Replica replica(Survey seen, String node) {
        return seen.replica(node, group.name());
    }

    /** What a member that runs says of itself. @throws Failed if it does not answer */
    NodeStatus.Replica replica(String node) {
        NodeStatus.Replica[] found = {null};
        boolean there =
                lab.until(() -> (found[0] = replica(lab.ask(List.of(node)), node)) != null, lab.lenient(LEADER_MS));
        lab.expect(there, "a replica of " + group.name() + " at " + node, "none");
        return found[0];
    }

    /** Those among the members that are not cut off, as far as they answer. */
    private List<String> leaders(Survey seen) {
        List<String> leading = without(lab.away()).stream()
                .filter(node -> {
                    NodeStatus.Replica replica = replica(seen, node);
                    return replica != null && isLeader(replica);
                })
                .toList();
        long terms = leading.stream()
                .map(node -> replica(seen, node).term())
                .distinct()
                .count();
        lab.promise(terms == leading.size(), "one leader in a term", list(leading) + " lead");
        return leading;
    }

    private static boolean isLeader(NodeStatus.Replica replica) {
        return replica.role().equals("leader");
    }

    /** The one leader among the members that are not cut off. @throws Failed if there is none in time */
    String leader() {
        return leader(System.nanoTime());
    }

    /** As above, and another one than before a trouble that began then. */
    String leader(long sinceNs) {
        String[] found = {null};
        long[] term = {0};
        boolean elected = lab.until(
                () -> {
                    Survey seen = lab.look();
                    List<String> leading = leaders(seen);
                    found[0] = leading.size() == 1 ? leading.get(0) : null;
                    term[0] = found[0] == null ? 0 : replica(seen, found[0]).term();
                    return found[0] != null;
                },
                lab.bound(LEADER_MS) - Lab.msSince(sinceNs));
        long ms = Lab.msSince(sinceNs);
        lab.expect(
                elected,
                "one leader among " + list(without(lab.away())) + " within " + Durations.text(lab.bound(LEADER_MS)),
                roles());
        lab.within("leader", ms, LEADER_MS);
        lab.say("%s leads in term %d%s", found[0], term[0], ms < 200 ? "" : " after " + Durations.text(ms));
        return found[0];
    }

    /** Nobody of those who are not cut off leads. */
    void noLeader() {
        List<String> leading = without(lab.away()).stream()
                .filter(node -> isLeader(replica(node)))
                .toList();
        lab.expect(leading.isEmpty(), "no leader without a majority", list(leading) + " leads");
        lab.say("no leader among %s, as it must be", list(without(lab.away())));
    }

    /** What each member says of itself. */
    String roles() {
        Survey seen = lab.look();
        return list(nodes.stream()
                .map(node -> {
                    NodeStatus.Replica replica = replica(seen, node);
                    return node + " "
                            + (replica == null ? "does not answer" : replica.role() + " in term " + replica.term());
                })
                .toList());
    }

    long term(String node) {
        return replica(node).term();
    }

    /** Makes the member lead, so that reads show what it holds. */
    void lead(String node) {
        boolean leads = lab.until(
                () -> {
                    if (isLeader(replica(node))) {
                        return true;
                    }
                    CompletableFuture<Result> asked =
                            lab.client().transferAsync(group.groupId(), lab.id(node)); // In vain while nobody leads.
                    lab.until(asked::isDone, LOSSY_MS);
                    return false;
                },
                lab.lenient(LEAD_MS));
        lab.expect(leads, node + " to lead " + group.name() + " when it is told to", roles());
    }

    // --- writes ---

    byte[] key(String word) {
        return lab.key(shardId, word);
    }

    /**
     * One write by anybody, and so many members that have applied it: within ten seconds, as in the suite.
     *
     * @return its index
     */
    long agree(int count) {
        return agree(count, 1);
    }

    /** As above with some writes at once, of which the last one is there then. @return the highest index */
    long agree(int count, int many) {
        long fromNs = System.nanoTime();
        int first = writes;
        writes += many;
        List<Long> indexes = lab
                .awaitAll(
                        IntStream.range(first, writes)
                                .mapToObj(i -> lab.client().putAsync(key("agree"), Lab.bytes("v" + i)))
                                .toList(),
                        "a put in " + group.name())
                .stream()
                .map(Result::index)
                .toList();
        long index = Collections.max(indexes);
        long left = lab.bound(AGREE_MS) - Lab.msSince(fromNs);
        int[] applied = {0};
        lab.until(() -> (applied[0] = appliedBy(index)) >= count, Math.max(0, left));
        lab.expect(
                applied[0] >= count,
                count + " members that have applied index " + index,
                applied[0] + ": " + indexes());
        long ms = Lab.msSince(fromNs);
        lab.within("agreement", ms, AGREE_MS);
        String last = "v" + (first + indexes.indexOf(index));
        String value = lab.get(key("agree"));
        lab.promise(last.equals(value), last + ", written at index " + index, value);
        lab.say(
                "%d %s, applied by %d of %d up to index %d",
                many, many == 1 ? "put" : "puts", applied[0], size(), index);
        return index;
    }

    int appliedBy(long index) {
        Survey seen = lab.look();
        return (int) nodes.stream()
                .map(node -> replica(seen, node))
                .filter(replica -> replica != null && replica.lastApplied() >= index)
                .count();
    }

    private String indexes() {
        Survey seen = lab.look();
        return list(nodes.stream()
                .map(node -> {
                    NodeStatus.Replica replica = replica(seen, node);
                    return node + " " + (replica == null ? "does not answer" : replica.lastApplied());
                })
                .toList());
    }

    /** What the member knows to be committed. */
    long committed(String node) {
        return replica(node).commitIndex();
    }

    /** The last index in the member's log, committed or not. */
    long lastIndex(String node) {
        return replica(node).lastLogIndex();
    }

    /** Writes that a client sends who reaches no other node than this one. */
    private List<CompletableFuture<Result>> submit(String node, int count, long limitMs) {
        KvClient client = lab.clientAt(node, limitMs);
        return IntStream.range(0, count)
                .mapToObj(i -> client.putAsync(key("submitted"), Lab.bytes("s" + writes++)))
                .toList();
    }

    /**
     * Submits to members without a majority: for so long nothing of it may be acknowledged, and they commit nothing.
     *
     * @param limitMs most time for a request
     */
    List<CompletableFuture<Result>> nothing(List<String> members, int count, long ms, long limitMs) {
        List<Long> before = members.stream().map(this::committed).toList();
        List<CompletableFuture<Result>> submitted = members.stream()
                .flatMap(node -> submit(node, count, limitMs).stream())
                .toList();
        lab.sleep(ms);
        long done = Lab.done(submitted);
        lab.promise(done == 0, "no acknowledgement without a majority", done + " of " + submitted.size());
        List<Long> after = members.stream().map(this::committed).toList();
        lab.promise(after.equals(before), "commit index " + before + " without a majority", "commit index " + after);
        lab.say(
                "%d %s at %s, without a majority: no answer in %s, as it must be",
                submitted.size(), submitted.size() == 1 ? "put" : "puts", list(members), Durations.text(ms));
        return submitted;
    }

    // --- faults ---

    /** Cuts each of these off from all other members. */
    Trouble isolate(String... some) {
        return isolate(Arrays.asList(some));
    }

    Trouble isolate(List<String> some) {
        List<String> words = new ArrayList<>();
        for (String node : some) {
            String others = String.join(",", without(node));
            words.add("'" + node + ">" + others + "'");
            words.add("'" + others + ">" + node + "'");
        }
        return lab.trouble("isolate " + list(some), "", some, "cut " + String.join(" ", words));
    }

    /** Cuts all links between two parts; null if one of them is empty. */
    Trouble partition(List<String> left, List<String> right) {
        if (left.isEmpty() || right.isEmpty()) {
            return null;
        }
        String one = String.join(",", left);
        String other = String.join(",", right);
        List<String> away = left.size() < right.size() ? left : right;
        return lab.trouble(
                "partition " + list(left) + " | " + list(right),
                "",
                away,
                "cut '" + one + ">" + other + "' '" + other + ">" + one + "'");
    }

    /** The suite's unreliable network: 0 to 26 ms late, and every tenth message lost. */
    Trouble unreliable() {
        return lossy(lab, nodes);
    }

    /** The suite's long reordering, which delays two thirds of the answers: here a third of all messages. */
    Trouble reorder() {
        return lab.lossy(
                "long reordering",
                ": a third of the messages up to 2.2 s late",
                nodes,
                "reorder 'NODES>NODES' 33% --within 2200ms");
    }

    static Trouble lossy(Lab lab, List<String> nodes) {
        return lab.lossy(
                "unreliable network",
                " between " + list(nodes) + ": 0 to 26 ms late, 10 % lost",
                nodes,
                "delay 'NODES>NODES' 13ms --jitter 13ms",
                "drop 'NODES>NODES' 10%");
    }

    /**
     * Clients for a load. On an unreliable network each is beside a member, one after the other, and soon gives up a
     * request whose answer was lost.
     */
    List<KvClient> clients(int count, boolean unreliable) {
        return unreliable ? beside(lab, nodes, count) : List.of(lab.client());
    }

    static List<KvClient> beside(Lab lab, List<String> nodes, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> lab.clientAt(nodes.get(i % nodes.size()), LOSSY_MS))
                .toList();
    }

    // --- snapshots ---

    /** The first index that this member's log still has. */
    long firstIndex(String node) {
        return replica(node).firstLogIndex();
    }

    /**
     * Overwrites a few keys until these members' logs begin behind the index.
     *
     * @throws Skipped if logs are cut too seldom here
     */
    void cutLogs(List<String> members, long behind) {
        long fromNs = System.nanoTime();
        int sent = 0;
        while (members.stream().anyMatch(node -> firstIndex(node) <= behind)) {
            if (sent >= WRITES_MAX) {
                throw new Skipped(
                        "the logs were not cut after " + sent + " writes (snapshot: { entries: ... } in the topology)");
            }
            String prefix = Lab.text(key("fill"));
            lab.run("bench --ops " + FILL_WRITES + " --warmup 0 --mix 0/100 --value-size 8 --clients " + FILL_CLIENTS
                    + " --keys " + FILL_KEYS + " --key-size " + (prefix.length() + 6) + " --prefix " + prefix
                    + " --shards "
                    + shardId);
            sent += FILL_WRITES;
        }
        if (sent > 0) {
            long bytes = members.stream()
                    .mapToLong(node -> replica(node).logBytes())
                    .max()
                    .orElse(0);
            lab.bytes("log", bytes);
            lab.say(
                    "%d puts in %s until the logs were cut: %d bytes of log are left",
                    sent, Durations.text(Lab.msSince(fromNs)), bytes);
        }
    }
}
