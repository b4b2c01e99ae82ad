package kvctl.storage;

/** The contract on a disk in memory. */
class MemoryStorageTest extends StorageContract {
    private final MemoryDisk disk = new MemoryDisk();

    @Override
    Storage open() {
        return Storage.inMemory(disk, DELHI, 1, StorageConfig.DEFAULT);
    }
}
