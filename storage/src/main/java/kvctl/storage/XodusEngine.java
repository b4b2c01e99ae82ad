package kvctl.storage;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jetbrains.exodus.ArrayByteIterable;
import jetbrains.exodus.ByteIterable;
import jetbrains.exodus.ByteIterator;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.EnvironmentConfig;
import jetbrains.exodus.env.EnvironmentImpl;
import jetbrains.exodus.env.Environments;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.StoreConfig;
import jetbrains.exodus.env.Transaction;
import jetbrains.exodus.log.BlockByteIterator;
import jetbrains.exodus.log.LogConfig;

/**
 * {@link Engine} on Xodus: one environment, one table per Xodus store, exclusive transactions of one writer, so that a
 * commit never meets a conflict and no transaction body runs twice (HAZARDS D6).
 *
 * <p>Transactions of the engine that need not be durable are gathered in one transaction of Xodus, which is committed by
 * the next {@link #sync}, {@link #view} or {@link #settle}, or when it has grown: a commit of Xodus costs as much as
 * twenty puts, whatever is in it.
 */
final class XodusEngine implements Engine {
    /** An open transaction is kept in memory; beyond this many bytes it is committed. */
    private static final long GATHERED_BYTES = 2 << 20;

    private final XodusFiles files;
    private final EnvironmentImpl env;
    private Transaction write;
    private Transaction read;
    private boolean begun;
    private long gathered;

    XodusEngine(Path dir, StorageConfig config, XodusFiles files, Mark last) {
        this.files = files;
        if (Files.exists(dir.resolve("exodus.properties"))) {
            throw new StorageException(
                    dir.resolve("exodus.properties") + " would override this store's settings; remove it");
        }
        try {
            files.prepare(last);
            env = (EnvironmentImpl) Environments.newInstance(LogConfig.create(files, files), settings(config));
            files.adopt(position());
        } catch (RuntimeException e) {
            files.closeReaders();
            throw e;
        }
    }

    private static EnvironmentConfig settings(StorageConfig config) {
        return new EnvironmentConfig()
                .setMemoryUsage(config.cacheBytes())
                .setLogCacheShared(false)
                .setLogDurableWrite(false) // synced by name, see sync()
                .setLogFileSize(XodusFiles.FILE_BYTES >> 10) // in KiB; a value of 4 MiB must fit
                .setLogCachePageSize(PageSums.PAGE_BYTES)
                .setManagementEnabled(false)
                .setEnvGatherStatistics(false)
                .setEnvMonitorTxnsExpirationTimeout(0) // it would end the read transaction of an idle node
                .setEnvCloseForcedly(true)
                .setEnvTxnReplayMaxCount(0)
                .setGcMinUtilization(33) // percent; the cleaner competes with the writer, disk is cheaper than turns
                .setGcTransactionTimeout(10); // ms that the cleaner may hold up the writer
    }

    @Override
    public Rows rows(String table) {
        return new Table(table);
    }

    @Override
    public void begin() {
        if (begun) {
            throw new IllegalStateException("a transaction is open");
        }
        begun = true;
        if (write == null) {
            endRead();
            write = env.beginExclusiveTransaction();
        }
    }

    @Override
    public void commit() {
        begun = false;
        if (gathered > GATHERED_BYTES) {
            settle();
        }
    }

    @Override
    public void settle() {
        if (begun) {
            throw new IllegalStateException("a transaction is open");
        }
        if (write != null) {
            if (!write.commit()) {
                throw new IllegalStateException("a commit of the only writer met a conflict");
            }
            write = null;
            gathered = 0;
            files.check();
        }
    }

    @Override
    public Mark sync() {
        settle();
        return files.mark(env::flushAndSync);
    }

    @Override
    public View view(String prefix) {
        settle();
        return new Snapshot(env.beginReadonlyTransaction(), prefix);
    }

    @Override
    public List<String> tables() {
        return env.getAllStoreNames(reader());
    }

    @Override
    public void drop(String table) {
        if (env.storeExists(table, write)) {
            env.removeStore(table, write);
        }
    }

    @Override
    public long position() {
        return env.getLog().getHighAddress();
    }

    @Override
    public long sizeBytes() {
        return env.getLog().getDiskUsage();
    }

    @Override
    public long freeBytes() {
        return files.freeBytes();
    }

    @Override
    public void close() {
        files.abandonIfFailed();
        try {
            endRead();
            env.close();
        } finally {
            files.closeReaders();
        }
    }

    private Transaction reader() {
        if (write != null) {
            return write;
        }
        if (read == null) {
            read = env.beginReadonlyTransaction();
        }
        return read;
    }

    private void endRead() {
        if (read != null) {
            read.abort();
            read = null;
        }
    }

    private static void scan(Store store, Transaction txn, byte[] from, RowVisitor visitor) {
        try (Cursor cursor = store.openCursor(txn)) {
            boolean more = from.length == 0 ? cursor.getNext() : cursor.getSearchKeyRange(key(from)) != null;
            while (more && visitor.row(bytes(cursor.getKey()), bytes(cursor.getValue()))) {
                more = cursor.getNext();
            }
        }
    }

    /** A Patricia tree finds random keys several times faster; the log is only appended to, which suits a B+tree. */
    private static StoreConfig kind(String table) {
        return table.startsWith(Group.TABLES)
                ? StoreConfig.WITHOUT_DUPLICATES_WITH_PREFIXING
                : StoreConfig.WITHOUT_DUPLICATES;
    }

    private static ArrayByteIterable key(byte[] bytes) {
        return new ArrayByteIterable(bytes);
    }

    private static byte[] bytes(ByteIterable source) {
        int length = source.getLength();
        if (source instanceof ArrayByteIterable array) {
            byte[] all = array.getBytesUnsafe();
            return all.length == length ? all : Arrays.copyOf(all, length);
        }
        byte[] result = new byte[length];
        ByteIterator each = source.iterator();
        if (each instanceof BlockByteIterator blocks) {
            int done = 0;
            while (done < length) {
                int n = blocks.nextBytes(result, done, length - done);
                if (n <= 0) {
                    throw new IllegalStateException("a row ends before its length");
                }
                done += n;
            }
        } else {
            for (int i = 0; i < length; i++) {
                result[i] = each.next();
            }
        }
        return result;
    }

    private final class Table implements Rows {
        private final String name;
        private final StoreConfig kind;
        private Store store;

        Table(String name) {
            this.name = name;
            this.kind = kind(name);
        }

        /** Null as long as the table has no row. */
        private Store existing(Transaction txn) {
            if (store == null) {
                store = env.openStore(name, kind, txn, false);
            }
            return store;
        }

        private Store writable() {
            if (store == null) {
                store = env.openStore(name, kind, write);
            }
            return store;
        }

        @Override
        public byte[] get(byte[] key) {
            Transaction txn = reader();
            Store source = existing(txn);
            ByteIterable value = source == null ? null : source.get(txn, key(key));
            return value == null ? null : bytes(value);
        }

        @Override
        public void put(byte[] key, byte[] value) {
            writable().put(write, key(key), key(value));
            gathered += key.length + value.length;
        }

        @Override
        public void putLast(byte[] key, byte[] value) {
            writable().putRight(write, key(key), key(value));
            gathered += key.length + value.length;
        }

        @Override
        public boolean delete(byte[] key) {
            Store target = existing(write);
            gathered += key.length;
            return target != null && target.delete(write, key(key));
        }

        @Override
        public void scan(byte[] from, RowVisitor visitor) {
            Transaction txn = reader();
            Store source = existing(txn);
            if (source != null) {
                XodusEngine.scan(source, txn, from, visitor);
            }
        }

        @Override
        public byte[] lastKey() {
            Transaction txn = reader();
            Store source = existing(txn);
            if (source == null) {
                return null;
            }
            try (Cursor cursor = source.openCursor(txn)) {
                return cursor.getLast() ? bytes(cursor.getKey()) : null;
            }
        }
    }

    private final class Snapshot implements View {
        private final Transaction txn;
        private final String prefix;

        Snapshot(Transaction txn, String prefix) {
            this.txn = txn;
            this.prefix = prefix;
        }

        @Override
        public List<String> tables() {
            List<String> result = new ArrayList<>(env.getAllStoreNames(txn));
            result.removeIf(name -> !name.startsWith(prefix));
            return result;
        }

        @Override
        public void scan(String table, byte[] from, RowVisitor visitor) {
            Store source = env.openStore(table, kind(table), txn, false);
            if (source != null) {
                XodusEngine.scan(source, txn, from, visitor);
            }
        }

        @Override
        public void close() {
            if (!txn.isFinished()) {
                txn.abort();
            }
        }
    }
}
