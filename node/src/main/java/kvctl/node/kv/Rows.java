package kvctl.node.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;

/**
 * Bytes of rows. Each begins with a CRC32C over its key and the rest, so that a damaged row and one that turned up
 * under another key are both seen (HAZARDS D5). The row of a key-value pair is CRC32C (4), version (8), value.
 */
final class Rows {
    private static final int CRC_BYTES = 4;
    static final int HEADER_BYTES = 12;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final CRC32C crc = new CRC32C();
    private final BytesWriter scratch = new BytesWriter();

    /** A key-value row; the value of {@code before}, if that is not null, comes before {@code value}. */
    byte[] value(byte[] key, long version, byte[] before, byte[] value) {
        int kept = before == null ? 0 : before.length - HEADER_BYTES;
        byte[] row = new byte[HEADER_BYTES + kept + value.length];
        LONG.set(row, CRC_BYTES, version);
        if (kept > 0) {
            System.arraycopy(before, HEADER_BYTES, row, HEADER_BYTES, kept);
        }
        System.arraycopy(value, 0, row, HEADER_BYTES + kept, value.length);
        return sealed(key, row);
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
        return (long) LONG.get(row, CRC_BYTES);
    }

    /** An empty writer with room for the CRC; {@link #sealed(byte[])} ends the row. One row at a time. */
    BytesWriter begin() {
        scratch.truncate(0);
        scratch.u32(0);
        return scratch;
    }

    /** The row that {@link #begin} began. */
    byte[] sealed(byte[] key) {
        return sealed(key, scratch.toBytes());
    }

    private byte[] sealed(byte[] key, byte[] row) {
        INT.set(row, 0, crcOf(key, row));
        return row;
    }

    /**
     * The row itself, if it is sound.
     *
     * @throws IllegalStateException if it is damaged; that stops the node, so that damage is never served
     */
    byte[] checked(byte[] key, byte[] row) {
        if (row.length < CRC_BYTES || (int) INT.get(row, 0) != crcOf(key, row)) {
            throw new IllegalStateException(
                    "a stored row is damaged, its key is " + HexFormat.of().formatHex(key));
        }
        return row;
    }

    /** What is in a row that {@link #begin} began. */
    BytesReader open(byte[] key, byte[] row) {
        return new BytesReader(checked(key, row), CRC_BYTES, row.length);
    }

    private int crcOf(byte[] key, byte[] row) {
        crc.reset();
        crc.update(key);
        crc.update(row, CRC_BYTES, row.length - CRC_BYTES);
        return (int) crc.getValue();
    }
}
