package kvctl.client;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import kvctl.protocol.Change;
import kvctl.protocol.Limits;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardStatus;

/**
 * A client of a cluster. Finds the leader of a key's shard, repeats what was lost under the same name until the time is
 * over, so that each write takes effect at most once (HAZARDS E1, E9), and says honestly when it can't know.
 *
 * <p>Every future completes exactly once: with a {@link Result}, or with a {@link KvException} whose outcome is
 * definite or
 * unknown. Futures complete on the client's own thread, so what is chained to them must not block; the methods that
 * wait refuse to be called there. Requests of one client run side by side, in no promised order; wait for one before
 * sending what depends on it. All methods are safe to call from any thread.
 */
public final class KvClient implements AutoCloseable {
    private final Transport transport;
    private final ClientConfig config;
    private final Dispatcher dispatcher;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile long requestTimeoutMs;

    private KvClient(ClientConfig config, Transport transport) {
        this.config = config;
        this.transport = transport;
        this.requestTimeoutMs = config.requestTimeoutMs();
        this.dispatcher = new Dispatcher(transport, config, waiting::decrementAndGet);
        transport.start(dispatcher::wake, this::broken);
    }

    /** A client of these nodes ({@code host:port}), with the defaults. Connects when first used. */
    public static KvClient connect(String... endpoints) {
        return builder().endpoints(List.of(endpoints)).build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Time limit of the requests from now on. */
    public void setRequestTimeoutMs(long timeoutMs) {
        requestTimeoutMs = timeoutMs;
    }

    /** Linearizable read. */
    public CompletableFuture<Result> getAsync(byte[] key) {
        return ask(ofKey("get", key, tag -> new Request.Get(key)), key, null);
    }

    public CompletableFuture<Result> putAsync(byte[] key, byte[] value) {
        return putAsync(key, value, null);
    }

    /** @param id repeats the write of that id; null: a new write */
    public CompletableFuture<Result> putAsync(byte[] key, byte[] value, RequestId id) {
        return write(ofKey("put", key, tag -> new Request.Put(tag, key, value)), key, value, id);
    }

    public CompletableFuture<Result> appendAsync(byte[] key, byte[] value) {
        return appendAsync(key, value, null);
    }

    /** @param id repeats the write of that id; null: a new write */
    public CompletableFuture<Result> appendAsync(byte[] key, byte[] value, RequestId id) {
        return write(ofKey("append", key, tag -> new Request.Append(tag, key, value)), key, value, id);
    }

    public CompletableFuture<Result> deleteAsync(byte[] key) {
        return deleteAsync(key, null);
    }

    /** @param id repeats the write of that id; null: a new write */
    public CompletableFuture<Result> deleteAsync(byte[] key, RequestId id) {
        return write(ofKey("delete", key, tag -> new Request.Delete(tag, key)), key, null, id);
    }

    /** Puts if the key's version is {@code expectedVersion}; 0: if there is no such key. */
    public CompletableFuture<Result> casAsync(byte[] key, long expectedVersion, byte[] value) {
        return casAsync(key, expectedVersion, value, null);
    }

    /** @param id repeats the write of that id; null: a new write */
    public CompletableFuture<Result> casAsync(byte[] key, long expectedVersion, byte[] value, RequestId id) {
        return write(ofKey("cas", key, tag -> new Request.Cas(tag, key, expectedVersion, value)), key, value, id);
    }

    /** The newest shard map, asked of any node. */
    public CompletableFuture<ShardMap> mapAsync() {
        return start(new Call.Builder("map", tag -> new Request.GetMap()))
                .thenApply(result -> ((Response.MapReply) result.response()).map());
    }

    /** What a node says of itself; fails at once if it can't be reached. */
    public CompletableFuture<NodeStatus> statusAsync(int nodeId) {
        return statusAsync(nodeId, Long.MAX_VALUE);
    }

    /** As above, and waits at most {@code limitMs}. */
    public CompletableFuture<NodeStatus> statusAsync(int nodeId, long limitMs) {
        Call.Builder builder = new Call.Builder("status", tag -> new Request.GetStatus());
        builder.nodeId = nodeId;
        builder.timeoutMs = limitMs;
        return start(builder).thenApply(KvClient::status);
    }

    /** What the node at {@code host:port} says of itself; fails at once if it can't be reached. */
    public CompletableFuture<NodeStatus> statusAsync(String address) {
        Call.Builder builder = new Call.Builder("status", tag -> new Request.GetStatus());
        builder.address = address;
        return start(builder).thenApply(KvClient::status);
    }

    /**
     * Asks one node about faults that are made on purpose; fails at once if it can't be reached.
     *
     * @return {@link Response.Ok}, {@link Response.FaultsReply} or {@link Response.ProbesReply}
     */
    public CompletableFuture<Response> faultsAsync(int nodeId, Request.OfFaults request, long limitMs) {
        Call.Builder builder = new Call.Builder("faults", tag -> request);
        builder.nodeId = nodeId;
        builder.timeoutMs = limitMs;
        return start(builder).thenApply(Result::response);
    }

    /** Asks the group's leader to hand over to another replica. */
    public CompletableFuture<Result> transferAsync(int groupId, int toNodeId) {
        Call.Builder builder = new Call.Builder("transfer", tag -> new Request.TransferLeadership(groupId, toNodeId));
        builder.groupId = groupId;
        return start(builder);
    }

    /**
     * Asks the controller for the next configuration. Fails with CONFLICT if another change is under way; if no answer
     * comes to one that was sent, it is unknown whether the change will be carried out.
     *
     * @param expectedNumber only if this is the newest configuration's number; 0: whichever it is
     * @param planOnly only says what would be done
     */
    public CompletableFuture<Response.Reconfigured> reconfigureAsync(
            Change change, long expectedNumber, boolean planOnly) {
        // Runs once on the loop, so that each sending has the same id.
        Function<Request.Tag, Request> intent = tag -> new Request.Reconfigure(
                transport.epochMs(), transport.random().nextLong(), expectedNumber, planOnly, change);
        Call.Builder builder = new Call.Builder(planOnly ? "plan" : verb(change), intent);
        builder.groupId = ShardMap.CONTROLLER;
        builder.change = !planOnly;
        return start(builder).thenApply(result -> (Response.Reconfigured) result.response());
    }

    /** Linearizable read of a configuration; 0: the newest. */
    public CompletableFuture<Response.ConfigurationReply> configurationAsync(long number) {
        Call.Builder builder = new Call.Builder("query", tag -> new Request.GetConfiguration(number));
        builder.groupId = ShardMap.CONTROLLER;
        return start(builder).thenApply(result -> (Response.ConfigurationReply) result.response());
    }

    /**
     * Pauses, resumes or throttles moves.
     *
     * @param paused null: as it is
     * @param bytesPerS most bytes per second that a group takes in; 0: no limit; negative: as it is
     */
    public CompletableFuture<Result> steerMovesAsync(Boolean paused, long bytesPerS) {
        Call.Builder builder = new Call.Builder("migrate", tag -> new Request.SteerMoves(paused, bytesPerS));
        builder.groupId = ShardMap.CONTROLLER;
        builder.change = true;
        return start(builder);
    }

    /** What a node says of the shards of its replicas; fails at once if it can't be reached. */
    public CompletableFuture<List<ShardStatus>> shardsAsync(int nodeId) {
        return shardsAsync(nodeId, Long.MAX_VALUE);
    }

    /** As above, and waits at most {@code limitMs}. */
    public CompletableFuture<List<ShardStatus>> shardsAsync(int nodeId, long limitMs) {
        Call.Builder builder = new Call.Builder("shards", tag -> new Request.GetShards());
        builder.nodeId = nodeId;
        builder.timeoutMs = limitMs;
        return start(builder).thenApply(result -> ((Response.ShardsReply) result.response()).shards());
    }

    /**
     * The keys that begin with {@code prefix}, from {@code from} on, in key order over all shards. The rows come
     * page by
     * page and each page is linearizable within its shard; there is no snapshot of all.
     *
     * @param from first key (inclusive); empty for the beginning
     * @param limit most rows in all
     */
    public Scan scan(byte[] prefix, byte[] from, long limit) {
        return new Scan(this, prefix, from, limit);
    }

    public Result get(byte[] key) {
        return await(getAsync(key));
    }

    public Result put(byte[] key, byte[] value) {
        return await(putAsync(key, value));
    }

    public Result append(byte[] key, byte[] value) {
        return await(appendAsync(key, value));
    }

    public Result delete(byte[] key) {
        return await(deleteAsync(key));
    }

    public Result cas(byte[] key, long expectedVersion, byte[] value) {
        return await(casAsync(key, expectedVersion, value));
    }

    /** The key's value as text, or null if there is no such key. */
    public String get(String key) {
        byte[] value = get(utf8(key)).value();
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    public Result put(String key, String value) {
        return put(utf8(key), utf8(value));
    }

    /**
     * Waits for one of this client's futures.
     *
     * @throws KvException as the future has it; also if the waiting thread is interrupted, with an unknown outcome
     */
    public <T> T await(CompletableFuture<T> future) {
        if (transport.inLoop()) {
            throw new IllegalStateException("waiting for an answer on the thread that has to receive it");
        }
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KvException(
                    KvException.Code.UNKNOWN,
                    KvException.Outcome.UNKNOWN,
                    "Interrupted while waiting for an answer; a write may still be applied.",
                    null,
                    null);
        }
    }

    /** The {@link KvException} behind what a future or a callback holds. */
    public static KvException failure(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof KvException known) {
            return known;
        }
        KvException bug = new KvException(
                KvException.Code.INTERNAL, KvException.Outcome.UNKNOWN, "Internal error: " + cause, null, null);
        bug.initCause(cause);
        return bug;
    }

    /** Requests that have no answer yet. */
    public int inFlight() {
        return waiting.get();
    }

    /** Ends the connections; whatever is under way fails, as unknown if it may be applied. Returns at once. */
    @Override
    public void close() {
        transport.execute(() -> {
            dispatcher.close((call, failure) -> failure);
            transport.stop();
        });
    }

    /** Page of one shard, for {@link Scan}. */
    CompletableFuture<Result> page(int shardId, byte[] prefix, byte[] from, int limit) {
        Call.Builder builder = new Call.Builder("scan", tag -> new Request.Scan(shardId, prefix, from, limit));
        builder.shardId = shardId;
        return start(builder);
    }

    private static Call.Builder ofKey(String verb, byte[] key, Function<Request.Tag, Request> intent) {
        Call.Builder builder = new Call.Builder(verb, intent);
        builder.key = key;
        return builder;
    }

    private CompletableFuture<Result> write(Call.Builder builder, byte[] key, byte[] value, RequestId id) {
        builder.write = true;
        builder.requestId = id;
        return ask(builder, key, value);
    }

    private CompletableFuture<Result> ask(Call.Builder builder, byte[] key, byte[] value) {
        if (key.length == 0) {
            return bad("A key can't be empty.");
        }
        if (key.length > Limits.KEY_MAX_BYTES) {
            return bad("Key has " + key.length + " bytes; limit is " + Limits.KEY_MAX_BYTES + ".");
        }
        if (value != null && value.length > Limits.VALUE_MAX_BYTES) {
            return bad("Value is " + mebibytes(value.length) + "; limit is " + mebibytes(Limits.VALUE_MAX_BYTES) + ".");
        }
        return start(builder);
    }

    private CompletableFuture<Result> start(Call.Builder builder) {
        builder.timeoutMs = Math.min(builder.timeoutMs, requestTimeoutMs);
        Call call = new Call(dispatcher, builder);
        if (waiting.incrementAndGet() > config.maxWaiting()) {
            waiting.decrementAndGet();
            String message = config.maxWaiting() + " requests wait in this client already.";
            call.future.completeExceptionally(Failures.of(call, KvException.Code.BUSY, message));
        } else if (!transport.execute(call)) {
            waiting.decrementAndGet();
            call.future.completeExceptionally(Failures.closed(call));
        }
        return call.future;
    }

    private static String verb(Change change) {
        return change instanceof Change.Join ? "join" : change instanceof Change.Leave ? "leave" : "move";
    }

    private static <T> CompletableFuture<T> bad(String message) {
        return CompletableFuture.failedFuture(KvException.definite(KvException.Code.BAD_REQUEST, message));
    }

    private static String mebibytes(int bytes) {
        long tenths = Math.round(bytes * 10.0 / (1 << 20));
        return tenths % 10 == 0 ? tenths / 10 + " MiB" : tenths / 10 + "." + tenths % 10 + " MiB";
    }

    private static NodeStatus status(Result result) {
        return ((Response.StatusReply) result.response()).status();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void broken(Throwable cause) {
        dispatcher.close((call, failure) -> {
            KvException bug = new KvException(
                    KvException.Code.INTERNAL,
                    failure.outcome(),
                    "Internal error: " + cause,
                    null,
                    failure.requestId().orElse(null));
            bug.initCause(cause);
            return bug;
        });
    }

    /** Settings of a client; each has a default but the endpoints. */
    public static final class Builder {
        private List<String> endpoints = List.of();
        private String clusterId = "";
        private String name = "client";
        private int at;
        private long requestTimeoutMs = 2000;
        private long silentMs;
        private int maxInFlight = 1024;
        private int maxWaiting = 65_536;
        private boolean giveUpWhenAllRefuse;

        private Builder() {}

        /** {@code host:port} of some or all nodes; the others are learned. */
        public Builder endpoints(List<String> value) {
            endpoints = new ArrayList<>(value);
            return this;
        }

        /** Only this cluster will do; otherwise the first that answers. */
        public Builder clusterId(String value) {
            clusterId = value;
            return this;
        }

        /** What the client calls itself to the nodes. */
        public Builder name(String value) {
            name = value;
            return this;
        }

        /**
         * The client counts as being beside the node with this id: faults between that one and others are its own, too,
         * where nodes obey faults. Default 0: nowhere.
         */
        public Builder at(int nodeId) {
            at = nodeId;
            return this;
        }

        /** Until a request without an answer is given up; default 2000. */
        public Builder requestTimeoutMs(long value) {
            requestTimeoutMs = value;
            return this;
        }

        /**
         * Until another replica is asked because the asked one is silent; default a quarter of the timeout, at most
         * 500.
         */
        public Builder silentMs(long value) {
            silentMs = value;
            return this;
        }

        /** Requests under way at a time, default 1024; more wait in the client. */
        public Builder maxInFlight(int value) {
            maxInFlight = value;
            return this;
        }

        /** Requests under way or waiting, default 65,536; one more fails as BUSY. */
        public Builder maxWaiting(int value) {
            maxWaiting = value;
            return this;
        }

        /** For one-shots: fail at once, not at the deadline, if every endpoint refuses the connection. */
        public Builder giveUpWhenAllRefuse(boolean value) {
            giveUpWhenAllRefuse = value;
            return this;
        }

        /** A client on real sockets. */
        public KvClient build() {
            return build(new SocketTransport());
        }

        /** A client on another transport, as a simulator has one. */
        public KvClient build(Transport transport) {
            for (String endpoint : endpoints) {
                if (!isAddress(endpoint)) {
                    throw KvException.definite(
                            KvException.Code.BAD_REQUEST, "Endpoint '" + endpoint + "' is not host:port.");
                }
            }
            if (endpoints.isEmpty()) {
                throw KvException.definite(KvException.Code.BAD_REQUEST, "A client needs at least one endpoint.");
            }
            long silent = silentMs > 0 ? silentMs : Math.max(1, Math.min(500, requestTimeoutMs / 4));
            return new KvClient(
                    new ClientConfig(
                            endpoints,
                            clusterId,
                            name,
                            at,
                            requestTimeoutMs,
                            silent,
                            maxInFlight,
                            maxWaiting,
                            giveUpWhenAllRefuse),
                    transport);
        }

        private static boolean isAddress(String endpoint) {
            int colon = endpoint.lastIndexOf(':');
            try {
                int port = colon < 1 ? 0 : Integer.parseInt(endpoint.substring(colon + 1));
                return port > 0 && port < 65536;
            } catch (NumberFormatException e) {
                return false;
            }
        }
    }
}
