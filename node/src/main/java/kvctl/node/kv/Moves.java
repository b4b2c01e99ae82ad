package kvctl.node.kv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kvctl.protocol.BytesReader;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Response;
import kvctl.raft.Invariant;
import kvctl.storage.Tables;

/**
 * The steps that bring a shard from one group to another, as they are applied. Each names the shard and the number of the
 * configuration that moves it, and has no effect unless the shard is exactly in the state the step goes out from; so
 * steps may be repeated, come late, or come from leaders that know nothing of each other (HAZARDS G8, G9, G12).
 *
 * <p>Replies: {@link Response.Ok} if the state is now the one that the step leads to; {@link Response.Refused} with BUSY
 * for a drop that has more to delete, with CONFLICT for a step that had no effect.
 */
final class Moves {
    /** Rows that one drop deletes; and it stops at so many bytes, since it has to read what it deletes. */
    private static final int DROP_ROWS = 2000;

    private static final int DROP_BYTES = 8 << 20;

    private static final Response OK = new Response.Ok();

    private final Tables.Table kv;
    private final Tables.Table sessionTable;
    private final List<Tables.Table> tables;
    private final ShardTable shards;
    private final Sessions sessions;

    Moves(Tables tables, ShardTable shards, Sessions sessions) {
        this.kv = tables.table("kv");
        this.sessionTable = tables.table("sessions");
        this.tables = List.of(kv, sessionTable, tables.table("changes"));
        this.shards = shards;
        this.sessions = sessions;
    }

    Response apply(MoveCommand command) {
        Shard shard = shards.find(command.shardId());
        return switch (command.op()) {
            case COPY -> copy(shard, command);
            case FREEZE -> freeze(shard, command);
            case INSTALL -> install(shard, command);
            case DROP -> drop(shard, command);
        };
    }

    private Response copy(Shard shard, MoveCommand copy) {
        if (shard.status == ShardState.Status.SERVING && copy.number() > shard.number) {
            shard.become(ShardState.Status.COPYING, copy.number());
            shard.peerGroupId = copy.peerGroupId();
            shards.touch(shard);
            return OK;
        }
        boolean again = isIn(shard, ShardState.Status.COPYING, copy) && shard.peerGroupId == copy.peerGroupId();
        return again ? OK : noEffect(shard, copy);
    }

    private Response freeze(Shard shard, MoveCommand freeze) {
        if (isIn(shard, ShardState.Status.COPYING, freeze)) {
            shard.status = ShardState.Status.FROZEN;
            shards.touch(shard);
            return OK;
        }
        return isIn(shard, ShardState.Status.FROZEN, freeze) ? OK : noEffect(shard, freeze);
    }

    private Response install(Shard shard, MoveCommand install) {
        ShardChunk chunk = install.chunk();
        boolean begins =
                shard.status == ShardState.Status.GONE && shard.number < chunk.number() && chunk.before().length == 0;
        boolean goesOn =
                isIn(shard, ShardState.Status.RECEIVING, install) && Arrays.equals(shard.cursor, chunk.before());
        if (!begins && !goesOn) {
            return isIn(shard, ShardState.Status.SERVING, install) ? OK : noEffect(shard, install);
        }
        if (begins) {
            shard.become(ShardState.Status.RECEIVING, chunk.number());
            shard.peerGroupId = install.peerGroupId();
            sessions.forget(shard);
        }
        take(shard, chunk);
        shard.cursor = chunk.after();
        shard.copiedBytes = chunk.copiedBytes();
        shard.totalBytes = chunk.totalBytes();
        if (chunk.last()) {
            shard.become(ShardState.Status.SERVING, chunk.number());
        }
        shards.touch(shard);
        return OK;
    }

    private void take(Shard shard, ShardChunk chunk) {
        boolean[] counted = {false};
        try {
            ChunkRows.read(chunk.rows(), new ChunkRows.Taker() {
                @Override
                public void key(byte[] plainKey, byte[] row) {
                    put(kv, Shard.rowKey(shard.id, plainKey), row);
                }

                @Override
                public void session(byte[] plainKey, byte[] row) {
                    put(sessionTable, Shard.rowKey(shard.id, plainKey), row);
                }

                @Override
                public void counts(BytesReader counts) throws ProtocolException {
                    shard.readCounts(counts);
                    counted[0] = true;
                }
            });
        } catch (ProtocolException e) {
            throw new IllegalStateException("an entry holds no chunk of this version: " + e.getMessage(), e);
        }
        Invariant.check(counted[0] == chunk.last(), "the last chunk brings the counts", shard.id, chunk.number());
    }

    private static void put(Tables.Table table, byte[] key, byte[] row) {
        if (row == null) {
            table.delete(key);
        } else {
            table.put(key, row);
        }
    }

    private Response drop(Shard shard, MoveCommand drop) {
        if (isIn(shard, ShardState.Status.GONE, drop)) {
            return OK;
        }
        if (!isIn(shard, ShardState.Status.FROZEN, drop)) {
            return noEffect(shard, drop);
        }
        if (!shard.dropping) {
            // Written first, so that rows left to the next drop do not depend on where the batch began (HAZARDS R15).
            sessions.flush();
            sessions.forget(shard);
            shard.dropping = true;
        }
        shards.touch(shard);
        if (!deleteSome(shard)) {
            return new Response.Refused(
                    Response.Code.BUSY, "Shard " + shard.id + " has more rows to delete: drop it again.", 0);
        }
        shard.become(ShardState.Status.GONE, drop.number());
        shard.clearCounts();
        return OK;
    }

    /** @return true if nothing is left */
    private boolean deleteSome(Shard shard) {
        List<byte[]> keys = new ArrayList<>();
        long[] bytes = {0};
        for (Tables.Table table : tables) {
            int before = keys.size();
            table.scan(shard.key(), (key, row) -> {
                if (!shard.owns(key) || keys.size() == DROP_ROWS || bytes[0] >= DROP_BYTES) {
                    return false;
                }
                keys.add(key);
                bytes[0] += key.length + row.length;
                return true;
            });
            keys.subList(before, keys.size()).forEach(table::delete);
        }
        return keys.size() < DROP_ROWS && bytes[0] < DROP_BYTES;
    }

    private static boolean isIn(Shard shard, ShardState.Status status, MoveCommand command) {
        return shard.status == status && shard.number == command.number();
    }

    private static Response noEffect(Shard shard, MoveCommand command) {
        String message = "No %s of shard %d under configuration %d: it is %s under %d."
                .formatted(
                        command.op().name().toLowerCase(Locale.ROOT),
                        shard.id,
                        command.number(),
                        shard.status.name().toLowerCase(Locale.ROOT),
                        shard.number);
        return new Response.Refused(Response.Code.CONFLICT, message, 0);
    }
}
