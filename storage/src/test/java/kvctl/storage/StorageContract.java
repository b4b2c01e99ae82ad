package kvctl.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import kvctl.raft.Entry;
import kvctl.raft.HardState;
import kvctl.raft.StateMachine;
import kvctl.raft.Store.LogStart;
import kvctl.raft.Store.Restored;
import kvctl.raft.Store.Save;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What both forms of storage promise. */
abstract class StorageContract {
    static final Identity DELHI = new Identity("c-1", "delhi", 1);
    static final byte[] START = new byte[0];

    Storage storage;

    /** Opens, or opens again what {@link #stop} left. */
    abstract Storage open();

    /** Closes in order. */
    void stop() {
        storage.close();
    }

    void reopen() {
        stop();
        storage = open();
    }

    @AfterEach
    void closeStorage() {
        if (storage != null) {
            storage.close();
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    static Entry entry(long index, long term) {
        return Entry.command(index, term, bytes("command " + index + " of " + term));
    }

    /** Entries from..to of one term. */
    static List<Entry> entries(long from, long to, long term) {
        List<Entry> entries = new ArrayList<>();
        for (long index = from; index <= to; index++) {
            entries.add(entry(index, term));
        }
        return entries;
    }

    static List<Save> append(int group, List<Entry> entries) {
        return List.of(new Save(group, null, null, entries, null));
    }

    static List<Save> promise(int group, long term, int vote) {
        return List.of(new Save(group, new HardState(term, vote), null, List.of(), null));
    }

    static List<Save> cut(int group, long index, long term) {
        return List.of(new Save(group, null, new LogStart(index, term), List.of(), null));
    }

    static List<String> log(Restored restored) {
        return restored.entries().stream()
                .map(e -> e.index() + ":" + e.term() + ":" + e.kind() + ":" + text(e.command()))
                .toList();
    }

    static List<String> log(List<Entry> entries) {
        return log(new Restored(HardState.INITIAL, LogStart.BEGINNING, entries, false));
    }

    /** Applies up to an entry, with one row as its effect. */
    void apply(int group, long index, long term, String key, String value) {
        storage.apply(() -> {
            storage.tables(group).table("rows").put(bytes(key), bytes(value));
            storage.tables(group).applied(index, term);
        });
    }

    String get(int group, String key) {
        return text(storage.tables(group).table("rows").get(bytes(key)));
    }

    List<String> scan(int group, String from, int limit) {
        List<String> rows = new ArrayList<>();
        storage.tables(group)
                .table("rows")
                .scan(bytes(from), limit, (key, value) -> rows.add(text(key) + "=" + text(value)));
        return rows;
    }

    static List<byte[]> chunks(StateMachine.Source source, int maxBytes) {
        List<byte[]> chunks = new ArrayList<>();
        for (byte[] chunk = source.read(maxBytes); chunk.length > 0; chunk = source.read(maxBytes)) {
            chunks.add(chunk);
        }
        return chunks;
    }

    @Test
    void newGroupHasNothing() {
        storage = open();
        assertThat(storage.restore(1)).isEqualTo(Restored.NOTHING);
        assertThat(storage.tables(1).lastApplied()).isZero();
        assertThat(get(1, "a")).isNull();
    }

    @Test
    void savedEntriesAndPromisesAreRestored() {
        storage = open();
        List<Entry> entries = new ArrayList<>(entries(1, 300, 2));
        entries.add(Entry.noop(301, 3));
        storage.save(List.of(
                new Save(1, new HardState(3, 2), null, entries, null),
                new Save(2, new HardState(7, 0), null, entries(1, 2, 7), null)));
        reopen();
        assertThat(log(storage.restore(1))).isEqualTo(log(entries));
        assertThat(storage.restore(1).hardState()).isEqualTo(new HardState(3, 2));
        assertThat(log(storage.restore(2))).isEqualTo(log(entries(1, 2, 7)));
        assertThat(storage.restore(2).hardState()).isEqualTo(new HardState(7, 0));
        assertThat(storage.restore(2).forgetful()).isFalse();
        assertThat(storage.groups()).containsExactly(1, 2);
    }

    @Test
    void entriesReplaceTheConflictingTail() {
        storage = open();
        storage.save(append(1, entries(1, 10, 1)));
        storage.save(append(1, entries(4, 5, 2)));
        storage.save(append(1, entries(6, 6, 2)));
        reopen();
        List<Entry> expected = new ArrayList<>(entries(1, 3, 1));
        expected.addAll(entries(4, 6, 2));
        assertThat(log(storage.restore(1))).isEqualTo(log(expected));
    }

    @Test
    void gapInTheLogIsRefused() {
        storage = open();
        storage.save(append(1, entries(1, 3, 1)));
        assertThatThrownBy(() -> storage.save(append(1, entries(5, 5, 1)))).isInstanceOf(StorageException.class);
    }

    @Test
    void prefixIsDroppedAndTheRestStays() {
        storage = open();
        storage.save(append(1, entries(1, 1000, 1)));
        apply(1, 990, 1, "a", "1");
        storage.save(cut(1, 990, 1));
        storage.save(append(1, entries(1001, 1002, 1)));
        reopen();
        Restored restored = storage.restore(1);
        assertThat(restored.logStart()).isEqualTo(new LogStart(990, 1));
        assertThat(log(restored)).isEqualTo(log(entries(991, 1002, 1)));
        for (long index = 1003; index < 1010; index++) {
            storage.save(append(1, entries(index, index, 1)));
        }
        reopen();
        assertThat(log(storage.restore(1))).isEqualTo(log(entries(991, 1009, 1)));
    }

    @Test
    void S3_logThatDoesNotHoldTheNewStartIsDropped() {
        storage = open();
        storage.save(append(1, entries(1, 20, 1)));
        apply(1, 10, 3, "a", "1");
        storage.save(cut(1, 10, 3));
        reopen();
        assertThat(storage.restore(1).logStart()).isEqualTo(new LogStart(10, 3));
        assertThat(storage.restore(1).entries()).isEmpty();
        storage.save(append(1, entries(11, 12, 4)));
        reopen();
        assertThat(log(storage.restore(1))).isEqualTo(log(entries(11, 12, 4)));
    }

    @Test
    void tablesReadTheirOwnWritesInsideApply() {
        storage = open();
        storage.save(append(1, entries(1, 2, 1)));
        storage.apply(() -> {
            Tables.Table rows = storage.tables(1).table("rows");
            rows.put(bytes("b"), bytes("1"));
            rows.put(bytes("a"), bytes("2"));
            rows.put(bytes("c"), bytes(""));
            assertThat(get(1, "b")).isEqualTo("1");
            assertThat(rows.delete(bytes("b"))).isTrue();
            assertThat(rows.delete(bytes("x"))).isFalse();
            assertThat(scan(1, "", 10)).containsExactly("a=2", "c=");
            storage.tables(1).applied(2, 1);
        });
        assertThat(get(1, "a")).isEqualTo("2");
        assertThat(get(1, "b")).isNull();
        assertThat(get(1, "c")).isEmpty();
        assertThat(storage.tables(1).lastApplied()).isEqualTo(2);
        assertThat(storage.tables(1).lastAppliedTerm()).isEqualTo(1);
    }

    @Test
    void scanIsInUnsignedOrderFromAKeyAndBounded() {
        storage = open();
        storage.apply(() -> {
            Tables.Table rows = storage.tables(1).table("rows");
            for (int i = 255; i >= 0; i--) {
                rows.put(new byte[] {(byte) i}, new byte[] {(byte) i});
            }
        });
        List<Integer> seen = new ArrayList<>();
        storage.tables(1).table("rows").scan(new byte[] {126}, 4, (key, value) -> seen.add(key[0] & 0xff));
        assertThat(seen).containsExactly(126, 127, 128, 129);
        seen.clear();
        storage.tables(1).table("rows").scan(START, (key, value) -> seen.add(key[0] & 0xff) && seen.size() < 2);
        assertThat(seen).containsExactly(0, 1);
    }

    @Test
    void groupsDoNotSeeEachOther() {
        storage = open();
        storage.apply(() -> {
            storage.tables(1).table("rows").put(bytes("a"), bytes("1"));
            storage.tables(12).table("rows").put(bytes("a"), bytes("12"));
            storage.tables(1).table("other").put(bytes("a"), bytes("other"));
        });
        assertThat(get(1, "a")).isEqualTo("1");
        assertThat(get(12, "a")).isEqualTo("12");
        assertThat(scan(2, "", 10)).isEmpty();
    }

    @Test
    void D1_effectsAndAppliedIndexComeBackTogether() {
        storage = open();
        storage.save(append(1, entries(1, 3, 1)));
        apply(1, 3, 1, "a", "3");
        storage.save(List.of());
        reopen();
        storage.restore(1);
        assertThat(storage.tables(1).lastApplied()).isEqualTo(3);
        assertThat(get(1, "a")).isEqualTo("3");
    }

    @Test
    void tablesAreNotWrittenOutsideApply() {
        storage = open();
        assertThatThrownBy(() -> storage.tables(1).table("rows").put(bytes("a"), bytes("1")))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> storage.tables(1).applied(1, 1)).isInstanceOf(IllegalStateException.class);
        apply(1, 0, 0, "a", "2");
        assertThat(get(1, "a")).isEqualTo("2");
    }

    @Test
    void D8_failureInsideApplyIsFinal() {
        storage = open();
        assertThatThrownBy(() -> storage.apply(() -> {
                    throw new IllegalArgumentException("effects");
                }))
                .isInstanceOf(StorageException.class)
                .hasRootCauseMessage("effects");
        assertThatThrownBy(() -> storage.save(List.of())).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> storage.tables(1)).isInstanceOf(StorageException.class);
    }

    @Test
    void snapshotIsAnUnchangingViewAndReplacesTheStateOfAnother() {
        storage = open();
        storage.save(append(1, entries(1, 50, 4)));
        storage.apply(() -> {
            for (int i = 0; i < 500; i++) {
                storage.tables(1).table("rows").put(bytes("key" + i), bytes("value" + i));
            }
            storage.tables(1).table("sessions").put(bytes("s"), bytes("7"));
            storage.tables(1).applied(50, 4);
        });
        StateMachine.Source source = storage.tables(1).openSnapshot();
        apply(1, 50, 4, "key1", "changed");
        assertThat(source.lastIncludedIndex()).isEqualTo(50);
        assertThat(source.lastIncludedTerm()).isEqualTo(4);
        List<byte[]> chunks = chunks(source, 1000);
        source.close();
        assertThat(chunks)
                .hasSizeGreaterThan(8)
                .allSatisfy(chunk -> assertThat(chunk).hasSizeLessThan(1100));

        storage.save(append(2, entries(1, 60, 1)));
        apply(2, 10, 1, "old", "gone");
        StateMachine.Sink sink = storage.tables(2).receiveSnapshot(50, 4);
        chunks.forEach(sink::write);
        sink.write(new byte[0]);
        assertThat(get(2, "old")).as("until installed, the old state serves").isEqualTo("gone");
        assertThat(storage.tables(2).lastApplied()).isEqualTo(10);
        storage.save(List.of(new Save(2, new HardState(4, 0), new LogStart(50, 4), List.of(), sink)));
        for (int pass = 0; pass < 2; pass++) {
            assertThat(get(2, "old")).isNull();
            assertThat(get(2, "key1")).isEqualTo("value1");
            assertThat(scan(2, "", 1000)).hasSize(500);
            assertThat(text(storage.tables(2).table("sessions").get(bytes("s"))))
                    .isEqualTo("7");
            assertThat(storage.tables(2).lastApplied()).isEqualTo(50);
            assertThat(storage.tables(2).lastAppliedTerm()).isEqualTo(4);
            reopen();
            assertThat(storage.restore(2).logStart()).isEqualTo(new LogStart(50, 4));
            assertThat(storage.restore(2).entries()).isEmpty();
        }
    }

    @Test
    void removedGroupIsGoneAndMayComeBackEmpty() {
        storage = open();
        storage.save(List.of(new Save(1, new HardState(5, 1), null, entries(1, 10, 5), null)));
        apply(1, 10, 5, "a", "1");
        storage.remove(1);
        assertThat(storage.restore(1)).isEqualTo(Restored.NOTHING);
        assertThat(get(1, "a")).isNull();
        storage.apply(() -> {});
        reopen();
        assertThat(storage.restore(1)).isEqualTo(Restored.NOTHING);
        assertThat(get(1, "a")).isNull();
        storage.save(append(1, entries(1, 1, 1)));
        reopen();
        assertThat(log(storage.restore(1))).isEqualTo(log(entries(1, 1, 1)));
    }
}
