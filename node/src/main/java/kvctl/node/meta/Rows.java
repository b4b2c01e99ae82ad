package kvctl.node.meta;

import java.util.zip.CRC32C;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;

/**
 * Rows of the controller's tables: CRC32C (4) over the key and the rest, then the rest, so that a damaged row and one
 * that turned up under another key are both seen (HAZARDS D5).
 */
final class Rows {
    private static final int CRC_BYTES = 4;

    private Rows() {}

    /** A writer with room for the CRC; {@link #sealed} ends the row. */
    static BytesWriter begin() {
        BytesWriter row = new BytesWriter();
        row.u32(0);
        return row;
    }

    static byte[] sealed(byte[] key, BytesWriter row) {
        row.setU32(0, crcOf(key, row.array(), row.size()));
        return row.toBytes();
    }

    /** @throws IllegalStateException if the row is missing or damaged, which stops the node */
    static BytesReader open(byte[] key, byte[] row, String what) {
        if (row == null) {
            throw new IllegalStateException(what + " is missing in the controller's tables");
        }
        boolean sound = row.length >= CRC_BYTES
                && (row[0] << 24 | (row[1] & 0xff) << 16 | (row[2] & 0xff) << 8 | row[3] & 0xff)
                        == crcOf(key, row, row.length);
        if (!sound) {
            throw new IllegalStateException(what + " is damaged in the controller's tables");
        }
        return new BytesReader(row, CRC_BYTES, row.length);
    }

    private static int crcOf(byte[] key, byte[] row, int size) {
        CRC32C crc = new CRC32C();
        crc.update(key);
        crc.update(row, CRC_BYTES, size - CRC_BYTES);
        return (int) crc.getValue();
    }

    /** Unsigned, so rows stand in the order of their numbers. */
    static byte[] key(long... numbers) {
        BytesWriter key = new BytesWriter(Long.BYTES * numbers.length);
        for (long number : numbers) {
            key.u64(number);
        }
        return key.toBytes();
    }
}
