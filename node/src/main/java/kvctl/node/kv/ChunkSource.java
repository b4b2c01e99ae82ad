package kvctl.node.kv;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import kvctl.protocol.BytesWriter;
import kvctl.storage.Tables;

/**
 * Reads a shard that is being copied, a chunk at a time: its rows in key order, then what was written since, change by
 * change (HAZARDS G6, G14).
 *
 * <p>Chunks may come from any replicas that applied the copy, also from one that is behind the one before. A row that is
 * older than what the target has, or that missed a write, is put right by a later chunk: its last change comes after it,
 * and is read from a state that has it. And no chunk is the last one before the replica it comes from applied the freeze
 * and has nothing more to give.
 */
final class ChunkSource {
    private final Tables.Table kv;
    private final Tables.Table sessions;
    private final Changes changes;
    private final Rows rows;

    ChunkSource(Tables.Table kv, Tables.Table sessions, Changes changes, Rows rows) {
        this.kv = kv;
        this.sessions = sessions;
        this.changes = changes;
        this.rows = rows;
    }

    /** @param before what {@code from} was read from */
    ShardChunk read(Shard shard, Cursor from, byte[] before, int maxBytes) {
        BytesWriter out = new BytesWriter();
        out.u32(0);
        Cursor at = from;
        if (at.phase() != Cursor.Phase.CHANGES) {
            // What this state has in it needs no copying again, unless an earlier chunk was read from an older one.
            at = at.behind(Math.min(at.change(), shard.changes));
        }
        if (at.phase() == Cursor.Phase.KEYS) {
            at = keys(out, shard, at, maxBytes);
        }
        if (at.phase() == Cursor.Phase.SESSIONS) {
            at = sessions(out, shard, at, maxBytes);
        }
        if (at.phase() == Cursor.Phase.CHANGES) {
            at = changes(out, shard, at, maxBytes);
        }
        boolean inRows = at.phase() != Cursor.Phase.CHANGES;
        long left = inRows ? Integer.MAX_VALUE : Math.max(0, shard.changes - at.change());
        boolean last = left == 0 && shard.status == ShardState.Status.FROZEN;
        if (last) {
            ChunkRows.counts(out, shard);
        }
        long copied = at.phase() == Cursor.Phase.KEYS ? Math.min(at.copiedBytes(), shard.bytes) : shard.bytes;
        return new ShardChunk(
                        shard.id,
                        shard.number,
                        before,
                        at.toBytes(),
                        out.toBytes(),
                        last,
                        (int) Math.min(Integer.MAX_VALUE, left),
                        copied,
                        shard.bytes)
                .sealed();
    }

    private Cursor keys(BytesWriter out, Shard shard, Cursor at, int maxBytes) {
        byte[][] stopped = new byte[1][];
        long[] copied = {at.copiedBytes()};
        kv.scan(Shard.rowKey(shard.id, at.position()), (key, row) -> {
            if (!shard.owns(key)) {
                return false;
            }
            int start = out.size();
            ChunkRows.key(out, key, rows.checked(key, row));
            if (isTooMuch(out, start, maxBytes)) {
                stopped[0] = key;
                return false;
            }
            copied[0] += Rows.sizeBytes(key, row);
            return true;
        });
        return stopped[0] == null ? at.in(Cursor.Phase.SESSIONS, 0) : at.at(copied[0], plain(stopped[0]));
    }

    private Cursor sessions(BytesWriter out, Shard shard, Cursor at, int maxBytes) {
        byte[][] stopped = new byte[1][];
        sessions.scan(Shard.rowKey(shard.id, at.position()), (key, row) -> {
            if (!shard.owns(key)) {
                return false;
            }
            int start = out.size();
            ChunkRows.session(out, key, rows.checked(key, row));
            if (isTooMuch(out, start, maxBytes)) {
                stopped[0] = key;
                return false;
            }
            return true;
        });
        return stopped[0] == null ? at.in(Cursor.Phase.CHANGES, 0) : at.at(0, plain(stopped[0]));
    }

    private Cursor changes(BytesWriter out, Shard shard, Cursor at, int maxBytes) {
        Set<ByteBuffer> keysTaken = new HashSet<>();
        Set<SessionId> sessionsTaken = new HashSet<>();
        long taken = at.change();
        for (Changes.Change change : changes.behind(shard, taken, maxBytes)) {
            int start = out.size();
            if (change.plainKey().length > 0 && keysTaken.add(ByteBuffer.wrap(change.plainKey()))) {
                byte[] key = Shard.rowKey(shard.id, change.plainKey());
                byte[] row = kv.get(key);
                ChunkRows.key(out, key, row == null ? null : rows.checked(key, row));
            }
            for (SessionId id : change.sessions()) {
                if (sessionsTaken.add(id)) {
                    byte[] key = id.key();
                    byte[] row = sessions.get(key);
                    ChunkRows.session(out, key, row == null ? null : rows.checked(key, row));
                }
            }
            if (isTooMuch(out, start, maxBytes)) {
                break;
            }
            taken = change.number();
        }
        return at.behind(taken);
    }

    /** Takes back what was written since {@code start} if the chunk gets too large by it and holds something else. */
    private static boolean isTooMuch(BytesWriter out, int start, int maxBytes) {
        boolean tooMuch = start > ShardChunk.CRC_BYTES && out.size() > maxBytes;
        if (tooMuch) {
            out.truncate(start);
        }
        return tooMuch;
    }

    private static byte[] plain(byte[] key) {
        return Arrays.copyOfRange(key, Shard.KEY_BYTES, key.length);
    }
}
