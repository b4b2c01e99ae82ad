package kvctl.node.kv;

import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;

/**
 * A step in a shard's move as it stands in the log. Bytes: op (1), shard (varint), number (varint), then of a copy the
 * group to copy to, of an install the group it comes from and the chunk. The codes go on where {@link Command}'s end.
 *
 * @param number of the configuration that moves the shard
 * @param peerGroupId of a copy and an install, otherwise 0
 * @param chunk of an install, otherwise null
 */
record MoveCommand(Op op, int shardId, long number, int peerGroupId, ShardChunk chunk) {
    private static final int FIRST_CODE = 5;
    private static final Op[] OPS = Op.values();

    /** The order gives the codes, which are in logs on disk: never change it, add at the end. */
    enum Op {
        /** From here on changes are noted. */
        COPY,
        /** Nothing is served from here on. */
        FREEZE,
        /** Takes a chunk in. */
        INSTALL,
        /** Deletes what was moved. */
        DROP
    }

    /** Whether a command is one of these; it is read without its rest. */
    static boolean is(byte[] bytes) {
        return bytes.length > 0 && bytes[0] >= FIRST_CODE && bytes[0] < FIRST_CODE + OPS.length;
    }

    byte[] encode() {
        BytesWriter out = new BytesWriter(chunk == null ? 32 : 128 + chunk.rows().length);
        out.u8(FIRST_CODE + op.ordinal());
        out.varint(shardId);
        out.varint(number);
        if (op == Op.COPY || op == Op.INSTALL) {
            out.varint(peerGroupId);
        }
        if (op == Op.INSTALL) {
            chunk.write(out);
        }
        return out.toBytes();
    }

    /** @throws IllegalStateException if the bytes are not what {@link #encode} writes: the log is damaged or too new */
    static MoveCommand decode(byte[] bytes) {
        try {
            BytesReader in = new BytesReader(bytes);
            Op op = OPS[in.u8() - FIRST_CODE];
            int shardId = in.varint(Limits.SHARDS_MAX - 1);
            long number = in.varint();
            int peerGroupId = op == Op.COPY || op == Op.INSTALL ? in.varint(Integer.MAX_VALUE) : 0;
            ShardChunk chunk = op == Op.INSTALL ? ShardChunk.read(in) : null;
            in.end();
            if (number < 1 || chunk != null && (chunk.shardId() != shardId || chunk.number() != number)) {
                throw new ProtocolException("a field is out of its range");
            }
            return new MoveCommand(op, shardId, number, peerGroupId, chunk);
        } catch (ProtocolException e) {
            throw new IllegalStateException("an entry holds no step of a move: " + e.getMessage(), e);
        }
    }
}
