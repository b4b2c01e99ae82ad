package kvctl.storage;

import java.util.ArrayList;
import java.util.List;
import kvctl.raft.Entry;

/** Reads a log from its rows in order, and finds out where it is damaged. */
final class LogReader implements RowVisitor {
    private final Records records;
    private final long start;
    private final long lastApplied;
    private final List<Entry> entries = new ArrayList<>();
    private long firstStored;
    private long lastStored;
    private boolean damagedApplied;
    private long damagedAt;

    /**
     * @param start rows up to this index are no longer part of the log
     * @param lastApplied entries up to this index are in the state
     */
    LogReader(Records records, long start, long lastApplied) {
        this.records = records;
        this.start = start;
        this.lastApplied = lastApplied;
        this.lastStored = start;
    }

    @Override
    public boolean row(byte[] key, byte[] value) {
        long index = Records.index(key);
        if (firstStored == 0) {
            firstStored = index;
        }
        if (index <= start) {
            return true;
        }
        if (index != lastStored + 1) {
            note(lastStored + 1, index - 1);
        }
        lastStored = index;
        Entry entry = records.log(index, value);
        if (entry == null) {
            note(index, index);
        } else if (damagedAt == 0) {
            entries.add(entry);
        }
        return true;
    }

    /** Entries from..to are damaged or missing. */
    private void note(long from, long to) {
        if (from <= lastApplied) {
            damagedApplied = true;
            entries.clear();
        }
        if (to > lastApplied && damagedAt == 0) {
            damagedAt = Math.max(from, lastApplied + 1);
        }
    }

    /** Index of the first row on disk, also of those before the start; 0 if there is none. */
    long firstStored() {
        return firstStored;
    }

    long lastStored() {
        return lastStored;
    }

    /** An entry that the state already holds is damaged. */
    boolean damagedApplied() {
        return damagedApplied;
    }

    /** First damaged entry that the state does not hold; 0 if there is none. */
    long damagedAt() {
        return damagedAt;
    }

    /** The entries that follow the start, or the state where {@link #damagedApplied}, up to the first damage. */
    List<Entry> entries() {
        if (damagedApplied) {
            entries.removeIf(entry -> entry.index() <= lastApplied);
        }
        return entries;
    }
}
