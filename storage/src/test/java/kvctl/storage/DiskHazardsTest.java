package kvctl.storage;

import static kvctl.storage.StorageContract.DELHI;
import static kvctl.storage.StorageContract.append;
import static kvctl.storage.StorageContract.bytes;
import static kvctl.storage.StorageContract.cut;
import static kvctl.storage.StorageContract.entries;
import static kvctl.storage.StorageContract.entry;
import static kvctl.storage.StorageContract.log;
import static kvctl.storage.StorageContract.promise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import kvctl.raft.HardState;
import kvctl.raft.Store.LogStart;
import kvctl.raft.Store.Restored;
import kvctl.raft.Store.Save;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can happen to a real directory (HAZARDS §1.2). */
class DiskHazardsTest {
    private static final StorageConfig CONFIG = new StorageConfig(8 << 20, 0, 1_000, 64);

    @TempDir
    Path temp;

    private final List<Storage> opened = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private final Map<Path, Long> syncedLengths = new TreeMap<>();
    private Path dir;
    private int copies;

    /** Fails the call to the operating system with this number, counted from 0 since the last reset; -1 for none. */
    private int failingCall = -1;

    @BeforeEach
    void chooseDirectory() {
        dir = temp.resolve("data");
    }

    @AfterEach
    void closeAll() {
        opened.forEach(Storage::close);
    }

    private Storage open(Path at) {
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

    private void resetCalls(int failing) {
        calls.clear();
        failingCall = failing;
    }

    private static Map<Path, Long> lengths(Path at) throws IOException {
        Map<Path, Long> lengths = new TreeMap<>();
        try (Stream<Path> files = Files.list(at.resolve("env"))) {
            for (Path file : files.toList()) {
                lengths.put(at.relativize(file), Files.size(file));
            }
        }
        return lengths;
    }

    /** What a killed process leaves: everything that reached the operating system. */
    private Path killed() throws IOException {
        return copy(dir);
    }

    /** What a power cut leaves at worst: what was written after the last sync is gone. */
    private Path powerCut() throws IOException {
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

    private Path copy(Path from) throws IOException {
        Path to = temp.resolve("copy" + copies++);
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Files.copy(each, to.resolve(from.relativize(each).toString()));
            }
        }
        return to;
    }

    private static Path lastFile(Path at) throws IOException {
        Path last = null;
        for (Path file : lengths(at).keySet()) {
            last = at.resolve(file);
        }
        return last;
    }

    private static void truncateTo(Path file, long length) throws IOException {
        try (RandomAccessFile each = new RandomAccessFile(file.toFile(), "rw")) {
            each.setLength(Math.min(length, each.length()));
        }
    }

    private static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile each = new RandomAccessFile(file.toFile(), "rw")) {
            each.seek(at);
            int old = each.read();
            each.seek(at);
            each.write(old ^ 0x10);
        }
    }

    /** Offset of the text in the file; fails if it is not there once. */
    private static long find(Path file, String text) throws IOException {
        String content = new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1);
        int at = content.indexOf(text);
        assertThat(at).isPositive();
        assertThat(content.indexOf(text, at + 1)).isNegative();
        return at;
    }

    private static void apply(Storage storage, int group, long index, long term) {
        storage.apply(() -> {
            storage.tables(group).table("rows").put(bytes("last"), Records.indexKey(index));
            storage.tables(group).applied(index, term);
        });
    }

    private long syncs() {
        return calls.stream().filter("sync"::equals).count();
    }

    // ---- D1, D2, D6, D7

    @Test
    void D1_effectsAndAppliedIndexSurviveAKillTogether() throws IOException {
        Storage storage = open(dir);
        for (long index = 1; index <= 30; index++) {
            storage.save(append(1, entries(index, index, 1)));
            apply(storage, 1, index, 1);
            Storage copy = open(killed());
            assertThat(copy.restore(1).entries()).hasSize((int) index);
            byte[] last = copy.tables(1).table("rows").get(bytes("last"));
            assertThat(last == null ? 0 : Records.index(last))
                    .isEqualTo(copy.tables(1).lastApplied());
        }
    }

    @Test
    void D1_killedProcessLosesNothingThatItAcknowledged() throws Exception {
        for (int round = 0; round < 3; round++) {
            Process child = Child.start(dir);
            long acknowledged = 0;
            try (BufferedReader out = child.inputReader()) {
                assertThat(out.readLine()).isEqualTo("ready");
                for (int i = 0; i < 40; i++) {
                    acknowledged = Long.parseLong(out.readLine());
                }
                child.destroyForcibly().waitFor();
                for (String line = out.readLine(); line != null && line.matches("\\d+"); line = out.readLine()) {
                    acknowledged = Math.max(acknowledged, Long.parseLong(line));
                }
            }
            Storage storage = open(dir);
            Restored restored = storage.restore(1);
            assertThat(restored.forgetful()).isFalse();
            assertThat(restored.entries()).hasSizeGreaterThanOrEqualTo((int) acknowledged);
            assertThat(log(restored))
                    .isEqualTo(log(entries(1, restored.entries().size(), 1)));
            byte[] last = storage.tables(1).table("rows").get(bytes("last"));
            assertThat(last == null ? 0 : Records.index(last))
                    .isEqualTo(storage.tables(1).lastApplied());
            storage.close();
        }
    }

    @Test
    void D2_saveIsOnDiskBeforeItReturns() throws IOException {
        Storage storage = open(dir);
        for (int i = 1; i <= 20; i++) {
            resetCalls(-1);
            storage.save(append(1, entries(i, i, 1)));
            assertThat(syncs()).isEqualTo(1);
            assertThat(calls.get(calls.size() - 1)).isEqualTo("sync");
            resetCalls(-1);
            apply(storage, 1, i, 1);
            assertThat(calls).isEmpty();
        }
        Storage copy = open(powerCut());
        assertThat(log(copy.restore(1))).isEqualTo(log(entries(1, 20, 1)));
        assertThat(copy.restore(1).forgetful()).isFalse();
        assertThat(copy.tables(1).lastApplied()).isEqualTo(19);
    }

    @Test
    void D2_oneSyncServesAllGroups() {
        Storage storage = open(dir);
        resetCalls(-1);
        List<Save> saves = new ArrayList<>();
        for (int group = 1; group <= 50; group++) {
            saves.add(new Save(group, new HardState(1, 0), null, entries(1, 3, 1), null));
        }
        storage.save(saves);
        assertThat(syncs()).isEqualTo(1);
    }

    @Test
    void D2_rollOverToTheNextFileLosesNothing() throws IOException {
        Storage storage = open(dir);
        byte[] command = new byte[3 << 20];
        for (long index = 1; index <= 6; index++) {
            storage.save(append(1, List.of(kvctl.raft.Entry.command(index, 1, command))));
        }
        assertThat(lengths(dir)).hasSizeGreaterThan(2);
        assertThat(open(powerCut()).restore(1).entries()).hasSize(6);
    }

    @Test
    void D6_effectsRunOnceEach() {
        Storage storage = open(dir);
        int[] runs = {0};
        for (int i = 1; i <= 200; i++) {
            storage.apply(() -> runs[0]++);
            storage.save(append(1, entries(i, i, 1)));
        }
        assertThat(runs[0]).isEqualTo(200);
    }

    @Test
    void D7_emptySaveIsABarrierForWhatWasApplied() throws IOException {
        Storage storage = open(dir);
        storage.save(append(1, entries(1, 5, 1)));
        apply(storage, 1, 5, 1);
        assertThat(open(powerCut()).tables(1).lastApplied()).isZero();
        resetCalls(-1);
        storage.save(List.of());
        assertThat(syncs()).isEqualTo(1);
        assertThat(open(powerCut()).tables(1).lastApplied()).isEqualTo(5);
        resetCalls(-1);
        storage.save(List.of());
        assertThat(syncs()).isEqualTo(1);
    }

    // ---- D3

    @Test
    void D3_saveUnderAnInterruptIsDurableAndKeepsIt() throws IOException {
        Storage storage = open(dir);
        for (int i = 1; i <= 5; i++) {
            resetCalls(-1);
            Thread.currentThread().interrupt();
            storage.save(append(1, entries(i, i, 1)));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(syncs()).isEqualTo(1);
            Thread.currentThread().interrupt();
            apply(storage, 1, i, 1);
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(open(powerCut()).restore(1).entries()).hasSize(5);
    }

    @Test
    void D3_interruptBetweenWriteAndSyncDoesNotCloseTheFile() throws IOException {
        XodusFiles files = new XodusFiles(dir.resolve("env"));
        Storage storage = Storage.open(dir, DELHI, CONFIG, files);
        opened.add(storage);
        files.faults(call -> {
            if (call.equals("sync")) {
                Thread.currentThread().interrupt();
            }
        });
        storage.save(append(1, entries(1, 1, 1)));
        storage.save(append(1, entries(2, 2, 1)));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(open(killed()).restore(1).entries()).hasSize(2);
    }

    // ---- D4, D10

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 100, 1_000, 4_096, 65_536, 1 << 20})
    void D4_truncatedFileMakesTheNodeForgetful(int bytes) throws IOException {
        Storage storage = open(dir);
        for (int i = 0; i < 50; i++) {
            storage.save(
                    List.of(new Save(1, new HardState(i + 1, 2), null, entries(i * 100 + 1, i * 100 + 100, 1), null)));
        }
        storage.save(promise(2, 9, 3));
        storage.close();
        truncateTo(lastFile(dir), Files.size(lastFile(dir)) - bytes);

        Storage again = open(dir);
        Restored restored = again.restore(1);
        assertThat(restored.forgetful()).isTrue();
        assertThat(again.restore(2).forgetful()).isTrue();
        assertThat(restored.hardState()).isEqualTo(new HardState(50, 2));
        assertThat(again.restore(2).hardState()).isEqualTo(new HardState(9, 3));
        assertThat(log(restored)).isEqualTo(log(entries(1, restored.entries().size(), 1)));
        again.close();
        again = open(dir);
        assertThat(again.restore(1).forgetful()).as("until it has caught up").isTrue();
        again.recovered(1);
        again.save(List.of());
        again.close();
        again = open(dir);
        assertThat(again.restore(1).forgetful()).isFalse();
        assertThat(again.restore(2).forgetful()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 9, 14, 30, 60, 200, 1_000, 5_000})
    void D4_flippedByteNearTheEndIsNeverTakenForHealthy(int fromEnd) throws IOException {
        Storage storage = open(dir);
        for (int i = 1; i <= 300; i++) {
            storage.save(append(1, entries(i, i, 1)));
        }
        storage.save(promise(1, 4, 1));
        storage.close();
        flip(lastFile(dir), Files.size(lastFile(dir)) - fromEnd);
        Restored restored;
        try {
            restored = open(dir).restore(1);
        } catch (StorageException e) {
            assertThat(e.getMessage()).doesNotContain("\n");
            return; // refused: the node does not start, which is never a vote
        }
        assertThat(restored.hardState()).isEqualTo(new HardState(4, 1));
        boolean whole = log(restored).equals(log(entries(1, 300, 1)));
        assertThat(whole || restored.forgetful()).isTrue();
    }

    @Test
    void D4_rolledBackStoreIsForgetful() throws IOException {
        Storage storage = open(dir);
        storage.save(append(1, entries(1, 10, 1)));
        Path old = killed();
        storage.save(List.of(new Save(1, new HardState(2, 3), null, entries(11, 12, 2), null)));
        storage.close();
        Files.copy(dir.resolve("promises"), old.resolve("promises"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
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
        Files.copy(dir.resolve("mark"), old.resolve("mark"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
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
    void D5_damagedEntryIsCutOffAndTheReplicaForgetful() throws IOException {
        Storage storage = open(dir);
        storage.save(List.of(new Save(1, new HardState(1, 1), null, entries(1, 20, 1), null)));
        storage.save(promise(2, 1, 1));
        apply(storage, 1, 5, 1);
        storage.save(List.of());
        storage.close();
        flip(lastFile(dir), find(lastFile(dir), "command 12 of 1") + 9);
        for (int pass = 0; pass < 2; pass++) {
            Storage again = open(dir);
            Restored restored = again.restore(1);
            assertThat(log(restored)).isEqualTo(log(entries(1, 11, 1)));
            assertThat(restored.forgetful()).isTrue();
            assertThat(again.restore(2).forgetful())
                    .as("another group is not touched (D17)")
                    .isFalse();
            again.close();
        }
        Storage again = open(dir);
        again.restore(1);
        again.save(append(1, entries(12, 13, 2)));
        again.close();
        assertThat(open(dir).restore(1).entries()).hasSize(13);
    }

    @Test
    void D5_damagedEntryThatTheStateHoldsLosesNothing() throws IOException {
        Storage storage = open(dir);
        storage.save(List.of(new Save(1, new HardState(1, 1), null, entries(1, 20, 1), null)));
        apply(storage, 1, 15, 1);
        storage.save(List.of());
        storage.close();
        flip(lastFile(dir), find(lastFile(dir), "command 12 of 1") + 9);
        for (int pass = 0; pass < 2; pass++) {
            Storage again = open(dir);
            Restored restored = again.restore(1);
            assertThat(restored.logStart()).isEqualTo(new LogStart(15, 1));
            assertThat(log(restored)).isEqualTo(log(entries(16, 20, 1)));
            assertThat(restored.forgetful()).isFalse();
            again.close();
        }
    }

    // ---- D8, D9

    @Test
    void D8_errorAtAnyCallIsFinalAndNothingIsRetried() throws IOException {
        boolean failed = true;
        int runs = 0;
        for (int call = 0; failed; call++) {
            Path at = temp.resolve("eio" + call);
            Storage storage = open(at);
            storage.save(append(1, entries(1, 10, 1)));
            resetCalls(call);
            failed = false;
            try {
                storage.apply(() -> storage.tables(1).table("rows").put(bytes("a"), bytes("1")));
                storage.save(append(1, List.of(kvctl.raft.Entry.command(11, 1, new byte[4 << 20]))));
                storage.save(append(1, List.of(kvctl.raft.Entry.command(12, 1, new byte[4 << 20]))));
            } catch (StorageException e) {
                failed = true;
            }
            if (failed) {
                runs++;
                int before = calls.size();
                assertThatThrownBy(() -> storage.save(List.of())).isInstanceOf(StorageException.class);
                assertThatThrownBy(() -> storage.save(append(1, List.of(entry(13, 1)))))
                        .isInstanceOf(StorageException.class);
                assertThatThrownBy(() -> storage.apply(() -> {})).isInstanceOf(StorageException.class);
                assertThatThrownBy(() -> storage.restore(1)).isInstanceOf(StorageException.class);
                storage.close();
                assertThat(calls.subList(before, calls.size()))
                        .as("nothing more is written")
                        .isEmpty();
            }
            storage.close();
            resetCalls(-1);
            Restored restored = open(at).restore(1);
            assertThat(restored.forgetful()).isFalse();
            assertThat(restored.entries().size()).isBetween(10, 12);
        }
        assertThat(runs).isGreaterThan(5);
    }

    @Test
    void D8_errorOfTheCleanersThreadStopsTheNextSave() throws IOException {
        XodusFiles files = new XodusFiles(dir.resolve("env"));
        Storage storage = Storage.open(dir, DELHI, CONFIG, files);
        opened.add(storage);
        storage.save(append(1, entries(1, 1, 1)));
        files.faults(call -> {
            throw new IOException("injected EIO");
        });
        assertThatThrownBy(files::syncDirectory).isInstanceOf(IllegalStateException.class);
        files.faults(call -> {});
        assertThatThrownBy(() -> storage.save(append(1, entries(2, 2, 1)))).isInstanceOf(StorageException.class);
    }

    @Test
    void D9_directoryThatCanNotBeSyncedIsRefused() {
        XodusFiles files = new XodusFiles(dir.resolve("env"));
        files.faults(call -> {
            if (call.equals("syncDirectory")) {
                throw new IOException("not supported");
            }
        });
        assertThatThrownBy(() -> Storage.open(dir, DELHI, CONFIG, files))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("syncDirectory")
                .hasMessageContaining("not supported");
    }

    @Test
    void D9_newFilesAreMadeKnownToTheirDirectory() throws IOException {
        Storage storage = open(dir);
        resetCalls(-1);
        for (long index = 1; index <= 4; index++) {
            storage.save(append(1, List.of(kvctl.raft.Entry.command(index, 1, new byte[3 << 20]))));
        }
        assertThat(lengths(dir)).hasSize(2);
        assertThat(calls.indexOf("syncDirectory")).isGreaterThan(calls.indexOf("open"));
    }

    // ---- D14, D15, D16

    @Test
    void D14_logThatBeginsAfterTheStateIsRefused() {
        Storage storage = open(dir);
        storage.save(append(1, entries(1, 20, 1)));
        apply(storage, 1, 10, 1);
        assertThatThrownBy(() -> storage.save(cut(1, 11, 1))).isInstanceOf(StorageException.class);
        storage.close();
        Storage again = open(dir);
        assertThat(again.restore(1).entries()).as("nothing was cut").hasSize(20);
    }

    @Test
    void D14_stateAheadOfTheLogIsRefusedAtStart() {
        Storage storage = open(dir);
        storage.save(append(1, entries(1, 20, 1)));
        apply(storage, 1, 25, 1);
        storage.save(List.of());
        storage.close();
        Storage again = open(dir);
        assertThatThrownBy(() -> again.restore(1))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("the state is at 25, the log ends at 20");
    }

    @Test
    void D15_directoryInUseNamesItsOwner() throws Exception {
        open(dir);
        assertThatThrownBy(() -> open(dir))
                .isInstanceOf(StorageException.class)
                .hasMessage(dir + " is locked by pid " + ProcessHandle.current().pid());
        Path other = temp.resolve("other");
        Process child = Child.start(other);
        try (BufferedReader out = child.inputReader()) {
            assertThat(out.readLine()).isEqualTo("ready");
            assertThatThrownBy(() -> open(other))
                    .isInstanceOf(StorageException.class)
                    .hasMessage(other + " is locked by pid " + child.pid());
        } finally {
            child.destroyForcibly().waitFor();
        }
        assertThat(open(other).restore(1).forgetful()).isFalse();
    }

    @Test
    void D15_failedOpenLeavesTheLockFree() {
        open(dir).close();
        Identity other = new Identity("c-1", "mumbai", 2);
        assertThatThrownBy(() -> Storage.open(dir, other, CONFIG))
                .isInstanceOf(StorageException.class)
                .hasMessage(
                        dir + " belongs to node delhi (id 1) of cluster c-1, not to node mumbai (id 2) of cluster c-1;"
                                + " choose another directory");
        assertThatThrownBy(() -> Storage.open(dir, new Identity("c-2", "delhi", 1), CONFIG))
                .hasMessageContaining("belongs to");
        open(dir);
    }

    @Test
    void D15_newerFormatIsRefused() throws IOException {
        open(dir).close();
        FileWitness witness = new FileWitness(dir);
        for (int slot = 0; slot < 2; slot++) {
            byte[] content = witness.slot(slot);
            if (content != null) {
                content[3] = Fence.FORMAT + 1;
                witness.slot(slot, content);
            }
        }
        witness.close();
        assertThatThrownBy(() -> open(dir))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("format 2")
                .hasMessageContaining("start the newer version");
    }

    @Test
    void D15_settingsFileOfXodusIsRefused() throws IOException {
        open(dir).close();
        Files.writeString(dir.resolve("env/exodus.properties"), "exodus.gc.enabled=false\n");
        assertThatThrownBy(() -> open(dir)).hasMessageContaining("exodus.properties");
    }

    @Test
    void D16_snapshotIsTakenBackAfterItsTime() {
        Storage storage = open(dir);
        storage.save(append(1, entries(1, 10, 1)));
        apply(storage, 1, 10, 1);
        var slow = storage.tables(1).openSnapshot();
        storage.maintain(100);
        var fresh = storage.tables(1).openSnapshot();
        storage.maintain(100 + CONFIG.snapshotMaxMs() - 1);
        assertThat(slow.read(1_000)).isNotEmpty();
        storage.maintain(100 + CONFIG.snapshotMaxMs());
        assertThatThrownBy(() -> slow.read(1_000)).isInstanceOf(IllegalStateException.class);
        assertThat(fresh.read(1_000)).isNotEmpty();
        slow.close();
        fresh.close();
        storage.save(append(1, entries(11, 11, 1)));
    }
}
