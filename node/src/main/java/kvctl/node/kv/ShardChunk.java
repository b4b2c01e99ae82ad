package kvctl.node.kv;

import java.util.zip.CRC32C;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;

/**
 * A piece of a shard on its way to another group, read from the state of one replica of the source (HAZARDS G6, G8, G14).
 * Immutable: nobody may change its arrays.
 *
 * @param number of the configuration that moves the shard
 * @param before cursor at which the chunk begins; empty: the beginning
 * @param after cursor at which the next one begins; equal to {@code before} if the replica had nothing new
 * @param rows opaque, at least a CRC32C over them and all other fields
 * @param last the shard is frozen and this is the rest of it: whoever takes it in serves the shard
 * @param changesLeft changes at the source that are neither in this nor in earlier chunks, as far as the replica knows;
 *     {@link Integer#MAX_VALUE} while rows are still to come
 * @param copiedBytes of keys and values up to {@code after}, about
 * @param totalBytes of keys and values, about
 */
public record ShardChunk(
        int shardId,
        long number,
        byte[] before,
        byte[] after,
        byte[] rows,
        boolean last,
        int changesLeft,
        long copiedBytes,
        long totalBytes) {
    static final int CRC_BYTES = 4;

    /** All of a shard that nobody owned. */
    public static ShardChunk empty(int shardId, long number) {
        BytesWriter rows = new BytesWriter();
        rows.u32(0);
        ChunkRows.counts(rows, new Shard(shardId));
        return new ShardChunk(shardId, number, Cursor.START, Cursor.END, rows.toBytes(), true, 0, 0, 0).sealed();
    }

    /** Fills in the CRC32C at the beginning of the rows; for whoever just made them. */
    ShardChunk sealed() {
        int crc = crc();
        for (int i = 0; i < CRC_BYTES; i++) {
            rows[i] = (byte) (crc >>> (24 - 8 * i));
        }
        return this;
    }

    private int crc() {
        BytesWriter head = new BytesWriter();
        writeHead(head);
        CRC32C crc = new CRC32C();
        crc.update(head.array(), 0, head.size());
        crc.update(rows, CRC_BYTES, rows.length - CRC_BYTES);
        return (int) crc.getValue();
    }

    private void writeHead(BytesWriter out) {
        out.varint(shardId);
        out.varint(number);
        out.bytes(before);
        out.bytes(after);
        out.bool(last);
        out.varint(changesLeft);
        out.varint(copiedBytes);
        out.varint(totalBytes);
    }

    /** What {@link #read} reads. */
    public void write(BytesWriter out) {
        writeHead(out);
        out.bytes(rows);
    }

    /** @throws ProtocolException if it is not what {@link #write} wrote: drop it and ask again */
    public static ShardChunk read(BytesReader in) throws ProtocolException {
        int shardId = in.varint(Limits.SHARDS_MAX - 1);
        long number = in.varint();
        byte[] before = in.bytes();
        byte[] after = in.bytes();
        boolean last = in.bool();
        int changesLeft = in.varint(Integer.MAX_VALUE);
        long copiedBytes = in.varint();
        long totalBytes = in.varint();
        byte[] rows = in.bytes();
        ShardChunk chunk =
                new ShardChunk(shardId, number, before, after, rows, last, changesLeft, copiedBytes, totalBytes);
        if (rows.length < CRC_BYTES || new BytesReader(rows).u32() != chunk.crc()) {
            throw new ProtocolException("a chunk of shard " + shardId + " is damaged");
        }
        return chunk;
    }
}
