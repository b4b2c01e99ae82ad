package kvctl.storage;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The bytes of a snapshot chunk: u32 CRC32C over (chunk number, rest), then records: table (1, u16 length, name), row (2, u32
 * key length, u32 value length, key, value), end (3, u64 rows, u64 lastIncludedIndex, u64 lastIncludedTerm). A chunk
 * holds whole records and names the table of its first row, so it is stored without waiting for the next (HAZARDS S10).
 */
final class SnapshotChunk {
    private static final byte TABLE = 1;
    private static final byte ROW = 2;
    private static final byte END = 3;

    private SnapshotChunk() {}

    /** Receives the records of a chunk. */
    interface Reader {
        void table(String name);

        void row(byte[] key, byte[] value);

        void end(long rows, long lastIncludedIndex, long lastIncludedTerm);
    }

    /** @throws StorageException if the chunk is damaged or not the one with this number */
    static void verify(long number, byte[] chunk) {
        if (chunk.length < 4 || ByteBuffer.wrap(chunk).getInt() != crc(number, chunk, chunk.length)) {
            throw new StorageException("chunk " + number + " of a received snapshot is damaged");
        }
    }

    /** Hands out the records of a verified chunk. */
    static void read(long number, byte[] chunk, Reader reader) {
        ByteBuffer in = ByteBuffer.wrap(chunk, 4, chunk.length - 4);
        try {
            while (in.hasRemaining()) {
                switch (in.get()) {
                    case TABLE -> reader.table(new String(bytes(in, in.getShort()), StandardCharsets.UTF_8));
                    case ROW -> row(in, reader);
                    case END -> reader.end(in.getLong(), in.getLong(), in.getLong());
                    default -> throw new StorageException("chunk " + number + " of a snapshot has an unknown record");
                }
            }
        } catch (BufferUnderflowException e) {
            throw new StorageException("chunk " + number + " of a received snapshot ends too early", e);
        }
    }

    private static void row(ByteBuffer in, Reader reader) {
        int keyLength = in.getInt();
        int valueLength = in.getInt();
        reader.row(bytes(in, keyLength), bytes(in, valueLength));
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] result = new byte[length];
        in.get(result);
        return result;
    }

    private static int crc(long number, byte[] chunk, int length) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(8).putLong(0, number));
        crc.update(chunk, 4, length - 4);
        return (int) crc.getValue();
    }

    /** Builds one chunk after the other. */
    static final class Writer {
        private ByteBuffer out = ByteBuffer.allocate(64 << 10);
        private long number;

        void begin() {
            out.clear().position(4);
        }

        int size() {
            return out.position();
        }

        void table(String name) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            room(3 + bytes.length);
            out.put(TABLE).putShort((short) bytes.length).put(bytes);
        }

        void row(byte[] key, byte[] value) {
            room(9 + key.length + value.length);
            out.put(ROW).putInt(key.length).putInt(value.length).put(key).put(value);
        }

        void end(long rows, long index, long term) {
            room(25);
            out.put(END).putLong(rows).putLong(index).putLong(term);
        }

        byte[] finish() {
            byte[] chunk = Arrays.copyOf(out.array(), out.position());
            ByteBuffer.wrap(chunk).putInt(0, crc(number, chunk, chunk.length));
            number++;
            return chunk;
        }

        private void room(int bytes) {
            if (out.remaining() < bytes) {
                int capacity = Math.max(out.capacity() * 2, out.position() + bytes);
                out = ByteBuffer.allocate(capacity).put(out.flip());
            }
        }
    }
}
