package kvctl.node.kv;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.Shards;
import kvctl.raft.Entry;
import kvctl.raft.StateMachine;
import kvctl.raft.Store;
import kvctl.storage.Identity;
import kvctl.storage.MemoryDisk;
import kvctl.storage.Storage;
import kvctl.storage.StorageConfig;
import kvctl.storage.Tables;

/** One replica's state machine on a disk in memory, fed with entries by hand. */
final class KvBox {
    static final int GROUP = 7;
    static final int SHARDS = 5;

    private final MemoryDisk disk = new MemoryDisk();
    private final int groupId;
    private final int sessionsPerShard;
    private final SortedSet<Integer> firstShards;
    private Storage storage;
    private KvMachine machine;
    private long lastSaved;
    private long term = 1;

    /** Has all shards. */
    KvBox() {
        this(KvMachine.SESSIONS_PER_SHARD);
    }

    KvBox(int sessionsPerShard) {
        this(GROUP, sessionsPerShard, new TreeSet<>(List.of(0, 1, 2, 3, 4)));
    }

    KvBox(int groupId, int sessionsPerShard, SortedSet<Integer> firstShards) {
        this.groupId = groupId;
        this.sessionsPerShard = sessionsPerShard;
        this.firstShards = firstShards;
        open();
    }

    private void open() {
        storage = Storage.inMemory(disk, new Identity("cluster", "n1", 1), 1, StorageConfig.DEFAULT);
        storage.restore(groupId);
        machine = new KvMachine(groupId, storage.tables(groupId), firstShards, sessionsPerShard);
    }

    KvMachine machine() {
        return machine;
    }

    Tables tables() {
        return storage.tables(groupId);
    }

    void inTransaction(Runnable effects) {
        storage.apply(effects);
    }

    void term(long newTerm) {
        term = newTerm;
    }

    /** Puts writes into the log one after the other and applies them in one batch. */
    List<Object> apply(Request.Write... writes) {
        return apply(entries(Arrays.asList(writes)));
    }

    Response applyOne(Request.Write write) {
        return (Response) apply(write).get(0);
    }

    List<Entry> entries(List<Request.Write> writes) {
        return entriesOf(writes.stream().map(KvBox::command).toList());
    }

    static byte[] command(Request.Write write) {
        return KvMachine.command(write, Shards.of(write.key(), SHARDS));
    }

    List<Entry> entriesOf(List<byte[]> commands) {
        List<Entry> entries = new ArrayList<>();
        for (byte[] command : commands) {
            entries.add(Entry.command(machine.lastApplied() + entries.size() + 1, term, command));
        }
        return entries;
    }

    /** Puts a command into the log and applies it. */
    Response applyOne(byte[] command) {
        return (Response) apply(entriesOf(List.of(command))).get(0);
    }

    List<Object> apply(List<Entry> entries) {
        long last = entries.isEmpty() ? 0 : entries.get(entries.size() - 1).index();
        if (last > lastSaved) {
            storage.save(List.of(new Store.Save(groupId, null, null, entries, null)));
            lastSaved = last;
        }
        List<Object> replies = new ArrayList<>();
        storage.apply(() -> replies.addAll(machine.apply(entries)));
        return replies;
    }

    /** Closes and opens the storage. */
    void restart() {
        storage.close();
        open();
    }

    /** Loses power; keeps some of the transactions that were not synced. */
    void crash(int keepTransactions) {
        disk.crash(Math.min(keepTransactions, disk.unsyncedCommits()));
        open();
    }

    int unsynced() {
        return disk.unsyncedCommits();
    }

    /** Takes over the other one's state, in chunks. */
    void installFrom(KvBox other, int chunkBytes) {
        try (StateMachine.Source source = other.machine.openSnapshot()) {
            StateMachine.Sink sink = machine.receiveSnapshot(source.lastIncludedIndex(), source.lastIncludedTerm());
            for (byte[] chunk = source.read(chunkBytes); chunk.length > 0; chunk = source.read(chunkBytes)) {
                sink.write(chunk);
            }
            Store.LogStart start = new Store.LogStart(source.lastIncludedIndex(), source.lastIncludedTerm());
            storage.save(List.of(new Store.Save(groupId, null, start, List.of(), sink)));
            lastSaved = start.index();
        }
    }

    Response get(String key) {
        return machine.get(shardOf(key), bytes(key));
    }

    /** The value, or null. */
    String text(String key) {
        return get(key) instanceof Response.Value value ? string(value.value()) : null;
    }

    static int shardOf(String key) {
        return Shards.of(bytes(key), SHARDS);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String string(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static Request.Tag tag(long session, long seq) {
        return tag(session, seq, 1);
    }

    static Request.Tag tag(long session, long seq, long answeredBelow) {
        return new Request.Tag(session, 1000 + session, seq, answeredBelow);
    }

    static Request.Put put(Request.Tag tag, String key, String value) {
        return new Request.Put(tag, bytes(key), bytes(value));
    }

    static Request.Append append(Request.Tag tag, String key, String value) {
        return new Request.Append(tag, bytes(key), bytes(value));
    }

    static Request.Delete delete(Request.Tag tag, String key) {
        return new Request.Delete(tag, bytes(key));
    }

    static Request.Cas cas(Request.Tag tag, String key, long expectedVersion, String value) {
        return new Request.Cas(tag, bytes(key), expectedVersion, bytes(value));
    }

    static Response.Written written(long version, long index) {
        return new Response.Written(version, GROUP, index);
    }

    static Response.Unchanged unchanged(long version, long index) {
        return new Response.Unchanged(version, GROUP, index);
    }
}
