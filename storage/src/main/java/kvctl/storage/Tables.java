package kvctl.storage;

import java.util.HashMap;
import java.util.Map;
import kvctl.raft.StateMachine;

/**
 * The tables of one group's state machine, and how far the log is applied to them. Inside {@link Storage#apply} and
 * {@link Storage#save} they read what that transaction wrote, outside they read the last commit; only inside they can be
 * written. Used by the storage's one thread; arrays passed in or handed out must not be changed by either side.
 */
public final class Tables {
    private final Storage storage;
    private final Group group;
    private final Map<String, Table> tables = new HashMap<>();

    Tables(Storage storage, Group group) {
        this.storage = storage;
        this.group = group;
    }

    /** Another number as soon as an installed snapshot has replaced the content. */
    public long generation() {
        return group.stateGeneration;
    }

    /** A handle that stays valid, also when an installed snapshot replaces the content. */
    public Table table(String name) {
        if (name.isEmpty() || name.length() > 100) {
            throw new IllegalArgumentException("a table's name has 1 to 100 characters");
        }
        return tables.computeIfAbsent(name, Table::new);
    }

    /** Index of the last entry whose effects are in the tables; 0 for a new group. */
    public long lastApplied() {
        return group.lastApplied;
    }

    /** Term of that entry; 0 for a new group. */
    public long lastAppliedTerm() {
        return group.lastAppliedTerm;
    }

    /** Notes, in the same transaction as the effects, that they include all entries up to this one (HAZARDS D1). */
    public void applied(long index, long term) {
        storage.writing(group);
        storage.saveApplied(group, index, term);
    }

    /** An unchanging view of all tables as of the last commit; not inside a transaction. Close it. */
    public StateMachine.Source openSnapshot() {
        return storage.openSnapshot(group);
    }

    /** Begins to receive a snapshot beside the tables, which stay as they are until it is installed. */
    public StateMachine.Sink receiveSnapshot(long lastIncludedIndex, long lastIncludedTerm) {
        return storage.receiveSnapshot(group, lastIncludedIndex, lastIncludedTerm);
    }

    /** Rows of bytes in the unsigned order of their keys. */
    public final class Table {
        private final String name;
        private long generation = -1;
        private Engine.Rows rows;

        private Table(String name) {
            this.name = name;
        }

        private Engine.Rows rows() {
            storage.check();
            if (generation != group.stateGeneration) {
                generation = group.stateGeneration;
                rows = storage.rows(group.tablePrefix(generation) + name);
            }
            return rows;
        }

        /** @return the value or null */
        public byte[] get(byte[] key) {
            try {
                return rows().get(key);
            } catch (RuntimeException e) {
                throw storage.fail(e);
            }
        }

        /** @throws IllegalStateException outside {@link Storage#apply} */
        public void put(byte[] key, byte[] value) {
            storage.writing(group);
            try {
                rows().put(key, value);
            } catch (RuntimeException e) {
                throw storage.fail(e);
            }
        }

        /**
         * @return false if there was no such row
         * @throws IllegalStateException outside {@link Storage#apply}
         */
        public boolean delete(byte[] key) {
            storage.writing(group);
            try {
                return rows().delete(key);
            } catch (RuntimeException e) {
                throw storage.fail(e);
            }
        }

        /** Visits rows from {@code from} on, inclusive, until the visitor has enough; it must not write. */
        public void scan(byte[] from, RowVisitor visitor) {
            try {
                rows().scan(from, visitor);
            } catch (RuntimeException e) {
                throw storage.fail(e);
            }
        }

        /** Visits up to {@code limit} rows from {@code from} on, inclusive; the visitor must not write. */
        public void scan(byte[] from, int limit, RowVisitor visitor) {
            if (limit <= 0) {
                return;
            }
            int[] left = {limit};
            scan(from, (key, value) -> visitor.row(key, value) && --left[0] > 0);
        }
    }
}
