package kvctl.cli.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import kvctl.client.KvClient;
import kvctl.client.Result;

/**
 * Appends "1;", "2;", "3;", ... to one key, each number when the one before is acknowledged and a pause is over, until it
 * is stopped or a request fails. Runs on the client's thread. Thread-safe.
 */
final class Appender {
    private final KvClient client;
    private final String key;
    private final Executor afterAPause;
    private final CompletableFuture<Integer> end = new CompletableFuture<>();
    private volatile boolean stopped;
    private int acknowledged;
    private long lastNanos;
    private long longestNanos;

    private Appender(KvClient client, String key, long pauseMs) {
        this.client = client;
        this.key = key;
        this.afterAPause = CompletableFuture.delayedExecutor(pauseMs, TimeUnit.MILLISECONDS);
    }

    /** @param key that does not exist yet */
    static Appender start(KvClient client, String key, long pauseMs) {
        Appender appender = new Appender(client, key, pauseMs);
        appender.lastNanos = System.nanoTime();
        appender.append(1);
        return appender;
    }

    private void append(int number) {
        client.appendAsync(key.getBytes(UTF_8), (number + ";").getBytes(UTF_8)).whenComplete((result, thrown) -> {
            if (thrown != null) {
                end.completeExceptionally(thrown);
                return;
            }
            acknowledged(number);
            if (stopped) {
                end.complete(number);
            } else {
                afterAPause.execute(() -> append(number + 1));
            }
        });
    }

    private synchronized void acknowledged(int number) {
        long now = System.nanoTime();
        longestNanos = Math.max(longestNanos, now - lastNanos);
        lastNanos = now;
        acknowledged = number;
    }

    String key() {
        return key;
    }

    synchronized int acknowledged() {
        return acknowledged;
    }

    /** Longest time between two acknowledgements, the pause included. */
    synchronized long longestGapMs() {
        return TimeUnit.NANOSECONDS.toMillis(longestNanos);
    }

    /** A request failed. */
    boolean failed() {
        return end.isCompletedExceptionally();
    }

    /** Lets the last append end and looks at the key: all numbers, once and in order. No request may have failed. */
    void stopAndVerify() {
        stopped = true;
        int last = client.await(end);
        StringBuilder expected = new StringBuilder();
        for (int number = 1; number <= last; number++) {
            expected.append(number).append(';');
        }
        Result result = client.get(key.getBytes(UTF_8));
        String stored = result.value() == null ? "" : new String(result.value(), UTF_8);
        assertThat(stored).as("%s, each append once and in order", key).isEqualTo(expected.toString());
    }
}
