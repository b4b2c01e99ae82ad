package kvctl.storage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a node remembers of itself beside its groups: a few small values by name, each durable when it is put. */
public final class Facts {
    private static final int CRC_BYTES = 4;

    private final Storage storage;
    private final Engine.Rows rows;
    private final Records records = new Records();

    Facts(Storage storage, Engine.Rows rows) {
        this.storage = storage;
        this.rows = rows;
    }

    /**
     * Null if nothing was put under the name.
     *
     * @throws StorageException if what is there is damaged; that stops the storage
     */
    public byte[] get(String name) {
        storage.check();
        byte[] row = rows.get(key(name));
        if (row == null) {
            return null;
        }
        byte[] value = row.length < CRC_BYTES ? new byte[0] : Arrays.copyOfRange(row, CRC_BYTES, row.length);
        if (!Arrays.equals(row, row(name, value))) {
            throw storage.fail(new StorageException("the fact '" + name + "' is damaged; restore the directory"));
        }
        return value;
    }

    /** Durable on return; not inside {@link Storage#apply}. */
    public void put(String name, byte[] value) {
        storage.durably(() -> rows.put(key(name), row(name, value)));
    }

    private static byte[] key(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }

    private byte[] row(String name, byte[] value) {
        byte[] row = new byte[CRC_BYTES + value.length];
        System.arraycopy(value, 0, row, CRC_BYTES, value.length);
        int crc = records.crc(name.hashCode(), row, CRC_BYTES);
        for (int i = 0; i < CRC_BYTES; i++) {
            row[i] = (byte) (crc >>> (24 - 8 * i));
        }
        return row;
    }
}
