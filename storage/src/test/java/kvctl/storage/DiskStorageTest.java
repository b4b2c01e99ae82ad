package kvctl.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract on Xodus. */
class DiskStorageTest extends StorageContract {
    @TempDir
    Path dir;

    @Override
    Storage open() {
        return Storage.open(dir.resolve("data"), DELHI, StorageConfig.DEFAULT);
    }
}
