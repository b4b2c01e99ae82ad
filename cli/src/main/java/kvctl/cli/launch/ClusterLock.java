package kvctl.cli.launch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;

/** Keeps two commands from changing one cluster at the same time. The system frees it when its holder ends, however. */
final class ClusterLock implements AutoCloseable {
    private static final long STEP_MS = 20;

    private static final long WAIT_MS = 5_000;

    private final FileChannel channel;

    private ClusterLock(FileChannel channel) {
        this.channel = channel;
    }

    /** What is done under the lock. */
    interface Work<T> {
        T run() throws IOException;
    }

    /** Does it under the lock. @throws CliException if another command holds the lock and goes on holding it */
    static <T> T holding(ClusterDir dir, Work<T> work) throws IOException {
        Optional<ClusterLock> lock = take(dir, WAIT_MS);
        if (lock.isEmpty()) {
            throw new CliException(
                    ExitCode.CONFLICT,
                    "Another command is changing cluster '" + dir.name() + "'.",
                    "try again when it is done");
        }
        try {
            return work.run();
        } finally {
            lock.get().close();
        }
    }

    /**
     * Waits for the lock.
     *
     * @return empty if another command still holds it after {@code waitMs}
     */
    static Optional<ClusterLock> take(ClusterDir dir, long waitMs) throws IOException {
        ClusterDir.createDirectories(dir.root());
        Path file = dir.root().resolve("lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        long deadline = System.nanoTime() + waitMs * 1_000_000;
        try {
            while (!held(channel)) {
                if (System.nanoTime() >= deadline) {
                    channel.close();
                    return Optional.empty();
                }
                Thread.sleep(STEP_MS);
            }
            return Optional.of(new ClusterLock(channel));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            channel.close();
            return Optional.empty();
        }
    }

    private static boolean held(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
