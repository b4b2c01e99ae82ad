package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;
import kvctl.cli.Durations;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.Result;

/**
 * The course's clients: each appends {@code client.number;} to its key or reads it, one request after the other, and all
 * is written down. They have no threads, and go on after errors. What a key holds in the end must be every acknowledged
 * append once, every unknown one at most once, and no failed one; and because it tells their order, whether all that was
 * seen is linearizable takes no search.
 */
final class Appends implements Load {
    private static final long BACK_OFF_MS = 20;
    private static final long END_MS = 30_000;
    private static final long MORE_MS = 60_000;

    private final Lab lab;
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
        Map<String, List<Seen>> seen = new TreeMap<>();
        for (Writer writer : writers) {
            seen.computeIfAbsent(Lab.text(writer.key), key -> new ArrayList<>()).addAll(writer.seen());
        }
        seen.forEach((key, requests) -> {
            String last = lab.get(Lab.bytes(key));
            String problem = problem(requests, last == null ? "" : last);
            lab.promise(problem == null, "every append to " + key + " once, in the order that clients saw", problem);
        });
        lab.expect(acknowledged() > 0, "an append that was acknowledged", "none");
        lab.count("appends", acknowledged());
        lab.count("requests", answered());
        lab.took("longest gap", longestGapMs());
        lab.say("%d appends, each there once; %d requests, linearizable", acknowledged(), answered());
    }

    /** One client. */
    private final class Writer {
        private final int number;
        private final KvClient client;
        private final byte[] key;
        private final RandomGenerator random;
        private final List<Seen> seen = new ArrayList<>();
        private volatile boolean busy;
        private int next;
        private long lastNs;
        private long longestNs;
        private long answered;
        private int acknowledged;

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
            boolean reads = random.nextDouble() < gets;
            String element = reads ? null : number + "." + next++ + ";";
            long fromNs = System.nanoTime();
            CompletableFuture<Result> sent = reads ? client.getAsync(key) : client.appendAsync(key, Lab.bytes(element));
            sent.whenComplete((result, thrown) -> {
                answered(fromNs, element, result, thrown);
                later(thrown == null ? pauseMs : BACK_OFF_MS);
            });
        }

        private synchronized void answered(long fromNs, String element, Result result, Throwable thrown) {
            long nowNs = System.nanoTime();
            if (thrown == null) {
                longestNs = Math.max(longestNs, nowNs - lastNs);
                lastNs = nowNs;
                answered++;
                acknowledged += element == null ? 0 : 1;
                String value = element != null || result.value() == null ? "" : Lab.text(result.value());
                seen.add(new Seen(fromNs, nowNs, element, value));
            } else if (element != null && KvClient.failure(thrown).outcome() == KvException.Outcome.UNKNOWN) {
                seen.add(new Seen(fromNs, Seen.NEVER, element, ""));
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

        synchronized List<Seen> seen() {
            return List.copyOf(seen);
        }

        synchronized int acknowledged() {
            return acknowledged;
        }

        synchronized long answered() {
            return answered;
        }

        synchronized long longestGapMs() {
            return longestNs / 1_000_000;
        }
    }

    /**
     * A request as its client saw it.
     *
     * @param toNs when it was answered; {@link #NEVER}: its outcome is unknown
     * @param element that it appended; null: it was a read
     * @param value that it read
     */
    record Seen(long fromNs, long toNs, String element, String value) {
        static final long NEVER = Long.MAX_VALUE;

        String text() {
            return element == null ? "a read of " + count(value) + " elements" : "the append " + element;
        }
    }

    private static int count(String value) {
        return (int) value.chars().filter(each -> each == ';').count();
    }

    /**
     * What is wrong with the requests to one key, in words; null if they are linearizable.
     *
     * @param last what the key holds behind all of them
     */
    static String problem(List<Seen> seen, String last) {
        Map<String, Integer> places = new LinkedHashMap<>();
        for (String element : last.isEmpty() ? new String[0] : last.split("(?<=;)")) {
            if (places.put(element, places.size() + 1) != null) {
                return "the append " + element + " is there twice";
            }
        }
        Set<String> strangers = new LinkedHashSet<>(places.keySet());
        List<Seen> effective = new ArrayList<>();
        for (Seen each : seen) {
            strangers.remove(each.element());
            if (each.element() == null && !last.startsWith(each.value())) {
                return each.text() + " that are not those in the end";
            } else if (each.element() == null || places.containsKey(each.element())) {
                effective.add(each);
            } else if (each.toNs() != Seen.NEVER) {
                return each.text() + " was acknowledged, and is not there";
            }
        }
        return strangers.isEmpty() ? disorder(effective, places) : "the append " + strangers + " failed, and is there";
    }

    /** A request that came into the order before one that had ended when it began. */
    private static String disorder(List<Seen> seen, Map<String, Integer> places) {
        ToIntFunction<Seen> rank =
                each -> each.element() == null ? 2 * count(each.value()) + 1 : 2 * places.get(each.element());
        List<Seen> ended = new ArrayList<>(seen);
        ended.sort(Comparator.comparingLong(Seen::toNs));
        List<Seen> begun = new ArrayList<>(seen);
        begun.sort(Comparator.comparingLong(Seen::fromNs));
        Seen highest = null;
        int next = 0;
        for (Seen each : begun) {
            for (; next < ended.size() && ended.get(next).toNs() < each.fromNs(); next++) {
                Seen before = ended.get(next);
                highest = highest == null || rank.applyAsInt(before) > rank.applyAsInt(highest) ? before : highest;
            }
            if (highest != null && rank.applyAsInt(each) < rank.applyAsInt(highest)) {
                return each.text() + " stands before " + highest.text() + ", which had ended when it began";
            }
        }
        return null;
    }
}
