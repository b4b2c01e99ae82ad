package kvctl.node.kv;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
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
 * missing key) or {@link Response.Refused}: WRONG_GROUP if the group does not serve the shard at that entry, without any
 * effect (HAZARDS G4), BAD_REQUEST for an append beyond {@link Limits#VALUE_MAX_BYTES},
 * SESSION_EXPIRED for a write whose earlier tries are forgotten (HAZARDS E4). A damaged row or an unreadable command
 * throws, which stops the node.
 */
public final class KvMachine implements StateMachine {
    /** Sessions that a shard keeps; the same on all replicas, for ever (HAZARDS R15). */
    public static final int SESSIONS_PER_SHARD = 100_000;

    private static final String[] TABLES = {"kv", "sessions", "shards", "changes"};
    private static final byte[] NOTHING = new byte[0];

    private final int groupId;
    private final Tables tables;
    private final Tables.Table kv;
    private final Rows rows = new Rows();
    private final SortedSet<Integer> firstShards;
    private final ShardTable shards;
    private final Sessions sessions;
    private final Changes changes;
    private final Moves moves;
    private final ChunkSource chunks;
    private long lastApplied;
    private long lastAppliedTerm;
    private long moveSteps;

    /** The tables that are in memory; an installed snapshot makes others. */
    private long loadedGeneration = -1;

    /**
     * Opens a group's machine on its tables.
     *
     * @param firstShards shards that the group owns from the beginning, in configuration 1; all replicas pass the same.
     *     Of no more effect once something was applied
     */
    public KvMachine(int groupId, Tables tables, SortedSet<Integer> firstShards) {
        this(groupId, tables, firstShards, SESSIONS_PER_SHARD);
    }

    /** @param sessionsPerShard at least 1, for tests of a full table */
    KvMachine(int groupId, Tables tables, SortedSet<Integer> firstShards, int sessionsPerShard) {
        this.groupId = groupId;
        this.tables = tables;
        this.firstShards = new TreeSet<>(firstShards);
        kv = tables.table("kv");
        Tables.Table sessionTable = tables.table("sessions");
        shards = new ShardTable(tables.table("shards"), rows);
        sessions = new Sessions(sessionTable, rows, sessionsPerShard);
        changes = new Changes(tables.table("changes"), rows);
        moves = new Moves(tables, shards, sessions);
        chunks = new ChunkSource(kv, sessionTable, changes, rows);
        loadIfReplaced();
    }

    /**
     * The bytes to propose for a request.
     *
     * @param shardId shard of the key
     * @throws IllegalArgumentException with a line for the user if the request breaks a limit; nothing was proposed
     */
    public static byte[] command(Request.Write write, int shardId) {
        return Command.encode(write, shardId);
    }

    /**
     * The entry after which a shard's changes are noted, so that it can be copied: SERVING under a lower number becomes
     * COPYING.
     *
     * @param number of the configuration that moves the shard
     */
    public static byte[] copy(int shardId, long number, int toGroupId) {
        return new MoveCommand(MoveCommand.Op.COPY, shardId, number, toGroupId, null).encode();
    }

    /** The entry after which the group serves the shard no more: COPYING under this number becomes FROZEN (HAZARDS G5). */
    public static byte[] freeze(int shardId, long number) {
        return new MoveCommand(MoveCommand.Op.FREEZE, shardId, number, 0, null).encode();
    }

    /**
     * The entry that takes a chunk in, if it begins where the last one ended (HAZARDS G8); after the last one the shard is
     * SERVING.
     *
     * @param fromGroupId group it comes from, 0 if nobody owned the shard
     */
    public static byte[] install(ShardChunk chunk, int fromGroupId) {
        return new MoveCommand(MoveCommand.Op.INSTALL, chunk.shardId(), chunk.number(), fromGroupId, chunk).encode();
    }

    /**
     * The entry that deletes some 2,000 rows of a shard that is FROZEN under this number; after the last ones it is GONE.
     * Its reply is BUSY if there is more to delete: propose it again. Only once the other group serves the shard for
     * certain (HAZARDS G9).
     */
    public static byte[] drop(int shardId, long number) {
        return new MoveCommand(MoveCommand.Op.DROP, shardId, number, 0, null).encode();
    }

    /** Takes everything that is in memory from the tables, if they were replaced. */
    private void loadIfReplaced() {
        if (loadedGeneration == tables.generation()) {
            return;
        }
        loadedGeneration = tables.generation();
        moveSteps++;
        lastApplied = tables.lastApplied();
        lastAppliedTerm = tables.lastAppliedTerm();
        sessions.forget();
        shards.load();
        if (lastApplied == 0) {
            shards.begin(firstShards);
        }
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
            replies.add(isCommand ? apply(entry.index(), entry.command()) : null);
            lastApplied = entry.index();
            lastAppliedTerm = entry.term();
        }
        sessions.flush();
        shards.flush();
        tables.applied(lastApplied, lastAppliedTerm);
        return replies;
    }

    private Response apply(long index, byte[] command) {
        if (!MoveCommand.is(command)) {
            return write(index, Command.decode(command));
        }
        moveSteps++;
        return moves.apply(MoveCommand.decode(command));
    }

    private Response write(long index, Command command) {
        Request.Tag tag = command.tag();
        Shard shard = shards.find(command.shardId());
        if (!shard.serves()) {
            return wrongGroup(shard); // Before the sessions are asked: it must leave no trace (HAZARDS E2, G4).
        }
        Session session = sessions.find(shard, tag);
        SessionId pushedOut = null;
        if (session == null) {
            if (Sessions.isExpired(shard, tag)) {
                return expired("The session of " + tag.sessionMs() + " is forgotten in shard " + shard.id);
            }
            pushedOut = sessions.makeRoom(shard);
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
        if (shard.status == ShardState.Status.COPYING) {
            changes.note(shard, session.id, pushedOut, result.kind() == Result.WRITTEN ? command.key() : null);
        }
        shard.writes++;
        shards.touch(shard);
        return result.response(groupId);
    }

    private Response wrongGroup(Shard shard) {
        return new Response.Refused(
                Response.Code.WRONG_GROUP,
                "Group %d does not serve shard %d: there it is %s."
                        .formatted(groupId, shard.id, shard.status.name().toLowerCase(Locale.ROOT)),
                0);
    }

    private static Response expired(String what) {
        return new Response.Refused(
                Response.Code.SESSION_EXPIRED, what + ": an earlier try may have been applied or not.", 0);
    }

    private Result execute(long index, Command command, Shard shard) {
        byte[] key = Shard.rowKey(shard.id, command.key());
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
                shard.bytes -= Rows.sizeBytes(key, old);
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
            shard.bytes -= Rows.sizeBytes(key, old);
        }
        shard.bytes += Rows.sizeBytes(key, row);
    }

    /**
     * Reads one key of the state as it is now; whether a client may be told is the caller's to know (HAZARDS C4).
     *
     * @return {@link Response.Value}, {@link Response.NotFound}, or {@link Response.Refused} with WRONG_GROUP if the
     *     shard is not served here (HAZARDS G5)
     */
    public Response get(int shardId, byte[] key) {
        loadIfReplaced();
        Shard shard = shards.find(shardId);
        if (!shard.serves()) {
            return wrongGroup(shard);
        }
        shard.reads++;
        byte[] rowKey = Shard.rowKey(shardId, key);
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
     * @return {@link Response.Page}, or {@link Response.Refused} if the limit is below 1 or, with WRONG_GROUP, if the
     *     shard is not served here (HAZARDS G5)
     */
    public Response scan(Request.Scan scan) {
        loadIfReplaced();
        if (scan.limit() < 1) {
            return new Response.Refused(
                    Response.Code.BAD_REQUEST, "A page has at least 1 row, not " + scan.limit() + ".", 0);
        }
        Shard shard = shards.find(scan.shardId());
        if (!shard.serves()) {
            return wrongGroup(shard);
        }
        shard.reads++;
        byte[] prefix = Shard.rowKey(shard.id, scan.prefix());
        byte[] from = Shard.rowKey(shard.id, scan.from());
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
            byte[] plainKey = Arrays.copyOfRange(key, Shard.KEY_BYTES, key.length);
            found.add(new Response.Row(plainKey, Rows.value(row), Rows.version(row)));
            bytes += Rows.sizeBytes(key, row);
            return true;
        }
    }

    /** The shard as this replica has it; GONE with number 0 if it was never here. */
    public ShardState shard(int shardId) {
        loadIfReplaced();
        return shards.find(shardId).state();
    }

    /** All shards that are not GONE, in order. */
    public List<ShardState> shards() {
        loadIfReplaced();
        return shards.all().stream()
                .filter(shard -> shard.status != ShardState.Status.GONE)
                .map(Shard::state)
                .toList();
    }

    /** Grows whenever the status of a shard may have changed; counts from when the machine was opened. */
    public long moveSteps() {
        loadIfReplaced();
        return moveSteps;
    }

    /** Whether the shard is read and written here, as of the last applied entry. */
    public boolean serves(int shardId) {
        loadIfReplaced();
        return shards.find(shardId).serves();
    }

    /**
     * The next piece of a shard that is on its way; not inside {@link #apply}. Any replica may be asked, each time
     * another one: a chunk is right for its cursor whatever state it is read from.
     *
     * @param number of the configuration that moves the shard
     * @param cursor where the target is; empty: at the beginning
     * @param maxBytes most bytes of rows, except that one row that is larger goes alone
     * @return null if this replica did not apply the copy under that number yet, or if the shard is being dropped or gone,
     *     or if the cursor is of another version
     */
    public ShardChunk chunk(int shardId, long number, byte[] cursor, int maxBytes) {
        loadIfReplaced();
        Shard shard = shards.find(shardId);
        boolean leaves = shard.status == ShardState.Status.COPYING || shard.status == ShardState.Status.FROZEN;
        if (!leaves || shard.dropping || shard.number != number) {
            return null;
        }
        try {
            return chunks.read(shard, Cursor.read(cursor), cursor, maxBytes);
        } catch (ProtocolException e) {
            return null;
        }
    }

    /** Whether all rows were copied before a cursor, and what comes after it are changes. */
    public static boolean isAmongChanges(byte[] cursor) {
        try {
            return Cursor.read(cursor).phase() == Cursor.Phase.CHANGES;
        } catch (ProtocolException e) {
            return false;
        }
    }

    /** Keys in all shards that the group serves. */
    public long keys() {
        loadIfReplaced();
        return shards.all().stream()
                .filter(Shard::serves)
                .mapToLong(shard -> shard.keys)
                .sum();
    }

    /** Keys in one shard. */
    public long keys(int shardId) {
        loadIfReplaced();
        return shards.find(shardId).keys;
    }

    /** Bytes of keys and values in one shard. */
    public long bytes(int shardId) {
        loadIfReplaced();
        return shards.find(shardId).bytes;
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
        return tables.receiveSnapshot(lastIncludedIndex, lastIncludedTerm);
    }
}
