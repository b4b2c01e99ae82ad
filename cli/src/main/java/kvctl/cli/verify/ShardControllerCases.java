package kvctl.cli.verify;

import static kvctl.cli.verify.Needs.Power.KILLS;
import static kvctl.cli.verify.Needs.Power.MOVES;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kvctl.client.KvClient;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.ShardMap;

/**
 * The shard controller's suite, with the groups that are there and some that join. Unlike in the suite shards really move
 * after each change, and the next one waits until they have.
 */
final class ShardControllerCases {
    private static final long NEW_LEADER_MS = 3_000;
    private static final long ADMINISTRATORS_MS = 120_000;

    private final Lab lab;
    private final List<Configuration> seen = new ArrayList<>();
    private final Set<String> groups = new TreeSet<>();
    private final boolean equalWeights;

    private ShardControllerCases(Lab lab) {
        this.lab = lab;
        Configuration now = lab.controller().configuration(0);
        now.groups().forEach(group -> groups.add(group.name()));
        equalWeights = now.groups().stream().allMatch(group -> group.weight() == 1);
        seen.add(now);
        lab.say("configuration %d: groups %s", now.number(), Team.list(groups));
    }

    static List<Scenario> all() {
        Needs needs = Needs.of(3, KILLS, MOVES);
        return List.of(
                Scenario.real(
                        Suite.SHARDCTRLER,
                        "TestBasic",
                        needs,
                        "joins, leaves and moves one by one: members, balance, history",
                        lab -> new ShardControllerCases(lab).basic()),
                Scenario.real(
                        Suite.SHARDCTRLER,
                        "TestMulti",
                        needs,
                        "several groups at a time; then the controller's leader dies",
                        lab -> new ShardControllerCases(lab).multi()));
    }

    private void basic() {
        join("a");
        join("b");
        leave("a");
        join("a");
        leave("b");
        history();
        moves();
        administrators();
        few();
    }

    private void multi() {
        join("a", "b");
        join("c");
        leave("a", "c");
        String[] many =
                IntStream.range(0, lab.pick(3, 5)).mapToObj(i -> "m" + i).toArray(String[]::new);
        onlyTo(join(many));
        onlyTo(leave(many));
        leaderDies();
    }

    private static String name(String word) {
        return Lab.GROUP + word;
    }

    /** On three nodes in a row, others for each word. */
    private Change.NewGroup group(String word) {
        List<String> nodes = lab.nodes();
        int first = Math.floorMod(word.hashCode(), nodes.size());
        List<Integer> ids = IntStream.range(first, first + Math.min(3, nodes.size()))
                .mapToObj(i -> lab.id(nodes.get(i % nodes.size())))
                .toList();
        return new Change.NewGroup(name(word), ids, 1);
    }

    private Configuration join(String... words) {
        Stream.of(words).forEach(word -> groups.add(name(word)));
        return changed(
                "join " + Team.list(names(words)),
                new Change.Join(Stream.of(words).map(this::group).toList()));
    }

    private Configuration leave(String... words) {
        names(words).forEach(groups::remove);
        return changed("leave " + Team.list(names(words)), new Change.Leave(names(words)));
    }

    private static List<String> names(String... words) {
        return Stream.of(words).map(ShardControllerCases::name).toList();
    }

    private Configuration changed(String text, Change change) {
        Configuration before = seen.get(seen.size() - 1);
        Configuration made = lab.controller().make(text, change);
        lab.expect(made.number() == before.number() + 1, "configuration " + (before.number() + 1), "" + made.number());
        lab.say("%s: configuration %d, shares %s", text, made.number(), shares(made));
        seen.add(made);
        check(made);
        lab.controller().settle();
        return made;
    }

    private static List<Integer> shares(Configuration made) {
        List<Integer> owners = Arrays.stream(made.shardGroups()).boxed().toList();
        return made.groups().stream()
                .map(group -> Collections.frequency(owners, group.groupId()))
                .toList();
    }

    /** Exactly these groups, no shard elsewhere, and shares that differ by one at most. */
    private void check(Configuration made) {
        Set<String> names = new TreeSet<>();
        made.groups().forEach(group -> names.add(group.name()));
        lab.promise(names.equals(groups), "the groups " + Team.list(groups), Team.list(names));
        List<Integer> shares = shares(made);
        int sum = shares.stream().mapToInt(each -> each).sum();
        lab.promise(sum == made.shardGroups().length, "every shard in a group that is there", sum + " of them");
        int apart = Collections.max(shares) - Collections.min(shares);
        if (equalWeights) { // Groups with other weights have other shares.
            lab.count("most shares apart", apart);
            lab.expect(apart <= 1, "shares that differ by one at most", shares.toString());
        }
    }

    /** Between groups that are in both, nothing moves. */
    private void onlyTo(Configuration after) {
        Configuration before = seen.get(seen.size() - 2);
        for (Configuration.Move move : before.movesTo(after)) {
            boolean stay = after.group(move.fromGroupId()) != null && before.group(move.toGroupId()) != null;
            lab.expect(!stay, "no move between groups that stay", move.toString());
        }
        lab.say("no shard moved between groups that stay");
    }

    private void same() {
        for (Configuration each : seen) {
            Configuration read = lab.controller().configuration(each.number());
            boolean equal = read.number() == each.number()
                    && Arrays.equals(read.shardGroups(), each.shardGroups())
                    && read.groups().equals(each.groups());
            lab.promise(equal, "configuration " + each.number() + " as it was", read.toString());
        }
    }

    private ShardMap.Group controller() {
        return lab.cluster().map().group(ShardMap.CONTROLLER);
    }

    private void history() {
        List<String> members = controller().nodeIds().stream().map(lab::node).toList();
        for (String node : members.size() < 3 ? List.<String>of() : members) {
            lab.kill(List.of(node));
            same();
            lab.say("without %s: all %d configurations are as they were", node, seen.size());
            lab.start(List.of(node));
            lab.joined();
        }
        same();
    }

    private void moves() {
        String target = name("a");
        for (int i = 0; i < lab.pick(3, 10); i++) {
            Configuration before = lab.controller().configuration(0);
            int id = before.group(target).groupId();
            int[] elsewhere = IntStream.range(0, before.shardGroups().length)
                    .filter(shard -> before.shardGroups()[shard] != id)
                    .toArray();
            if (elsewhere.length == 0) {
                lab.say("%s has all shards after %d moves", target, i);
                break;
            }
            int shard = elsewhere[lab.random().nextInt(elsewhere.length)];
            Configuration after = lab.controller().move(shard, target);
            List<Configuration.Move> moves = before.movesTo(after);
            lab.expect(
                    moves.size() == 1 && moves.get(0).shardId() == shard,
                    "one move, of shard " + shard,
                    moves.toString());
            lab.expect(after.number() == before.number() + 1, "the next number", "" + after.number());
            lab.controller().settle();
        }
        seen.add(lab.controller().configuration(0));
    }

    /** Each joins two groups and takes the first of them away. */
    private void administrators() {
        long before = lab.controller().configuration(0).number();
        int many = lab.pick(2, 10);
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        lab.atEnd(() -> ends.forEach(end -> end.complete(null)));
        for (int i = 0; i < many; i++) {
            String word = "x" + i;
            List<Change> todo = new ArrayList<>(List.of(
                    new Change.Join(List.of(group(word + "-more"))),
                    new Change.Join(List.of(group(word))),
                    new Change.Leave(names(word + "-more"))));
            CompletableFuture<Void> end = new CompletableFuture<>();
            administrate(lab.client(), todo, end);
            ends.add(end);
            groups.add(name(word));
        }
        boolean ended = lab.until(() -> ends.stream().allMatch(CompletableFuture::isDone), ADMINISTRATORS_MS);
        lab.expect(ended, many + " administrators at once to end", "some have not");
        Configuration after = lab.controller().configuration(0);
        lab.expect(
                after.number() == before + 3L * many,
                3 * many + " configurations more",
                "" + (after.number() - before));
        lab.say("%d administrators at once: %d configurations", many, 3 * many);
        lab.controller().settle();
        check(after);
        seen.add(after);
        leave(IntStream.range(0, many).mapToObj(i -> "x" + i).toArray(String[]::new));
    }

    /** Who comes at the wrong moment tries again. */
    private void administrate(KvClient client, List<Change> todo, CompletableFuture<Void> end) {
        if (todo.isEmpty() || end.isDone()) {
            end.complete(null);
            return;
        }
        client.reconfigureAsync(todo.get(0), 0, false).whenComplete((made, thrown) -> {
            if (thrown == null) {
                todo.remove(0);
            }
            CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS).execute(() -> administrate(client, todo, end));
        });
    }

    private void few() {
        int count = lab.pick(2, 5);
        for (int i = 0; i < count; i++) {
            onlyTo(join("new" + i));
        }
        for (int i = 0; i < count; i++) {
            onlyTo(leave("new" + i));
        }
    }

    private void leaderDies() {
        String controller = controller().name();
        if (controller().nodeIds().size() < 3) {
            return;
        }
        String[] led = {null};
        boolean known = lab.until(() -> (led[0] = lab.look().leader(controller)) != null, lab.lenient(NEW_LEADER_MS));
        lab.expect(known, "a leader of the controller", "none");
        String old = led[0];
        long fromNs = System.nanoTime();
        lab.kill(List.of(old));
        boolean elected = lab.until(() -> lab.look().leader(controller) != null, lab.bound(NEW_LEADER_MS));
        lab.expect(elected, "another leader of the controller", "none");
        long ms = Lab.msSince(fromNs);
        same();
        lab.within("leader", ms, NEW_LEADER_MS);
        lab.say("%s led the controller; another one does after %d ms, with the same configurations", old, ms);
        lab.start(List.of(old));
    }
}
