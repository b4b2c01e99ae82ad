package kvctl.cli.verify;

import static kvctl.cli.verify.Needs.Power.FAULTS;
import static kvctl.cli.verify.Needs.Power.KILLS;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import kvctl.client.Result;

/** The part of the Raft suite in which logs are cut. Its log is full after ten entries, a cluster's when its topology says so. */
final class RaftSnapshotCases {
    private static final int KEYS = 10;

    private RaftSnapshotCases() {}

    static List<Scenario> all() {
        return List.of(
                real(
                        "SnapshotBasic",
                        Needs.of(3),
                        "logs are cut, and what was written stays",
                        lab -> install(lab, false, false, false)),
                real(
                        "SnapshotInstall",
                        Needs.of(3, FAULTS),
                        "a follower misses so much that it gets a snapshot",
                        lab -> install(lab, true, false, false)),
                real(
                        "SnapshotInstallUnreliable",
                        Needs.of(3, FAULTS),
                        "the same on an unreliable network",
                        lab -> install(lab, true, false, true)),
                real(
                        "SnapshotInstallCrash",
                        Needs.of(3, KILLS),
                        "the follower was killed meanwhile",
                        lab -> install(lab, false, true, false)),
                real(
                        "SnapshotInstallUnCrash",
                        Needs.of(3, FAULTS, KILLS),
                        "the same on an unreliable network",
                        lab -> install(lab, false, true, true)),
                real(
                        "SnapshotAllCrash",
                        Needs.of(3, KILLS),
                        "kill -9 all behind a snapshot: indexes go on",
                        RaftSnapshotCases::snapshotAllCrash),
                real(
                        "SnapshotInit",
                        Needs.of(3, KILLS),
                        "kill -9 all twice, one write between: nothing is lost",
                        RaftSnapshotCases::snapshotInit));
    }

    private static Scenario real(String name, Needs needs, String what, Scenario.Body body) {
        return Scenario.real(Suite.RAFT, name, needs, what, body);
    }

    /** A member is there, cut off or dead while the others write until they have cut their logs behind it. */
    private static void install(Lab lab, boolean cut, boolean crash, boolean unreliable) {
        Team team = lab.group(3);
        for (int round = 0; round < lab.pick(1, 3); round++) {
            team.agree(team.size());
            Trouble net = unreliable ? team.unreliable() : null;
            String leader = team.leader();
            String victim = round % 3 == 1 ? leader : team.after(leader, 1);
            write(lab, team, "before-" + round, 0);
            Trouble away = cut ? team.isolate(victim) : null;
            if (crash) {
                lab.kill(List.of(victim));
            }
            write(lab, team, "meanwhile-" + round, KEYS / 2);
            long behind = team.agree(cut || crash ? team.majority() : team.size());
            team.cutLogs(cut || crash ? team.without(victim) : team.nodes(), behind);
            if (cut) {
                away.heal();
            } else if (crash) {
                lab.start(List.of(victim));
            }
            team.agree(team.size());
            long begins = team.firstIndex(victim);
            lab.expect(begins > behind, "a snapshot for " + victim, "its log begins at " + begins);
            lab.say("%s has a snapshot: its log begins at index %d", victim, begins);
            if (net != null) {
                net.heal();
            }
            read(lab, team, victim, "before-" + round, "meanwhile-" + round);
        }
    }

    /** Into half of the keys, or from the first on into all. */
    private static void write(Lab lab, Team team, String value, int from) {
        List<CompletableFuture<Result>> puts = IntStream.range(from, KEYS)
                .mapToObj(i -> lab.client().putAsync(team.key("known-" + i), Lab.bytes(value + "-" + i)))
                .toList();
        lab.awaitAll(puts, "puts");
    }

    /** What the member serves when it leads: the first value in one half of the keys, the other in the other. */
    private static void read(Lab lab, Team team, String node, String first, String other) {
        long term;
        do { // Somebody else may have led meanwhile.
            team.lead(node);
            term = team.term(node);
            for (int i = 0; i < KEYS; i++) {
                String expected = (i < KEYS / 2 ? first : other) + "-" + i;
                String value = lab.get(team.key("known-" + i));
                lab.promise(expected.equals(value), "'" + expected + "' from " + node, "'" + value + "'");
            }
        } while (team.term(node) != term);
        lab.say("%s leads, and its %d keys are as they must be", node, KEYS);
    }

    private static void snapshotAllCrash(Lab lab) {
        Team team = lab.group(3);
        write(lab, team, "known", 0);
        team.cutLogs(team.nodes(), team.agree(team.size()));
        for (int round = 0; round < lab.pick(1, 5); round++) {
            team.agree(team.size(), 5 + lab.random().nextInt(10));
            long before = team.agree(team.size());
            RaftCases.restart(lab, team.nodes());
            long after = team.agree(team.size());
            lab.promise(after > before, "an index behind " + before, "index " + after);
            team.nodes().forEach(node -> read(lab, team, node, "known", "known"));
        }
    }

    private static void snapshotInit(Lab lab) {
        Team team = lab.group(3);
        byte[] key = team.key("init");
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 11; i++) {
            lab.append(key, "x");
            expected.append('x');
        }
        team.cutLogs(team.nodes(), team.agree(team.size()));
        for (int round = 0; round < 2; round++) {
            RaftCases.restart(lab, team.nodes());
            lab.append(key, "y");
            expected.append('y');
        }
        for (String node : team.nodes()) {
            team.lead(node);
            String value = lab.get(key);
            lab.promise(expected.toString().equals(value), expected + " from " + node, String.valueOf(value));
        }
        lab.say("%d appends in three lives are there, whoever leads", expected.length());
    }

    /** Recovery begins with a snapshot. */
    static void ensureSnapshots(Team team) {
        team.cutLogs(team.nodes(), 1);
    }
}
