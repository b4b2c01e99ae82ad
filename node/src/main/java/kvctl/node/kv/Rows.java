package kvctl.node.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.storage.Seal;

/** Bytes of rows; each is sealed. The row of a key-value pair is seal (4), version (8), value. */
final class Rows {
    static final int HEADER_BYTES = 12;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final Seal seal = new Seal();
    private final BytesWriter scratch = new BytesWriter();

    /** A key-value row; the value of {@code before}, if that is not null, comes before {@code value}. */
    byte[] value(byte[] key, long version, byte[] before, byte[] value) {
        int kept = before == null ? 0 : before.length - HEADER_BYTES;
        byte[] row = new byte[HEADER_BYTES + kept + value.length];
        LONG.set(row, Seal.BYTES, version);
        if (kept > 0) {
            System.arraycopy(before, HEADER_BYTES, row, HEADER_BYTES, kept);
        }
        System.arraycopy(value, 0, row, HEADER_BYTES + kept, value.length);
        return seal.seal(key, row);
    }

    /** Value of a key-value row, copied. */
    static byte[] value(byte[] row) {
        return Arrays.copyOfRange(row, HEADER_BYTES, row.length);
    }

    /** Bytes of key and value of a stored key-value row. */
    static long sizeBytes(byte[] key, byte[] row) {
        return (long) key.length - Shard.KEY_BYTES + row.length - HEADER_BYTES;
    }

    static long version(byte[] row) {
        return (long) LONG.get(row, Seal.BYTES);
    }

    /** An empty writer with room for the seal; {@link #sealed(byte[])} ends the row. One row at a time. */
    BytesWriter begin() {
        scratch.truncate(0);
        scratch.u32(0);
        return scratch;
    }

    /** The row that {@link #begin} began. */
    byte[] sealed(byte[] key) {
        return seal.seal(key, scratch.toBytes());
    }

    /**
     * The row itself, if it is sound.
     *
     * @throws IllegalStateException if it is damaged; that stops the node, so that damage is never served
     */
    byte[] checked(byte[] key, byte[] row) {
        if (!seal.isSound(key, row)) {
            throw new IllegalStateException(
                    "a stored row is damaged, its key is " + HexFormat.of().formatHex(key));
        }
        return row;
    }

    /** What is in a row that {@link #begin} began. */
    BytesReader open(byte[] key, byte[] row) {
        return new BytesReader(checked(key, row), Seal.BYTES, row.length);
    }
}
