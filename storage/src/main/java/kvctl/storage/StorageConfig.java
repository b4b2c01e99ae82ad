package kvctl.storage;

/**
 * Limits of a storage.
 *
 * @param cacheBytes memory for the cache of disk pages, filled as pages are read; from 1 MiB
 * @param lockWaitMs how long to wait for the lock of the directory, in ms, so that a restart right after a kill succeeds
 * @param snapshotMaxMs how long a snapshot may be read, in ms, before {@link Storage#maintain} takes it back
 *     (HAZARDS D16)
 * @param dropRowsPerCommit rows of dropped tables and logs that one apply deletes, so that no turn is held up by them
 */
public record StorageConfig(long cacheBytes, int lockWaitMs, long snapshotMaxMs, int dropRowsPerCommit) {
    public static final StorageConfig DEFAULT = new StorageConfig(32L << 20, 2_000, 600_000, 256);

    public StorageConfig {
        if (cacheBytes < 1 << 20 || lockWaitMs < 0 || snapshotMaxMs <= 0 || dropRowsPerCommit <= 0) {
            throw new IllegalArgumentException("cacheBytes from 1 MiB, lockWaitMs from 0, the others from 1");
        }
    }
}
