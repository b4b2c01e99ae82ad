package kvctl.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A node's directory, opened: {@code lock}, {@code promises}, {@code mark}, and {@code env} with the files of Xodus. What
 * {@link Storage} needs in order to start.
 */
final class DataDirectory implements AutoCloseable {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private Witness witness;
    private Fence fence;
    private Engine engine;

    private DataDirectory() {}

    /** @throws StorageException with one line for the user */
    static DataDirectory open(Path dir, StorageConfig config, XodusFiles files) {
        DataDirectory directory = new DataDirectory();
        try {
            Path env = dir.resolve("env");
            make(dir);
            directory.opened.push(DirectoryLock.take(dir, config.lockWaitMs()));
            directory.witness = new FileWitness(dir, files::fault);
            directory.opened.push(directory.witness);
            directory.fence = Fence.read(directory.witness); // before the engine: a newer format must not be touched
            make(env);
            directory.engine = new XodusEngine(env, config, files, directory.witness.mark());
            directory.opened.push(directory.engine);
            return directory;
        } catch (StorageException e) {
            directory.close();
            throw e;
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw new StorageException("can't open " + dir + ": " + StorageException.reason(e), e);
        }
    }

    Witness witness() {
        return witness;
    }

    /** Null if unreadable. */
    Fence fence() {
        return fence;
    }

    Engine engine() {
        return engine;
    }

    private static void make(Path dir) throws IOException {
        if (Files.isDirectory(dir)) {
            return;
        }
        Path absolute = dir.toAbsolutePath();
        Files.createDirectories(absolute.getParent());
        if (dir.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectory(
                    absolute, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectory(absolute);
        }
        sync(absolute.getParent());
    }

    /** Or what was made in it may be missing after a power cut (HAZARDS D9). */
    static void sync(Path dir) throws IOException {
        try (FileChannel channel = FileChannel.open(dir, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                // What was promised is durable already, and a first failure is the one that is reported.
            }
        }
    }
}
