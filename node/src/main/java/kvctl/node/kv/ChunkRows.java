package kvctl.node.kv;

import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.ProtocolException;

/**
 * The bytes in a chunk behind its CRC32C: records of a kind (1), a key without its shard and, if there is one, a row, each
 * with its length as a varint before it. Rows travel as they are stored, with their own CRC32C; the receiver puts the
 * shard before the keys, so a chunk can't touch another shard.
 */
final class ChunkRows {
    /** The codes are in logs on disk: never reuse one. */
    private static final int KEY = 1;

    private static final int NO_KEY = 2;
    private static final int SESSION = 3;
    private static final int NO_SESSION = 4;
    private static final int COUNTS = 5;

    /** Takes what is in a chunk; {@code plainKey} is without the shard, a null {@code row} means that there is none. */
    interface Taker {
        void key(byte[] plainKey, byte[] row);

        void session(byte[] plainKey, byte[] row);

        /** Everything else that the source knew of the shard. */
        void counts(BytesReader counts) throws ProtocolException;
    }

    private ChunkRows() {}

    static void key(BytesWriter out, byte[] key, byte[] row) {
        write(out, row == null ? NO_KEY : KEY, key, row);
    }

    static void session(BytesWriter out, byte[] key, byte[] row) {
        write(out, row == null ? NO_SESSION : SESSION, key, row);
    }

    static void counts(BytesWriter out, Shard shard) {
        out.u8(COUNTS);
        shard.writeCounts(out);
    }

    private static void write(BytesWriter out, int kind, byte[] key, byte[] row) {
        out.u8(kind);
        out.varint(key.length - Shard.KEY_BYTES);
        out.raw(key, Shard.KEY_BYTES, key.length - Shard.KEY_BYTES);
        if (row != null) {
            out.bytes(row);
        }
    }

    /** @throws ProtocolException if these are not such records */
    static void read(byte[] rows, Taker taker) throws ProtocolException {
        BytesReader in = new BytesReader(rows, ShardChunk.CRC_BYTES, rows.length);
        while (in.remaining() > 0) {
            int kind = in.u8();
            switch (kind) {
                case KEY -> taker.key(in.bytes(), in.bytes());
                case NO_KEY -> taker.key(in.bytes(), null);
                case SESSION -> taker.session(in.bytes(), in.bytes());
                case NO_SESSION -> taker.session(in.bytes(), null);
                case COUNTS -> taker.counts(in);
                default -> throw new ProtocolException("unknown kind of row " + kind);
            }
        }
    }
}
