package kvctl.node.kv;

import java.nio.ByteBuffer;
import kvctl.protocol.Request;

/** A session in the order in which sessions are pushed out of a full shard: by time, then by unsigned random part. */
record SessionId(int shardId, long sessionMs, long sessionRandom) {
    static final int KEY_BYTES = 18;

    static SessionId of(int shardId, Request.Tag tag) {
        return new SessionId(shardId, tag.sessionMs(), tag.sessionRandom());
    }

    /** Key of the row; sorts as the ids of one shard do. */
    byte[] key() {
        return ByteBuffer.allocate(KEY_BYTES)
                .putShort((short) shardId)
                .putLong(sessionMs)
                .putLong(sessionRandom)
                .array();
    }

    static SessionId ofKey(byte[] key) {
        ByteBuffer in = ByteBuffer.wrap(key);
        return new SessionId(in.getShort() & 0xffff, in.getLong(), in.getLong());
    }

    boolean isAtMost(long floorMs, long floorRandom) {
        return sessionMs < floorMs || sessionMs == floorMs && Long.compareUnsigned(sessionRandom, floorRandom) <= 0;
    }
}
