package kvctl.node.meta;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.ConfigurationCodec;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardMapCodec;
import kvctl.raft.Entry;
import kvctl.raft.StateMachine;
import kvctl.raft.Store;
import kvctl.storage.Identity;
import kvctl.storage.MemoryDisk;
import kvctl.storage.Storage;
import kvctl.storage.StorageConfig;
import kvctl.storage.Tables;

/** One replica of the controller on a disk in memory, fed with entries by hand. */
final class ControllerBox {
    static final int NODES = 10;

    /** Entries as they were applied, for other boxes to follow. */
    final List<Entry> log = new ArrayList<>();

    private final MemoryDisk disk = new MemoryDisk();
    private final ShardMap first;
    private final List<Configuration.Group> firstGroups;
    private Storage storage;
    private Controller controller;
    private long lastSaved;
    private long lastRandom;

    /** Groups g1.. with the ids 1.., each with {@code shards / groups} shards in a row or one more. */
    ControllerBox(int shards, int groups) {
        firstGroups = IntStream.rangeClosed(1, groups)
                .mapToObj(id -> new Configuration.Group(id, "g" + id, List.of(1, 2, 3), 1))
                .toList();
        first = first(shards, firstGroups);
        open();
    }

    static ShardMap first(int shards, List<Configuration.Group> groups) {
        int[] shardGroups = IntStream.range(0, shards)
                .map(shard -> groups.isEmpty() ? 0 : shard * groups.size() / shards + 1)
                .toArray();
        List<ShardMap.Group> all = new ArrayList<>();
        all.add(new ShardMap.Group(ShardMap.CONTROLLER, "controller", List.of(1, 2, 3), 0));
        groups.forEach(group -> all.add(new ShardMap.Group(group.groupId(), group.name(), group.nodeIds(), 0)));
        List<ShardMap.Node> nodes = IntStream.rangeClosed(1, NODES)
                .mapToObj(id -> new ShardMap.Node(id, "n" + id, "127.0.0.1", 7100 + id))
                .toList();
        return new ShardMap(0, 1, "id", shardGroups, new int[shards], all, nodes, ShardMap.Steering.FREE);
    }

    private void open() {
        storage = Storage.inMemory(disk, new Identity("cluster", "n1", 1), 1, StorageConfig.DEFAULT);
        storage.restore(ShardMap.CONTROLLER);
        controller = new Controller(storage.tables(ShardMap.CONTROLLER), first, firstGroups);
    }

    Controller controller() {
        return controller;
    }

    ShardMap first() {
        return first;
    }

    Response apply(byte[] command) {
        return (Response) apply(List.of(Entry.command(controller.lastApplied() + 1, 1, command)))
                .get(0);
    }

    /** Applies the commands in one batch. */
    List<Object> applyAll(byte[]... commands) {
        List<Entry> entries = new ArrayList<>();
        for (byte[] command : commands) {
            entries.add(Entry.command(controller.lastApplied() + entries.size() + 1, 1, command));
        }
        return apply(entries);
    }

    List<Object> apply(List<Entry> entries) {
        long last = entries.get(entries.size() - 1).index();
        if (last > lastSaved) {
            storage.save(List.of(new Store.Save(ShardMap.CONTROLLER, null, null, entries, null)));
            lastSaved = last;
        }
        log.addAll(entries);
        List<Object> replies = new ArrayList<>();
        storage.apply(() -> replies.addAll(controller.apply(entries)));
        return replies;
    }

    /** A request that nobody has made before. */
    Request.Reconfigure request(Change change) {
        return request(0, change);
    }

    Request.Reconfigure request(long expectedNumber, Change change) {
        return new Request.Reconfigure(1000, ++lastRandom, expectedNumber, false, change);
    }

    Response change(Change change) {
        return apply(Controller.reconfigure(request(change)));
    }

    /** Makes a change that must not be refused, and carries it out. */
    Configuration complete(Change change) {
        Response response = change(change);
        if (!(response instanceof Response.Reconfigured made)) {
            throw new AssertionError(response);
        }
        arriveAll();
        return made.after();
    }

    void arriveAll() {
        Configuration newest = controller.newest();
        for (int shard = 0; shard < newest.shardGroups().length; shard++) {
            if (controller.isPending(shard, newest.number())) {
                apply(Controller.moved(shard, newest.number()));
            }
        }
    }

    /** Closes and opens the storage. */
    void restart() {
        storage.close();
        open();
    }

    /** Takes over the other one's state, in chunks. */
    void installFrom(ControllerBox other, int chunkBytes) {
        try (StateMachine.Source source = other.controller.openSnapshot()) {
            StateMachine.Sink sink = controller.receiveSnapshot(source.lastIncludedIndex(), source.lastIncludedTerm());
            for (byte[] chunk = source.read(chunkBytes); chunk.length > 0; chunk = source.read(chunkBytes)) {
                sink.write(chunk);
            }
            Store.LogStart start = new Store.LogStart(source.lastIncludedIndex(), source.lastIncludedTerm());
            storage.save(List.of(new Store.Save(ShardMap.CONTROLLER, null, start, List.of(), sink)));
            lastSaved = start.index();
            lastRandom = other.lastRandom;
        }
    }

    /** The map, and all that decides on the next change. */
    byte[] stateBytes() {
        BytesWriter bytes = new BytesWriter();
        ShardMapCodec.write(bytes, controller.map());
        ConfigurationCodec.write(bytes, controller.newest());
        return bytes.toBytes();
    }

    /** Applies entries that the log does not have. */
    void applyUnsaved(List<Entry> entries) {
        storage.apply(() -> controller.apply(entries));
    }

    /** Puts a row under another key. */
    void displace(String table, byte[] from, byte[] to) {
        Tables.Table rows = storage.tables(ShardMap.CONTROLLER).table(table);
        byte[] row = rows.get(from);
        storage.apply(() -> rows.put(to, row));
    }

    /** Flips a bit in a row. */
    void damage(String table, byte[] key) {
        Tables.Table rows = storage.tables(ShardMap.CONTROLLER).table(table);
        byte[] row = rows.get(key).clone();
        row[row.length - 1] ^= 1;
        storage.apply(() -> rows.put(key, row));
    }

    /** Every row of every table. */
    byte[] rows() {
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        try (StateMachine.Source source = controller.openSnapshot()) {
            for (byte[] chunk = source.read(1 << 16); chunk.length > 0; chunk = source.read(1 << 16)) {
                rows.writeBytes(chunk);
            }
        }
        return rows.toByteArray();
    }

    Configuration configuration(long number) {
        return ((Response.ConfigurationReply) controller.configuration(number)).configuration();
    }

    static Change join(String... names) {
        return new Change.Join(Arrays.stream(names)
                .map(name -> new Change.NewGroup(name, List.of(4, 5, 6), 1))
                .toList());
    }

    static Change join(String name, int weight, Integer... nodeIds) {
        return new Change.Join(List.of(new Change.NewGroup(name, List.of(nodeIds), weight)));
    }

    static Change leave(String... names) {
        return new Change.Leave(List.of(names));
    }

    static Change move(int shardId, String group) {
        return new Change.Move(shardId, group);
    }
}
