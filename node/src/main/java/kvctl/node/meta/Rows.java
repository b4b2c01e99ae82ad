package kvctl.node.meta;

import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.storage.Seal;

/** Sealed rows of the controller's tables. */
final class Rows {
    private Rows() {}

    /** A writer with room for the seal; {@link #sealed} ends the row. */
    static BytesWriter begin() {
        BytesWriter row = new BytesWriter();
        row.u32(0);
        return row;
    }

    static byte[] sealed(byte[] key, BytesWriter row) {
        return new Seal().seal(key, row.toBytes());
    }

    /** @throws IllegalStateException if the row is missing or damaged, which stops the node */
    static BytesReader open(byte[] key, byte[] row, String what) {
        if (row == null) {
            throw new IllegalStateException(what + " is missing in the controller's tables");
        }
        if (!new Seal().isSound(key, row)) {
            throw new IllegalStateException(what + " is damaged in the controller's tables");
        }
        return new BytesReader(row, Seal.BYTES, row.length);
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
