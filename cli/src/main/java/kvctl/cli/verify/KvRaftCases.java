package kvctl.cli.verify;

import static kvctl.cli.verify.Needs.Power.FAULTS;
import static kvctl.cli.verify.Needs.Power.KILLS;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kvctl.cli.check.CheckLoad;
import kvctl.client.KvClient;
import kvctl.client.Result;

/** The replicated store's suite: one load under every mix of troubles, and some cases of their own. */
final class KvRaftCases {
    private static final long SPEED_MS = 33_300;
    private static final long CLIENT_MS = 10_000;
    private static final int RANDOM_KEYS = 15;

    /** Fewer answers for each client prove nothing; on a slow machine a load goes on until it has them. */
    private static final int LEAST = 5;

    private static final long LEAST_MS = 60_000;

    private KvRaftCases() {}

    /** What happens to the load of a case. */
    private enum With {
        /** Messages are late and lost, also those of the clients. */
        UNRELIABLE,
        /** After each load all members are killed and started. */
        RESTART,
        /** The members are parted by chance, again and again. */
        PARTITION,
        /** Recovery begins with a snapshot. */
        SNAPSHOT,
        /** All clients use all keys, with all operations. */
        RANDOM_KEYS
    }

    static List<Scenario> all() {
        return Stream.of(withoutSnapshots(), withSnapshots())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Scenario> withoutSnapshots() {
        return List.of(
                load("Basic", 1, 5),
                load("Speed", Needs.of(3), "1,000 writes, one after the other", KvRaftCases::speed),
                load("Concurrent", 5, 5),
                load("Unreliable", 5, 5, With.UNRELIABLE),
                load("UnreliableOneKey", Needs.of(3, FAULTS), "five clients append to one key", KvRaftCases::oneKey),
                load(
                        "OnePartition",
                        Needs.of(5, FAULTS),
                        "the minority answers nobody, and goes on when it is back",
                        KvRaftCases::onePartition),
                load("ManyPartitionsOneClient", 1, 5, With.PARTITION),
                load("ManyPartitionsManyClients", 5, 5, With.PARTITION),
                load("PersistOneClient", 1, 5, With.RESTART),
                load("PersistConcurrent", 5, 5, With.RESTART),
                load("PersistConcurrentUnreliable", 5, 5, With.UNRELIABLE, With.RESTART),
                load("PersistPartition", 5, 5, With.RESTART, With.PARTITION),
                load("PersistPartitionUnreliable", 5, 5, With.UNRELIABLE, With.RESTART, With.PARTITION),
                load(
                        "PersistPartitionUnreliableLinearizable",
                        15,
                        7,
                        With.UNRELIABLE,
                        With.RESTART,
                        With.PARTITION,
                        With.RANDOM_KEYS));
    }

    private static List<Scenario> withSnapshots() {
        return List.of(
                load(
                        "SnapshotRPC",
                        Needs.of(3, FAULTS),
                        "a member that missed the log serves with another one",
                        KvRaftCases::snapshotRpc),
                Scenario.simulated(
                        Suite.KVRAFT,
                        "SnapshotSize",
                        "logs stay below eight times the limit",
                        "KvRaftScenariosTest#SnapshotSize"),
                load("SnapshotRecover", 1, 5, With.RESTART, With.SNAPSHOT),
                load("SnapshotRecoverManyClients", 20, 5, With.RESTART, With.SNAPSHOT),
                load("SnapshotUnreliable", 5, 5, With.UNRELIABLE, With.SNAPSHOT),
                load("SnapshotUnreliableRecover", 5, 5, With.UNRELIABLE, With.RESTART, With.SNAPSHOT),
                load(
                        "SnapshotUnreliableRecoverConcurrentPartition",
                        5,
                        5,
                        With.UNRELIABLE,
                        With.RESTART,
                        With.PARTITION,
                        With.SNAPSHOT),
                load(
                        "SnapshotUnreliableRecoverConcurrentPartitionLinearizable",
                        15,
                        7,
                        With.UNRELIABLE,
                        With.RESTART,
                        With.PARTITION,
                        With.SNAPSHOT,
                        With.RANDOM_KEYS));
    }

    private static Scenario load(String name, Needs needs, String what, Scenario.Body body) {
        return Scenario.real(Suite.KVRAFT, name, needs, what, body);
    }

    private static Scenario load(String name, int clients, int servers, With... with) {
        Set<With> set = EnumSet.noneOf(With.class);
        set.addAll(List.of(with));
        Set<Needs.Power> powers = EnumSet.noneOf(Needs.Power.class);
        if (set.contains(With.UNRELIABLE) || set.contains(With.PARTITION)) {
            powers.add(FAULTS);
        }
        if (set.contains(With.RESTART)) {
            powers.add(KILLS);
        }
        String what = (clients == 1 ? "one client" : clients + " clients")
                + (set.contains(With.RANDOM_KEYS) ? " on " + RANDOM_KEYS + " keys" : "")
                + (set.contains(With.UNRELIABLE) ? ", unreliable network" : "")
                + (set.contains(With.PARTITION) ? ", partitions" : "")
                + (set.contains(With.SNAPSHOT) ? ", snapshots" : "")
                + (set.contains(With.RESTART) ? ", kill -9 all" : "");
        return load(name, new Needs(servers, powers), what, lab -> run(lab, clients, servers, set));
    }

    private static void run(Lab lab, int clients, int servers, Set<With> with) {
        Team team = lab.group(servers);
        if (with.contains(With.SNAPSHOT)) {
            RaftSnapshotCases.ensureSnapshots(team);
        }
        List<KvClient> connections = team.clients(clients, with.contains(With.UNRELIABLE));
        Load load = with.contains(With.RANDOM_KEYS)
                ? randomKeys(lab, team, clients, connections)
                : ownKeys(lab, team, clients, connections);
        int rounds = lab.pick(1, 3);
        for (int round = 0; round < rounds; round++) {
            Trouble net = with.contains(With.UNRELIABLE) ? team.unreliable() : null;
            long before = load.answered();
            load.start();
            if (with.contains(With.PARTITION)) {
                partitions(lab, team, lab.pick(2, 4));
            } else {
                lab.sleep(lab.pick(1_500, 5_000));
            }
            lab.until(() -> load.answered() - before >= (long) LEAST * clients, lab.lenient(LEAST_MS));
            if (net != null) {
                net.heal();
            }
            load.stop();
            long answered = load.answered() - before;
            lab.say("%d requests answered", answered);
            lab.expect(answered >= (long) LEAST * clients, LEAST + " answers for each client", answered + " in all");
            if (with.contains(With.RESTART)) {
                RaftCases.restart(lab, team.nodes());
            }
        }
        team.agree(team.size());
        load.check();
    }

    /** Two parts by chance, for a little over a second each. */
    private static void partitions(Lab lab, Team team, int count) {
        lab.sleep(lab.pick(300, 1_000));
        for (int i = 0; i < count; i++) {
            List<String> left = team.random(1 + lab.random().nextInt(team.size() - 1));
            Trouble parted = team.partition(left, team.without(left));
            lab.sleep(lab.pick(600, 1_000) + lab.random().nextInt(200));
            parted.heal();
        }
    }

    private static Load ownKeys(Lab lab, Team team, int clients, List<KvClient> connections) {
        List<byte[]> keys = IntStream.range(0, clients)
                .mapToObj(i -> team.key("client-" + i))
                .toList();
        return new Appends(lab, clients, connections, keys, 0.5, 2);
    }

    private static Load randomKeys(Lab lab, Team team, int clients, List<KvClient> connections) {
        return new RandomKeys(
                lab,
                connections,
                new CheckLoad.Options(clients, RANDOM_KEYS, lab.random().nextLong(), 10, Lab.text(team.key("r"))));
    }

    // --- cases of their own ---

    private static void speed(Lab lab) {
        Team team = lab.group(3);
        byte[] key = team.key("x");
        long fromNs = System.nanoTime();
        for (int i = 0; i < 1_000; i++) {
            lab.append(key, "x 0 " + i + " y");
        }
        long ms = Lab.msSince(fromNs);
        lab.within("thousand writes", ms, SPEED_MS);
        lab.say("1,000 writes, one after the other, %.2f ms each", ms / 1000.0);
    }

    private static void oneKey(Lab lab) {
        Team team = lab.group(3);
        Trouble net = team.unreliable();
        Appends load = new Appends(lab, 5, team.clients(5, true), List.of(team.key("one")), 0, 0);
        load.start();
        load.more(10);
        load.stop();
        net.heal();
        load.check();
    }

    private static void onePartition(Lab lab) {
        Team team = lab.group(5);
        byte[] key = team.key("a0");
        lab.put(key, "13");
        String leader = team.leader();
        List<String> minority = IntStream.range(0, team.size() - team.majority())
                .mapToObj(i -> team.after(leader, i))
                .toList();
        Trouble parted = team.partition(minority, team.without(minority));
        KvClient major = lab.clientAt(team.without(minority).get(0), CLIENT_MS);
        lab.await(major.putAsync(key, Lab.bytes("14")), "a put on the side of the majority");
        lab.say("put on the side of the majority: done");
        KvClient minor = lab.clientAt(leader, 2 * CLIENT_MS);
        CompletableFuture<Result> put = minor.putAsync(key, Lab.bytes("15"));
        CompletableFuture<Result> get = minor.getAsync(key);
        lab.sleep(1_000);
        lab.promise(!put.isDone() && !get.isDone(), "no end of put and get in the minority", "one of them ended");
        lab.say("put and get on the side of the minority: no answer in 1 s, as it must be");
        lab.await(major.putAsync(key, Lab.bytes("16")), "a put on the side of the majority");
        parted.heal();
        long fromNs = System.nanoTime();
        lab.await(put, "the put of the minority");
        lab.await(get, "the get of the minority");
        lab.within("after healing", Lab.msSince(fromNs), 1_000 + 3_000);
        String value = lab.get(key);
        lab.promise("15".equals(value), "15, the put that waited", value);
        lab.say("the put that waited is done, and the last: %s", value);
    }

    private static void snapshotRpc(Lab lab) {
        Team team = lab.group(3);
        byte[] key = team.key("b");
        String away = team.after(team.leader(), 1);
        List<String> others = team.without(away);
        Trouble cut = team.isolate(away);
        for (int i = 0; i < 50; i++) {
            lab.put(team.key("b" + i % 10), "v" + i);
        }
        lab.put(key, "B");
        team.cutLogs(others, team.agree(others.size()));
        cut.heal();
        List<String> out = others.subList(0, team.size() - team.majority());
        Trouble parted = team.isolate(out);
        team.leader();
        lab.put(team.key("c"), "C");
        lab.put(team.key("d"), "D");
        String value = lab.get(key);
        lab.promise("B".equals(value), "B", value);
        lab.say("%s serve without %s, and have what %s missed", Team.list(team.without(out)), Team.list(out), away);
        parted.heal();
        lab.put(team.key("e"), "E");
        team.agree(team.size());
    }
}
