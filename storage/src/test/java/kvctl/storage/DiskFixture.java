package kvctl.storage;

import static kvctl.storage.StorageContract.DELHI;
import static kvctl.storage.StorageContract.bytes;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Storages in real directories whose calls to the operating system are counted, failed and cut short. */
abstract class DiskFixture {
    static final StorageConfig CONFIG = new StorageConfig(8 << 20, 0, 1_000, 64);

    @TempDir
    Path temp;

    final List<Storage> opened = new ArrayList<>();
    final List<String> calls = new ArrayList<>();
    final Map<Path, Long> syncedLengths = new TreeMap<>();
    Path dir;
    int copies;

    /** Fails the call to the operating system with this number, counted from 0 since the last reset; -1 for none. */
    int failingCall = -1;

    @BeforeEach
    void chooseDirectory() {
        dir = temp.resolve("data");
    }

    @AfterEach
    void closeAll() {
        opened.forEach(Storage::close);
    }

    Storage open(Path at) {
        XodusFiles files = new XodusFiles(at.resolve("env"));
        files.faults(call -> {
            calls.add(call);
            if (calls.size() - 1 == failingCall) {
                throw new IOException("injected EIO");
            }
            if (call.equals("sync")) {
                lengths(at).forEach(syncedLengths::put);
            }
        });
        Storage storage = Storage.open(at, DELHI, CONFIG, files);
        opened.add(storage);
        return storage;
    }

    void resetCalls(int failing) {
        calls.clear();
        failingCall = failing;
    }

    static Map<Path, Long> lengths(Path at) throws IOException {
        Map<Path, Long> lengths = new TreeMap<>();
        try (Stream<Path> files = Files.list(at.resolve("env"))) {
            for (Path file : files.toList()) {
                lengths.put(at.relativize(file), Files.size(file));
            }
        }
        return lengths;
    }

    /** What a killed process leaves: everything that reached the operating system. */
    Path killed() throws IOException {
        return copy(dir);
    }

    /** What a power cut leaves at worst: what was written after the last sync is gone. */
    Path powerCut() throws IOException {
        Path copy = copy(dir);
        for (Path file : lengths(copy).keySet()) {
            Long length = syncedLengths.get(file);
            if (length == null) {
                Files.delete(copy.resolve(file));
            } else {
                truncateTo(copy.resolve(file), length);
            }
        }
        return copy;
    }

    Path copy(Path from) throws IOException {
        Path to = temp.resolve("copy" + copies++);
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Files.copy(each, to.resolve(from.relativize(each).toString()));
            }
        }
        return to;
    }

    static Path lastFile(Path at) throws IOException {
        Path last = null;
        for (Path file : lengths(at).keySet()) {
            if (file.toString().endsWith(".xd")) {
                last = at.resolve(file);
            }
        }
        return last;
    }

    static void truncateTo(Path file, long length) throws IOException {
        try (RandomAccessFile each = new RandomAccessFile(file.toFile(), "rw")) {
            each.setLength(Math.max(0, Math.min(length, each.length())));
        }
    }

    static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile each = new RandomAccessFile(file.toFile(), "rw")) {
            each.seek(at);
            int old = each.read();
            each.seek(at);
            each.write(old ^ 0x10);
        }
    }

    static void apply(Storage storage, int group, long index, long term) {
        storage.apply(() -> {
            storage.tables(group).table("rows").put(bytes("last"), Records.indexKey(index));
            storage.tables(group).applied(index, term);
        });
    }

    long syncs() {
        return calls.stream().filter("sync"::equals).count();
    }
}
