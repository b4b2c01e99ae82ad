package kvctl.storage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A disk in memory that can lose power, forget and fail on purpose; what {@link Storage#inMemory} runs on. Has no
 * threads, clock or randomness, so a simulation that uses it is deterministic. Survives its storage: crash it, then
 * open a new storage on it.
 */
public final class MemoryDisk {
    /** Synced commits that {@link #forget} can still take back. */
    private static final int REMEMBERED = 16;

    private final NavigableMap<String, NavigableMap<byte[], byte[]>> tables = new TreeMap<>();
    private final Deque<List<Undo>> history = new ArrayDeque<>();
    private final MemoryWitness witness = new MemoryWitness();
    private int unsynced;
    private long commits;
    private long writes;
    private long syncs;
    private long failingWrite = Long.MAX_VALUE;
    private long failingSync = Long.MAX_VALUE;
    private int life;
    private long freeBytes = Long.MAX_VALUE;
    private List<Undo> transaction;

    /** What a row was before a commit; {@code value} is null where there was none. */
    private record Undo(String table, byte[] key, byte[] value) {}

    /** Commits that a power cut now could lose. */
    public int unsyncedCommits() {
        return unsynced;
    }

    /** Commits made so far. */
    public long writes() {
        return writes;
    }

    /** Syncs made so far. */
    public long syncs() {
        return syncs;
    }

    /** The disk says that so much is left; what is written is taken all the same. Outlives crashes. */
    public void room(long bytes) {
        freeBytes = bytes;
    }

    /** The n-th commit from now, from 1, fails; nothing of it is kept. */
    public void failWrite(int n) {
        failingWrite = writes + n;
    }

    /** The n-th sync from now, from 1, fails; what it should have made durable stays unsynced. */
    public void failSync(int n) {
        failingSync = syncs + n;
    }

    /**
     * Power cut: keeps the first {@code keepUnsyncedCommits} commits since the last sync and loses the later ones. The
     * storage that was open becomes unusable; injected failures are gone.
     */
    public void crash(int keepUnsyncedCommits) {
        if (transaction != null) {
            undo(transaction);
            transaction = null;
        }
        while (unsynced > keepUnsyncedCommits) {
            undoLast();
            unsynced--;
        }
        unsynced = 0;
        trim();
        restart();
    }

    /**
     * The disk comes back older than it promised: loses up to {@code syncedCommits} commits that were durable, at most
     * {@value #REMEMBERED} (HAZARDS D4). Implies {@link #crash} with nothing kept.
     *
     * @return how many were lost
     */
    public int forget(int syncedCommits) {
        crash(0);
        int lost = 0;
        while (lost < syncedCommits && !history.isEmpty()) {
            undoLast();
            lost++;
        }
        return lost;
    }

    private void restart() {
        life++;
        failingWrite = Long.MAX_VALUE;
        failingSync = Long.MAX_VALUE;
    }

    private void undoLast() {
        undo(history.removeLast());
        commits--;
    }

    private void undo(List<Undo> undos) {
        for (int i = undos.size() - 1; i >= 0; i--) {
            Undo undo = undos.get(i);
            NavigableMap<byte[], byte[]> rows = tables.computeIfAbsent(undo.table, name -> newRows());
            if (undo.value == null) {
                rows.remove(undo.key);
            } else {
                rows.put(undo.key, undo.value);
            }
            if (rows.isEmpty()) {
                tables.remove(undo.table);
            }
        }
    }

    private void trim() {
        while (history.size() > unsynced + REMEMBERED) {
            history.removeFirst();
        }
    }

    /**
     * Flips a bit of a stored row, which its checksum will tell (HAZARDS D5).
     *
     * @param prefix of the table's name: {@code log/1/} is the log of group 1
     * @param fromLast 0: the last row of those tables, 1: the one before
     * @return false if there are not so many
     */
    public boolean damage(String prefix, int fromLast) {
        List<byte[]> rows = new ArrayList<>();
        tables.tailMap(prefix, true).forEach((name, table) -> {
            if (name.startsWith(prefix)) {
                rows.addAll(table.values());
            }
        });
        if (fromLast >= rows.size()) {
            return false;
        }
        byte[] row = rows.get(rows.size() - 1 - fromLast);
        row[row.length - 1] ^= 1;
        return true;
    }

    /** For tests: the stored value itself, to be damaged in place. */
    byte[] stored(String table, byte[] key) {
        return tables.get(table).get(key);
    }

    Engine engine() {
        restart();
        return new MemoryEngine(life);
    }

    Witness witness() {
        return witness;
    }

    private static NavigableMap<byte[], byte[]> newRows() {
        return new TreeMap<>(Arrays::compareUnsigned);
    }

    private static void scanRows(SortedMap<byte[], byte[]> rows, RowVisitor visitor) {
        for (SortedMap.Entry<byte[], byte[]> row : rows.entrySet()) {
            if (!visitor.row(row.getKey(), row.getValue())) {
                return;
            }
        }
    }

    private final class MemoryEngine implements Engine {
        private final int born;

        MemoryEngine(int born) {
            this.born = born;
        }

        private void check() {
            if (born != life) {
                throw new IllegalStateException("the disk crashed");
            }
        }

        @Override
        public Rows rows(String table) {
            return new MemoryRows(this, table);
        }

        @Override
        public void begin() {
            check();
            if (transaction != null) {
                throw new IllegalStateException("a transaction is open");
            }
            transaction = new ArrayList<>();
        }

        @Override
        public void commit() {
            check();
            List<Undo> undos = transaction;
            transaction = null;
            if (undos.isEmpty()) {
                return;
            }
            history.addLast(undos);
            unsynced++;
            commits++;
            if (++writes == failingWrite) {
                undoLast();
                unsynced--;
                throw new IllegalStateException("injected failure of write " + writes);
            }
        }

        @Override
        public Mark sync() {
            check();
            if (++syncs == failingSync) {
                throw new IllegalStateException("injected failure of sync " + syncs);
            }
            unsynced = 0;
            trim();
            return new Mark(commits, 0);
        }

        @Override
        public void settle() {
            check();
        }

        @Override
        public View view(String prefix) {
            check();
            NavigableMap<String, NavigableMap<byte[], byte[]>> copy = new TreeMap<>();
            tables.tailMap(prefix, true).forEach((name, rows) -> {
                if (name.startsWith(prefix)) {
                    copy.put(name, new TreeMap<>(rows));
                }
            });
            return new MemoryView(copy);
        }

        @Override
        public List<String> tables() {
            check();
            return List.copyOf(tables.keySet());
        }

        @Override
        public void drop(String table) {
            check(); // a table without rows does not exist here
        }

        @Override
        public long position() {
            return commits;
        }

        @Override
        public long freeBytes() {
            return freeBytes;
        }

        @Override
        public long sizeBytes() {
            long sum = 0;
            for (NavigableMap<byte[], byte[]> rows : tables.values()) {
                for (NavigableMap.Entry<byte[], byte[]> row : rows.entrySet()) {
                    sum += row.getKey().length + row.getValue().length;
                }
            }
            return sum;
        }

        @Override
        public void close() {
            if (born == life) {
                crash(unsynced);
            }
        }
    }

    private final class MemoryRows implements Engine.Rows {
        private final MemoryEngine engine;
        private final String name;

        MemoryRows(MemoryEngine engine, String name) {
            this.engine = engine;
            this.name = name;
        }

        private NavigableMap<byte[], byte[]> rows() {
            engine.check();
            return tables.get(name);
        }

        @Override
        public byte[] get(byte[] key) {
            NavigableMap<byte[], byte[]> rows = rows();
            return rows == null ? null : rows.get(key);
        }

        @Override
        public void put(byte[] key, byte[] value) {
            NavigableMap<byte[], byte[]> rows = rows();
            if (rows == null) {
                rows = newRows();
                tables.put(name, rows);
            }
            transaction.add(new Undo(name, key, rows.put(key, value)));
        }

        @Override
        public void putLast(byte[] key, byte[] value) {
            byte[] last = lastKey();
            if (last != null && Arrays.compareUnsigned(last, key) >= 0) {
                throw new IllegalStateException("not the last key of " + name);
            }
            put(key, value);
        }

        @Override
        public boolean delete(byte[] key) {
            NavigableMap<byte[], byte[]> rows = rows();
            byte[] old = rows == null ? null : rows.remove(key);
            if (old == null) {
                return false;
            }
            transaction.add(new Undo(name, key, old));
            if (rows.isEmpty()) {
                tables.remove(name);
            }
            return true;
        }

        @Override
        public void scan(byte[] from, RowVisitor visitor) {
            NavigableMap<byte[], byte[]> rows = rows();
            if (rows != null) {
                scanRows(rows.tailMap(from, true), visitor);
            }
        }

        @Override
        public byte[] lastKey() {
            NavigableMap<byte[], byte[]> rows = rows();
            return rows == null ? null : rows.lastKey();
        }
    }

    private record MemoryView(NavigableMap<String, NavigableMap<byte[], byte[]>> copy) implements Engine.View {
        @Override
        public List<String> tables() {
            return List.copyOf(copy.keySet());
        }

        @Override
        public void scan(String table, byte[] from, RowVisitor visitor) {
            NavigableMap<byte[], byte[]> rows = copy.get(table);
            if (rows != null) {
                scanRows(rows.tailMap(from, true), visitor);
            }
        }

        @Override
        public void close() {
            copy.clear();
        }
    }

    /** The files beside the engine; each write of them is durable at once, as it is on a real disk. */
    private static final class MemoryWitness implements Witness {
        private final byte[][] slots = new byte[2][];
        private Engine.Mark mark = Engine.Mark.NONE;

        @Override
        public byte[] slot(int slot) {
            return slots[slot];
        }

        @Override
        public void slot(int slot, byte[] content) {
            slots[slot] = content.clone();
        }

        @Override
        public Engine.Mark mark() {
            return mark;
        }

        @Override
        public void mark(Engine.Mark durable) {
            mark = durable;
        }

        @Override
        public void close() {}
    }
}
