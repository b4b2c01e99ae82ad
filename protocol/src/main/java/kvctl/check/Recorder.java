package kvctl.check;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.Result;

/**
 * Writes down what a client does and sees, by one monotonic clock. Thread-safe. After an unknown outcome the process
 * that
 * called is over: go on under another number (HAZARDS §4).
 */
public final class Recorder {
    private final LongSupplier clockNs;
    private final List<Operation> operations = new ArrayList<>();

    /** @param clockNs monotonic, the same for all who record here */
    public Recorder(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    public CompletableFuture<Result> get(KvClient client, int process, byte[] key) {
        long startNs = clockNs.getAsLong();
        return record(client.getAsync(key), process, Operation.Kind.GET, key, null, 0, startNs);
    }

    public CompletableFuture<Result> put(KvClient client, int process, byte[] key, byte[] value) {
        long startNs = clockNs.getAsLong();
        return record(client.putAsync(key, value), process, Operation.Kind.PUT, key, value, 0, startNs);
    }

    public CompletableFuture<Result> append(KvClient client, int process, byte[] key, byte[] value) {
        long startNs = clockNs.getAsLong();
        return record(client.appendAsync(key, value), process, Operation.Kind.APPEND, key, value, 0, startNs);
    }

    public CompletableFuture<Result> delete(KvClient client, int process, byte[] key) {
        long startNs = clockNs.getAsLong();
        return record(client.deleteAsync(key), process, Operation.Kind.DELETE, key, null, 0, startNs);
    }

    public CompletableFuture<Result> cas(KvClient client, int process, byte[] key, long expected, byte[] value) {
        long startNs = clockNs.getAsLong();
        return record(
                client.casAsync(key, expected, value), process, Operation.Kind.CAS, key, value, expected, startNs);
    }

    /** All that has ended so far. */
    public synchronized History history() {
        return new History(List.copyOf(operations));
    }

    private CompletableFuture<Result> record(
            CompletableFuture<Result> future,
            int process,
            Operation.Kind kind,
            byte[] key,
            byte[] argument,
            long expectedVersion,
            long startNs) {
        return future.handle((result, thrown) -> {
            long endNs = clockNs.getAsLong();
            Operation.Outcome outcome = outcome(thrown);
            boolean done = outcome == Operation.Outcome.DONE;
            add(new Operation(
                    process,
                    kind,
                    text(key),
                    argument == null ? null : text(argument),
                    expectedVersion,
                    startNs,
                    outcome == Operation.Outcome.UNKNOWN ? Operation.OPEN : endNs,
                    outcome,
                    done && result.value() != null ? text(result.value()) : null,
                    done ? result.version() : Operation.NOT_TOLD,
                    done && kind != Operation.Kind.GET && result.done()));
            if (thrown != null) {
                throw new CompletionException(KvClient.failure(thrown));
            }
            return result;
        });
    }

    private static Operation.Outcome outcome(Throwable thrown) {
        if (thrown == null) {
            return Operation.Outcome.DONE;
        }
        return KvClient.failure(thrown).outcome() == KvException.Outcome.UNKNOWN
                ? Operation.Outcome.UNKNOWN
                : Operation.Outcome.FAILED;
    }

    private synchronized void add(Operation operation) {
        operations.add(operation);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
