package kvctl.storage;

import static kvctl.storage.StorageContract.DELHI;
import static kvctl.storage.StorageContract.append;
import static kvctl.storage.StorageContract.bytes;
import static kvctl.storage.StorageContract.chunks;
import static kvctl.storage.StorageContract.entries;
import static kvctl.storage.StorageContract.log;
import static kvctl.storage.StorageContract.promise;
import static kvctl.storage.StorageContract.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import kvctl.raft.Entry;
import kvctl.raft.HardState;
import kvctl.raft.StateMachine;
import kvctl.raft.Store.LogStart;
import kvctl.raft.Store.Restored;
import kvctl.raft.Store.Save;
import org.junit.jupiter.api.Test;

/** Crashes, lost commits and failures at chosen places, which a disk in memory makes easy. */
class MemoryDiskTest {
    private final MemoryDisk disk = new MemoryDisk();

    private Storage open(MemoryDisk on) {
        return Storage.inMemory(on, DELHI, 1, StorageConfig.DEFAULT);
    }

    private static void apply(Storage storage, int group, long index, long term, String value) {
        storage.apply(() -> {
            storage.tables(group).table("rows").put(bytes("a"), bytes(value));
            storage.tables(group).applied(index, term);
        });
    }

    private static String get(Storage storage, int group) {
        return text(storage.tables(group).table("rows").get(bytes("a")));
    }

    /** Damages the stored record of an entry; the log of group 1 is the second generation of a new storage. */
    private void damage(long index) {
        disk.stored("log/1/2", Records.indexKey(index))[8] ^= 1;
    }

    @Test
    void crashLosesASuffixOfWhatWasNotSaved() {
        for (int keep = 0; keep <= 3; keep++) {
            MemoryDisk each = new MemoryDisk();
            Storage storage = open(each);
            storage.save(append(1, entries(1, 10, 1)));
            for (int i = 1; i <= 3; i++) {
                apply(storage, 1, i, 1, "v" + i);
            }
            assertThat(each.unsyncedCommits()).isEqualTo(3);
            each.crash(keep);
            assertThatThrownBy(() -> storage.save(List.of())).isInstanceOf(StorageException.class);
            Storage again = open(each);
            assertThat(log(again.restore(1))).isEqualTo(log(entries(1, 10, 1)));
            assertThat(again.restore(1).forgetful()).isFalse();
            assertThat(again.tables(1).lastApplied()).isEqualTo(keep);
            assertThat(get(again, 1)).isEqualTo(keep == 0 ? null : "v" + keep);
        }
    }

    @Test
    void crashInsideATransactionLosesAllOfIt() {
        Storage storage = open(disk);
        storage.save(append(1, entries(1, 1, 1)));
        assertThatThrownBy(() -> storage.apply(() -> {
                    storage.tables(1).table("rows").put(bytes("a"), bytes("1"));
                    disk.crash(9);
                    storage.tables(1).applied(1, 1);
                }))
                .isInstanceOf(StorageException.class);
        assertThat(get(open(disk), 1)).isNull();
    }

    @Test
    void D4_diskThatForgetsSyncedCommitsIsForgetful() {
        Storage storage = open(disk);
        storage.save(promise(1, 1, 1));
        storage.save(append(1, entries(1, 5, 1)));
        storage.save(append(1, entries(6, 9, 1)));
        assertThat(disk.forget(1)).isEqualTo(1);
        Storage again = open(disk);
        assertThat(log(again.restore(1))).isEqualTo(log(entries(1, 5, 1)));
        assertThat(again.restore(1).forgetful()).isTrue();
        disk.crash(0);
        again = open(disk);
        assertThat(again.restore(1).forgetful()).isTrue();
        again.recovered(1);
        assertThat(open(disk).restore(1).forgetful())
                .as("not before the next save")
                .isTrue();
        again = open(disk);
        again.restore(1);
        again.recovered(1);
        again.save(append(1, entries(6, 6, 2)));
        disk.crash(0);
        assertThat(open(disk).restore(1).forgetful()).isFalse();
    }

    @Test
    void D4_forgottenVoteIsRemembered() {
        Storage storage = open(disk);
        storage.save(promise(1, 1, 1));
        storage.save(promise(1, 2, 3));
        disk.forget(1);
        assertThat(open(disk).restore(1).hardState()).isEqualTo(new HardState(2, 3));
        assertThat(open(disk).restore(1).forgetful()).isTrue();
    }

    @Test
    void D5_damagedEntryIsCutOffAndTheReplicaForgetful() {
        Storage storage = open(disk);
        storage.save(List.of(
                new Save(1, new HardState(1, 1), null, entries(1, 20, 1), null),
                new Save(2, new HardState(1, 1), null, List.of(), null)));
        apply(storage, 1, 5, 1, "5");
        storage.close();
        damage(12);
        damage(14);
        for (int pass = 0; pass < 2; pass++) {
            Storage again = open(disk);
            Restored restored = again.restore(1);
            assertThat(log(restored)).isEqualTo(log(entries(1, 11, 1)));
            assertThat(restored.forgetful()).isTrue();
            assertThat(again.restore(2).forgetful())
                    .as("another group is not touched (D17)")
                    .isFalse();
            again.close();
        }
        Storage again = open(disk);
        again.restore(1);
        again.save(append(1, entries(12, 13, 2)));
        again.close();
        assertThat(open(disk).restore(1).entries()).hasSize(13);
    }

    @Test
    void D5_damagedEntryThatTheStateHoldsLosesNothing() {
        Storage storage = open(disk);
        storage.save(List.of(new Save(1, new HardState(1, 1), null, entries(1, 20, 1), null)));
        apply(storage, 1, 15, 1, "15");
        storage.close();
        damage(3);
        damage(15);
        for (int pass = 0; pass < 2; pass++) {
            Storage again = open(disk);
            Restored restored = again.restore(1);
            assertThat(restored.logStart()).isEqualTo(new LogStart(15, 1));
            assertThat(log(restored)).isEqualTo(log(entries(16, 20, 1)));
            assertThat(restored.forgetful()).isFalse();
            again.close();
        }
        Storage again = open(disk);
        again.restore(1);
        again.save(append(1, entries(21, 22, 1)));
        again.close();
        assertThat(log(open(disk).restore(1))).isEqualTo(log(entries(16, 22, 1)));
    }

    @Test
    void D5_bothSortsOfDamageAtOnce() {
        Storage storage = open(disk);
        storage.save(List.of(new Save(1, new HardState(1, 1), null, entries(1, 20, 1), null)));
        apply(storage, 1, 15, 1, "15");
        storage.close();
        damage(3);
        damage(18);
        Restored restored = open(disk).restore(1);
        assertThat(restored.logStart()).isEqualTo(new LogStart(15, 1));
        assertThat(log(restored)).isEqualTo(log(entries(16, 17, 1)));
        assertThat(restored.forgetful()).isTrue();
    }

    @Test
    void D8_failedWriteOrSyncIsFinal() {
        for (boolean write : new boolean[] {true, false}) {
            MemoryDisk each = new MemoryDisk();
            Storage storage = open(each);
            storage.save(append(1, entries(1, 1, 1)));
            if (write) {
                each.failWrite(2);
            } else {
                each.failSync(2);
            }
            storage.save(append(1, entries(2, 2, 1)));
            assertThatThrownBy(() -> storage.save(append(1, entries(3, 3, 1)))).isInstanceOf(StorageException.class);
            long syncs = each.syncs();
            assertThatThrownBy(() -> storage.save(List.of())).isInstanceOf(StorageException.class);
            assertThat(each.syncs()).isEqualTo(syncs);
            each.crash(0);
            assertThat(open(each).restore(1).entries()).hasSize(2);
        }
    }

    @Test
    void D17_failureInABatchOfGroupsAcknowledgesNone() {
        Storage storage = open(disk);
        List<Save> first = new ArrayList<>();
        List<Save> second = new ArrayList<>();
        for (int group = 1; group <= 5; group++) {
            first.add(new Save(group, new HardState(1, 1), null, entries(1, 5, 1), null));
            second.add(new Save(group, new HardState(2, group), null, entries(group == 3 ? 9 : 6, 9, 2), null));
        }
        storage.save(first);
        assertThatThrownBy(() -> storage.save(second)).isInstanceOf(StorageException.class);
        disk.crash(1);
        Storage again = open(disk);
        for (int group = 1; group <= 5; group++) {
            Restored restored = again.restore(group);
            assertThat(log(restored)).isEqualTo(log(entries(1, 5, 1)));
            assertThat(restored.hardState()).isEqualTo(new HardState(1, 1));
            assertThat(restored.forgetful()).isFalse();
        }
    }

    private static List<byte[]> snapshot() {
        Storage source = Storage.inMemory(new MemoryDisk(), DELHI, 1, StorageConfig.DEFAULT);
        source.save(append(1, entries(1, 50, 4)));
        source.apply(() -> {
            for (int i = 0; i < 100; i++) {
                source.tables(1).table("rows").put(bytes("key" + i), bytes("value" + i));
            }
            source.tables(1).table("rows").put(bytes("a"), bytes("new"));
            source.tables(1).applied(50, 4);
        });
        return chunks(source.tables(1).openSnapshot(), 200);
    }

    @Test
    void S1_S5_crashDuringInstallLeavesOldOrNew() {
        List<byte[]> chunks = snapshot();
        boolean seenOld = false;
        boolean seenNew = false;
        for (int write = 1; write <= chunks.size() + 8; write++) {
            MemoryDisk each = new MemoryDisk();
            Storage storage = open(each);
            storage.save(append(1, entries(1, 10, 1)));
            apply(storage, 1, 10, 1, "old");
            storage.save(List.of());
            each.failWrite(write);
            try {
                StateMachine.Sink sink = storage.tables(1).receiveSnapshot(50, 4);
                chunks.forEach(sink::write);
                storage.save(List.of(new Save(1, new HardState(4, 0), new LogStart(50, 4), List.of(), sink)));
                for (int i = 0; i < 7; i++) {
                    storage.apply(() -> {});
                }
            } catch (StorageException e) {
                // the injected failure
            }
            each.crash(write % 3);
            Storage again = open(each);
            Restored restored = again.restore(1);
            boolean isNew = "new".equals(get(again, 1));
            seenNew |= isNew;
            seenOld |= !isNew;
            assertThat(get(again, 1)).isEqualTo(isNew ? "new" : "old");
            assertThat(again.tables(1).lastApplied()).isEqualTo(isNew ? 50 : 10);
            assertThat(restored.logStart()).isEqualTo(isNew ? new LogStart(50, 4) : LogStart.BEGINNING);
            assertThat(restored.entries()).hasSize(isNew ? 0 : 10);
            int[] rows = {0};
            again.tables(1).table("rows").scan(new byte[0], (key, value) -> ++rows[0] > 0);
            assertThat(rows[0]).isEqualTo(isNew ? 101 : 1);
        }
        assertThat(seenOld && seenNew).isTrue();
    }

    @Test
    void S5_leftOversOfATransferAreDeletedAfterARestart() {
        List<byte[]> chunks = snapshot();
        Storage storage = open(disk);
        storage.save(append(1, entries(1, 10, 1)));
        apply(storage, 1, 10, 1, "old");
        storage.save(List.of());
        long before = storage.sizeBytes();
        StateMachine.Sink sink = storage.tables(1).receiveSnapshot(50, 4);
        chunks.subList(0, 5).forEach(sink::write);
        assertThat(storage.sizeBytes()).isGreaterThan(before);
        disk.crash(100);
        Storage again = open(disk);
        again.maintain(0);
        again.maintain(1);
        assertThat(again.sizeBytes()).isEqualTo(before);
        StateMachine.Sink aborted = again.tables(1).receiveSnapshot(50, 4);
        aborted.write(chunks.get(0));
        aborted.abort();
        again.maintain(2);
        again.maintain(3);
        assertThat(again.sizeBytes()).isEqualTo(before);
    }

    @Test
    void S10_chunksOutOfOrderOrDamagedAreRefused() {
        List<byte[]> chunks = snapshot();
        Storage storage = open(disk);
        StateMachine.Sink sink = storage.tables(1).receiveSnapshot(50, 4);
        sink.write(chunks.get(0));
        assertThatThrownBy(() -> sink.write(chunks.get(2))).isInstanceOf(StorageException.class);
        byte[] damaged = chunks.get(1).clone();
        damaged[20] ^= 1;
        assertThatThrownBy(() -> sink.write(damaged)).isInstanceOf(StorageException.class);
        sink.write(chunks.get(1));
        assertThatThrownBy(sink::install).as("not complete").isInstanceOf(IllegalStateException.class);
    }

    /** Random saves, applies and crashes against a model: what is restored is a prefix that holds all that was saved. */
    @Test
    void D1_randomCrashesLeaveAPrefixOfTheCommits() {
        for (long seed = 1; seed <= 100; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            MemoryDisk each = new MemoryDisk();
            Storage storage = open(each);
            List<String> images = new ArrayList<>();
            images.add(image(storage));
            int durable = 0;
            long term = 1;
            for (int step = 0; step < 60; step++) {
                Restored now = storage.restore(1);
                long last = now.logStart().index() + now.entries().size();
                long applied = storage.tables(1).lastApplied();
                int what = random.nextInt(10);
                if (what < 4) {
                    long from = applied + 1 + (last > applied ? random.nextLong(last - applied + 1) : 0);
                    term += from <= last ? 1 : 0;
                    List<Entry> entries = entries(from, from + random.nextInt(4), term);
                    storage.save(List.of(new Save(1, new HardState(term, random.nextInt(3)), null, entries, null)));
                    durable = images.size();
                } else if (what < 8 && last > applied) {
                    long to = applied + 1 + random.nextLong(last - applied);
                    Entry entry = now.entries().get((int) (to - now.logStart().index() - 1));
                    apply(storage, 1, to, entry.term(), seed + ":" + step);
                } else if (what == 8 && applied > now.logStart().index()) {
                    Entry entry =
                            now.entries().get((int) (applied - now.logStart().index() - 1));
                    storage.save(List.of(new Save(1, null, new LogStart(applied, entry.term()), List.of(), null)));
                    durable = images.size();
                } else {
                    each.crash(random.nextInt(4));
                    storage = open(each);
                    String image = image(storage);
                    assertThat(images.subList(durable, images.size()))
                            .as("seed " + seed)
                            .contains(image);
                    images.clear();
                    durable = 0;
                }
                images.add(image(storage));
            }
        }
    }

    private static String image(Storage storage) {
        Restored restored = storage.restore(1);
        TreeMap<String, String> rows = new TreeMap<>();
        storage.tables(1).table("rows").scan(new byte[0], (key, value) -> rows.put(text(key), text(value)) == null);
        return restored + " " + log(restored) + " " + storage.tables(1).lastApplied() + " " + rows;
    }
}
