package kvctl.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.zip.CRC32C;

/**
 * CRC32C of every full page of one file of Xodus, kept in {@code NAME.sum} beside it: u32 per page, 0 where unknown. Xodus
 * has no checksums of its own (HAZARDS D5). Thread-safe for one writer and many readers.
 */
final class PageSums implements AutoCloseable {
    static final int PAGE_BYTES = 64 << 10;

    private final Path path;
    private final AtomicIntegerArray sums;
    private RandomAccessFile file;

    PageSums(Path dataFile, int pages) throws IOException {
        path = dataFile.resolveSibling(dataFile.getFileName() + ".sum");
        sums = new AtomicIntegerArray(pages);
        if (Files.exists(path)) {
            ByteBuffer stored = ByteBuffer.wrap(Files.readAllBytes(path));
            for (int page = 0; page < pages && stored.remaining() >= 4; page++) {
                sums.set(page, stored.getInt());
            }
        }
    }

    static int sum(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    /** True unless the page is known to have been different. */
    boolean matches(int page, byte[] bytes, int offset) {
        int expected = sums.get(page);
        return expected == 0 || expected == sum(bytes, offset, PAGE_BYTES);
    }

    void set(int page, int sum) throws IOException {
        sums.set(page, sum);
        writable().seek(4L * page);
        writable().writeInt(sum);
    }

    /** Forgets the sums of all pages from this one on, durably: they will be written anew with other content. */
    void truncate(int pages) throws IOException {
        boolean known = false;
        for (int page = pages; page < sums.length(); page++) {
            known |= sums.getAndSet(page, 0) != 0;
        }
        if (known) {
            writable().setLength(Math.min(writable().length(), 4L * pages));
            sync();
        }
    }

    void sync() throws IOException {
        if (file != null) {
            file.getFD().sync();
        }
    }

    void delete() throws IOException {
        close();
        Files.deleteIfExists(path);
    }

    private RandomAccessFile writable() throws IOException {
        if (file == null) {
            file = new RandomAccessFile(path.toFile(), "rw");
        }
        return file;
    }

    /** Ends writing; reading goes on. */
    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
            file = null;
        }
    }
}
