package kvctl.cli.verify;

import static kvctl.cli.verify.Needs.Power.FAULTS;
import static kvctl.cli.verify.Needs.Power.KILLS;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kvctl.client.Result;

/** The Raft suite: elections, agreement, persistence; snapshots are in {@link RaftSnapshotCases}. What it asks of one server is asked beside that node. */
final class RaftCases {
    /** So long a minority is watched: it must not do anything. */
    private static final int QUIET_MS = 1_000;

    private static final int SUITE_QUIET_MS = 2_000;
    private static final long SUBMIT_MS = 3_000;
    private static final String SIMULATED = "MitRaftScenariosTest$Logs";

    private RaftCases() {}

    static List<Scenario> all() {
        return Stream.of(elections(), agreement(), persistence(), RaftSnapshotCases.all())
                .flatMap(List::stream)
                .toList();
    }

    private static Scenario real(String name, Needs needs, String what, Scenario.Body body) {
        return Scenario.real(Suite.RAFT, name, needs, what, body);
    }

    private static Scenario simulated(String name, String what) {
        return Scenario.simulated(Suite.RAFT, name, what, SIMULATED + "#" + name);
    }

    private static List<Scenario> elections() {
        return List.of(
                real("InitialElection", Needs.of(3), "one leader; terms agree and stay", RaftCases::initialElection),
                real(
                        "ReElection",
                        Needs.of(3, FAULTS),
                        "cut the leader, rejoin it, cut to a minority, heal",
                        RaftCases::reElection),
                real(
                        "ManyElections",
                        Needs.of(7, FAULTS),
                        "cut some members by chance, again and again",
                        RaftCases::manyElections));
    }

    private static List<Scenario> agreement() {
        return List.of(
                real(
                        "BasicAgree",
                        Needs.of(3),
                        "three writes get consecutive indexes, none is there before",
                        RaftCases::basicAgree),
                simulated("RPCBytes", "10 commands of 5,000 B cost 3 x as many bytes and 50,000"),
                real(
                        "FollowerFailure",
                        Needs.of(3, FAULTS),
                        "go on without one follower, not without both",
                        RaftCases::followerFailure),
                real(
                        "LeaderFailure",
                        Needs.of(3, FAULTS),
                        "go on without the leader, not without the next one",
                        RaftCases::leaderFailure),
                real(
                        "FailAgree",
                        Needs.of(3, FAULTS),
                        "a follower misses four writes, returns, and gets them",
                        RaftCases::failAgree),
                real(
                        "FailNoAgree",
                        Needs.of(5, FAULTS),
                        "a majority is cut: no commit, until it is back",
                        RaftCases::failNoAgree),
                real(
                        "ConcurrentStarts",
                        Needs.of(3),
                        "five writes at once in one term, each at its own index",
                        RaftCases::concurrentStarts),
                real(
                        "Rejoin",
                        Needs.of(3, FAULTS),
                        "a cut leader with writes of its own comes back",
                        RaftCases::rejoin),
                real(
                        "Backup",
                        Needs.of(5, FAULTS),
                        "50 lost and 50 good entries on both sides: logs back up fast",
                        RaftCases::backup),
                simulated("Count", "calls to elect, for ten entries, and in an idle second"));
    }

    private static List<Scenario> persistence() {
        return List.of(
                real(
                        "Persist1",
                        Needs.of(3, KILLS),
                        "kill -9 all, then the leader, then one after the other",
                        RaftCases::persist1),
                real("Persist2", Needs.of(5, KILLS), "quorums of restarted members, rolling", RaftCases::persist2),
                real(
                        "Persist3",
                        Needs.of(3, KILLS),
                        "leader and follower die while the third is stale",
                        RaftCases::persist3),
                real(
                        "Figure8",
                        Needs.of(5, KILLS),
                        "the leader dies with what it just took, again and again",
                        RaftCases::figure8),
                real(
                        "UnreliableAgree",
                        Needs.of(5, FAULTS),
                        "agreement on an unreliable network",
                        RaftCases::unreliableAgree),
                real(
                        "Figure8Unreliable",
                        Needs.of(5, FAULTS),
                        "as Figure8 with cuts, late and reordered messages",
                        RaftCases::figure8Unreliable),
                real(
                        "ReliableChurn",
                        Needs.of(5, FAULTS, KILLS),
                        "clients write while members are cut, killed and started",
                        lab -> churn(lab, false)),
                real(
                        "UnreliableChurn",
                        Needs.of(5, FAULTS, KILLS),
                        "the same on an unreliable network",
                        lab -> churn(lab, true)));
    }

    // --- elections ---

    private static void initialElection(Lab lab) {
        Team team = lab.group(3);
        String leader = team.leader();
        lab.sleep(50);
        long term = team.term(leader);
        List<Long> terms = team.nodes().stream().map(team::term).toList();
        lab.expect(terms.stream().allMatch(each -> each == term), "one term", team.roles());
        lab.expect(term >= 1, "a term from 1", "term " + term);
        lab.say("all %d say term %d", team.size(), term);
        long quiet = lab.pick(QUIET_MS, SUITE_QUIET_MS);
        lab.sleep(quiet);
        long later = team.term(team.leader());
        lab.count("term", later);
        lab.count("term changes", later - term); // The suite only warns, too.
    }

    private static void reElection(Lab lab) {
        Team team = lab.group(3);
        Trouble first = team.isolate(team.leader());
        team.leader(first.sinceNs());
        first.heal();
        String leader = team.leader();
        Trouble followers = team.isolate(team.without(leader).subList(0, team.majority() - 1));
        Trouble last = team.isolate(leader);
        lab.sleep(lab.pick(QUIET_MS, SUITE_QUIET_MS));
        team.noLeader();
        followers.heal();
        team.leader();
        last.heal();
        team.leader();
    }

    private static void manyElections(Lab lab) {
        Team team = lab.group(7);
        team.leader();
        for (int round = 0; round < lab.pick(3, 9); round++) {
            Trouble cut = team.isolate(team.random(team.size() - team.majority()));
            team.leader(cut.sinceNs());
            cut.heal();
        }
        team.leader();
    }

    // --- agreement ---

    private static void basicAgree(Lab lab) {
        Team team = lab.group(3);
        String leader = team.leader();
        long index = team.agree(team.size());
        long term = team.term(leader);
        for (int i = 0; i < 3; i++) {
            long before = team.committed(leader);
            lab.sleep(50);
            if (team.committed(leader) != before || before != index) {
                throw new Skipped("somebody else writes to " + team.name());
            }
            long next = team.agree(team.size());
            lab.expect(next == index + 1 || team.term(leader) != term, "index " + (index + 1), "index " + next);
            index = next;
        }
    }

    private static void followerFailure(Lab lab) {
        Team team = lab.group(3);
        team.agree(team.size());
        String leader = team.leader();
        Trouble one = team.isolate(team.after(leader, 1));
        team.agree(team.size() - 1);
        lab.sleep(lab.pick(500, 1_000));
        team.agree(team.size() - 1);
        one.heal();
        leader = team.leader();
        team.isolate(team.without(leader));
        team.nothing(List.of(leader), 1, lab.pick(QUIET_MS, SUITE_QUIET_MS), SUBMIT_MS);
    }

    private static void leaderFailure(Lab lab) {
        Team team = lab.group(3);
        team.agree(team.size());
        String first = team.leader();
        team.isolate(first);
        team.agree(team.majority());
        lab.sleep(lab.pick(500, 1_000));
        team.agree(team.majority());
        String second = team.leader();
        team.isolate(Stream.concat(Stream.of(second), team.without(first, second).stream())
                .limit(team.size() - team.majority())
                .toList());
        team.nothing(team.nodes(), 1, lab.pick(QUIET_MS, SUITE_QUIET_MS), SUBMIT_MS);
    }

    private static void failAgree(Lab lab) {
        Team team = lab.group(3);
        team.agree(team.size());
        Trouble away = team.isolate(team.after(team.leader(), 1));
        team.agree(team.size() - 1);
        team.agree(team.size() - 1);
        lab.sleep(lab.pick(300, 1_000));
        team.agree(team.size() - 1);
        team.agree(team.size() - 1);
        away.heal();
        team.agree(team.size());
        lab.sleep(lab.pick(300, 1_000));
        team.agree(team.size());
    }

    private static void failNoAgree(Lab lab) {
        Team team = lab.group(5);
        long index = team.agree(team.size());
        String leader = team.leader();
        List<String> cut = IntStream.range(1, team.majority() + 1)
                .mapToObj(i -> team.after(leader, i))
                .filter(node -> !node.equals(leader))
                .toList();
        Trouble away = team.isolate(cut);
        team.nothing(List.of(leader), 1, lab.pick(QUIET_MS, SUITE_QUIET_MS), SUBMIT_MS);
        away.heal();
        team.leader();
        long next = team.agree(team.size());
        lab.promise(next > index, "an index behind " + index, "index " + next);
    }

    private static void concurrentStarts(Lab lab) {
        Team team = lab.group(3);
        for (int attempt = 1; attempt <= 5; attempt++) {
            long term = team.term(team.leader());
            List<CompletableFuture<Result>> five = IntStream.range(0, 5)
                    .mapToObj(i -> lab.client().putAsync(team.key("start-" + i), Lab.bytes("x")))
                    .toList();
            List<Long> indexes = lab.awaitAll(five, "five puts at once").stream()
                    .map(Result::index)
                    .toList();
            if (team.term(team.leader()) == term) {
                lab.promise(new HashSet<>(indexes).size() == 5, "five indexes", indexes.toString());
                lab.say("five puts at once in term %d: indexes %s", term, indexes);
                return;
            }
        }
        lab.expect(false, "a term that lasts for five writes", "five times another one");
    }

    private static void rejoin(Lab lab) {
        Team team = lab.group(3);
        team.agree(team.size());
        String first = team.leader();
        Trouble one = team.isolate(first);
        lost(lab, team, first, 3, 300);
        team.agree(team.size() - 1);
        Trouble other = team.isolate(team.leader());
        one.heal();
        team.agree(team.majority());
        other.heal();
        team.agree(team.size());
    }

    /** A leader without a majority takes writes into its log, and not further. */
    private static void lost(Lab lab, Team team, String leader, int entries, long ms) {
        long before = team.lastIndex(leader);
        team.nothing(List.of(leader), entries, ms, SUBMIT_MS);
        long taken = team.lastIndex(leader) - before;
        lab.expect(taken >= entries, entries + " entries more in the log of " + leader, "" + taken);
    }

    /** Three sides in turn: the first leader's, the majority's, and one that joins some of both. */
    private static void backup(Lab lab) {
        Team team = lab.group(5);
        int entries = 50;
        team.agree(team.size());
        String first = team.leader();
        List<String> old = IntStream.rangeClosed(0, (team.size() - 3) / 2)
                .mapToObj(i -> team.after(first, i))
                .toList();
        List<String> rest = team.without(old);
        Trouble side = team.isolate(rest);
        lost(lab, team, first, entries, 500);
        Trouble gone = team.isolate(old);
        side.heal();
        team.agree(rest.size(), entries);
        String second = team.leader();
        String other =
                rest.stream().filter(node -> !node.equals(second)).findFirst().orElseThrow();
        Trouble third = team.isolate(other);
        lost(lab, team, second, entries, 500);
        Trouble others =
                team.isolate(rest.stream().filter(node -> !node.equals(other)).toList());
        gone.heal();
        third.heal();
        team.agree(old.size() + 1, entries);
        others.heal();
        team.agree(team.size());
    }

    // --- persistence ---

    private static void persist1(Lab lab) {
        Team team = lab.group(3);
        team.agree(team.size());
        restart(lab, team.nodes());
        team.agree(team.size());
        restart(lab, List.of(team.leader()));
        team.agree(team.size());
        String second = team.leader();
        lab.kill(List.of(second));
        team.agree(team.size() - 1);
        lab.start(List.of(second));
        team.agree(team.size());
        String third = team.after(team.leader(), 1);
        lab.kill(List.of(third));
        team.agree(team.size() - 1);
        lab.start(List.of(third));
        team.agree(team.size());
    }

    static void restart(Lab lab, List<String> nodes) {
        lab.kill(nodes);
        lab.start(nodes);
    }

    private static void persist2(Lab lab) {
        Team team = lab.group(5);
        for (int round = 0; round < lab.pick(1, 5); round++) {
            team.agree(team.size());
            String leader = team.leader();
            int few = team.size() - team.majority();
            List<String> followers = IntStream.rangeClosed(1, few)
                    .mapToObj(i -> team.after(leader, i))
                    .toList();
            lab.kill(followers);
            team.agree(team.majority());
            List<String> rest = team.without(followers);
            lab.kill(rest);
            lab.start(followers);
            lab.sleep(lab.pick(200, 1_000));
            lab.start(rest.subList(rest.size() - 1, rest.size()));
            team.agree(team.majority());
            lab.start(rest.subList(0, rest.size() - 1));
        }
        team.agree(team.size());
    }

    private static void persist3(Lab lab) {
        Team team = lab.group(3);
        team.agree(team.size());
        String leader = team.leader();
        List<String> stale = IntStream.range(0, team.size() - team.majority())
                .mapToObj(i -> team.after(leader, 2 + i))
                .toList();
        lab.kill(stale);
        team.agree(team.majority());
        List<String> rest = team.without(stale);
        lab.kill(rest);
        List<String> returning = new ArrayList<>(stale);
        returning.add(leader);
        lab.start(returning);
        team.agree(team.majority());
        lab.start(rest.stream().filter(node -> !node.equals(leader)).toList());
        team.agree(team.size());
    }

    private static void figure8(Lab lab) {
        Team team = lab.group(5);
        team.agree(team.size());
        Appends load = load(lab, team, false);
        load.start();
        List<String> down = new ArrayList<>();
        long sinceNs = System.nanoTime();
        for (int round = 0; round < lab.pick(4, 40); round++) {
            String leader = team.leader(sinceNs);
            lab.sleep(lab.random().nextInt(lab.random().nextInt(10) == 0 ? 500 : 13));
            sinceNs = lab.kill(List.of(leader));
            down.add(leader);
            if (team.size() - down.size() < team.majority()) {
                lab.start(List.of(down.remove(lab.random().nextInt(down.size()))));
                sinceNs = System.nanoTime();
            }
        }
        lab.start(down);
        load.stop();
        team.agree(team.size());
        load.check();
    }

    private static Appends load(Lab lab, Team team, boolean unreliable) {
        List<byte[]> keys =
                IntStream.range(0, 3).mapToObj(i -> team.key("client-" + i)).toList();
        return new Appends(lab, 3, team.clients(3, unreliable), keys, 0.1, 5);
    }

    private static void unreliableAgree(Lab lab) {
        Team team = lab.group(5);
        Trouble net = team.unreliable();
        int rounds = lab.pick(10, 49);
        List<CompletableFuture<Result>> parallel = new ArrayList<>();
        long fromNs = System.nanoTime();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < 5; i++) {
                parallel.add(lab.client().putAsync(team.key("agree-" + i), Lab.bytes("v" + round)));
            }
            lab.await(parallel.get(parallel.size() - 1), "a put on the unreliable network");
        }
        lab.awaitAll(parallel, "puts on the unreliable network");
        lab.say("%d puts on the unreliable network in %d ms", parallel.size(), Lab.msSince(fromNs));
        net.heal();
        team.agree(team.size());
    }

    private static void figure8Unreliable(Lab lab) {
        Team team = lab.group(5);
        team.agree(team.size());
        List<Trouble> net = new ArrayList<>(List.of(team.unreliable()));
        Appends load = load(lab, team, true);
        load.start();
        List<Trouble> cuts = new ArrayList<>();
        int rounds = lab.pick(8, 60);
        for (int round = 0; round < rounds; round++) {
            if (round == rounds / 5) {
                net.add(team.reorder());
            }
            cuts.add(team.isolate(team.without(lab.away()).get(lab.random().nextInt(team.size() - cuts.size()))));
            lab.sleep(lab.random().nextInt(500));
            if (team.size() - cuts.size() < team.majority()) {
                cuts.remove(lab.random().nextInt(cuts.size())).heal();
            }
        }
        cuts.forEach(Trouble::heal);
        net.forEach(Trouble::heal);
        team.agree(team.size());
        load.stop();
        load.check();
    }

    private static void churn(Lab lab, boolean unreliable) {
        Team team = lab.group(5);
        Trouble net = unreliable ? team.unreliable() : null;
        Appends load = load(lab, team, unreliable);
        load.start();
        List<Trouble> cuts = new ArrayList<>();
        for (int round = 0; round < lab.pick(6, 20); round++) {
            List<String> here = team.without(lab.away());
            if (lab.random().nextInt(10) < 2 && here.size() > 1) {
                cuts.add(team.isolate(here.get(lab.random().nextInt(here.size()))));
            }
            if (lab.random().nextInt(10) < 5) {
                lab.start(lab.dead().stream().sorted().limit(1).toList());
                if (!cuts.isEmpty()) {
                    cuts.remove(0).heal();
                }
            }
            here = team.without(lab.away());
            if (lab.random().nextInt(10) < 2 && here.size() > 1) {
                lab.kill(List.of(here.get(lab.random().nextInt(here.size()))));
            }
            lab.sleep(700);
        }
        cuts.forEach(Trouble::heal);
        lab.start(lab.dead().stream().sorted().toList());
        if (net != null) {
            net.heal();
        }
        load.stop();
        team.agree(team.size());
        load.check();
    }
}
