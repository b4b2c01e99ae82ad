package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import kvctl.check.Recorder;
import kvctl.cli.Durations;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.Result;

/**
 * The course's clients: each appends {@code client.number;} to its key or reads it, one request after the other, and all
 * is written down. They have no threads, and go on after errors. What the keys hold in the end must be every acknowledged
 * append once and in its client's order, every unknown one at most once, and no failed one.
 */
final class Appends implements Load {
    private static final long BACK_OFF_MS = 20;
    private static final long END_MS = 30_000;
    private static final long MORE_MS = 60_000;

    private final Lab lab;
    private final Recorder recorder = new Recorder(System::nanoTime);
    private final AtomicInteger processes = new AtomicInteger();
    private final List<Writer> writers = new ArrayList<>();
    private final double gets;
    private final long pauseMs;
    private volatile boolean stopped = true;

    /**
     * @param clients how many; the one with number i uses the key with number i modulo their number, and so the connections
     * @param gets how many of all requests are reads, 0 to 1
     * @param pauseMs between two requests of a client
     */
    Appends(Lab lab, int clients, List<KvClient> connections, List<byte[]> keys, double gets, long pauseMs) {
        this.lab = lab;
        this.gets = gets;
        this.pauseMs = pauseMs;
        lab.atEnd(() -> stopped = true);
        SplittableRandom seeds = new SplittableRandom(lab.random().nextLong());
        for (int i = 0; i < clients; i++) {
            writers.add(
                    new Writer(i, connections.get(i % connections.size()), keys.get(i % keys.size()), seeds.split()));
        }
    }

    @Override
    public void start() {
        stopped = false;
        writers.forEach(Writer::begin);
    }

    @Override
    public void stop() {
        stopped = true;
        boolean idle = lab.until(() -> writers.stream().noneMatch(writer -> writer.busy), lab.lenient(END_MS));
        lab.expect(idle, "all requests of the load to end", "some have no end");
    }

    /** Appends of all clients so far. */
    int acknowledged() {
        return writers.stream().mapToInt(Writer::acknowledged).sum();
    }

    @Override
    public long answered() {
        return writers.stream().mapToLong(Writer::answered).sum();
    }

    /** Waits until each client got so many more acknowledged, for which no suite has a bound. */
    void more(int each) {
        List<Integer> before = writers.stream().map(Writer::acknowledged).toList();
        boolean done = lab.until(
                () -> {
                    for (int i = 0; i < writers.size(); i++) {
                        if (writers.get(i).acknowledged() < before.get(i) + each) {
                            return false;
                        }
                    }
                    return true;
                },
                lab.lenient(MORE_MS));
        lab.expect(
                done,
                each + " more appends of each client in " + Durations.text(lab.lenient(MORE_MS)),
                "fewer; " + acknowledged() + " in all");
    }

    /** Longest time between two acknowledgements of one client. */
    long longestGapMs() {
        return writers.stream().mapToLong(Writer::longestGapMs).max().orElse(0);
    }

    @Override
    public void check() {
        Map<String, Set<Integer>> clientsOf = new HashMap<>();
        writers.forEach(writer -> clientsOf
                .computeIfAbsent(Lab.text(writer.key), key -> new HashSet<>())
                .add(writer.number));
        clientsOf.keySet().forEach(key -> {
            Result read = lab.await(
                    recorder.get(lab.client(), processes.getAndIncrement(), Lab.bytes(key)), "get of the appends");
            check(key, Lab.text(read.value()));
        });
        lab.count("appends", acknowledged());
        lab.took("longest gap", longestGapMs());
        lab.say("%d appends, each there once and in order", acknowledged());
        lab.judge(recorder.history());
    }

    private void check(String key, String value) {
        Map<Integer, List<Integer>> found = new HashMap<>();
        for (String element : value == null || value.isEmpty() ? new String[0] : value.split(";")) {
            int dot = element.indexOf('.');
            found.computeIfAbsent(Integer.parseInt(element.substring(0, dot)), number -> new ArrayList<>())
                    .add(Integer.parseInt(element.substring(dot + 1)));
        }
        for (Writer writer : writers) {
            if (Lab.text(writer.key).equals(key)) {
                writer.check(found.getOrDefault(writer.number, List.of()));
            }
        }
    }

    /** One client. */
    private final class Writer {
        private final int number;
        private final KvClient client;
        private final byte[] key;
        private final RandomGenerator random;
        private final List<Integer> done = new ArrayList<>();
        private final Set<Integer> unknown = new HashSet<>();
        private volatile boolean busy;
        private int process = processes.getAndIncrement();
        private int next;
        private long lastNs;
        private long longestNs;
        private long answered;

        Writer(int number, KvClient client, byte[] key, RandomGenerator random) {
            this.number = number;
            this.client = client;
            this.key = key;
            this.random = random;
        }

        void begin() {
            busy = true;
            synchronized (this) {
                lastNs = System.nanoTime();
            }
            next();
        }

        private void next() {
            if (stopped) {
                busy = false;
                return;
            }
            int mine = next;
            boolean reads = random.nextDouble() < gets;
            next += reads ? 0 : 1;
            CompletableFuture<Result> sent = reads
                    ? recorder.get(client, process, key)
                    : recorder.append(client, process, key, Lab.bytes(number + "." + mine + ";"));
            sent.whenComplete((result, thrown) -> {
                answered(reads ? -1 : mine, thrown);
                later(thrown == null ? pauseMs : BACK_OFF_MS);
            });
        }

        private synchronized void answered(int mine, Throwable thrown) {
            long nowNs = System.nanoTime();
            if (thrown == null) {
                longestNs = Math.max(longestNs, nowNs - lastNs);
                lastNs = nowNs;
                answered++;
                if (mine >= 0) {
                    done.add(mine);
                }
            } else if (KvClient.failure(thrown).outcome() == KvException.Outcome.UNKNOWN) {
                process = processes.getAndIncrement();
                if (mine >= 0) {
                    unknown.add(mine);
                }
            }
        }

        private void later(long ms) {
            if (ms == 0) {
                next();
            } else {
                Executor later = CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS);
                later.execute(this::next);
            }
        }

        synchronized int acknowledged() {
            return done.size();
        }

        synchronized long answered() {
            return answered;
        }

        synchronized long longestGapMs() {
            return longestNs / 1_000_000;
        }

        synchronized void check(List<Integer> found) {
            String problem = problem(done, unknown, found);
            lab.promise(
                    problem == null,
                    "every append of client " + number + " to " + Lab.text(key) + " once and in order",
                    problem);
        }
    }

    /**
     * What is wrong with the elements of one client; null if nothing is.
     *
     * @param done acknowledged, in this order
     * @param unknown may be there, once
     * @param found what the key holds of the client
     */
    static String problem(List<Integer> done, Set<Integer> unknown, List<Integer> found) {
        List<Integer> known =
                found.stream().filter(each -> !unknown.contains(each)).toList();
        List<Integer> others = found.stream().filter(unknown::contains).toList();
        if (new HashSet<>(others).size() < others.size()) {
            return "an append whose outcome was unknown is there twice: " + others;
        }
        int at = 0;
        while (at < known.size() && at < done.size() && known.get(at).equals(done.get(at))) {
            at++;
        }
        if (at == known.size() && at == done.size()) {
            return null;
        }
        return known.size() + " of " + done.size() + " acknowledged ones; behind the first " + at + " comes "
                + (at < known.size() ? known.get(at) : "nothing") + " where "
                + (at < done.size() ? done.get(at) : "nothing") + " should be";
    }
}
