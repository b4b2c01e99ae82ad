package kvctl.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import jetbrains.exodus.io.AbstractDataWriter;
import jetbrains.exodus.io.Block;
import jetbrains.exodus.io.DataReader;
import jetbrains.exodus.io.RemoveBlockType;
import jetbrains.exodus.log.LogUtil;

/**
 * The files under Xodus, which sees them as one log of bytes with addresses. Takes the place of its own writer, which
 * ignores that an interrupt closed the file before the sync, only warns where a directory can't be synced, goes on after
 * a failed write, and has no checksums (HAZARDS D3, D5, D8, D9).
 *
 * <p>Here every failure is remembered, whichever thread met it (the cleaner writes, too), and all later writes and syncs
 * fail with it. {@link RandomAccessFile} and {@code FileDescriptor.sync} take no notice of interrupts. Every full page is
 * verified when it is read. Thread-safe as Xodus needs it: many readers, writers one at a time.
 */
final class XodusFiles extends AbstractDataWriter implements DataReader {
    /** The largest row must fit (a value of 4 MiB); the cleaner holds up the writer while it does one file. */
    static final int FILE_BYTES = 9 << 19;

    private static final int PAGE_BYTES = PageSums.PAGE_BYTES;
    private static final int PAGES = FILE_BYTES / PAGE_BYTES;

    private final Path dir;
    private final Map<Long, RandomAccessFile> openForRead = new ConcurrentHashMap<>();
    private final Map<Long, PageSums> sums = new ConcurrentHashMap<>();
    private volatile RuntimeException failure;
    private volatile boolean abandoned;
    private final Reserve reserve;
    private DiskFaults faults;

    /** Pages that end after this address are not verified; before the start is through, those are not promised. */
    private volatile long verifiedBelow = Long.MAX_VALUE;

    private RandomAccessFile file;
    private FileBlock block;
    private PageSums fileSums;

    /** Address after the last written byte. */
    private long written;

    /** Over the bytes of the unfinished page. */
    private final CRC32C pageCrc = new CRC32C();

    private volatile Thread marking;
    private volatile Engine.Mark mark;

    XodusFiles(Path dir) {
        this(dir, DiskFaults.NONE);
    }

    XodusFiles(Path dir, DiskFaults faults) {
        this.dir = dir;
        this.reserve = new Reserve(dir.resolveSibling("reserve"));
        this.faults = faults;
    }

    void faults(DiskFaults hook) {
        faults = hook;
    }

    /** The hook that was set last; for the files beside these. */
    void fault(String call) throws IOException {
        faults.before(call);
    }

    /** Bytes that the disk can still take; cheap enough for every turn. Gives up the reserve if that is very little. */
    long freeBytes() {
        long free = dir.toFile().getUsableSpace();
        if (free <= 0 && dir.toFile().getTotalSpace() <= 0) {
            return faults.freeBytes(Long.MAX_VALUE); // This file system does not say.
        }
        reserve.look(free);
        return faults.freeBytes(free);
    }

    /** @throws RuntimeException the first failure, if there was one */
    void check() {
        RuntimeException first = failure;
        if (first != null) {
            throw new IllegalStateException(first.getMessage(), first);
        }
    }

    // ---- start

    /**
     * Prepares the files for being read. Syncs all of them: a process that was killed leaves written but unsynced bytes,
     * and what a start reads from them is acted upon without being written again. Where the last page up to the mark is
     * not what it was, it is cut off, so that Xodus falls back to what is before it.
     */
    void prepare(Engine.Mark last) {
        mark = last;
        verifiedBelow = last.position();
        for (Long address : addresses(0)) {
            guard("sync", () -> {
                try (RandomAccessFile each = new RandomAccessFile(path(address).toFile(), "rw")) {
                    each.getFD().sync();
                }
            });
        }
        syncDirectory();
        long address = last.position() - last.position() % FILE_BYTES;
        int end = (int) (last.position() - address);
        int start = end - end % PAGE_BYTES;
        byte[] tail = new byte[end - start];
        if (tail.length > 0
                && Files.exists(path(address))
                && new FileBlock(address).read(tail, start, 0, tail.length) == tail.length
                && PageSums.sum(tail, 0, tail.length) != last.digest()) {
            addresses(address + 1).forEach(later -> removeBlock(later, RemoveBlockType.Delete));
            truncateBlock(address, start);
        }
    }

    /**
     * From here on all pages are verified. Pages after the mark were promised to nobody and are taken as they are.
     *
     * @param end address after the last byte that Xodus accepted
     */
    void adopt(long end) {
        byte[] page = new byte[PAGE_BYTES];
        long first = verifiedBelow - verifiedBelow % PAGE_BYTES;
        for (long start = first; start + PAGE_BYTES <= end; start += PAGE_BYTES) {
            long address = start - start % FILE_BYTES;
            int offset = (int) (start - address);
            if (new FileBlock(address).read(page, offset, 0, PAGE_BYTES) == PAGE_BYTES) {
                guard("write", () -> sums(address).set(offset / PAGE_BYTES, PageSums.sum(page, 0, PAGE_BYTES)));
            }
        }
        verifiedBelow = Long.MAX_VALUE;
    }

    // ---- what Xodus reads

    @Override
    public String getLocation() {
        return dir.toString();
    }

    @Override
    public Iterable<Block> getBlocks() {
        return getBlocks(0);
    }

    @Override
    public Iterable<Block> getBlocks(long fromAddress) {
        return addresses(fromAddress).stream().<Block>map(FileBlock::new).toList();
    }

    private List<Long> addresses(long from) {
        try (Stream<Path> paths = Files.list(dir)) {
            return paths.map(p -> p.getFileName().toString())
                    .filter(LogUtil::isLogFileName)
                    .map(LogUtil::getAddress)
                    .filter(address -> address >= from)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private Path path(long address) {
        return dir.resolve(LogUtil.getLogFilename(address));
    }

    private PageSums sums(long address) {
        return sums.computeIfAbsent(address, a -> {
            try {
                return new PageSums(path(a), PAGES);
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        });
    }

    private int readFully(long address, byte[] output, long position, int offset, int count) {
        RandomAccessFile source = openForRead.computeIfAbsent(address, a -> {
            try {
                return new RandomAccessFile(path(a).toFile(), "r");
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        });
        synchronized (source) {
            try {
                source.seek(position);
                int done = 0;
                while (done < count) {
                    int n = source.read(output, offset + done, count - done);
                    if (n < 0) {
                        break;
                    }
                    done += n;
                }
                return done;
            } catch (IOException e) {
                throw new UncheckedIOException("read in " + dir + ": " + e.getMessage(), e);
            }
        }
    }

    private void verify(long address, byte[] page, int offset, long position) {
        if (!sums(address).matches((int) (position / PAGE_BYTES), page, offset)) {
            RuntimeException damage = new StorageException(path(address) + " is damaged near byte " + position
                    + "; move " + dir + " away and start again, the node will copy from the others");
            failure = damage;
            throw damage;
        }
    }

    // ---- what Xodus writes

    @Override
    public Block write(byte[] bytes, int off, int len) {
        guard("write", () -> {
            file.write(bytes, off, len);
            digest(bytes, off, len);
        });
        return block;
    }

    private void digest(byte[] bytes, int off, int len) throws IOException {
        int from = off;
        int left = len;
        while (left > 0) {
            int n = Math.min(left, PAGE_BYTES - (int) (written % PAGE_BYTES));
            pageCrc.update(bytes, from, n);
            written += n;
            from += n;
            left -= n;
            if (written % PAGE_BYTES == 0) {
                fileSums.set((int) ((written - 1 - block.getAddress()) / PAGE_BYTES), (int) pageCrc.getValue());
                pageCrc.reset();
            }
        }
    }

    @Override
    protected void syncImpl() {
        Engine.Mark now = new Engine.Mark(written, (int) pageCrc.getValue());
        guard("sync", () -> file.getFD().sync());
        if (Thread.currentThread() == marking) {
            mark = now;
        }
    }

    /**
     * Runs a sync of this thread, outside of any commit.
     *
     * @return what is durable; an older mark if nothing was written since a file was finished
     */
    Engine.Mark mark(Runnable sync) {
        marking = Thread.currentThread();
        try {
            sync.run();
        } finally {
            marking = null;
        }
        check();
        return mark;
    }

    @Override
    public void syncDirectory() {
        guard("syncDirectory", () -> DataDirectory.sync(dir));
    }

    @Override
    protected Block openOrCreateBlockImpl(long address, long length) {
        guard("open", () -> {
            RandomAccessFile opened = new RandomAccessFile(path(address).toFile(), "rw");
            file = opened;
            if (opened.length() != length) {
                opened.setLength(length);
                opened.getFD().sync();
            }
            fileSums = sums(address);
            fileSums.truncate((int) (length / PAGE_BYTES));
            byte[] tail = new byte[(int) (length % PAGE_BYTES)];
            opened.seek(length - tail.length);
            opened.readFully(tail);
            pageCrc.reset();
            pageCrc.update(tail);
            written = address + length;
        });
        block = new FileBlock(address);
        return block;
    }

    @Override
    protected void closeImpl() {
        try {
            guard("syncSums", () -> fileSums.sync());
        } finally {
            closeQuietly(file);
            closeQuietly(fileSums);
            file = null;
            fileSums = null;
            block = null;
        }
    }

    @Override
    protected void clearImpl() {
        throw new IllegalStateException("a damaged log is never wiped");
    }

    @Override
    public void removeBlock(long blockAddress, RemoveBlockType type) {
        closeQuietly(openForRead.remove(blockAddress));
        guard("remove", () -> {
            Files.deleteIfExists(path(blockAddress));
            sums(blockAddress).delete();
            sums.remove(blockAddress);
        });
    }

    @Override
    public void truncateBlock(long blockAddress, long length) {
        closeQuietly(openForRead.remove(blockAddress));
        guard("truncate", () -> {
            sums(blockAddress).truncate((int) (length / PAGE_BYTES));
            try (RandomAccessFile each = new RandomAccessFile(path(blockAddress).toFile(), "rw")) {
                each.setLength(length);
                each.getFD().sync();
            }
        });
    }

    @Override
    public boolean lock(long timeout) {
        return true; // the directory is locked by DirectoryLock
    }

    @Override
    public boolean release() {
        return true;
    }

    @Override
    public String lockInfo() {
        return "";
    }

    /** Ends reading; writing ends with {@link #close}, which both of Xodus's interfaces name the same. */
    void closeReaders() {
        openForRead.values().forEach(XodusFiles::closeQuietly);
        openForRead.clear();
    }

    private static void closeQuietly(AutoCloseable each) {
        if (each != null) {
            try {
                each.close();
            } catch (Exception e) {
                // Nothing was buffered in it.
            }
        }
    }

    private void guard(String call, Call body) {
        if (abandoned) {
            return;
        }
        check();
        try {
            faults.before(call);
            body.run();
        } catch (IOException | RuntimeException e) {
            RuntimeException first = new IllegalStateException(call + " in " + dir + ": " + e.getMessage(), e);
            failure = first;
            throw first;
        }
    }

    /** After a failure: lets Xodus close and free its memory; its calls do nothing any more. */
    void abandonIfFailed() {
        abandoned = failure != null;
    }

    private interface Call {
        void run() throws IOException;
    }

    private final class FileBlock implements Block {
        private final long address;

        FileBlock(long address) {
            this.address = address;
        }

        @Override
        public long getAddress() {
            return address;
        }

        @Override
        public long length() {
            return path(address).toFile().length();
        }

        @Override
        public int read(byte[] output, long position, int offset, int count) {
            int done = readFully(address, output, position, offset, count);
            long end = address + position + PAGE_BYTES;
            if (done == PAGE_BYTES && position % PAGE_BYTES == 0 && end <= verifiedBelow) {
                verify(address, output, offset, position);
            }
            return done;
        }

        @Override
        public Block refresh() {
            return this;
        }
    }
}
