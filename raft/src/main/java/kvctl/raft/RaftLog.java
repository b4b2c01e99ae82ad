package kvctl.raft;

import java.util.ArrayList;
import java.util.List;

/**
 * The log since the last dropped prefix, in memory. Knows which part is saved; the rest is the next
 * {@link Store.Save}'s. Invariant: {@code start.index <= savedIndex <= lastIndex}.
 */
final class RaftLog {
    private Store.LogStart start;
    private final ArrayList<Entry> entries;
    private long savedIndex;
    private long bytes;

    RaftLog(Store.LogStart start, List<Entry> restored) {
        this.start = start;
        this.entries = new ArrayList<>(restored);
        long expected = start.index();
        for (Entry entry : restored) {
            Invariant.check(entry.index() == ++expected, "restored log has no gaps", entry.index(), expected);
            bytes += entry.sizeBytes();
        }
        this.savedIndex = lastIndex();
    }

    Store.LogStart start() {
        return start;
    }

    long firstIndex() {
        return start.index() + 1;
    }

    long lastIndex() {
        return start.index() + entries.size();
    }

    long lastTerm() {
        return entries.isEmpty()
                ? start.term()
                : entries.get(entries.size() - 1).term();
    }

    long savedIndex() {
        return savedIndex;
    }

    long bytes() {
        return bytes;
    }

    /** Term of the entry at {@code index}, which may be the log's start (HAZARDS S9); -1 where the log does not reach. */
    long term(long index) {
        if (index == start.index()) {
            return start.term();
        }
        return index < start.index() || index > lastIndex() ? -1 : get(index).term();
    }

    boolean matches(long index, long term) {
        return term >= 0 && term(index) == term;
    }

    Entry get(long index) {
        return entries.get((int) (index - firstIndex()));
    }

    /** Up to {@code maxBytes} of entries from {@code from} to {@code to} inclusive; at least one if there is any. */
    List<Entry> slice(long from, long to, long maxBytes) {
        long last = Math.min(to, lastIndex());
        if (from > last) {
            return List.of();
        }
        long size = 0;
        long end = from;
        while (end <= last) {
            size += get(end).sizeBytes();
            if (size > maxBytes && end > from) {
                break;
            }
            end++;
        }
        int first = (int) (from - firstIndex());
        return List.copyOf(entries.subList(first, first + (int) (end - from)));
    }

    /** Entries that the next save must hold. */
    List<Entry> unsaved() {
        return slice(savedIndex + 1, lastIndex(), Long.MAX_VALUE);
    }

    void saved() {
        savedIndex = lastIndex();
    }

    void append(Entry entry) {
        Invariant.check(entry.index() == lastIndex() + 1, "append follows the last entry", entry.index(), lastIndex());
        Invariant.check(entry.term() >= lastTerm(), "terms never fall", entry.term(), lastTerm());
        entries.add(entry);
        bytes += entry.sizeBytes();
    }

    /** Drops {@code from} and everything behind it. */
    void truncateFrom(long from) {
        List<Entry> tail = entries.subList((int) (from - firstIndex()), entries.size());
        for (Entry entry : tail) {
            bytes -= entry.sizeBytes();
        }
        tail.clear();
        savedIndex = Math.min(savedIndex, from - 1);
    }

    /**
     * Begins anew behind {@code newStart}: keeps the entries that follow an equal entry, otherwise drops all (HAZARDS S3).
     */
    void startAt(Store.LogStart newStart) {
        boolean held = matches(newStart.index(), newStart.term());
        List<Entry> dropped = held ? entries.subList(0, (int) (newStart.index() - start.index())) : entries;
        for (Entry entry : dropped) {
            bytes -= entry.sizeBytes();
        }
        dropped.clear();
        start = newStart;
        savedIndex = held ? Math.max(savedIndex, newStart.index()) : newStart.index();
    }

    /** Highest index not above {@code index} whose term is at most {@code term}; the log's start if there is none. */
    long lastIndexOfTermAtMost(long index, long term) {
        long last = Math.min(index, lastIndex());
        while (last > start.index() && get(last).term() > term) {
            last--;
        }
        return Math.max(last, start.index());
    }

    /** Whether a candidate with this last entry may be elected by the holder of this log (§5.4.1). */
    boolean isNotAheadOf(long otherLastIndex, long otherLastTerm) {
        return otherLastTerm > lastTerm() || (otherLastTerm == lastTerm() && otherLastIndex >= lastIndex());
    }

    /**
     * The last entry that may be dropped now: none, that is the log's start, as long as the log is within its limits.
     * What a follower needs that is only a little behind stays.
     */
    long compactableUpTo(long lastApplied, RaftConfig.Limits limits) {
        if (lastApplied - start.index() <= limits.snapshotEntries() && bytes <= limits.snapshotBytes()) {
            return start.index();
        }
        long upTo = lastApplied;
        long keptBytes = 0;
        while (upTo > start.index() && lastApplied - upTo < limits.keptEntries()) {
            keptBytes += get(upTo).sizeBytes();
            if (keptBytes > limits.snapshotBytes() / 2) {
                break;
            }
            upTo--;
        }
        return upTo;
    }
}
