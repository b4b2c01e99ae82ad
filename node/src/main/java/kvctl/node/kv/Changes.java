package kvctl.node.kv;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.ProtocolException;
import kvctl.storage.Tables;

/**
 * What writes touched in the shards that are being copied, in the order of the log. Replicated like everything else, so
 * the copying goes on with any replica (HAZARDS G12). One row each: key is shard (2) and number (8), numbers follow each
 * other from 1 in each shard; row is the touched sessions and the touched key. Not what was written: whoever copies a
 * change takes the row as it is then.
 */
final class Changes {
    private static final int ROW_KEY_BYTES = 10;
    private static final byte[] NOTHING = new byte[0];

    private final Tables.Table table;
    private final Rows rows;

    /**
     * One write that was executed.
     *
     * @param sessions whose rows it touched: the writer's, and one that it pushed out
     * @param plainKey key that it touched, empty if it changed nothing
     */
    record Change(long number, List<SessionId> sessions, byte[] plainKey) {}

    Changes(Tables.Table table, Rows rows) {
        this.table = table;
        this.rows = rows;
    }

    /** @param pushedOut null if nobody was; {@code plainKey} null if no key was touched */
    void note(Shard shard, SessionId session, SessionId pushedOut, byte[] plainKey) {
        shard.changes++;
        BytesWriter out = rows.begin();
        out.varint(pushedOut == null ? 1 : 2);
        write(out, session);
        if (pushedOut != null) {
            write(out, pushedOut);
        }
        out.bytes(plainKey == null ? NOTHING : plainKey);
        byte[] key = key(shard, shard.changes);
        table.put(key, rows.sealed(key));
    }

    /** Changes behind the number, as many as fit into about so many bytes, at least one if there is one. */
    List<Change> behind(Shard shard, long number, int maxBytes) {
        List<Change> found = new ArrayList<>();
        int[] bytes = {0};
        if (number < shard.changes) {
            table.scan(key(shard, number + 1), (key, row) -> {
                if (!shard.owns(key)) {
                    return false;
                }
                found.add(read(shard, key, row));
                bytes[0] += key.length + row.length;
                return bytes[0] < maxBytes;
            });
        }
        return found;
    }

    private static byte[] key(Shard shard, long number) {
        return ByteBuffer.allocate(ROW_KEY_BYTES)
                .put(shard.key())
                .putLong(number)
                .array();
    }

    private static void write(BytesWriter out, SessionId id) {
        out.varint(id.sessionMs());
        out.u64(id.sessionRandom());
    }

    private Change read(Shard shard, byte[] key, byte[] row) {
        try {
            BytesReader in = rows.open(key, row);
            List<SessionId> sessions = new ArrayList<>();
            for (int left = in.varint(2); left > 0; left--) {
                sessions.add(new SessionId(shard.id, in.varint(), in.u64()));
            }
            byte[] plainKey = in.bytes();
            in.end();
            return new Change(ByteBuffer.wrap(key).getLong(Shard.KEY_BYTES), sessions, plainKey);
        } catch (ProtocolException e) {
            throw new IllegalStateException("the row of a change has another form: " + e.getMessage(), e);
        }
    }
}
