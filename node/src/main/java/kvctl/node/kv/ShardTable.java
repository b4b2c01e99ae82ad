package kvctl.node.kv;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import kvctl.protocol.ProtocolException;
import kvctl.storage.Tables;

/** The shards that are or were in the group, all in memory; their rows are written at the end of each batch. */
final class ShardTable {
    private static final byte[] NOTHING = new byte[0];

    private final Tables.Table table;
    private final Rows rows;
    private final SortedMap<Integer, Shard> shards = new TreeMap<>();
    private final List<Shard> dirty = new ArrayList<>();

    ShardTable(Tables.Table table, Rows rows) {
        this.table = table;
        this.rows = rows;
    }

    /** Takes what is in the table, because it was replaced. */
    void load() {
        SortedMap<Integer, Shard> before = new TreeMap<>(shards);
        dirty.clear();
        shards.clear();
        table.scan(NOTHING, (key, row) -> {
            try {
                Shard shard = Shard.read(key, rows.open(key, row));
                Shard old = before.get(shard.id);
                shard.writes = old == null ? 0 : old.writes;
                shards.put(shard.id, shard);
            } catch (ProtocolException e) {
                throw new IllegalStateException("the row of a shard has another form: " + e.getMessage(), e);
            }
            return true;
        });
    }

    /** A new group's shards, as configuration 1 has them; their rows come with the first batch. */
    void begin(SortedSet<Integer> firstShards) {
        for (int id : firstShards) {
            Shard shard = new Shard(id);
            shard.become(ShardState.Status.SERVING, 1);
            touch(shard);
        }
    }

    /** One that was never here is GONE with number 0 and gets no row before it is touched. */
    Shard find(int shardId) {
        Shard shard = shards.get(shardId);
        return shard == null ? new Shard(shardId) : shard;
    }

    Collection<Shard> all() {
        return shards.values();
    }

    /** The shard changed. */
    void touch(Shard shard) {
        if (!shard.dirty) {
            shard.dirty = true;
            dirty.add(shard);
            shards.put(shard.id, shard);
        }
    }

    void flush() {
        for (Shard shard : dirty) {
            shard.write(rows.begin());
            byte[] key = shard.key();
            table.put(key, rows.sealed(key));
            shard.dirty = false;
        }
        dirty.clear();
    }
}
