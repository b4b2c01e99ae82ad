package kvctl.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * {@link Witness} in two files: {@code promises} with two slots, each u32 length, u32 CRC32C, content; and {@code mark}, a
 * mapped record of u64 position, u32 digest and their CRC32C.
 */
final class FileWitness implements Witness {
    static final int SLOT_BYTES = 128 << 10;
    private static final int MARK_BYTES = 16;

    private final DiskFaults faults;
    private final Path promises;
    private final RandomAccessFile file;
    private final MappedByteBuffer mark;
    private final byte[] markBytes = new byte[MARK_BYTES];
    private final ByteBuffer markBuffer = ByteBuffer.wrap(markBytes);
    private final CRC32C crc = new CRC32C();

    FileWitness(Path dir, DiskFaults faults) throws IOException {
        this.faults = faults;
        promises = dir.resolve("promises");
        file = new RandomAccessFile(promises.toFile(), "rw");
        if (file.length() < 2L * SLOT_BYTES) {
            file.setLength(2L * SLOT_BYTES);
            file.getFD().sync();
            DataDirectory.sync(dir);
        }
        try (RandomAccessFile markFile =
                new RandomAccessFile(dir.resolve("mark").toFile(), "rw")) {
            mark = markFile.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, MARK_BYTES);
        }
    }

    @Override
    public byte[] slot(int slot) {
        try {
            byte[] all = new byte[SLOT_BYTES];
            file.seek((long) slot * SLOT_BYTES);
            file.readFully(all);
            ByteBuffer buffer = ByteBuffer.wrap(all);
            int length = buffer.getInt();
            int expected = buffer.getInt();
            if (length <= 0 || length > SLOT_BYTES - 8 || crc(all, 8, length) != expected) {
                return null;
            }
            byte[] content = new byte[length];
            buffer.get(content);
            return content;
        } catch (IOException e) {
            throw new StorageException("can't read " + promises + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void slot(int slot, byte[] content) {
        if (content.length > SLOT_BYTES - 8) {
            throw new StorageException(promises + " has no room for the promises of this many groups");
        }
        byte[] all = ByteBuffer.allocate(8 + content.length)
                .putInt(content.length)
                .putInt(crc(content, 0, content.length))
                .put(content)
                .array();
        try {
            faults.before("writePromises");
            file.seek((long) slot * SLOT_BYTES);
            file.write(all);
            faults.before("syncPromises");
            file.getFD().sync();
        } catch (IOException e) {
            throw new StorageException("can't write " + promises + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Engine.Mark mark() {
        mark.get(0, markBytes);
        return markBuffer.getInt(12) == crc(markBytes, 0, 12)
                ? new Engine.Mark(markBuffer.getLong(0), markBuffer.getInt(8))
                : Engine.Mark.NONE;
    }

    @Override
    public void mark(Engine.Mark durable) {
        markBuffer.putLong(0, durable.position());
        markBuffer.putInt(8, durable.digest());
        markBuffer.putInt(12, crc(markBytes, 0, 12));
        mark.put(0, markBytes);
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            // Every write was synced already.
        }
    }

    private int crc(byte[] bytes, int from, int length) {
        crc.reset();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }
}
