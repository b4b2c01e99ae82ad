package kvctl.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import kvctl.raft.Entry;
import kvctl.raft.HardState;
import kvctl.raft.Invariant;
import kvctl.raft.Store;

/** The content of a simulated disk at one instant: for each group its promise, its log and its applied state. */
final class DiskImage {
    /** One commit of a {@link Store.Save} or of an apply, by what it changed. Absent parts are null. */
    record Change(
            int groupId, HardState hardState, Store.LogStart logStart, List<Entry> entries, SimMachine.State state) {
        long digest() {
            long digest = hardState == null ? 0 : Trace.mix(hardState.currentTerm(), hardState.votedFor());
            digest = logStart == null ? digest : Trace.mix(digest, logStart.index());
            for (Entry entry : entries) {
                digest = Trace.mix(Trace.mix(digest, entry.index()), entry.term());
            }
            return digest;
        }

        @Override
        public String toString() {
            List<String> parts = new ArrayList<>();
            if (hardState != null) {
                String vote = hardState.votedFor() == HardState.NOBODY ? "none" : "S" + hardState.votedFor();
                parts.add("term " + hardState.currentTerm() + " vote " + vote);
            }
            if (logStart != null) {
                parts.add((state == null ? "log start " : "snapshot ") + logStart.index() + ":" + logStart.term());
            }
            if (!entries.isEmpty()) {
                parts.add("entries " + Wire.text(entries));
            }
            return String.join(", ", parts);
        }
    }

    /** One group. */
    static final class Group {
        HardState hardState = HardState.INITIAL;
        Store.LogStart start = Store.LogStart.BEGINNING;
        final ArrayList<Entry> entries = new ArrayList<>();
        SimMachine.State state = SimMachine.State.EMPTY;

        long lastIndex() {
            return start.index() + entries.size();
        }

        /** Term of the entry at {@code index}, the log's start included; -1 where the log does not reach. */
        long term(long index) {
            if (index == start.index()) {
                return start.term();
            }
            return index < start.index() || index > lastIndex()
                    ? -1
                    : entry(index).term();
        }

        long lastTerm() {
            return term(lastIndex());
        }

        Entry entry(long index) {
            return entries.get((int) (index - start.index() - 1));
        }

        void redo(Change change) {
            if (change.hardState() != null) {
                hardState = change.hardState();
            }
            if (change.logStart() != null) {
                startAt(change.logStart());
            }
            append(change.entries());
            if (change.state() != null) {
                state = change.state();
            }
        }

        private void startAt(Store.LogStart newStart) {
            if (term(newStart.index()) == newStart.term()) {
                entries.subList(0, (int) (newStart.index() - start.index())).clear();
            } else {
                entries.clear();
            }
            start = newStart;
        }

        private void append(List<Entry> appended) {
            if (appended.isEmpty()) {
                return;
            }
            long first = appended.get(0).index();
            Invariant.check(
                    first > start.index() && first <= lastIndex() + 1,
                    "saved entries leave no gap",
                    first,
                    lastIndex());
            entries.subList((int) (first - start.index() - 1), entries.size()).clear();
            entries.addAll(appended);
        }

        private void copyFrom(Group other) {
            hardState = other.hardState;
            start = other.start;
            entries.clear();
            entries.addAll(other.entries);
            state = other.state;
        }
    }

    private final TreeMap<Integer, Group> groups = new TreeMap<>();

    Group group(int groupId) {
        return groups.computeIfAbsent(groupId, id -> new Group());
    }

    Set<Integer> groupIds() {
        return groups.keySet();
    }

    void redo(List<Change> changes) {
        for (Change change : changes) {
            group(change.groupId()).redo(change);
        }
    }

    void copyFrom(DiskImage other) {
        groups.clear();
        other.groups.forEach((groupId, group) -> group(groupId).copyFrom(group));
    }
}
