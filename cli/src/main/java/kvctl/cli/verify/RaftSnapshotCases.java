package kvctl.cli.verify;

import static kvctl.cli.verify.Needs.Power.FAULTS;
import static kvctl.cli.verify.Needs.Power.KILLS;

import java.util.List;

/** The part of the Raft suite in which logs are cut. Its log is full after ten entries, a cluster's when its topology says so. */
final class RaftSnapshotCases {
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
            String leader = team.leader();
            String victim = round % 3 == 1 ? leader : team.after(leader, 1);
            Trouble away = cut ? team.isolate(victim) : null;
            if (crash) {
                lab.kill(List.of(victim));
            }
            long behind = team.agree(cut || crash ? team.majority() : team.size());
            team.cutLogs(cut || crash ? team.without(victim) : team.nodes(), behind);
            Trouble net = unreliable ? team.unreliable() : null;
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
        }
    }

    private static void snapshotAllCrash(Lab lab) {
        Team team = lab.group(3);
        ensureSnapshots(team);
        for (int round = 0; round < lab.pick(1, 5); round++) {
            team.agree(team.size(), 5 + lab.random().nextInt(10));
            long before = team.agree(team.size());
            RaftCases.restart(lab, team.nodes());
            long after = team.agree(team.size());
            lab.promise(after > before, "an index behind " + before, "index " + after);
        }
    }

    private static void snapshotInit(Lab lab) {
        Team team = lab.group(3);
        ensureSnapshots(team);
        byte[] key = team.key("init");
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 11; i++) {
            lab.append(key, "x");
            expected.append('x');
        }
        for (int round = 0; round < 2; round++) {
            RaftCases.restart(lab, team.nodes());
            lab.append(key, "y");
            expected.append('y');
        }
        String value = lab.get(key);
        lab.promise(expected.toString().equals(value), expected.toString(), String.valueOf(value));
        lab.say("%d appends in two lives are there", expected.length());
    }

    /** Recovery begins with a snapshot. */
    static void ensureSnapshots(Team team) {
        team.cutLogs(team.nodes(), 1);
    }
}
