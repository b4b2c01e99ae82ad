package kvctl.storage;

import static kvctl.storage.StorageContract.append;
import static kvctl.storage.StorageContract.bytes;
import static kvctl.storage.StorageContract.entries;
import static kvctl.storage.StorageContract.log;
import static kvctl.storage.StorageContract.promise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import kvctl.raft.Entry;
import kvctl.raft.HardState;
import kvctl.raft.Store.LogStart;
import kvctl.raft.Store.Restored;
import kvctl.raft.Store.Save;
import org.junit.jupiter.api.Test;

/** Files that were cut, flipped, replaced or rolled back (HAZARDS D4, D5, D10). */
class DiskDamageTest extends DiskFixture {
    // ---- D4, D10

    @Test
    void D4_truncatedFileMakesTheNodeForgetful() throws IOException {
        Storage storage = open(dir);
        for (int i = 0; i < 30; i++) {
            storage.save(
                    List.of(new Save(1, new HardState(i + 1, 2), null, entries(i * 90 + 1, i * 90 + 90, 1), null)));
        }
        storage.save(promise(2, 9, 3));
        storage.close();
        for (int bytes : new int[] {1, 7, 100, 1_000, 4_096, 65_536, 1 << 20}) {
            Path copy = killed();
            truncateTo(lastFile(copy), Files.size(lastFile(copy)) - bytes);
            Storage again = open(copy);
            Restored restored = again.restore(1);
            assertThat(restored.forgetful()).isTrue();
            assertThat(again.restore(2).forgetful()).isTrue();
            assertThat(restored.hardState()).isEqualTo(new HardState(30, 2));
            assertThat(again.restore(2).hardState()).isEqualTo(new HardState(9, 3));
            assertThat(log(restored))
                    .isEqualTo(log(entries(1, restored.entries().size(), 1)));
            again.close();
            again = open(copy);
            assertThat(again.restore(1).forgetful())
                    .as("until it has caught up")
                    .isTrue();
            again.recovered(1);
            again.save(List.of());
            again.close();
            again = open(copy);
            assertThat(again.restore(1).forgetful()).isFalse();
            assertThat(again.restore(2).forgetful()).isTrue();
            again.close();
        }
    }

    @Test
    void D4_flippedByteNearTheEndIsNeverTakenForHealthy() throws IOException {
        Storage storage = open(dir);
        for (int i = 1; i <= 120; i++) {
            storage.save(append(1, entries(i, i, 1)));
        }
        storage.save(promise(1, 4, 1));
        storage.close();
        for (int fromEnd : new int[] {1, 3, 5, 9, 14, 30, 60, 200, 1_000, 5_000}) {
            Path copy = killed();
            flip(lastFile(copy), Files.size(lastFile(copy)) - fromEnd);
            try {
                Storage again = open(copy);
                Restored restored = again.restore(1);
                assertThat(restored.hardState()).isEqualTo(new HardState(4, 1));
                boolean whole = log(restored).equals(log(entries(1, 120, 1)));
                assertThat(whole || restored.forgetful())
                        .as("from the end: " + fromEnd)
                        .isTrue();
                again.close();
            } catch (StorageException e) {
                assertThat(e.getMessage()).as("refused: never a vote").doesNotContain("\n");
            }
        }
    }

    @Test
    void D4_everyByteOfTheUnfinishedPageIsCovered() throws IOException {
        Storage storage = open(dir);
        for (int i = 1; i <= 20; i++) {
            storage.save(append(1, entries(i, i, 1)));
        }
        storage.save(promise(1, 4, 1));
        storage.close();
        long size = Files.size(lastFile(dir));
        assertThat(size).isLessThan(PageSums.PAGE_BYTES);
        for (long at = 0; at < size; at += size / 40) {
            Path copy = killed();
            flip(lastFile(copy), at);
            Storage again = open(copy);
            assertThat(again.restore(1))
                    .as("byte " + at)
                    .isEqualTo(new Restored(new HardState(4, 1), LogStart.BEGINNING, List.of(), true));
            again.close();
        }
    }

    @Test
    void D4_rolledBackStoreIsForgetful() throws IOException {
        Storage storage = open(dir);
        storage.save(append(1, entries(1, 10, 1)));
        Path old = killed();
        storage.save(List.of(new Save(1, new HardState(2, 3), null, entries(11, 12, 2), null)));
        storage.close();
        Files.copy(dir.resolve("promises"), old.resolve("promises"), StandardCopyOption.REPLACE_EXISTING);
        Files.delete(old.resolve("mark"));
        Restored restored = open(old).restore(1);
        assertThat(restored.forgetful()).as("by the fence alone").isTrue();
        assertThat(restored.hardState()).as("the vote is remembered").isEqualTo(new HardState(2, 3));
        assertThat(restored.entries()).hasSize(10);
    }

    @Test
    void D4_lostEntriesAreSeenByTheMarkWhereNoPromiseWasLost() throws IOException {
        Storage storage = open(dir);
        storage.save(append(1, entries(1, 10, 1)));
        Path old = killed();
        storage.save(append(1, entries(11, 12, 1)));
        storage.close();
        Files.copy(dir.resolve("mark"), old.resolve("mark"), StandardCopyOption.REPLACE_EXISTING);
        assertThat(open(old).restore(1).forgetful()).isTrue();
    }

    @Test
    void D4_wipedEngineIsForgetful() throws IOException {
        Storage storage = open(dir);
        long incarnation = storage.incarnation();
        storage.save(promise(1, 2, 3));
        storage.close();
        for (Path file : lengths(dir).keySet()) {
            Files.delete(dir.resolve(file));
        }
        Storage again = open(dir);
        assertThat(again.restore(1)).isEqualTo(new Restored(new HardState(2, 3), LogStart.BEGINNING, List.of(), true));
        assertThat(again.incarnation()).isEqualTo(incarnation);
    }

    @Test
    void D4_crashBetweenCommitAndFenceIsNoLoss() throws IOException {
        Storage storage = open(dir);
        storage.save(promise(1, 1, 1));
        byte[] oldFence = Files.readAllBytes(dir.resolve("promises"));
        storage.save(promise(1, 2, 3));
        storage.close();
        Files.write(dir.resolve("promises"), oldFence);
        for (int pass = 0; pass < 2; pass++) {
            Storage again = open(dir);
            assertThat(again.restore(1).hardState()).isEqualTo(new HardState(2, 3));
            assertThat(again.restore(1).forgetful()).isFalse();
            again.close();
        }
    }

    @Test
    void D4_oneUnreadableSlotOfTheFenceIsSurvived() throws IOException {
        for (int slot = 0; slot < 2; slot++) {
            Path at = temp.resolve("slot" + slot);
            Storage storage = open(at);
            storage.save(promise(1, 1, 1));
            storage.save(promise(1, 2, 3));
            storage.close();
            flip(at.resolve("promises"), (long) slot * FileWitness.SLOT_BYTES + 20);
            Restored restored = open(at).restore(1);
            assertThat(restored.hardState()).isEqualTo(new HardState(2, 3));
            assertThat(restored.forgetful()).isFalse();
        }
    }

    @Test
    void D4_unreadableFenceIsRefused() throws IOException {
        Storage storage = open(dir);
        storage.save(promise(1, 2, 3));
        storage.close();
        Path copy = killed();
        flip(dir.resolve("promises"), 20);
        flip(dir.resolve("promises"), FileWitness.SLOT_BYTES + 20);
        assertThatThrownBy(() -> open(dir))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("promises is unreadable")
                .hasMessageNotContaining("\n");
        Files.delete(copy.resolve("promises"));
        assertThatThrownBy(() -> open(copy)).hasMessageContaining("promises is unreadable");
    }

    @Test
    void D10_tornTailThatNobodyWasToldOfIsCut() throws IOException {
        Storage storage = open(dir);
        storage.save(List.of(new Save(1, new HardState(1, 1), null, entries(1, 10, 1), null)));
        long acknowledged = Files.size(lastFile(dir));
        apply(storage, 1, 10, 1);
        storage.maintain(0);
        long written = Files.size(lastFile(dir));
        assertThat(written).isGreaterThan(acknowledged);
        for (long length = acknowledged; length < written; length += 13) {
            Path copy = killed();
            truncateTo(lastFile(copy), length);
            Storage again = open(copy);
            Restored restored = again.restore(1);
            assertThat(restored.forgetful()).isFalse();
            assertThat(log(restored)).isEqualTo(log(entries(1, 10, 1)));
            assertThat(again.tables(1).lastApplied()).isZero();
            again.close();
        }
        Path copy = killed();
        truncateTo(lastFile(copy), acknowledged - 1);
        assertThat(open(copy).restore(1).forgetful())
                .as("below the acknowledged point")
                .isTrue();
    }

    // ---- D5

    @Test
    void D5_damagedPageIsRefusedAndTheNodeCopiesFromTheOthers() throws IOException {
        Storage storage = open(dir);
        storage.save(promise(1, 3, 2));
        for (int i = 0; i < 10; i++) {
            storage.save(append(1, entries(i * 200 + 1, i * 200 + 200, 3)));
        }
        storage.close();
        flip(lastFile(dir), 30_000);
        assertThatThrownBy(() -> open(dir).restore(1))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("is damaged near byte 0; move " + dir.resolve("env") + " away and start again")
                .hasMessageNotContaining("\n");
        Files.move(dir.resolve("env"), temp.resolve("damaged"));
        Restored restored = open(dir).restore(1);
        assertThat(restored.forgetful()).isTrue();
        assertThat(restored.hardState()).isEqualTo(new HardState(3, 2));
    }

    @Test
    void D5_damagedTableIsNeverServed() throws IOException {
        Storage storage = open(dir);
        storage.save(append(1, entries(1, 1, 3)));
        storage.apply(() -> {
            for (int i = 0; i < 100_000; i++) {
                storage.tables(1).table("rows").put(bytes("key" + i), new byte[100]);
            }
            storage.tables(1).applied(1, 3);
        });
        storage.save(List.of());
        storage.close();
        Path first = dir.resolve("env/00000000000.xd");
        flip(first, 3 << 20);
        Storage again = open(dir);
        assertThat(again.restore(1).entries()).hasSize(1);
        int[] rows = {0};
        assertThatThrownBy(() -> again.tables(1).table("rows").scan(new byte[0], (key, value) -> ++rows[0] > 0))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(first + " is damaged near byte " + (3 << 20));
        assertThat(rows[0]).isLessThan(100_000);
        assertThatThrownBy(() -> again.tables(1)).isInstanceOf(StorageException.class);
    }

    private static final int ENTRIES = 6;
    private static final int ROWS = 2_000;

    /** Two files: a log of six large entries of which the state holds five, and a table. */
    private void fill() {
        Storage storage = open(dir);
        storage.save(promise(1, 4, 1));
        for (long index = 1; index <= ENTRIES; index++) {
            storage.save(append(1, List.of(Entry.command(index, 4, new byte[1 << 20]))));
        }
        storage.apply(() -> {
            for (int i = 0; i < ROWS; i++) {
                storage.tables(1).table("rows").put(bytes("key" + i), new byte[100]);
            }
            storage.tables(1).applied(ENTRIES - 1, 4);
        });
        storage.save(List.of());
        storage.close();
    }

    /** All of it is there, or it is known that something is not, or it is refused in one line. */
    private void assertNotTakenForHealthy(Path at, String what) {
        try {
            Storage storage = open(at);
            Restored restored = storage.restore(1);
            int[] rows = {0};
            storage.tables(1).table("rows").scan(new byte[0], (key, value) -> ++rows[0] > 0);
            boolean whole = restored.entries().size() == ENTRIES
                    && storage.tables(1).lastApplied() == ENTRIES - 1
                    && rows[0] == ROWS;
            assertThat(whole || restored.forgetful()).as(what).isTrue();
            assertThat(restored.hardState()).as(what).isEqualTo(new HardState(4, 1));
            storage.close();
        } catch (StorageException e) {
            assertThat(e.getMessage()).as(what).doesNotContain("\n");
        }
    }

    @Test
    void D5_S8_aDirectoryThatLacksOneOfItsFilesIsNeverTakenForHealthy() throws IOException {
        fill();
        List<Path> files;
        try (Stream<Path> all = Files.walk(dir)) {
            files = all.filter(Files::isRegularFile)
                    .map(dir::relativize)
                    .sorted()
                    .toList();
        }
        assertThat(files).hasSizeGreaterThanOrEqualTo(7);
        for (Path file : files) {
            Path copy = killed();
            Files.delete(copy.resolve(file));
            assertNotTakenForHealthy(copy, "without " + file);
        }
    }

    @Test
    void D5_aBlockOrFileOfAnotherPlaceIsNeverTakenForItsOwn() throws IOException {
        fill();
        List<Path> files = lengths(dir).keySet().stream()
                .filter(file -> file.toString().endsWith(".xd"))
                .toList();
        for (int i = 1; i < files.size(); i++) {
            Path copy = killed();
            Files.copy(copy.resolve(files.get(i - 1)), copy.resolve(files.get(i)), StandardCopyOption.REPLACE_EXISTING);
            assertNotTakenForHealthy(copy, files.get(i - 1) + " in the place of " + files.get(i));
        }
        for (Path file : files) {
            for (int from : new int[] {0, 4_096, 70_000}) {
                Path copy = killed();
                copyBlock(copy.resolve(file), from, from + 2 * PageSums.PAGE_BYTES);
                assertNotTakenForHealthy(copy, "block of " + file + " at " + from + " in another place, too");
            }
        }
    }

    private static void copyBlock(Path file, long from, long to) throws IOException {
        try (RandomAccessFile each = new RandomAccessFile(file.toFile(), "rw")) {
            byte[] block = new byte[4_096];
            each.seek(from);
            each.readFully(block);
            if (to + block.length <= each.length()) {
                each.seek(to);
                each.write(block);
            }
        }
    }
}
