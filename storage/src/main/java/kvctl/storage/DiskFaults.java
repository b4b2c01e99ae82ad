package kvctl.storage;

import java.io.IOException;

/**
 * What stands between the storage and the operating system: asked before each call, and may throw in its place or take its
 * time. For tests, and for nodes whose disk is broken on purpose. Calls come from any thread.
 */
@FunctionalInterface
public interface DiskFaults {
    /** A healthy disk. */
    DiskFaults NONE = call -> {};

    /** @param call {@code write} and {@code sync} of the log, {@code writePromises}, {@code syncPromises}, or a rarer one */
    void before(String call) throws IOException;

    /** @param bytes that are free in truth; to be said instead */
    default long freeBytes(long bytes) {
        return bytes;
    }
}
