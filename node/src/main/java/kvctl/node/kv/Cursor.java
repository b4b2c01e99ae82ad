package kvctl.node.kv;

import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.ProtocolException;

/**
 * How far a shard is copied. Its bytes go through the receiving group's state, which only compares them: phase (1),
 * change number (varint), copied bytes (varint), position (the rest).
 *
 * @param change while rows are copied: every row so far was read from a state that had at least this change in it;
 *     afterwards: the last change that is copied
 * @param copiedBytes of keys and values
 * @param position least key, without the shard, that is not copied yet; empty in the last phase
 */
record Cursor(Phase phase, long change, long copiedBytes, byte[] position) {
    private static final byte[] NOTHING = new byte[0];

    /** Bytes of the cursor before the first chunk. */
    static final byte[] START = NOTHING;

    /** Bytes of a cursor behind a shard without changes. */
    static final byte[] END = new Cursor(Phase.CHANGES, 0, 0, NOTHING).toBytes();

    /** The order is in cursors on disk: never change it. */
    enum Phase {
        KEYS,
        SESSIONS,
        CHANGES
    }

    Cursor at(long newCopiedBytes, byte[] newPosition) {
        return new Cursor(phase, change, newCopiedBytes, newPosition);
    }

    /** The beginning of a later phase. */
    Cursor in(Phase later, long newCopiedBytes) {
        return new Cursor(later, change, newCopiedBytes, NOTHING);
    }

    Cursor behind(long newChange) {
        return new Cursor(phase, newChange, copiedBytes, position);
    }

    byte[] toBytes() {
        BytesWriter out = new BytesWriter(32 + position.length);
        out.u8(phase.ordinal());
        out.varint(change);
        out.varint(copiedBytes);
        out.raw(position, 0, position.length);
        return out.toBytes();
    }

    /** @throws ProtocolException if this version never wrote such a cursor */
    static Cursor read(byte[] bytes) throws ProtocolException {
        if (bytes.length == 0) {
            return new Cursor(Phase.KEYS, Long.MAX_VALUE, 0, NOTHING);
        }
        BytesReader in = new BytesReader(bytes);
        Phase[] phases = Phase.values();
        Phase phase = phases[in.varint(phases.length - 1)];
        Cursor cursor = new Cursor(phase, in.varint(), in.varint(), in.raw(in.remaining()));
        if (cursor.change < 0 || cursor.copiedBytes < 0) {
            throw new ProtocolException("a cursor is out of its range");
        }
        return cursor;
    }
}
