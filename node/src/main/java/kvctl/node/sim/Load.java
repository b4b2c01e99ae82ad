package kvctl.node.sim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import kvctl.check.History;
import kvctl.check.Linearizability;
import kvctl.check.Operation;
import kvctl.check.Recorder;
import kvctl.check.Verdict;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.Result;
import kvctl.sim.Simulation;

/**
 * Clients that do one thing after the other, and write down what they do and see. Keys {@code a0..} are only appended to
 * and read; on keys {@code k0..} everything is done.
 */
public final class Load {
    private static final long SEARCH_STEPS = 3_000_000;
    private static final int UNKNOWN_PER_KEY = 4;

    /**
     * What the clients do.
     *
     * @param clients number of clients
     * @param keys of each kind
     * @param thinkMs mean time between an answer and the next request; 0: none
     * @param getShare share of reads
     * @param anyShare share of puts, deletes and compare-and-sets, on the other kind of keys
     */
    public record Options(int clients, int keys, long thinkMs, double getShare, double anyShare) {
        public static final Options SOME = new Options(3, 8, 20, 0.4, 0.2);
    }

    private final KvCluster cluster;
    private final Options options;
    private final RandomGenerator dice;
    private final Recorder recorder;
    private final List<KvCluster.Client> clients = new ArrayList<>();
    private final Map<String, Long> versions = new HashMap<>();
    private final Map<String, Integer> unknowns = new HashMap<>();
    private int processes;
    private long tokens;
    private int round;
    private long done;
    private long unknown;
    private long failed;

    public Load(KvCluster cluster, Options options) {
        this.cluster = cluster;
        this.options = options;
        this.dice = cluster.simulation().random("load");
        this.recorder = new Recorder(() -> cluster.simulation().nowUs() * 1000);
        for (int i = 0; i < options.clients(); i++) {
            clients.add(cluster.client());
        }
    }

    /** Requests answered with a result. */
    public long done() {
        return done;
    }

    /** Requests with an unknown outcome. */
    public long unknown() {
        return unknown;
    }

    /** Requests that definitely failed. */
    public long failed() {
        return failed;
    }

    List<KvCluster.Client> clients() {
        return clients;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Puts {@code count} keys {@code f0..} with so many bytes each, and waits for it. */
    public Load fill(int count, int valueBytes) {
        int[] left = {count};
        for (int i = 0; i < count; i++) {
            put("f" + i, ("f" + i + ".").repeat(1 + valueBytes / 3).substring(0, valueBytes))
                    .whenComplete((result, thrown) -> left[0]--);
        }
        cluster.await("filled store", () -> left[0] == 0, 30_000);
        return this;
    }

    /** Lets every client begin. */
    public Load start() {
        round++;
        clients.forEach(client -> goOn(client, ++processes, round));
        return this;
    }

    /** No new requests; those under way go on. */
    public void stop() {
        round++;
    }

    /** True if nobody waits for an answer. */
    public boolean isIdle() {
        return clients.stream().allMatch(client -> client.kv().inFlight() == 0);
    }

    private void goOn(KvCluster.Client client, int process, int ofRound) {
        long thinkUs = Simulation.exponential(dice, options.thinkMs() * 1000);
        cluster.simulation().after(thinkUs, () -> {
            if (ofRound == round) {
                next(client, process);
            }
        });
    }

    private void next(KvCluster.Client client, int process) {
        double drawn = dice.nextDouble();
        int number = dice.nextInt(options.keys());
        boolean isGet = drawn < options.getShare();
        boolean isAny = !isGet && drawn < options.getShare() + options.anyShare();
        String key = current((isAny || isGet && dice.nextBoolean() ? "k" : "a") + number);
        Coverage.Operation what = isGet ? Coverage.Operation.GET : isAny ? any() : Coverage.Operation.APPEND;
        cluster.underway().begins(what);
        CompletableFuture<Result> request = send(what, client, process, key);
        int ofRound = round;
        request.whenComplete((result, thrown) -> {
            cluster.underway().ends(what);
            boolean isUnknown = count(thrown);
            if (result != null && result.version() > 0) {
                versions.put(key, result.version());
            }
            if (isUnknown) {
                unknowns.merge(key.substring(0, 1) + number, 1, Integer::sum);
            }
            goOn(client, isUnknown ? ++processes : process, ofRound);
        });
    }

    /** After some unknown writes another key is used in its place: each of them can double the search. */
    private String current(String key) {
        int generation = unknowns.getOrDefault(key, 0) / UNKNOWN_PER_KEY;
        return generation == 0 ? key : key + "." + generation;
    }

    /** Elements of a client count up. */
    private String token(int clientId) {
        return clientId + "." + ++tokens + ";";
    }

    private Coverage.Operation any() {
        return switch (dice.nextInt(4)) {
            case 0 -> Coverage.Operation.DELETE;
            case 1 -> Coverage.Operation.CAS;
            default -> Coverage.Operation.PUT;
        };
    }

    private CompletableFuture<Result> send(Coverage.Operation what, KvCluster.Client client, int process, String key) {
        KvClient kv = client.kv();
        if (what == Coverage.Operation.GET) {
            return recorder.get(kv, process, bytes(key));
        }
        byte[] value = bytes(what == Coverage.Operation.APPEND ? token(client.clientId()) : "p" + ++tokens);
        return switch (what) {
            case APPEND -> recorder.append(kv, process, bytes(key), value);
            case DELETE -> recorder.delete(kv, process, bytes(key));
            case CAS -> recorder.cas(kv, process, bytes(key), versions.getOrDefault(key, 0L), value);
            default -> recorder.put(kv, process, bytes(key), value);
        };
    }

    /** True if the outcome is unknown. */
    private boolean count(Throwable thrown) {
        boolean isUnknown = thrown != null && KvClient.failure(thrown).outcome() == KvException.Outcome.UNKNOWN;
        done += thrown == null ? 1 : 0;
        unknown += isUnknown ? 1 : 0;
        failed += thrown != null && !isUnknown ? 1 : 0;
        return isUnknown;
    }

    // --- single requests, recorded ---

    /** By the first client, under a process of its own. */
    public CompletableFuture<Result> put(String key, String value) {
        return counted(recorder.put(clients.get(0).kv(), ++processes, bytes(key), bytes(value)));
    }

    /** Appends the next element, by the first client and under a process of its own. */
    public CompletableFuture<Result> append(String key) {
        return append(key, token(clients.get(0).clientId()));
    }

    /** By the first client, under a process of its own. */
    public CompletableFuture<Result> append(String key, String value) {
        return counted(recorder.append(clients.get(0).kv(), ++processes, bytes(key), bytes(value)));
    }

    /** By the first client, under a process of its own. */
    public CompletableFuture<Result> get(String key) {
        return counted(recorder.get(clients.get(0).kv(), ++processes, bytes(key)));
    }

    private CompletableFuture<Result> counted(CompletableFuture<Result> request) {
        return request.whenComplete((result, thrown) -> count(thrown));
    }

    // --- the end ---

    /** Reads every key once more and judges the whole history. */
    public void verify() {
        TreeSet<String> keys = new TreeSet<>();
        recorder.history().operations().forEach(operation -> keys.add(operation.key()));
        TreeMap<String, CompletableFuture<Result>> reads = new TreeMap<>();
        keys.forEach(key -> reads.put(key, get(key)));
        cluster.await("last reads", () -> reads.values().stream().allMatch(CompletableFuture::isDone), 10_000);
        reads.forEach((key, read) -> {
            String why = read.handle((result, thrown) ->
                            thrown == null ? "" : KvClient.failure(thrown).getMessage())
                    .join();
            Breach.unless(why.isEmpty(), Rule.CONVERGENCE, "the last read of %s fails: %s %s", key, why, cluster);
        });
        History history = recorder.history();
        Verdict verdict = Linearizability.check(history, SEARCH_STEPS);
        Breach.unless(verdict.kind() == Verdict.Kind.OK, Rule.LINEARIZABLE, "%s", verdict);
        Map<String, List<Operation>> appends = new TreeMap<>();
        for (Operation operation : history.operations()) {
            if (operation.kind() == Operation.Kind.APPEND
                    && operation.argument().endsWith(";")) {
                appends.computeIfAbsent(operation.key(), key -> new ArrayList<>())
                        .add(operation);
            }
        }
        appends.forEach((key, all) -> {
            byte[] value = reads.get(key).join().value();
            checkAppends(key, all, value == null ? "" : new String(value, StandardCharsets.ISO_8859_1));
        });
    }

    private static void checkAppends(String key, List<Operation> appends, String value) {
        Map<String, Integer> times = new HashMap<>();
        Map<String, Long> lastOfClient = new HashMap<>();
        for (String element : value.split(";")) {
            times.merge(element + ";", 1, Integer::sum);
        }
        for (Operation append : appends) {
            int found = times.getOrDefault(append.argument(), 0);
            boolean right = switch (append.outcome()) {
                case DONE -> found == 1;
                case FAILED -> found == 0;
                case UNKNOWN -> found <= 1;
            };
            Breach.unless(right, Rule.ACKNOWLEDGED_ONCE, "%s is %d times in %s: %s", append, found, key, value);
        }
        Map<String, Operation.Outcome> outcomes = new HashMap<>();
        appends.forEach(append -> outcomes.put(append.argument(), append.outcome()));
        for (String element : value.split(";")) {
            if (outcomes.get(element + ";") != Operation.Outcome.DONE) {
                continue; // One that its client has given up may come after later ones.
            }
            String client = element.substring(0, element.indexOf('.'));
            long number = Long.parseLong(element.substring(element.indexOf('.') + 1));
            Long before = lastOfClient.put(client, number);
            Breach.unless(
                    before == null || before < number,
                    Rule.ACKNOWLEDGED_ONCE,
                    "client %s's appends are out of order in %s: %s",
                    client,
                    key,
                    value);
        }
    }
}
