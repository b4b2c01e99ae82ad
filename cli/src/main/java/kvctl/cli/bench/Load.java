package kvctl.cli.bench;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import kvctl.client.KvClient;
import kvctl.client.Result;

/**
 * Closed loops that run side by side until they are stopped or all requests are sent. The loops have no threads: each
 * goes on where its answer arrives. Safe to use from any thread.
 */
final class Load {
    /** Who fails at once (all nodes down) should wait a little, or the loop turns as fast as it can. */
    private static final long BACK_OFF_MS = 20;

    private final Executor later = CompletableFuture.delayedExecutor(BACK_OFF_MS, TimeUnit.MILLISECONDS);
    private final int readPercent;
    private final boolean fill;
    private final long requests;
    private final byte[][] keys;
    private final Values values;
    private final LongSupplier nanoTime;
    private final Statistics statistics;
    private final AtomicLong unsent;
    private final AtomicInteger running;
    private final CountDownLatch done = new CountDownLatch(1);
    private final AtomicReference<Throwable> bug = new AtomicReference<>();
    private volatile boolean stopped;

    private Load(Plan plan, byte[][] keys, LongSupplier nanoTime, long requests) {
        this.readPercent = plan.readPercent();
        this.fill = plan.fill();
        this.requests = requests;
        this.keys = keys;
        this.values = new Values(plan.seed(), plan.valueBytes());
        this.nanoTime = nanoTime;
        this.statistics = new Statistics(nanoTime.getAsLong());
        this.unsent = new AtomicLong(requests);
        this.running = new AtomicInteger(plan.clients());
    }

    /**
     * Starts the plan's loops.
     *
     * @param connections the loops take turns in choosing one
     * @param requests how many are sent in all
     */
    static Load start(Plan plan, byte[][] keys, List<KvClient> connections, long requests, LongSupplier nanoTime) {
        Load load = new Load(plan, keys, nanoTime, requests);
        SplittableRandom random = new SplittableRandom(plan.seed());
        for (int i = 0; i < plan.clients(); i++) {
            load.new Loop(connections.get(i % connections.size()), random.split()).next();
        }
        return load;
    }

    Statistics statistics() {
        return statistics;
    }

    /** Sends nothing any more. What is under way is still waited for, see {@link #await}. */
    void stop() {
        stopped = true;
        statistics.end(nanoTime.getAsLong());
    }

    /**
     * Waits until everything that is to be sent is sent and answered.
     *
     * @return false if that is not so after {@code ms}
     */
    boolean await(long ms) throws InterruptedException {
        boolean isDone = done.await(ms, TimeUnit.MILLISECONDS);
        if (bug.get() != null) {
            throw new IllegalStateException("a loop broke", bug.get());
        }
        return isDone;
    }

    /** One client: its next request follows the answer of the last. One request at a time, on any thread. */
    private final class Loop {
        private final KvClient client;
        private final SplittableRandom random;

        Loop(KvClient client, SplittableRandom random) {
            this.client = client;
            this.random = random;
        }

        void next() {
            try {
                long left = stopped ? 0 : unsent.getAndDecrement();
                if (left <= 0) {
                    end();
                } else {
                    send((int) (requests - left));
                }
            } catch (RuntimeException | Error e) { // Futures would swallow it, and nobody would ever be done.
                broken(e);
            }
        }

        private void send(int number) {
            boolean read = random.nextInt(100) < readPercent;
            byte[] key = keys[fill ? number : random.nextInt(keys.length)];
            byte[] value = read ? null : values.next(random);
            long sentNs = nanoTime.getAsLong();
            CompletableFuture<Result> answer = read ? client.getAsync(key) : client.putAsync(key, value);
            answer.whenComplete((result, error) -> answered(read, sentNs, result, error));
        }

        private void answered(boolean read, long sentNs, Result result, Throwable error) {
            try {
                if (error == null) {
                    statistics.answered(read, !read || result.done(), sentNs, nanoTime.getAsLong());
                    next();
                } else {
                    statistics.failed(KvClient.failure(error));
                    later.execute(this::next);
                }
            } catch (RuntimeException | Error e) { // As above.
                broken(e);
            }
        }

        private void end() {
            if (running.decrementAndGet() == 0) {
                statistics.end(nanoTime.getAsLong());
                done.countDown();
            }
        }

        private void broken(Throwable cause) {
            bug.compareAndSet(null, cause);
            stopped = true;
            done.countDown();
        }
    }
}
