package kvctl.storage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The first {@value #BYTES} bytes of a row: CRC32C over its key and the rest, so that a damaged row and one that turned up
 * under another key are both seen (HAZARDS D5). One thread uses an instance.
 */
public final class Seal {
    public static final int BYTES = 4;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final CRC32C crc = new CRC32C();

    /** Writes the seal into the row's first bytes, which are free for it; returns the row. */
    public byte[] seal(byte[] key, byte[] row) {
        INT.set(row, 0, crcOf(key, row));
        return row;
    }

    /** True if the row is what was sealed under this key. */
    public boolean isSound(byte[] key, byte[] row) {
        return row.length >= BYTES && (int) INT.get(row, 0) == crcOf(key, row);
    }

    private int crcOf(byte[] key, byte[] row) {
        crc.reset();
        crc.update(key);
        crc.update(row, BYTES, row.length - BYTES);
        return (int) crc.getValue();
    }
}
