package kvctl.storage;

import java.util.Arrays;
import java.util.List;
import kvctl.raft.StateMachine;

/** Streams a view of a group's tables as the chunks of {@link SnapshotChunk}. */
final class SnapshotSource implements StateMachine.Source {
    private static final byte[] FIRST = new byte[0];

    private final Storage storage;
    private final Engine.View view;
    private final int prefixLength;
    private final List<String> tables;
    private final long index;
    private final long term;
    private final SnapshotChunk.Writer chunk = new SnapshotChunk.Writer();

    private int table;
    private byte[] from = FIRST;
    private long rows;
    private long openedMs = -1;
    private boolean ended;
    private boolean expired;

    SnapshotSource(Storage storage, Group group, Engine.View view) {
        this.storage = storage;
        this.view = view;
        this.prefixLength = group.tablePrefix(group.stateGeneration).length();
        this.tables = view.tables();
        this.index = group.lastApplied;
        this.term = group.lastAppliedTerm;
    }

    @Override
    public long lastIncludedIndex() {
        return index;
    }

    @Override
    public long lastIncludedTerm() {
        return term;
    }

    /** Null if it was closed or taken back by {@link Storage#maintain}. */
    @Override
    public byte[] read(int maxBytes) {
        if (expired) {
            return null;
        }
        storage.check();
        if (ended) {
            return FIRST;
        }
        try {
            fill(maxBytes);
        } catch (RuntimeException e) {
            throw storage.fail(e);
        }
        return chunk.finish();
    }

    private void fill(int maxBytes) {
        chunk.begin();
        while (table < tables.size()) {
            String name = tables.get(table);
            chunk.table(name.substring(prefixLength));
            boolean[] full = {false};
            view.scan(name, from, (key, value) -> {
                chunk.row(key, value);
                rows++;
                full[0] = chunk.size() >= maxBytes;
                if (full[0]) {
                    from = Arrays.copyOf(key, key.length + 1); // the least key after this one
                }
                return !full[0];
            });
            if (full[0]) {
                return;
            }
            table++;
            from = FIRST;
        }
        chunk.end(rows, index, term);
        ended = true;
    }

    /** @return true if it is over, closed or expired */
    boolean expire(long nowMs, long maxMs) {
        if (openedMs < 0) {
            openedMs = nowMs;
        }
        if (!expired && nowMs - openedMs >= maxMs) {
            close();
        }
        return expired;
    }

    @Override
    public void close() {
        expired = true;
        view.close();
    }
}
