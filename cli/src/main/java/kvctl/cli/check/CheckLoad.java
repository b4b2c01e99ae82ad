package kvctl.cli.check;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import kvctl.check.Recorder;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.Result;

/**
 * Clients that get, put, append, delete and compare-and-set a few keys, each sending its next request when the last one is
 * answered, and write down what they see. They have no threads. Safe to use from any thread.
 *
 * <p>After an unknown outcome a client goes on as another process, and a key with {@value #UNKNOWN_WRITES} unknown writes is
 * left alone for a new one: each of them can double the work of the search (HAZARDS §4).
 *
 * <p>The clients of the first connection only read, if there are others. Whoever writes to a leader that was cut off waits
 * there until it is none any more; only who never writes goes on reading there, and sees what it should not serve (C2).
 */
public final class CheckLoad {
    private static final int UNKNOWN_WRITES = 8;

    /** Of a hundred requests of a client that writes, too. */
    private static final int READS = 45;

    private static final long BACK_OFF_MS = 20;

    /** Versions to choose from when it is guessed; guesses must hit now and then. */
    private static final int GUESSES = 4;

    private final Recorder recorder;
    private final long thinkMs;
    private final AtomicIntegerArray lives;
    private final AtomicIntegerArray unknownWrites;
    private final AtomicLongArray lastVersions;
    private final String prefix;
    private final AtomicInteger processes = new AtomicInteger();
    private final AtomicInteger running;
    private final CountDownLatch done = new CountDownLatch(1);
    private final AtomicReference<Throwable> bug = new AtomicReference<>();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();
    private volatile boolean stopped;

    private CheckLoad(Recorder recorder, Options options) {
        this.recorder = recorder;
        this.thinkMs = options.thinkMs();
        this.prefix = options.prefix();
        this.lives = new AtomicIntegerArray(options.keys());
        this.unknownWrites = new AtomicIntegerArray(options.keys());
        this.lastVersions = new AtomicLongArray(options.keys());
        this.running = new AtomicInteger(options.clients());
    }

    /**
     * What the load is.
     *
     * @param thinkMs that each client rests between two requests, on average; 0: none
     * @param prefix of all keys; another one for each run, because a history begins with keys that are not there
     */
    public record Options(int clients, int keys, long seed, long thinkMs, String prefix) {}

    /** Starts the clients. */
    public static CheckLoad start(Recorder recorder, List<KvClient> connections, Options options) {
        CheckLoad load = new CheckLoad(recorder, options);
        SplittableRandom random = new SplittableRandom(options.seed());
        for (int i = 0; i < options.clients(); i++) {
            int connection = i % connections.size();
            boolean readsOnly = connection == 0 && connections.size() > 1;
            load.new Loop(connections.get(connection), readsOnly, random.split()).next();
        }
        return load;
    }

    /** Requests so far that were answered. */
    public long answered() {
        return answered.get();
    }

    long failed() {
        return failed.get();
    }

    long unknown() {
        return unknown.get();
    }

    /** Sends nothing any more. */
    public void stop() {
        stopped = true;
    }

    /** Waits until all is answered. @return false if that is not so after {@code ms} */
    public boolean await(long ms) throws InterruptedException {
        boolean isDone = done.await(ms, TimeUnit.MILLISECONDS);
        if (bug.get() != null) {
            throw new IllegalStateException("a client broke", bug.get());
        }
        return isDone;
    }

    private final class Loop {
        private final KvClient client;
        private final boolean readsOnly;
        private final SplittableRandom random;
        private int process = processes.getAndIncrement();
        private int sent;

        Loop(KvClient client, boolean readsOnly, SplittableRandom random) {
            this.client = client;
            this.readsOnly = readsOnly;
            this.random = random;
        }

        void next() {
            try {
                if (stopped) {
                    if (running.decrementAndGet() == 0) {
                        done.countDown();
                    }
                    return;
                }
                int number = random.nextInt(lives.length());
                byte[] key = bytes(prefix + number + (lives.get(number) == 0 ? "" : "-" + lives.get(number)));
                int dice = readsOnly ? 0 : random.nextInt(100);
                boolean write = dice >= READS;
                send(number, key, dice).whenComplete((result, error) -> answered(number, write, result, error));
            } catch (RuntimeException | Error e) { // Futures would swallow it.
                broken(e);
            }
        }

        /** Values are unique, so that a read names its write. */
        private CompletableFuture<Result> send(int number, byte[] key, int dice) {
            String value = process + "." + sent++ + ";";
            if (dice < READS) {
                return recorder.get(client, process, key);
            } else if (dice < 65) {
                return recorder.put(client, process, key, bytes(value));
            } else if (dice < 82) {
                return recorder.append(client, process, key, bytes(value));
            } else if (dice < 95) {
                long expected = Math.max(0, lastVersions.get(number) - random.nextInt(GUESSES) / 2);
                return recorder.cas(client, process, key, expected, bytes(value));
            }
            return recorder.delete(client, process, key);
        }

        private void answered(int number, boolean write, Result result, Throwable error) {
            try {
                if (error == null) {
                    answered.incrementAndGet();
                    lastVersions.set(number, result.version());
                    later(rest());
                    return;
                }
                if (KvClient.failure(error).outcome() == KvException.Outcome.UNKNOWN) {
                    unknown.incrementAndGet();
                    process = processes.getAndIncrement();
                    if (write && unknownWrites.incrementAndGet(number) >= UNKNOWN_WRITES) {
                        unknownWrites.set(number, 0);
                        lastVersions.set(number, 0);
                        lives.incrementAndGet(number);
                    }
                } else {
                    failed.incrementAndGet();
                }
                later(BACK_OFF_MS);
            } catch (RuntimeException | Error e) { // As above.
                broken(e);
            }
        }

        private long rest() {
            return thinkMs == 0 ? 0 : random.nextLong(2 * thinkMs + 1);
        }

        private void later(long ms) {
            if (ms == 0) {
                next();
            } else {
                Executor later = CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS);
                later.execute(this::next);
            }
        }

        private void broken(Throwable cause) {
            bug.compareAndSet(null, cause);
            stopped = true;
            done.countDown();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
