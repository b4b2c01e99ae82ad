package kvctl.storage;

import java.util.List;

/**
 * Ordered byte rows in named tables with transactions: all that is asked of a storage library. One thread uses it.
 *
 * <p>Commits become visible at once and durable with the next {@link #sync}, in order: a crash leaves a prefix of them
 * that holds at least everything before the last successful sync. An exception from any method leaves the engine
 * unusable; the caller never retries (HAZARDS D8). Arrays passed in or handed out are never changed by either side.
 */
interface Engine extends AutoCloseable {
    /** A handle to a table; cheap to keep. The table comes into being with its first row. */
    Rows rows(String table);

    /** Begins the one write transaction; from here to {@link #commit} handles read it. */
    void begin();

    /** Atomic, not durable. */
    void commit();

    /**
     * Makes everything committed durable, also when the last commit wrote nothing (HAZARDS D7).
     *
     * @return what is durable now, to be handed in when the engine is opened again
     */
    Mark sync();

    /**
     * Testifies to what was durable.
     *
     * @param position a {@link #position}
     * @param digest of the last bytes before it; 0 where there is none
     */
    record Mark(long position, int digest) {
        static final Mark NONE = new Mark(0, 0);
    }

    /** Hands on what commits only gathered, so that the process may die and background work may go on. */
    void settle();

    /** An unchanging view of the last commit, restricted to tables whose names begin with {@code prefix}. */
    View view(String prefix);

    /** Names of all tables, sorted. */
    List<String> tables();

    /** Forgets an empty table; inside a transaction. Its handles must not be used again. */
    void drop(String table);

    /** Grows with everything handed on by commits and never shrinks, unless commits were lost. */
    long position();

    /** Bytes on disk. */
    long sizeBytes();

    /** Bytes that the disk can still take. */
    long freeBytes();

    @Override
    void close();

    /** One table, as of the open transaction, or of the last commit outside one. Writes need a transaction. */
    interface Rows {
        /** @return the value or null */
        byte[] get(byte[] key);

        void put(byte[] key, byte[] value);

        /** As put, for a key greater than every other key of the table. */
        void putLast(byte[] key, byte[] value);

        /** @return false if there was no such row */
        boolean delete(byte[] key);

        /** Visits rows from {@code from} on, inclusive. The visitor must not write. */
        void scan(byte[] from, RowVisitor visitor);

        /** @return the greatest key or null */
        byte[] lastKey();
    }

    /** Tables as they were when the view was opened. */
    interface View extends AutoCloseable {
        /** Sorted names of the tables. */
        List<String> tables();

        void scan(String table, byte[] from, RowVisitor visitor);

        @Override
        void close();
    }
}
