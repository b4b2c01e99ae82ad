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
import jetbrains.exodus.io.AbstractDataWriter;
import jetbrains.exodus.io.Block;
import jetbrains.exodus.io.DataReader;
import jetbrains.exodus.io.RemoveBlockType;
import jetbrains.exodus.log.LogUtil;

/**
 * The files under Xodus. Takes the place of its own writer, which ignores that an interrupt closed the file before the
 * sync, only warns where a directory can't be synced, and goes on after a failed write (HAZARDS D3, D8, D9).
 *
 * <p>Here every failure is remembered, whichever thread met it (the cleaner writes, too), and all later writes and syncs
 * fail with it. {@link RandomAccessFile} and {@code FileDescriptor.sync} take no notice of interrupts. Thread-safe as
 * Xodus needs it: many readers, writers one at a time.
 */
final class XodusFiles extends AbstractDataWriter implements DataReader {
    private final Path dir;
    private final Map<Long, RandomAccessFile> openForRead = new ConcurrentHashMap<>();
    private RandomAccessFile file;
    private FileBlock block;
    private volatile RuntimeException failure;
    private Faults faults = call -> {};

    /** Test hook: called before each call to the operating system; may throw in its place. */
    @FunctionalInterface
    interface Faults {
        void before(String call) throws IOException;
    }

    XodusFiles(Path dir) {
        this.dir = dir;
    }

    void faults(Faults hook) {
        faults = hook;
    }

    /** @throws RuntimeException the first failure, if there was one */
    void check() {
        RuntimeException first = failure;
        if (first != null) {
            throw new IllegalStateException("an earlier write failed: " + first.getMessage(), first);
        }
    }

    /**
     * Syncs all files. A process that was killed leaves written but unsynced bytes, and what a start reads from them is
     * acted upon without being written again.
     */
    void syncAll() {
        for (Long address : addresses(0)) {
            guard("sync", () -> {
                try (RandomAccessFile each = new RandomAccessFile(path(address).toFile(), "rw")) {
                    each.getFD().sync();
                }
            });
        }
        syncDirectory();
    }

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

    @Override
    public Block write(byte[] bytes, int off, int len) {
        guard("write", () -> file.write(bytes, off, len));
        return block;
    }

    @Override
    protected void syncImpl() {
        guard("sync", () -> file.getFD().sync());
    }

    @Override
    public void syncDirectory() {
        guard("syncDirectory", () -> Storage.syncDirectory(dir));
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
            opened.seek(length);
        });
        block = new FileBlock(address);
        return block;
    }

    @Override
    protected void closeImpl() {
        // Closing writes nothing, so a failure here loses nothing that was promised.
        closeQuietly(file);
        file = null;
        block = null;
    }

    @Override
    protected void clearImpl() {
        throw new IllegalStateException("a damaged log is never wiped");
    }

    @Override
    public void removeBlock(long blockAddress, RemoveBlockType type) {
        closeQuietly(openForRead.remove(blockAddress));
        guard("remove", () -> Files.deleteIfExists(path(blockAddress)));
    }

    @Override
    public void truncateBlock(long blockAddress, long length) {
        closeQuietly(openForRead.remove(blockAddress));
        guard("truncate", () -> {
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

    private static void closeQuietly(RandomAccessFile each) {
        if (each != null) {
            try {
                each.close();
            } catch (IOException e) {
                // Nothing was buffered in it.
            }
        }
    }

    private void guard(String call, Call body) {
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
            RandomAccessFile source = openForRead.computeIfAbsent(address, this::open);
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

        private RandomAccessFile open(long blockAddress) {
            try {
                return new RandomAccessFile(path(blockAddress).toFile(), "r");
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }

        @Override
        public Block refresh() {
            return this;
        }
    }
}
