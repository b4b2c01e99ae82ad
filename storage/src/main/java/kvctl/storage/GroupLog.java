package kvctl.storage;

import java.util.List;
import kvctl.raft.Entry;
import kvctl.raft.Invariant;
import kvctl.raft.Store.LogStart;

/**
 * The log of one group as rows, one per entry. Rows are firstStored..lastIndex without gaps; those up to the start are no
 * longer part of the log and wait to be deleted, some with each save.
 */
final class GroupLog {
    private static final byte[] FIRST = new byte[0];

    private final Engine.Rows rows;
    private final Records records;
    private LogStart start;
    private long firstStored;
    private long lastIndex;

    /** A log without rows; of a stored one, {@link #read} finds out what is there. */
    GroupLog(Engine.Rows rows, Records records, LogStart start) {
        this.rows = rows;
        this.records = records;
        this.start = start;
        this.firstStored = start.index() + 1;
        this.lastIndex = start.index();
    }

    LogStart start() {
        return start;
    }

    long lastIndex() {
        return lastIndex;
    }

    LogReader read(long lastApplied) {
        LogReader reader = new LogReader(records, start.index(), lastApplied);
        rows.scan(FIRST, reader);
        firstStored = reader.firstStored() == 0 ? start.index() + 1 : reader.firstStored();
        lastIndex = Math.max(reader.lastStored(), start.index());
        return reader;
    }

    /** True if the entry is the start or in the log, of that term. */
    boolean holds(LogStart at) {
        if (at.equals(start)) {
            return true;
        }
        if (at.index() <= start.index() || at.index() > lastIndex) {
            return false;
        }
        byte[] value = rows.get(Records.indexKey(at.index()));
        Entry entry = value == null ? null : records.log(at.index(), value);
        return entry != null && entry.term() == at.term();
    }

    /** Entries up to the new start are dropped. */
    void startAfter(LogStart newStart) {
        start = newStart;
        lastIndex = Math.max(lastIndex, newStart.index());
    }

    /** Entries replace everything from the first one's index on. */
    void append(List<Entry> entries) {
        long first = entries.get(0).index();
        Invariant.check(first > start.index() && first <= lastIndex + 1, "entries leave a gap", first, lastIndex);
        truncate(first);
        for (Entry entry : entries) {
            Invariant.check(entry.index() == lastIndex + 1, "entries leave a gap", entry.index(), lastIndex);
            rows.putLast(Records.indexKey(entry.index()), records.log(entry));
            lastIndex = entry.index();
        }
    }

    /** Drops the entries from this index on. */
    void truncate(long from) {
        for (long index = lastIndex; index >= from; index--) {
            rows.delete(Records.indexKey(index));
        }
        lastIndex = Math.min(lastIndex, from - 1);
    }

    void deletePrefix(int atMost) {
        long end = Math.min(start.index(), firstStored + atMost - 1);
        while (firstStored <= end) {
            rows.delete(Records.indexKey(firstStored));
            firstStored++;
        }
    }
}
