package kvctl.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.RequestId;
import kvctl.client.Result;
import kvctl.client.Scan;
import kvctl.protocol.Change;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;

/** The client of the commands: waits for answers so that Ctrl-C can end the wait, and knows names for the ids. */
final class Connection implements AutoCloseable {
    private static final int NEAR_KEYS = 3;

    private final Session session;
    private final String asked;
    private final Target target;
    private final KvClient client;
    private ShardMap map;
    private boolean stale;

    private Connection(Session session, String asked, Target target) {
        this.session = session;
        this.asked = asked;
        this.target = target;
        this.client = target.connect(session.settings().requestMs(), session.place());
    }

    /** @throws CliException if no such cluster is known here */
    static Connection open(Session session) {
        String asked = session.settings().cluster();
        return new Connection(session, asked, Target.find(session.console().env(), asked));
    }

    /** False also once nobody answers: the cluster may have come back at other addresses. */
    boolean isFor(String cluster) {
        return !stale && Objects.equals(asked, cluster);
    }

    /** What it is connected to, or tries to be. */
    Target target() {
        return target;
    }

    Result get(byte[] key) {
        return read(client().getAsync(key));
    }

    /** @param id repeats the write of that id; null: a new write. The same for the other writes. */
    Result put(byte[] key, byte[] value, RequestId id) {
        return write("put", key, client().putAsync(key, value, id));
    }

    Result append(byte[] key, byte[] value, RequestId id) {
        return write("append", key, client().appendAsync(key, value, id));
    }

    Result delete(byte[] key, RequestId id) {
        return write("delete", key, client().deleteAsync(key, id));
    }

    Result cas(byte[] key, long version, byte[] value, RequestId id) {
        return write("cas", key, client().casAsync(key, version, value, id));
    }

    /** Rows in key order; {@link #await} its pages. */
    Scan scan(byte[] prefix, byte[] from, long limit) {
        return client().scan(prefix, from, limit);
    }

    /** As {@link Session#await}, with the errors of this connection. */
    <T> T await(CompletableFuture<T> future) {
        try {
            return session.await(future);
        } catch (KvException e) {
            throw explained(e);
        }
    }

    /** What all nodes say. */
    ClusterView view(ShardMap known) {
        return await(ClusterView.ask(client(), known));
    }

    /** Asks one node about faults. */
    CompletableFuture<Response> faults(int nodeId, Request.OfFaults request, long limitMs) {
        return client().faultsAsync(nodeId, request, limitMs);
    }

    /** What all nodes say, also of their shards. */
    ShardsView shards() {
        return await(ShardsView.ask(client()));
    }

    /** As the controller has it now; 0: the newest. */
    Response.ConfigurationReply configuration(long number) {
        return await(client().configurationAsync(number));
    }

    /** What a change would do. */
    Response.Reconfigured plan(Change change, long expectedNumber) {
        return await(client().reconfigureAsync(change, expectedNumber, true));
    }

    /** Makes the change. */
    Response.Reconfigured reconfigure(String what, Change change, long expectedNumber) {
        return underWay(what, "kvctl query", () -> await(client().reconfigureAsync(change, expectedNumber, false)));
    }

    /** @param bytesPerS 0: no limit; negative: as it is */
    void steerMoves(String what, Boolean paused, long bytesPerS) {
        underWay(what, "kvctl migrations", () -> await(client().steerMovesAsync(paused, bytesPerS)));
    }

    /** The newest map. */
    ShardMap freshMap() {
        map = await(client().mapAsync());
        return map;
    }

    /** The map, asked once. */
    ShardMap map() {
        return map == null ? freshMap() : map;
    }

    String groupName(int groupId) {
        ShardMap.Group group = map().group(groupId);
        if (group == null) {
            group = freshMap().group(groupId); // It may have joined since.
        }
        return group == null ? "group " + groupId : group.name();
    }

    private KvClient client() {
        client.setRequestTimeoutMs(session.settings().requestMs());
        return client;
    }

    private Result read(CompletableFuture<Result> future) {
        long start = System.nanoTime();
        Result result = await(future);
        session.answered(result, (System.nanoTime() - start) / 1e6);
        return result;
    }

    private Result write(String verb, byte[] key, CompletableFuture<Result> future) {
        return underWay(verb + " " + Keys.name(key), "kvctl get " + Keys.word(key), () -> read(future));
    }

    private <T> T underWay(String what, String hint, Supplier<T> answer) {
        session.underWay(what);
        try {
            return answer.get();
        } catch (Session.Cancelled e) {
            throw new CliException(
                    ExitCode.UNKNOWN_OUTCOME,
                    what + " was cancelled: outcome unknown, it may still be applied.",
                    hint,
                    e);
        } finally {
            session.underWay(null);
        }
    }

    /** A cluster that is not running should be called so, and not be described as nodes that refuse. */
    private RuntimeException explained(KvException error) {
        KvException.Code code = error.code();
        stale = code == KvException.Code.WRONG_CLUSTER || code == KvException.Code.UNREACHABLE;
        if (code == KvException.Code.UNREACHABLE && target.isDown()) {
            return Target.notRunning("No cluster '" + target.name() + "' is running here.", error);
        }
        return error;
    }

    /** The error for a key that does not exist; on a terminal with keys that look like it. */
    CliException notFound(byte[] key, Result result) {
        String near = session.console().errIsTty() ? near(key) : null;
        return new CliException(
                ExitCode.NOT_FOUND, "Key " + Keys.name(key) + " not found (shard " + result.shardId() + ").", near);
    }

    private String near(byte[] key) {
        try {
            List<Response.Row> rows =
                    await(scan(prefixOf(key), new byte[0], NEAR_KEYS).rest());
            return rows.isEmpty()
                    ? null
                    : "near it: "
                            + String.join(
                                    ", ",
                                    rows.stream()
                                            .map(row -> Keys.word(row.key()))
                                            .toList());
        } catch (KvException | CliException e) {
            return null; // A hint is not worth an error.
        }
    }

    /** Up to the last separator, or the first half of the key. */
    private static byte[] prefixOf(byte[] key) {
        for (int i = key.length - 1; i > 0; i--) {
            if (key[i] == ':' || key[i] == '/' || key[i] == '.') {
                return Arrays.copyOf(key, i + 1);
            }
        }
        return Arrays.copyOf(key, Math.max(1, key.length / 2));
    }

    @Override
    public void close() {
        client.close();
    }
}
