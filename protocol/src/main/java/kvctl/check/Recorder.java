package kvctl.check;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.Result;

/**
 * Writes down what a client does and sees, by one monotonic clock. Thread-safe. After an unknown outcome
 * the process that called is over: go on under another number, and leave a key alone after some eight unknown writes,
 * each of which can double the search (HAZARDS §4).
 */
public final class Recorder {
    private final LongSupplier clockNs;
    private final List<Operation> operations = new ArrayList<>();

    /** Sent and not answered yet, by a number of their own. */
    private final Map<Long, Call> underWay = new LinkedHashMap<>();

    private long calls;

    /** @param clockNs monotonic, the same for all who record here */
    public Recorder(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    public CompletableFuture<Result> get(KvClient client, int process, byte[] key) {
        Begun begun = begin(Call.get(process, text(key), clockNs.getAsLong()));
        return record(begun, client.getAsync(key));
    }

    public CompletableFuture<Result> put(KvClient client, int process, byte[] key, byte[] value) {
        Begun begun = begin(Call.put(process, text(key), text(value), clockNs.getAsLong()));
        return record(begun, client.putAsync(key, value));
    }

    public CompletableFuture<Result> append(KvClient client, int process, byte[] key, byte[] value) {
        Begun begun = begin(Call.append(process, text(key), text(value), clockNs.getAsLong()));
        return record(begun, client.appendAsync(key, value));
    }

    public CompletableFuture<Result> delete(KvClient client, int process, byte[] key) {
        Begun begun = begin(Call.delete(process, text(key), clockNs.getAsLong()));
        return record(begun, client.deleteAsync(key));
    }

    public CompletableFuture<Result> cas(KvClient client, int process, byte[] key, long expected, byte[] value) {
        Begun begun = begin(Call.cas(process, text(key), expected, text(value), clockNs.getAsLong()));
        return record(begun, client.casAsync(key, expected, value));
    }

    /** All that was called so far; what is still under way is unknown, because others may have seen it already. */
    public synchronized History history() {
        List<Operation> all = new ArrayList<>(operations);
        underWay.values().forEach(call -> all.add(call.unknown()));
        return new History(List.copyOf(all));
    }

    private record Begun(long number, Call call) {}

    private synchronized Begun begin(Call call) {
        underWay.put(++calls, call);
        return new Begun(calls, call);
    }

    private synchronized void end(Begun begun, Operation operation) {
        underWay.remove(begun.number());
        operations.add(operation);
    }

    private CompletableFuture<Result> record(Begun begun, CompletableFuture<Result> future) {
        return future.handle((result, thrown) -> {
            long endNs = clockNs.getAsLong();
            if (thrown == null) {
                end(begun, answered(begun.call(), result, endNs));
                return result;
            }
            KvException failure = KvClient.failure(thrown);
            boolean unknown = failure.outcome() == KvException.Outcome.UNKNOWN;
            end(begun, unknown ? begun.call().unknown() : begun.call().failed(endNs));
            throw new CompletionException(failure);
        });
    }

    private static Operation answered(Call call, Result result, long endNs) {
        Operation operation = call.kind() == Operation.Kind.GET
                ? call.read(endNs, result.value() == null ? null : text(result.value()), result.version())
                : result.done() ? call.written(endNs, result.version()) : call.unchanged(endNs, result.version());
        return operation.at(result.groupId(), result.index());
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
