package kvctl.cli.verify;

import static kvctl.cli.verify.Needs.Power.FAULTS;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import kvctl.cli.check.CheckLoad;
import kvctl.client.KvClient;
import kvctl.client.RequestId;
import kvctl.client.Result;

/** Versioned puts, which are {@code cas} here. The suite's server is one process; here it is a group. */
final class KvSrvCases {
    private static final int CLIENTS = 10;
    private static final int ATTEMPTS = 20;
    private static final int PUTS_MAX = 1_000;
    private static final long UNTIL_MS = 10_000;

    private KvSrvCases() {}

    static List<Scenario> all() {
        return List.of(
                real(
                        "ReliablePut",
                        Needs.of(3),
                        "a put takes effect at the version it names, and at no other",
                        KvSrvCases::reliablePut),
                real(
                        "PutConcurrentReliable",
                        Needs.of(3),
                        "ten clients on one key for a second",
                        KvSrvCases::concurrent),
                Scenario.simulated(
                        Suite.KVSRV,
                        "MemPutManyClientsReliable",
                        "what many clients leave in memory is bounded",
                        "KvMachineTest#E4*"),
                real(
                        "UnreliableNet",
                        Needs.of(3, FAULTS),
                        "each put takes effect once, however often it is sent",
                        KvSrvCases::unreliable));
    }

    private static Scenario real(String name, Needs needs, String what, Scenario.Body body) {
        return Scenario.real(Suite.KVSRV, name, needs, what, body);
    }

    private static void reliablePut(Lab lab) {
        Team team = lab.group(3);
        byte[] key = team.key("k");
        Result absent = put(lab, key, 7, "no");
        lab.promise(!absent.done() && lab.get(key) == null, "no put at version 7 of a key that is not there", "one");
        Result first = put(lab, key, 0, "one");
        lab.promise(first.done() && first.version() > 0, "a put at version 0 of a new key", "none");
        Result again = put(lab, key, 0, "no");
        lab.promise(!again.done(), "no put at version 0 of a key that is there", "one");
        Result second = put(lab, key, first.version(), "two");
        lab.promise(second.version() > first.version(), "a higher version", "version " + second.version());
        Result late = put(lab, key, first.version(), "no");
        lab.promise(
                !late.done() && late.version() == second.version(),
                "the newest version in the refusal",
                "version " + late.version());
        lab.promise("two".equals(lab.get(key)), "two", lab.get(key));
        lab.say("versions %d and %d; three puts at other versions refused", first.version(), second.version());
    }

    private static Result put(Lab lab, byte[] key, long version, String value) {
        return lab.await(lab.client().casAsync(key, version, Lab.bytes(value)), "cas");
    }

    private static void concurrent(Lab lab) {
        Team team = lab.group(3);
        RandomKeys load = new RandomKeys(
                lab,
                team.clients(CLIENTS, false),
                new CheckLoad.Options(CLIENTS, 1, lab.random().nextLong(), 2, Lab.text(team.key("k"))));
        load.start();
        lab.say("%d clients on one key", CLIENTS);
        lab.sleep(1_000);
        load.stop();
        load.check();
    }

    private static void unreliable(Lab lab) {
        Team team = lab.group(3);
        Trouble net = team.unreliable();
        List<KvClient> clients = team.clients(team.size(), true);
        byte[] key = team.key("k");
        long version = 0;
        int puts = lab.pick(40, 300);
        int done = 0;
        int[] repeated = {0};
        while (done < puts || repeated[0] == 0 && done < PUTS_MAX) {
            int i = done++;
            Result result = once(lab, clients.get(i % clients.size()), key, version, "v" + i, repeated);
            lab.promise(result.done(), "put " + i + " to take effect once", "it met version " + result.version());
            version = result.version();
        }
        net.heal();
        lab.count("puts", done);
        lab.count("repeated", repeated[0]);
        lab.expect(repeated[0] > 0, "a put whose answer gets lost", "none of " + done);
        String last = "v" + (done - 1);
        String value = lab.get(key);
        lab.promise(last.equals(value), last, value);
        lab.say("%d puts, %d times repeated by their request ids: each took effect once", done, repeated[0]);
    }

    /** A put whose outcome is unknown is sent again under its name until it is known. */
    private static Result once(Lab lab, KvClient client, byte[] key, long version, String value, int[] repeated) {
        RequestId id = null;
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            CompletableFuture<Result> sent = client.casAsync(key, version, Lab.bytes(value), id);
            lab.until(sent::isDone, 2 * UNTIL_MS);
            try {
                return sent.join();
            } catch (CompletionException e) {
                id = KvClient.failure(e).requestId().orElse(id);
                repeated[0]++;
            }
        }
        lab.expect(false, "an answer to a put within " + ATTEMPTS + " attempts", "none");
        return null;
    }
}
