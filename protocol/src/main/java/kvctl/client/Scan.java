package kvctl.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import kvctl.protocol.Response;
import kvctl.protocol.Shards;

/**
 * Rows of all shards, merged in unsigned key order and fetched as they are needed: no more than one page per shard
 * is in
 * memory. Made by {@link KvClient#scan}. One call of {@link #next} at a time, from one thread at a time.
 */
public final class Scan {
    /** Rows that the pages of all shards hold together, about. */
    private static final int ROWS_AHEAD = 2048;

    private static final int PAGE_ROWS_MIN = 16;
    private static final int PAGE_ROWS_MAX = 256;

    private final KvClient client;
    private final byte[] prefix;
    private final byte[] from;
    private long left;
    private List<Part> parts;
    private int pageRows;

    Scan(KvClient client, byte[] prefix, byte[] from, long limit) {
        this.client = client;
        this.prefix = prefix;
        this.from = from;
        this.left = limit;
    }

    /** What is known of one shard. */
    private static final class Part {
        final int shardId;
        final ArrayDeque<Response.Row> rows = new ArrayDeque<>();
        byte[] from;
        boolean more = true;

        Part(int shardId, byte[] from) {
            this.shardId = shardId;
            this.from = from;
        }
    }

    /** The next rows, at least one; none: that was all, or the limit is reached. */
    public CompletableFuture<List<Response.Row>> next() {
        if (left <= 0) {
            return CompletableFuture.completedFuture(List.of());
        }
        CompletableFuture<Void> ready = parts == null ? client.mapAsync().thenAccept(this::begin) : done();
        return ready.thenCompose(nothing -> fill()).thenApply(nothing -> take());
    }

    /** All rows that are left, in memory. */
    public CompletableFuture<List<Response.Row>> rest() {
        return rest(new ArrayList<>());
    }

    private CompletableFuture<List<Response.Row>> rest(List<Response.Row> sofar) {
        return next().thenCompose(rows -> {
            sofar.addAll(rows);
            return rows.isEmpty() ? CompletableFuture.completedFuture(sofar) : rest(sofar);
        });
    }

    private void begin(kvctl.protocol.ShardMap map) {
        int shards = map.shardGroups().length;
        int only = Shards.ofPrefix(prefix, shards);
        parts = new ArrayList<>();
        for (int shardId = 0; shardId < shards; shardId++) {
            if (only < 0 || only == shardId) {
                parts.add(new Part(shardId, from));
            }
        }
        pageRows = Math.max(PAGE_ROWS_MIN, Math.min(PAGE_ROWS_MAX, ROWS_AHEAD / parts.size()));
    }

    /** Fetches a page for each shard that has no rows here and may have more there. */
    private CompletableFuture<Void> fill() {
        List<CompletableFuture<Void>> pages = new ArrayList<>();
        for (Part part : parts) {
            if (part.rows.isEmpty() && part.more) {
                int limit = (int) Math.min(left, pageRows);
                pages.add(client.page(part.shardId, prefix, part.from, limit).thenAccept(page -> put(part, page)));
            }
        }
        return pages.isEmpty() ? done() : CompletableFuture.allOf(pages.toArray(new CompletableFuture<?>[0]));
    }

    private static void put(Part part, Result result) {
        Response.Page page = (Response.Page) result.response();
        if (page.more() && page.rows().isEmpty()) {
            throw KvException.definite(
                    KvException.Code.INTERNAL, "Node " + result.node() + " gave an empty page and says there is more.");
        }
        part.rows.addAll(page.rows());
        part.more = page.more();
        if (part.more) {
            byte[] last = part.rows.peekLast().key();
            part.from = Arrays.copyOf(last, last.length + 1);
        }
    }

    /** Rows up to where a shard runs out that may have more. */
    private List<Response.Row> take() {
        PriorityQueue<Part> heads = new PriorityQueue<>((a, b) ->
                Arrays.compareUnsigned(a.rows.peek().key(), b.rows.peek().key()));
        for (Part part : parts) {
            if (!part.rows.isEmpty()) {
                heads.add(part);
            }
        }
        List<Response.Row> taken = new ArrayList<>();
        while (left > 0 && !heads.isEmpty()) {
            Part part = heads.poll();
            taken.add(part.rows.poll());
            left--;
            if (!part.rows.isEmpty()) {
                heads.add(part);
            } else if (part.more) {
                break;
            }
        }
        return taken;
    }

    private static CompletableFuture<Void> done() {
        return CompletableFuture.completedFuture(null);
    }
}
