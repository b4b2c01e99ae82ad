package kvctl.cli.verify;

import static kvctl.cli.verify.Needs.Power.FAULTS;
import static kvctl.cli.verify.Needs.Power.KILLS;

import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import kvctl.client.KvClient;
import kvctl.client.Result;

/** The replicated state machine's suite. Its counter is the length of a value here. */
final class RsmCases {
    private static final int MANY = 100;
    private static final long PARTITION_MS = 1_000;
    private static final long END_MS = 5_000;
    private static final long SHUTDOWN_MS = 11_000;

    private RsmCases() {}

    static List<Scenario> all() {
        return List.of(
                real("Basic", Needs.of(3), "ten increments in order, on all members", RsmCases::basic),
                real("Concurrent", Needs.of(3), "50 increments at once", RsmCases::concurrent),
                real(
                        "LeaderFailure",
                        Needs.of(3, FAULTS),
                        "the next leader takes the next command",
                        RsmCases::leaderFailure),
                real(
                        "LeaderPartition",
                        Needs.of(3, FAULTS),
                        "100 commands at a cut leader end when it is back, not before",
                        RsmCases::leaderPartition),
                real(
                        "RestartReplay",
                        Needs.of(3, KILLS),
                        "100 increments, kill -9 all: the next makes 101",
                        RsmCases::restartReplay),
                real(
                        "Shutdown",
                        Needs.of(3, KILLS),
                        "100 commands under way end when all are killed",
                        RsmCases::shutdown),
                real(
                        "RestartSubmit",
                        Needs.of(3, KILLS),
                        "commands before and after a kill -9 of all are not mixed up",
                        RsmCases::restartSubmit),
                real(
                        "Snapshot",
                        Needs.of(3, KILLS),
                        "100 increments, a snapshot, kill -9 all: the next makes 101",
                        RsmCases::snapshot));
    }

    private static Scenario real(String name, Needs needs, String what, Scenario.Body body) {
        return Scenario.real(Suite.RSM, name, needs, what, body);
    }

    private static void basic(Lab lab) {
        Team team = lab.group(3);
        byte[] key = team.key("counter");
        long version = 0;
        for (int i = 1; i <= 10; i++) {
            Result result = lab.await(lab.client().casAsync(key, version, Lab.bytes(Integer.toString(i))), "cas");
            lab.promise(result.done(), "increment " + i + " to find the one before", "version " + result.version());
            version = result.version();
        }
        lab.promise("10".equals(lab.get(key)), "10", lab.get(key));
        lab.say("ten increments, each on the one before");
        team.agree(team.size());
    }

    private static void concurrent(Lab lab) {
        Team team = lab.group(3);
        byte[] key = team.key("counter");
        increments(lab, key, 50);
        length(lab, key, 50);
        team.agree(team.size());
    }

    private static void increments(Lab lab, byte[] key, int count) {
        List<CompletableFuture<Result>> all = IntStream.range(0, count)
                .mapToObj(i -> lab.client().appendAsync(key, Lab.bytes("x")))
                .toList();
        List<Long> versions = lab.awaitAll(all, count + " increments at once").stream()
                .map(Result::version)
                .toList();
        lab.promise(new HashSet<>(versions).size() == count, count + " different answers", versions.toString());
        lab.say("%d increments at once", count);
    }

    private static void length(Lab lab, byte[] key, int expected) {
        String value = lab.get(key);
        int length = value == null ? 0 : value.length();
        lab.promise(length == expected, "a counter of " + expected, Integer.toString(length));
        lab.say("the counter is %d", length);
    }

    private static void leaderFailure(Lab lab) {
        Team team = lab.group(3);
        byte[] key = team.key("counter");
        lab.append(key, "x");
        Trouble cut = team.isolate(team.leader());
        lab.append(key, "x");
        long ms = Lab.msSince(cut.sinceNs());
        lab.took("next", ms);
        lab.say("the next command is answered %d ms after the cut", ms);
        cut.heal();
        team.agree(team.size());
        length(lab, key, 2);
    }

    private static void leaderPartition(Lab lab) {
        Team team = lab.group(3);
        team.agree(team.size());
        String leader = team.leader();
        Trouble cut = team.isolate(leader);
        List<CompletableFuture<Result>> hundred = team.nothing(List.of(leader), MANY, PARTITION_MS, 20_000);
        long ended = hundred.stream().filter(CompletableFuture::isDone).count();
        lab.expect(ended == 0, "no end of a command in " + PARTITION_MS + " ms", ended + " of " + MANY + " ended");
        cut.heal();
        long fromNs = System.nanoTime();
        lab.until(() -> hundred.stream().allMatch(CompletableFuture::isDone), lab.lenient(END_MS));
        long left = hundred.stream().filter(each -> !each.isDone()).count();
        lab.expect(left == 0, "all commands to end soon after the cut is healed", left + " of " + MANY + " have not");
        long ms = Lab.msSince(fromNs);
        lab.say("all %d ended %d ms later, %d of them done", MANY, ms, Lab.done(hundred));
        lab.within(
                "end", ms, PARTITION_MS); // In the suite they end at the server, here a client finds the leader, too.
        team.agree(team.size());
    }

    private static void restartReplay(Lab lab) {
        Team team = lab.group(3);
        byte[] key = team.key("counter");
        increments(lab, key, MANY);
        RaftCases.restart(lab, team.nodes());
        team.leader();
        lab.append(key, "x");
        length(lab, key, MANY + 1);
    }

    private static void shutdown(Lab lab) {
        Team team = lab.group(3);
        KvClient client = lab.clientAt(team.leader(), 5_000);
        byte[] key = team.key("counter");
        List<CompletableFuture<Result>> hundred = IntStream.range(0, MANY)
                .mapToObj(i -> client.appendAsync(key, Lab.bytes("x")))
                .toList();
        lab.kill(team.nodes());
        long fromNs = System.nanoTime();
        lab.until(() -> hundred.stream().allMatch(CompletableFuture::isDone), lab.bound(SHUTDOWN_MS));
        long left = hundred.stream().filter(each -> !each.isDone()).count();
        lab.expect(left == 0, "all commands to end after the kill", left + " of " + MANY + " have not");
        lab.within("end", Lab.msSince(fromNs), SHUTDOWN_MS);
        long done = Lab.done(hundred);
        lab.say("all %d ended, %d of them done", MANY, done);
        lab.start(team.nodes());
        team.leader();
        String value = lab.get(key);
        int length = value == null ? 0 : value.length();
        lab.promise(length >= done && length <= MANY, done + " increments at least, " + MANY + " at most", "" + length);
        lab.say("the counter is %d", length);
    }

    private static void restartSubmit(Lab lab) {
        Team team = lab.group(3);
        Appends load = new Appends(lab, 5, List.of(lab.client()), keys(team), 0, 0);
        load.start();
        load.more(MANY / 5);
        lab.kill(team.nodes());
        lab.start(team.nodes());
        load.more(MANY / 5);
        load.stop();
        load.check();
    }

    private static List<byte[]> keys(Team team) {
        return IntStream.range(0, 5).mapToObj(i -> team.key("client-" + i)).toList();
    }

    private static void snapshot(Lab lab) {
        Team team = lab.group(3);
        byte[] key = team.key("counter");
        increments(lab, key, MANY);
        team.cutLogs(team.nodes(), team.agree(team.size()));
        RaftCases.restart(lab, team.nodes());
        team.leader();
        lab.append(key, "x");
        length(lab, key, MANY + 1);
    }
}
