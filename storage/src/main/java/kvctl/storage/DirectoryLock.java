package kvctl.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One process per directory (HAZARDS D15): an operating system's lock on the file {@code lock}, which names the owner. */
final class DirectoryLock implements AutoCloseable {
    /**
     * Directories of this process. Asked before the file is opened: closing a second handle to a locked file would free
     * the lock of the first (POSIX).
     */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private static final long POLL_MS = 20;

    private final Path dir;
    private final FileChannel channel;

    private DirectoryLock(Path dir, FileChannel channel) {
        this.dir = dir;
        this.channel = channel;
    }

    /** @throws StorageException if somebody else still holds it after {@code waitMs} */
    static DirectoryLock take(Path directory, int waitMs) throws IOException {
        Path dir = directory.toRealPath();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
        while (true) {
            DirectoryLock lock = tryTake(dir);
            if (lock != null) {
                return lock;
            }
            if (System.nanoTime() >= deadline) {
                throw new StorageException(directory + " is locked by pid " + owner(dir));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MS));
        }
    }

    private static DirectoryLock tryTake(Path dir) throws IOException {
        if (!OWN.add(dir)) {
            return null;
        }
        FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(dir.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                return null;
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(pid().getBytes(StandardCharsets.US_ASCII)));
            taken = true;
            return new DirectoryLock(dir, channel);
        } finally {
            if (!taken) {
                if (channel != null) {
                    channel.close();
                }
                OWN.remove(dir);
            }
        }
    }

    private static String pid() {
        return Long.toString(ProcessHandle.current().pid());
    }

    private static String owner(Path dir) {
        if (OWN.contains(dir)) {
            return pid();
        }
        try {
            String text = Files.readString(dir.resolve("lock"), StandardCharsets.US_ASCII)
                    .strip();
            return text.isEmpty() ? "unknown" : text;
        } catch (IOException e) {
            return "unknown";
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The lock ends with the process at the latest.
        }
        OWN.remove(dir);
    }
}
