package kvctl.node.kv;

import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.ProtocolException;

/** What is known of a shard beside its keys and sessions: one small row. */
final class Shard {
    /** Every key that belongs to a shard begins with its id. */
    static final int KEY_BYTES = 2;

    /** First byte of the row; another form of it gets another number. */
    private static final int FORMAT = 1;

    private static final ShardState.Status[] STATUSES = ShardState.Status.values();
    private static final byte[] NOTHING = new byte[0];

    final int id;

    /** The row in the table is older than this. */
    boolean dirty;

    /** Served since the machine was opened; not in the row. */
    long reads;

    /** Applied since the machine was opened; not in the row. */
    long writes;

    ShardState.Status status = ShardState.Status.GONE;

    /** Configuration that brought the shard into this status. */
    long number;

    /** The other group of a move that is under way, or 0. */
    int peerGroupId;

    /** How far the shard is received. */
    byte[] cursor = NOTHING;

    long copiedBytes;

    long totalBytes;

    /** Changes noted since the copying began; the last one has this number. */
    long changes;

    /** Rows of the frozen shard are being deleted, so it can't be copied any more. */
    boolean dropping;

    /** Version that the last effective write took. Never goes back, whatever is deleted (HAZARDS, section 4). */
    long version;

    long keys;

    /** Bytes of all keys and values. */
    long bytes;

    long sessions;

    /** Greatest session that was pushed out; (0, 0) if none was. Unknown sessions up to it may have written before. */
    long floorMs;

    long floorRandom;

    Shard(int id) {
        this.id = id;
    }

    /** Read and written in this group (HAZARDS G4). */
    boolean serves() {
        return status == ShardState.Status.SERVING || status == ShardState.Status.COPYING;
    }

    /** Begins a life in which nothing is copied to or from anywhere. */
    void become(ShardState.Status newStatus, long newNumber) {
        status = newStatus;
        number = newNumber;
        peerGroupId = 0;
        cursor = NOTHING;
        copiedBytes = 0;
        totalBytes = 0;
        changes = 0;
        dropping = false;
    }

    ShardState state() {
        boolean leaves = status == ShardState.Status.COPYING || status == ShardState.Status.FROZEN;
        return new ShardState(
                id,
                status,
                number,
                peerGroupId,
                cursor,
                keys,
                bytes,
                reads,
                writes,
                copiedBytes,
                leaves ? bytes : totalBytes);
    }

    byte[] key() {
        return rowKey(id, NOTHING);
    }

    /** Key of a row that belongs to a shard. */
    static byte[] rowKey(int shardId, byte[] plainKey) {
        byte[] rowKey = new byte[KEY_BYTES + plainKey.length];
        rowKey[0] = (byte) (shardId >>> 8);
        rowKey[1] = (byte) shardId;
        System.arraycopy(plainKey, 0, rowKey, KEY_BYTES, plainKey.length);
        return rowKey;
    }

    /** The row under this key belongs to the shard. */
    boolean owns(byte[] rowKey) {
        return rowKey[0] == (byte) (id >>> 8) && rowKey[1] == (byte) id;
    }

    void write(BytesWriter out) {
        out.u8(FORMAT);
        out.u8(status.ordinal());
        out.varint(number);
        out.varint(peerGroupId);
        out.bytes(cursor);
        out.varint(copiedBytes);
        out.varint(totalBytes);
        out.varint(changes);
        out.bool(dropping);
        writeCounts(out);
    }

    static Shard read(byte[] key, BytesReader in) throws ProtocolException {
        Shard shard = new Shard((key[0] & 0xff) << 8 | key[1] & 0xff);
        if (in.u8() != FORMAT) {
            throw new ProtocolException("it was written by another version");
        }
        shard.status = STATUSES[in.varint(STATUSES.length - 1)];
        shard.number = in.varint();
        shard.peerGroupId = in.varint(Integer.MAX_VALUE);
        shard.cursor = in.bytes();
        shard.copiedBytes = in.varint();
        shard.totalBytes = in.varint();
        shard.changes = in.varint();
        shard.dropping = in.bool();
        shard.readCounts(in);
        in.end();
        return shard;
    }

    /** What a shard takes along when it moves (HAZARDS E7). */
    void writeCounts(BytesWriter out) {
        out.varint(version);
        out.varint(keys);
        out.varint(bytes);
        out.varint(sessions);
        out.varint(floorMs);
        out.u64(floorRandom);
    }

    void readCounts(BytesReader in) throws ProtocolException {
        version = in.varint();
        keys = in.varint();
        bytes = in.varint();
        sessions = in.varint();
        floorMs = in.varint();
        floorRandom = in.u64();
    }

    void clearCounts() {
        version = 0;
        keys = 0;
        bytes = 0;
        sessions = 0;
        floorMs = 0;
        floorRandom = 0;
    }
}
