package kvctl.cli.verify;

import static kvctl.cli.verify.Needs.Power.FAULTS;
import static kvctl.cli.verify.Needs.Power.KILLS;
import static kvctl.cli.verify.Needs.Power.MOVES;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kvctl.cli.check.CheckLoad;
import kvctl.client.KvClient;
import kvctl.client.Result;
import kvctl.protocol.ShardStatus;

/**
 * The sharded store's suite. Its three groups join the cluster beside the groups that are there, and their keys are in
 * shards that they own at first; a group that leaves may hand them to any other one.
 */
final class ShardKvCases {
    private static final long GET_MS = 60_000;
    private static final int KEYS = 10;

    /** The suite sleeps so long before it kills who left. */
    private static final long LEFT_MS = 1_000;

    private final Lab lab;
    private final Trio trio;

    private ShardKvCases(Lab lab, Trio trio) {
        this.lab = lab;
        this.trio = trio;
    }

    static List<Scenario> all() {
        return Stream.of(reliable(), unreliable(), challenges())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Scenario> reliable() {
        Needs moves = Needs.of(3, KILLS, MOVES);
        return List.of(
                apart(
                        "StaticShards",
                        moves,
                        "a dead group's keys wait for it, all others are served",
                        ShardKvCases::staticShards),
                apart(
                        "JoinLeave",
                        moves,
                        "a group that left is killed: nothing is missed",
                        cases -> cases.joinLeave(LEFT_MS)),
                Scenario.simulated(
                        Suite.SHARDKV,
                        "Snapshot",
                        "logs stay short while shards move",
                        "ShardKvScenariosTest#Snapshot"),
                real(
                        "MissChange",
                        moves,
                        "a member of each group is dead while groups come and go",
                        lab -> new ShardKvCases(lab, Trio.together(lab)).missChange()),
                apart(
                        "Concurrent1",
                        moves,
                        "appends while groups join, leave and are killed",
                        cases -> cases.concurrent1()),
                apart(
                        "Concurrent2",
                        moves,
                        "appends in three configurations, then two groups are killed",
                        cases -> cases.concurrent2()),
                apart(
                        "Concurrent3",
                        moves,
                        "join, kill -9 all groups, leave, at random times",
                        cases -> cases.concurrent3()));
    }

    private static List<Scenario> unreliable() {
        Needs unreliable = Needs.of(3, FAULTS, KILLS, MOVES);
        return List.of(
                apart(
                        "Unreliable1",
                        unreliable,
                        "JoinLeave on an unreliable network",
                        cases -> cases.unreliable(() -> cases.joinLeave(0))),
                apart(
                        "Unreliable2",
                        unreliable,
                        "Concurrent1 on an unreliable network",
                        cases -> cases.unreliable(cases::concurrent1)),
                apart(
                        "Unreliable3",
                        unreliable,
                        "all operations while groups come and go: linearizable",
                        cases -> cases.unreliable3()));
    }

    private static List<Scenario> challenges() {
        Needs moves = Needs.of(3, KILLS, MOVES);
        Needs unreliable = Needs.of(3, FAULTS, KILLS, MOVES);
        return List.of(
                apart("Challenge1Delete", moves, "what moved away is deleted", cases -> cases.challenge1()),
                apart(
                        "Challenge2Unaffected",
                        unreliable,
                        "shards that arrived are served while their old group is dead",
                        cases -> cases.challenge2Unaffected()),
                apart(
                        "Challenge2Partial",
                        unreliable,
                        "what comes from a living group is served, whoever else is dead",
                        cases -> cases.challenge2Partial()));
    }

    private static Scenario real(String name, Needs needs, String what, Scenario.Body body) {
        return Scenario.real(Suite.SHARDKV, name, needs, what, body);
    }

    /** With groups that can be killed without an end of others. */
    private static Scenario apart(String name, Needs needs, String what, Consumer<ShardKvCases> body) {
        return real(name, needs, what, lab -> body.accept(new ShardKvCases(lab, Trio.apart(lab))));
    }

    private void staticShards() {
        trio.join(0, 1);
        trio.put(trio.shards(0), KEYS / 2, 20);
        trio.put(trio.shards(1), KEYS / 2, 20);
        trio.check();
        trio.kill(1);
        KvClient patient = lab.client(lab.lenient(3 * GET_MS)); // Some wait for a start.
        List<CompletableFuture<Result>> gets = trio.keys().stream()
                .map(key -> patient.getAsync(Lab.bytes(key)))
                .toList();
        lab.until(() -> Lab.done(gets) >= KEYS / 2, lab.lenient(GET_MS));
        lab.sleep(lab.pick(1_000, 2_000));
        long done = Lab.done(gets);
        lab.promise(done == KEYS / 2, KEYS / 2 + " of " + KEYS + " gets without the dead group", "" + done);
        lab.say("%d of %d gets are answered, the others wait for the dead group", done, KEYS);
        trio.start(1);
        lab.awaitAll(gets, "gets of a group that is back");
        trio.check();
    }

    /** @param mostMs for the last shards of the group that leaves, behind the last request; 0: no bound */
    private void joinLeave(long mostMs) {
        trio.join(0);
        trio.put(trio.shards(0), KEYS, 5);
        trio.check();
        trio.join(1);
        trio.checkAndAppend();
        trio.leave(0);
        trio.checkAndAppend();
        long fromNs = System.nanoTime();
        lab.controller().settle();
        if (mostMs > 0) {
            lab.within("left", Lab.msSince(fromNs), mostMs);
        }
        trio.kill(0);
        trio.checkAndAppend();
        trio.start(0);
    }

    private void missChange() {
        trio.join(0);
        trio.put(trio.shards(0), KEYS, 20);
        trio.check();
        trio.join(1);
        for (int miss = 0; miss < 2; miss++) {
            List<String> missing = List.of(trio.nodes(0).get(miss));
            lab.kill(missing);
            if (miss == 0) {
                trio.join(2);
                trio.leave(1);
                trio.leave(0);
                trio.checkAndAppend();
                trio.join(1);
            } else {
                trio.join(0);
                trio.leave(2);
            }
            trio.checkAndAppend();
            lab.start(missing);
            lab.joined();
            trio.checkAndAppend();
        }
    }

    private Appends load(int group, long pauseMs) {
        List<byte[]> keys = trio.keys(trio.shards(group), KEYS);
        Appends load = new Appends(lab, KEYS, trio.clients(), keys, 0, pauseMs);
        load.start();
        return load;
    }

    private void concurrent1() {
        trio.join(0);
        Appends load = load(0, 10);
        load.more(5);
        trio.join(1);
        trio.join(2);
        load.more(5);
        trio.leave(0);
        trio.kill(0, 1, 2);
        trio.start(0, 1, 2);
        trio.join(0);
        trio.leave(1);
        load.more(5);
        trio.join(1);
        load.more(lab.pick(20, 300));
        load.stop();
        load.check();
    }

    private void concurrent2() {
        trio.join(0, 1, 2);
        Appends load = load(0, 50);
        int phase = lab.pick(8, 50);
        trio.leave(0, 2);
        load.more(phase);
        trio.join(0, 2);
        trio.leave(1);
        load.more(phase);
        trio.join(1);
        trio.leave(0, 2);
        trio.kill(1, 2);
        trio.start(1, 2);
        load.more(phase);
        load.stop();
        load.check();
    }

    private void concurrent3() {
        trio.join(0);
        Appends load = load(0, 10);
        for (int round = 0; round < lab.pick(1, 4); round++) {
            trio.join(2, 1);
            lab.sleep(lab.random().nextInt(900));
            trio.kill(0, 1, 2);
            trio.start(0, 1, 2);
            lab.sleep(lab.random().nextInt(900));
            trio.leave(1, 2);
            lab.sleep(lab.random().nextInt(900));
        }
        lab.controller().settle();
        load.stop();
        load.check();
    }

    private void unreliable(Runnable body) {
        Trouble net = trio.unreliable();
        body.run();
        net.heal();
    }

    private void unreliable3() {
        trio.join(0);
        Trouble net = trio.unreliable();
        RandomKeys load = new RandomKeys(
                lab,
                trio.clients(),
                new CheckLoad.Options(10, 10, lab.random().nextLong(), 10, lab.prefix() + "random-"));
        load.start();
        trio.join(1);
        trio.join(2);
        trio.leave(0);
        trio.leave(1);
        lab.sleep(lab.pick(500, 3_000));
        trio.join(1, 0);
        lab.controller().settle();
        net.heal();
        load.stop();
        load.check();
    }

    private void challenge1() {
        trio.join(0);
        int least = 30 * 1_000;
        trio.put(trio.shards(0), 30, 1_000);
        for (int cycle = 0; cycle < lab.pick(1, 2); cycle++) {
            trio.join(1);
            trio.leave(0);
            trio.join(0);
            trio.leave(1);
            trio.check();
        }
        trio.join(1, 2);
        lab.controller().settle();
        int[] shards = trio.shardsOfKeys();
        long[] bytes = new long[2];
        boolean deleted = lab.until(
                () -> {
                    count(shards, bytes);
                    return bytes[1] == 0;
                },
                lab.bound(10_000));
        lab.bytes("rows", bytes[0]);
        lab.expect(bytes[0] >= least, least + " bytes of rows at least", bytes[0] + " bytes");
        lab.expect(deleted, "no rows of moved shards where they came from", bytes[1] + " bytes");
        lab.say("%d bytes of rows in all, none of them with a group that has the shard no more", bytes[0]);
        trio.check();
    }

    /** Bytes of these shards with their owners, and with others, on all nodes. */
    private void count(int[] shards, long[] bytes) {
        int[] owners = lab.controller().configuration(0).shardGroups();
        bytes[0] = 0;
        bytes[1] = 0;
        for (String node : lab.nodes()) {
            for (ShardStatus status : lab.await(lab.client().shardsAsync(lab.id(node)), "shards of " + node)) {
                if (IntStream.of(shards).anyMatch(shard -> shard == status.shardId())) {
                    bytes[owners[status.shardId()] == status.groupId() ? 0 : 1] += status.bytes();
                }
            }
        }
    }

    private void challenge2Unaffected() {
        trio.join(0, 1);
        List<Integer> moved = trio.shards(0);
        if (moved.size() < 2) {
            throw new Skipped("there are too few shards");
        }
        moved = moved.subList(0, moved.size() / 2);
        trio.put(moved, KEYS, 5);
        for (int shard : moved) {
            lab.controller().move(shard, Trio.name(1));
            lab.controller().settle();
        }
        Trouble net = trio.unreliable();
        trio.kill(0);
        trio.leave(0);
        lab.sleep(lab.pick(300, 1_000));
        trio.checkAndAppend();
        int left = lab.controller().movesLeft();
        lab.expect(left > 0, "shards that wait for the dead group", "none");
        lab.say("%d shards wait for the dead group", left);
        trio.start(0);
        lab.controller().settle();
        net.heal();
        trio.check();
    }

    private void challenge2Partial() {
        trio.join(0, 1, 2);
        trio.put(trio.shards(2), KEYS, 5);
        trio.put(trio.shards(1), KEYS, 5);
        Trouble net = trio.unreliable();
        trio.kill(0);
        List<Integer> coming = new ArrayList<>(trio.shards(2));
        int from = trio.id(2);
        long fromNs = System.nanoTime();
        trio.leave(0, 2);
        boolean came = lab.until(
                () -> {
                    int[] owners = lab.map().shardGroups();
                    return coming.stream().allMatch(shard -> owners[shard] != from);
                },
                lab.lenient(10_000));
        lab.expect(came, "shards of a living group to arrive although another one is dead", "some have not");
        lab.took("arrived", Lab.msSince(fromNs)); // The suite gives them a second, with fewer and on one machine.
        lab.say("%d shards came from the living group in %d ms", coming.size(), Lab.msSince(fromNs));
        trio.checkAndAppend();
        trio.start(0);
        lab.controller().settle();
        net.heal();
        trio.check();
    }
}
