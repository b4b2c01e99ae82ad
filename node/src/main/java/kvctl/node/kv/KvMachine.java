package kvctl.node.kv;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.raft.Entry;
import kvctl.raft.Invariant;
import kvctl.raft.StateMachine;
import kvctl.storage.RowVisitor;
import kvctl.storage.Tables;

/**
 * The keys of one group's shards.
 *
 * <p>A write takes effect once per (shard, session, seq), however often it stands in the log; its repeats get the first
 * try's reply (HAZARDS E1, E2, E8). That is decided here, when an entry is applied, and nowhere else. Every effective
 * write takes the next version of its shard, a delete too, so that a version never names two states of a key.
 *
 * <p>Replies are {@link Response.Written}, {@link Response.Unchanged} (a cas that found another version, a delete of a
 * missing key) or {@link Response.Refused}: BAD_REQUEST for an append beyond {@link Limits#VALUE_MAX_BYTES},
 * SESSION_EXPIRED for a write whose earlier tries are forgotten (HAZARDS E4). A damaged row or an unreadable command
 * throws, which stops the node.
 */
public final class KvMachine implements StateMachine {
    /** Sessions that a shard keeps; the same on all replicas, for ever (HAZARDS R15). */
    public static final int SESSIONS_PER_SHARD = 100_000;

    private static final String[] TABLES = {"kv", "sessions", "shards"};
    private static final int SHARD_BYTES = 2;
    private static final byte[] NOTHING = new byte[0];

    private final int groupId;
    private final Tables tables;
    private final Tables.Table kv;
    private final Tables.Table shardTable;
    private final Rows rows = new Rows();
    private final Sessions sessions;
    private final SortedMap<Integer, Shard> shards = new TreeMap<>();
    private final List<Shard> dirtyShards = new ArrayList<>();
    private long lastApplied;
    private long lastAppliedTerm;

    /** A snapshot was installed: what is in memory is of the old state. */
    private boolean replaced = true;

    public KvMachine(int groupId, Tables tables) {
        this(groupId, tables, SESSIONS_PER_SHARD);
    }

    /** @param sessionsPerShard at least 1, for tests of a full table */
    KvMachine(int groupId, Tables tables, int sessionsPerShard) {
        this.groupId = groupId;
        this.tables = tables;
        kv = tables.table("kv");
        shardTable = tables.table("shards");
        sessions = new Sessions(tables.table("sessions"), rows, sessionsPerShard);
        loadIfReplaced();
    }

    /**
     * The bytes to propose for a request.
     *
     * @param shards number of shards of the cluster
     * @throws IllegalArgumentException with a line for the user if the request breaks a limit; nothing was proposed
     */
    public static byte[] command(Request.Write write, int shards) {
        return Command.encode(write, shards);
    }

    /** Takes everything that is in memory from the tables, if they were replaced. */
    private void loadIfReplaced() {
        if (!replaced) {
            return;
        }
        replaced = false;
        lastApplied = tables.lastApplied();
        lastAppliedTerm = tables.lastAppliedTerm();
        sessions.forget();
        dirtyShards.clear();
        shards.clear();
        shardTable.scan(NOTHING, Integer.MAX_VALUE, (key, row) -> {
            try {
                Shard shard = Shard.read(key, rows.open(key, row));
                shards.put(shard.id, shard);
            } catch (ProtocolException e) {
                throw new IllegalStateException("the row of a shard has another form: " + e.getMessage(), e);
            }
            return true;
        });
    }

    @Override
    public long lastApplied() {
        loadIfReplaced();
        return lastApplied;
    }

    @Override
    public long lastAppliedTerm() {
        loadIfReplaced();
        return lastAppliedTerm;
    }

    @Override
    public List<Object> apply(List<Entry> entries) {
        loadIfReplaced();
        List<Object> replies = new ArrayList<>(entries.size());
        for (Entry entry : entries) {
            Invariant.check(entry.index() == lastApplied + 1, "entries follow each other", entry.index(), lastApplied);
            boolean isCommand = entry.kind() == Entry.Kind.COMMAND;
            replies.add(isCommand ? apply(entry.index(), Command.decode(entry.command())) : null);
            lastApplied = entry.index();
            lastAppliedTerm = entry.term();
        }
        sessions.flush();
        flushShards();
        tables.applied(lastApplied, lastAppliedTerm);
        return replies;
    }

    private Response apply(long index, Command command) {
        Request.Tag tag = command.tag();
        Shard known = shards.get(command.shardId());
        Shard shard = known == null ? new Shard(command.shardId()) : known;
        Session session = sessions.find(shard, tag);
        if (session == null) {
            if (Sessions.isExpired(shard, tag)) {
                return expired("The session of " + tag.sessionMs() + " is forgotten in shard " + shard.id);
            }
            session = sessions.open(shard, tag);
        } else if (session.isStale(tag.seq())) {
            return expired("Write " + tag.seq() + " of its session is forgotten in shard " + shard.id);
        } else {
            Result earlier = session.earlier(tag.seq());
            if (earlier != null) {
                return earlier.response(groupId);
            }
        }
        Result result = execute(index, command, shard);
        sessions.keep(session, tag, result);
        if (!shard.dirty) {
            shard.dirty = true;
            dirtyShards.add(shard);
            shards.put(shard.id, shard);
        }
        return result.response(groupId);
    }

    private static Response expired(String what) {
        return new Response.Refused(
                Response.Code.SESSION_EXPIRED, what + ": an earlier try may have been applied or not.", 0);
    }

    private Result execute(long index, Command command, Shard shard) {
        byte[] key = rowKey(shard.id, command.key());
        byte[] old = kv.get(key);
        long version = old == null ? 0 : Rows.version(rows.checked(key, old));
        switch (command.op()) {
            case PUT -> write(shard, key, old, false, command.value());
            case APPEND -> {
                long size = command.value().length + (old == null ? 0L : old.length - Rows.HEADER_BYTES);
                if (size > Limits.VALUE_MAX_BYTES) {
                    return new Result(Result.TOO_LARGE, size, index);
                }
                write(shard, key, old, true, command.value());
            }
            case CAS -> {
                if (version != command.expectedVersion()) {
                    return new Result(Result.UNCHANGED, version, index);
                }
                write(shard, key, old, false, command.value());
            }
            case DELETE -> {
                if (old == null) {
                    return new Result(Result.UNCHANGED, 0, index);
                }
                shard.version++;
                kv.delete(key);
                shard.keys--;
                shard.bytes -= sizeBytes(key, old);
            }
        }
        return new Result(Result.WRITTEN, shard.version, index);
    }

    /** Writes {@code value}, behind the old one if that is to be kept; {@code old} is null for a new key. */
    private void write(Shard shard, byte[] key, byte[] old, boolean keepOld, byte[] value) {
        shard.version++;
        byte[] row = rows.value(key, shard.version, keepOld ? old : null, value);
        kv.put(key, row);
        if (old == null) {
            shard.keys++;
        } else {
            shard.bytes -= sizeBytes(key, old);
        }
        shard.bytes += sizeBytes(key, row);
    }

    private static long sizeBytes(byte[] key, byte[] row) {
        return (long) key.length - SHARD_BYTES + row.length - Rows.HEADER_BYTES;
    }

    private void flushShards() {
        for (Shard shard : dirtyShards) {
            shard.write(rows.begin());
            byte[] key = shard.key();
            shardTable.put(key, rows.sealed(key));
            shard.dirty = false;
        }
        dirtyShards.clear();
    }

    /**
     * Reads one key of the state as it is now; whether a client may be told is the caller's to know (HAZARDS C4).
     *
     * @return {@link Response.Value} or {@link Response.NotFound}
     */
    public Response get(int shardId, byte[] key) {
        loadIfReplaced();
        byte[] rowKey = rowKey(shardId, key);
        byte[] row = kv.get(rowKey);
        if (row == null) {
            return new Response.NotFound(groupId, lastApplied);
        }
        rows.checked(rowKey, row);
        return new Response.Value(Rows.value(row), Rows.version(row), groupId, lastApplied);
    }

    /**
     * Reads one page of a shard: at most {@link Limits#PAGE_ROWS_MAX} rows, ended by the row that passes
     * {@link Limits#PAGE_BYTES}. The next page begins right after the last key of this one.
     *
     * @return {@link Response.Page}, or {@link Response.Refused} if the limit is below 1
     */
    public Response scan(Request.Scan scan) {
        loadIfReplaced();
        if (scan.limit() < 1) {
            return new Response.Refused(
                    Response.Code.BAD_REQUEST, "A page has at least 1 row, not " + scan.limit() + ".", 0);
        }
        byte[] prefix = rowKey(scan.shardId(), scan.prefix());
        byte[] from = rowKey(scan.shardId(), scan.from());
        PageReader page = new PageReader(rows, prefix, Math.min(scan.limit(), Limits.PAGE_ROWS_MAX));
        kv.scan(Arrays.compareUnsigned(from, prefix) < 0 ? prefix : from, page.limit + 1, page);
        return new Response.Page(page.found, page.more, groupId, lastApplied);
    }

    private static final class PageReader implements RowVisitor {
        final List<Response.Row> found = new ArrayList<>();
        boolean more;
        private final Rows rows;
        private final byte[] prefix;
        private final int limit;
        private long bytes;

        PageReader(Rows rows, byte[] prefix, int limit) {
            this.rows = rows;
            this.prefix = prefix;
            this.limit = limit;
        }

        @Override
        public boolean row(byte[] key, byte[] row) {
            if (key.length < prefix.length || !Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length)) {
                return false;
            }
            if (found.size() == limit || bytes >= Limits.PAGE_BYTES) {
                more = true;
                return false;
            }
            rows.checked(key, row);
            byte[] plainKey = Arrays.copyOfRange(key, SHARD_BYTES, key.length);
            found.add(new Response.Row(plainKey, Rows.value(row), Rows.version(row)));
            bytes += sizeBytes(key, row);
            return true;
        }
    }

    private static byte[] rowKey(int shardId, byte[] key) {
        byte[] rowKey = new byte[SHARD_BYTES + key.length];
        rowKey[0] = (byte) (shardId >>> 8);
        rowKey[1] = (byte) shardId;
        System.arraycopy(key, 0, rowKey, SHARD_BYTES, key.length);
        return rowKey;
    }

    /** Keys in all shards of the group. */
    public long keys() {
        loadIfReplaced();
        return shards.values().stream().mapToLong(shard -> shard.keys).sum();
    }

    /** Keys in one shard. */
    public long keys(int shardId) {
        loadIfReplaced();
        Shard shard = shards.get(shardId);
        return shard == null ? 0 : shard.keys;
    }

    /** Bytes of keys and values in one shard. */
    public long bytes(int shardId) {
        loadIfReplaced();
        Shard shard = shards.get(shardId);
        return shard == null ? 0 : shard.bytes;
    }

    /**
     * A hash of every row: keys, versions, sessions and counters. Equal on all replicas that applied the same entries
     * (HAZARDS R15). Reads everything, so it is for tests and comparisons, not for each turn.
     */
    public long stateHash() {
        loadIfReplaced();
        HashStream64 hash = Hashing.xxh3_64().hashStream();
        hash.putLong(lastApplied).putLong(lastAppliedTerm);
        for (String name : TABLES) {
            hash.putString(name);
            tables.table(name).scan(NOTHING, Integer.MAX_VALUE, (key, row) -> {
                hash.putByteArray(key).putByteArray(row);
                return true;
            });
        }
        return hash.getAsLong();
    }

    int sessionsInMemory() {
        return sessions.inMemory();
    }

    @Override
    public Source openSnapshot() {
        return tables.openSnapshot();
    }

    @Override
    public Sink receiveSnapshot(long lastIncludedIndex, long lastIncludedTerm) {
        Sink received = tables.receiveSnapshot(lastIncludedIndex, lastIncludedTerm);
        return new Sink() {
            @Override
            public void write(byte[] chunk) {
                received.write(chunk);
            }

            @Override
            public void install() {
                received.install();
                replaced = true;
            }

            @Override
            public void abort() {
                received.abort();
            }
        };
    }
}
