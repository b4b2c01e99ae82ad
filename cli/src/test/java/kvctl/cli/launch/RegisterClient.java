package kvctl.cli.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import kvctl.check.Recorder;
import kvctl.client.KvClient;
import kvctl.client.Result;

/**
 * 45 % gets, 50 % appends, 5 % puts of random keys, one after the other until its time is over or one fails, all of them
 * recorded. Runs on the client's thread.
 */
final class RegisterClient {
    private static final long PAUSE_MS = 10;

    private final KvClient client;
    private final Recorder recorder;
    private final int process;
    private final Random random;
    private final List<String> keys;
    private final long untilNanos;
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    /** @param process number of the client in the recorder's history */
    RegisterClient(KvClient client, Recorder recorder, int process, long seed, List<String> keys, long untilNanos) {
        this.client = client;
        this.recorder = recorder;
        this.process = process;
        this.random = new Random(seed);
        this.keys = keys;
        this.untilNanos = untilNanos;
    }

    /** @return done when the time is over */
    CompletableFuture<Void> start() {
        next();
        return end;
    }

    private void next() {
        if (System.nanoTime() > untilNanos) {
            end.complete(null);
            return;
        }
        byte[] key = keys.get(random.nextInt(keys.size())).getBytes(UTF_8);
        byte[] value = ("x " + process + " " + random.nextInt(1_000_000) + " y").getBytes(UTF_8);
        int which = random.nextInt(100);
        CompletableFuture<Result> done = which < 45
                ? recorder.get(client, process, key)
                : which < 95 ? recorder.append(client, process, key, value) : recorder.put(client, process, key, value);
        done.whenComplete((result, thrown) -> {
            if (thrown != null) {
                end.completeExceptionally(thrown);
            } else {
                CompletableFuture.delayedExecutor(PAUSE_MS, TimeUnit.MILLISECONDS)
                        .execute(this::next);
            }
        });
    }
}
