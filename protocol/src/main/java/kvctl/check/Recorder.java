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
 * Writes down what a client does and sees, by one monotonic clock. Thread-safe. After an unknown outcome
 * the process that called is over: go on under another number (HAZARDS §4).
 */
public final class Recorder {
    private final LongSupplier clockNs;
    private final List<Operation> operations = new ArrayList<>();

    /** @param clockNs monotonic, the same for all who record here */
    public Recorder(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    public CompletableFuture<Result> get(KvClient client, int process, byte[] key) {
        Begun begun = begin(process, Operation.Kind.GET, key, null, 0);
        return record(begun, client.getAsync(key));
    }

    public CompletableFuture<Result> put(KvClient client, int process, byte[] key, byte[] value) {
        Begun begun = begin(process, Operation.Kind.PUT, key, value, 0);
        return record(begun, client.putAsync(key, value));
    }

    public CompletableFuture<Result> append(KvClient client, int process, byte[] key, byte[] value) {
        Begun begun = begin(process, Operation.Kind.APPEND, key, value, 0);
        return record(begun, client.appendAsync(key, value));
    }

    public CompletableFuture<Result> delete(KvClient client, int process, byte[] key) {
        Begun begun = begin(process, Operation.Kind.DELETE, key, null, 0);
        return record(begun, client.deleteAsync(key));
    }

    public CompletableFuture<Result> cas(KvClient client, int process, byte[] key, long expected, byte[] value) {
        Begun begun = begin(process, Operation.Kind.CAS, key, value, expected);
        return record(begun, client.casAsync(key, expected, value));
    }

    /** All that has ended so far. */
    public synchronized History history() {
        return new History(List.copyOf(operations));
    }

    /** What is known of an operation when it is sent. */
    private record Begun(
            int process, Operation.Kind kind, String key, String argument, long expectedVersion, long startNs) {}

    private Begun begin(int process, Operation.Kind kind, byte[] key, byte[] argument, long expectedVersion) {
        String given = argument == null ? null : text(argument);
        return new Begun(process, kind, text(key), given, expectedVersion, clockNs.getAsLong());
    }

    private CompletableFuture<Result> record(Begun begun, CompletableFuture<Result> future) {
        return future.handle((result, thrown) -> {
            long endNs = clockNs.getAsLong();
            Operation.Outcome outcome = outcome(thrown);
            boolean done = outcome == Operation.Outcome.DONE;
            add(new Operation(
                    begun.process(),
                    begun.kind(),
                    begun.key(),
                    begun.argument(),
                    begun.expectedVersion(),
                    begun.startNs(),
                    outcome == Operation.Outcome.UNKNOWN ? Operation.OPEN : endNs,
                    outcome,
                    done && result.value() != null ? text(result.value()) : null,
                    done ? result.version() : Operation.NOT_TOLD,
                    done && begun.kind() != Operation.Kind.GET && result.done()));
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
