package kvctl.storage;

import static kvctl.storage.StorageContract.DELHI;
import static kvctl.storage.StorageContract.append;
import static kvctl.storage.StorageContract.bytes;
import static kvctl.storage.StorageContract.cut;
import static kvctl.storage.StorageContract.entries;
import static kvctl.storage.StorageContract.log;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import kvctl.raft.Entry;
import kvctl.raft.HardState;
import kvctl.raft.Store.Restored;
import kvctl.raft.Store.Save;
import org.junit.jupiter.api.Test;

/** Order of writes and syncs, errors, and starts of a real directory (HAZARDS §1.2). */
class DiskHazardsTest extends DiskFixture {
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
            Path output = temp.resolve("output" + round);
            Process child = Child.start(dir, output);
            await().until(() -> Files.readAllLines(output).size() > 40);
            child.destroyForcibly().waitFor();
            List<String> lines = Files.readAllLines(output);
            lines.removeIf(line -> !line.matches("\\d+"));
            long acknowledged = Long.parseLong(lines.get(lines.size() - 2)); // the last line may be cut short
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
            storage.save(append(1, List.of(Entry.command(index, 1, command))));
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

    // ---- D8, D9

    /** Fills a file of Xodus and begins the next one. */
    private static void writeMuch(Storage storage) {
        storage.apply(() -> storage.tables(1).table("rows").put(bytes("a"), bytes("1")));
        storage.save(append(1, List.of(Entry.command(11, 1, new byte[4 << 20]))));
        storage.save(append(1, List.of(Entry.command(12, 1, new byte[4 << 20]))));
        storage.save(append(1, entries(13, 13, 1)));
    }

    /** Numbers of the first three and the last calls of each sort that {@link #writeMuch} makes. */
    private TreeSet<Integer> interestingCalls() {
        Storage storage = open(temp.resolve("healthy"));
        storage.save(append(1, entries(1, 10, 1)));
        resetCalls(-1);
        writeMuch(storage);
        TreeSet<Integer> numbers = new TreeSet<>();
        for (String sort : new TreeSet<>(calls)) {
            List<Integer> all = new ArrayList<>();
            for (int i = 0; i < calls.size(); i++) {
                if (calls.get(i).equals(sort)) {
                    all.add(i);
                }
            }
            numbers.addAll(all.subList(0, Math.min(3, all.size())));
            numbers.add(all.get(all.size() - 1));
        }
        storage.close();
        assertThat(calls).contains("write", "sync", "open", "syncSums", "syncDirectory");
        return numbers;
    }

    @Test
    void D8_errorAtAnyCallIsFinalAndNothingIsRetried() throws IOException {
        for (int call : interestingCalls()) {
            Path at = temp.resolve("eio" + call);
            resetCalls(-1);
            Storage storage = open(at);
            storage.save(append(1, entries(1, 10, 1)));
            resetCalls(call);
            assertThatThrownBy(() -> writeMuch(storage)).isInstanceOf(StorageException.class);
            int before = calls.size();
            assertThatThrownBy(() -> storage.save(List.of())).isInstanceOf(StorageException.class);
            assertThatThrownBy(() -> storage.save(append(1, entries(13, 13, 1))))
                    .isInstanceOf(StorageException.class);
            assertThatThrownBy(() -> storage.apply(() -> {})).isInstanceOf(StorageException.class);
            assertThatThrownBy(() -> storage.restore(1)).isInstanceOf(StorageException.class);
            storage.close();
            assertThat(calls.subList(before, calls.size()))
                    .as("nothing more is written")
                    .isEmpty();
            resetCalls(-1);
            Storage again = open(at);
            Restored restored = again.restore(1);
            assertThat(restored.forgetful()).isFalse();
            assertThat(restored.entries().size()).isBetween(10, 13);
            again.close();
        }
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
    void D8_errorOfAPromiseIsFinalAndThePromiseIsNotMade() throws IOException {
        for (String failing : List.of("writePromises", "syncPromises")) {
            Path at = temp.resolve(failing);
            boolean[] broken = new boolean[1];
            Storage storage = Storage.open(at, DELHI, CONFIG, call -> {
                if (broken[0] && call.equals(failing)) {
                    throw new IOException("injected EIO");
                }
            });
            opened.add(storage);
            storage.save(append(1, entries(1, 1, 1)));
            broken[0] = true;
            HardState vote = new HardState(7, 1);
            assertThatThrownBy(() -> storage.save(List.of(new Save(1, vote, null, List.of(), null))))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("injected EIO");
            broken[0] = false;
            assertThatThrownBy(() -> storage.save(List.of())).isInstanceOf(StorageException.class);
        }
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
            storage.save(append(1, List.of(Entry.command(index, 1, new byte[3 << 20]))));
        }
        assertThat(lastFile(dir).getFileName()).as("a second file").isNotEqualTo(Path.of("00000000000.xd"));
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
                .hasMessageContaining("the log has entries 1 to 20, but the state is at 25");
    }

    @Test
    void D15_directoryInUseNamesItsOwner() throws Exception {
        open(dir);
        assertThatThrownBy(() -> open(dir))
                .isInstanceOf(StorageException.class)
                .hasMessage(dir + " is locked by pid " + ProcessHandle.current().pid());
        Path other = temp.resolve("other");
        Path output = temp.resolve("output");
        Process child = Child.start(other, output);
        try {
            await().until(() -> Files.readString(output).startsWith("ready"));
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
        FileWitness witness = new FileWitness(dir, DiskFaults.NONE);
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
        assertThat(slow.read(1_000)).isNull();
        assertThat(fresh.read(1_000)).isNotEmpty();
        slow.close();
        fresh.close();
        storage.save(append(1, entries(11, 11, 1)));
    }
}
