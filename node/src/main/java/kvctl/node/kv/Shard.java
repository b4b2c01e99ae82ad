package kvctl.node.kv;

import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.ProtocolException;

/** What is known of a shard beside its keys and sessions: one small row. */
final class Shard {
    final int id;

    /** The row in the table is older than this. */
    boolean dirty;

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

    byte[] key() {
        return new byte[] {(byte) (id >>> 8), (byte) id};
    }

    void write(BytesWriter out) {
        out.varint(version);
        out.varint(keys);
        out.varint(bytes);
        out.varint(sessions);
        out.varint(floorMs);
        out.u64(floorRandom);
    }

    static Shard read(byte[] key, BytesReader in) throws ProtocolException {
        Shard shard = new Shard((key[0] & 0xff) << 8 | key[1] & 0xff);
        shard.version = in.varint();
        shard.keys = in.varint();
        shard.bytes = in.varint();
        shard.sessions = in.varint();
        shard.floorMs = in.varint();
        shard.floorRandom = in.u64();
        in.end();
        return shard;
    }
}
