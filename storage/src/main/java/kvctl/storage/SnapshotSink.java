package kvctl.storage;

import java.util.TreeSet;
import kvctl.raft.StateMachine;

/**
 * Receives a snapshot into tables of a new generation. Each chunk is a commit of its own; nothing refers to them before
 * {@link #install}, so that a crash leaves the old state, and the next start deletes what was staged (HAZARDS S5).
 */
final class SnapshotSink implements StateMachine.Sink, SnapshotChunk.Reader {
    private final Storage storage;
    private final Group group;
    private final long index;
    private final long term;
    private final long generation;
    private final TreeSet<String> staged = new TreeSet<>();

    private Engine.Rows rows;
    private long chunks;
    private long received;
    private boolean complete;
    private boolean over;

    SnapshotSink(Storage storage, Group group, long generation, long index, long term) {
        this.storage = storage;
        this.group = group;
        this.generation = generation;
        this.index = index;
        this.term = term;
    }

    /** @throws StorageException if the chunk is damaged; that one is not fatal for the storage */
    @Override
    public void write(byte[] chunk) {
        storage.check();
        if (over) {
            throw new IllegalStateException("this snapshot was installed or aborted");
        }
        if (chunk.length > 0) {
            SnapshotChunk.verify(chunks, chunk);
            storage.apply(() -> SnapshotChunk.read(chunks, chunk, this));
            chunks++;
        }
    }

    @Override
    public void table(String name) {
        String full = group.tablePrefix(generation) + name;
        staged.add(full);
        rows = storage.rows(full);
    }

    @Override
    public void row(byte[] key, byte[] value) {
        rows.put(key, value);
        received++;
    }

    @Override
    public void end(long rowCount, long lastIncludedIndex, long lastIncludedTerm) {
        if (rowCount != received || lastIncludedIndex != index || lastIncludedTerm != term) {
            throw new StorageException("a received snapshot has " + received + " rows of " + rowCount + " and ends at "
                    + lastIncludedIndex + ", not at " + index);
        }
        complete = true;
    }

    /** @throws IllegalStateException if chunks are missing, or outside {@link Storage#save} */
    @Override
    public void install() {
        if (over || !complete) {
            throw new IllegalStateException("a snapshot is installed once, after its last chunk");
        }
        over = true;
        storage.install(group, generation, index, term);
    }

    @Override
    public void abort() {
        if (!over) {
            over = true;
            staged.forEach(storage::discard);
        }
    }
}
