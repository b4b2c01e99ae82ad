package kvctl.storage;

import static kvctl.storage.StorageException.reason;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import kvctl.raft.Entry;
import kvctl.raft.HardState;
import kvctl.raft.Invariant;
import kvctl.raft.StateMachine;
import kvctl.raft.Store;

/**
 * Everything a node must not forget: logs, promises and the tables of its state machines, for all its groups. On disk or
 * in memory, with the same code above the engine.
 *
 * <p>One thread uses it. What {@link #save} took is durable when it returns; what {@link #apply} took is durable with the
 * next save. The first failure is final: from then on every call throws {@link StorageException} and nothing is tried
 * again (HAZARDS D8). A pending interrupt of the calling thread is kept, and neither stops nor spoils a save (D3).
 */
public final class Storage implements Store {
    private static final byte[] IDENTITY_KEY = {0};
    private static final byte GROUP = 1;
    private static final byte APPLIED = 2;

    private final String where;
    private final StorageConfig config;
    private final Engine engine;
    private final Witness witness;
    private final AutoCloseable opened;
    private final Records records = new Records();
    private final Engine.Rows meta;
    private final Facts facts;
    private final TreeMap<Integer, Group> groups = new TreeMap<>();
    private final Garbage garbage;
    private final List<SnapshotSource> sources = new ArrayList<>();

    private Fence fence;
    private long nextGeneration = 1;
    private boolean inTransaction;
    private boolean inSave;
    private boolean promisesChanged;
    private Throwable failure;

    private Storage(String where, StorageConfig config, Engine engine, Witness witness, AutoCloseable opened) {
        this.where = where;
        this.config = config;
        this.engine = engine;
        this.witness = witness;
        this.opened = opened;
        this.meta = engine.rows("meta");
        this.facts = new Facts(this, engine.rows("facts"));
        this.garbage = new Garbage(engine);
    }

    /**
     * Opens the directory, or makes it.
     *
     * @throws StorageException if it is locked, belongs to somebody else, is damaged, or was written by a newer version;
     *     the message is one line for the user
     */
    public static Storage open(Path dir, Identity identity, StorageConfig config) {
        return open(dir, identity, config, DiskFaults.NONE);
    }

    /** As above, on a disk that may be broken on purpose. */
    public static Storage open(Path dir, Identity identity, StorageConfig config, DiskFaults faults) {
        return open(dir, identity, config, new XodusFiles(dir.resolve("env"), faults));
    }

    static Storage open(Path dir, Identity identity, StorageConfig config, XodusFiles files) {
        DataDirectory directory = DataDirectory.open(dir, config, files);
        try {
            Storage storage = new Storage(dir.toString(), config, directory.engine(), directory.witness(), directory);
            storage.start(directory.fence(), identity, new SecureRandom().nextLong());
            return storage;
        } catch (RuntimeException e) {
            directory.close();
            throw e instanceof StorageException ? e : new StorageException("can't open " + dir + ": " + reason(e), e);
        }
    }

    /**
     * Opens a storage on a disk in memory; see {@link MemoryDisk} for its faults.
     *
     * @param incarnation for a new disk; otherwise the stored one stays
     */
    public static Storage inMemory(MemoryDisk disk, Identity identity, long incarnation, StorageConfig config) {
        Engine engine = disk.engine();
        Storage storage = new Storage("memory", config, engine, disk.witness(), engine);
        storage.start(Fence.read(disk.witness()), identity, incarnation);
        return storage;
    }

    // ---- start

    private void start(Fence found, Identity identity, long newIncarnation) {
        boolean rolledBack = engine.position() < witness.mark().position();
        byte[] row = meta.get(IDENTITY_KEY);
        if (row != null) {
            records.checkFormat(row, where);
            records.identity(row).checkIs(identity, where);
            if (found == null) {
                throw new StorageException(where + "/promises is unreadable, so this node may have forgotten a vote;"
                        + " remove " + where + " and let the node join anew");
            }
            if (found.incarnation() != records.incarnation(row)) {
                throw new StorageException(where + " is mixed from two directories; restore or remove it");
            }
        }
        fence = found;
        if (fence == null) {
            fence = Fence.create(witness, identity, newIncarnation);
            fence.write();
        }
        fence.identity().checkIs(identity, where);
        loadGroups();
        if (compareWithFence(rolledBack)) {
            fence.write(); // first: a second crash here must not hide that commits are missing
        }
        boolean engineOlder = groups.values().stream().anyMatch(group -> group.dirty);
        if (row == null || rolledBack || engineOlder) {
            engine.begin();
            meta.put(IDENTITY_KEY, records.identity(identity, fence.incarnation()));
            groups.values().stream().filter(group -> group.dirty).forEach(this::saveGroupRow);
            engine.commit();
        }
        sync();
    }

    private void loadGroups() {
        meta.scan(new byte[] {GROUP}, (key, value) -> {
            if (key[0] == GROUP) {
                loadGroup(Records.groupId(key), value);
            }
            return key[0] == GROUP;
        });
        for (Group group : groups.values()) {
            byte[] applied = meta.get(Records.groupKey(APPLIED, group.id));
            if (applied != null) {
                long[] numbers = intact(records.numbers(group.id, 2, applied), group.id);
                group.lastApplied = numbers[0];
                group.lastAppliedTerm = numbers[1];
            }
        }
        for (String name : engine.tables()) {
            if (Group.generation(name) >= 0) {
                nextGeneration = Math.max(nextGeneration, Group.generation(name) + 1);
                if (!Group.live(name, groups.get(Group.groupId(name)))) {
                    garbage.add(name);
                }
            }
        }
    }

    private void loadGroup(int groupId, byte[] row) {
        long[] numbers = intact(records.numbers(groupId, 6, row), groupId);
        Group group = new Group(groupId);
        group.hardState = new HardState(numbers[0], (int) numbers[1]);
        group.restored = false;
        group.stateGeneration = numbers[4];
        group.logGeneration = numbers[5];
        nextGeneration = Math.max(nextGeneration, Math.max(numbers[4], numbers[5]) + 1);
        add(group, new LogStart(numbers[2], numbers[3]));
    }

    private void add(Group group, LogStart start) {
        group.log = new GroupLog(engine.rows(group.logTable()), records, start);
        groups.put(group.id, group);
        group.tables = new Tables(this, group);
    }

    private long[] intact(long[] numbers, int groupId) {
        if (numbers == null) {
            throw new StorageException("a record of group " + groupId + " in " + where + " is damaged" + remedy());
        }
        return numbers;
    }

    /** Brings engine and fence to the newer of their promises; an older engine makes every replica forgetful. */
    private boolean compareWithFence(boolean rolledBack) {
        SortedSet<Integer> all = new TreeSet<>(groups.keySet());
        all.addAll(fence.promises().keySet());
        boolean older = rolledBack;
        for (int groupId : all) {
            Fence.Promise promise = fence.promise(groupId);
            older |= promise != null && Fence.newer(promise.hardState(), engineState(groupId));
        }
        boolean changed = false;
        for (int groupId : all) {
            Fence.Promise promise = fence.promise(groupId);
            HardState fenced = promise == null ? HardState.INITIAL : promise.hardState();
            HardState latest = Fence.newer(fenced, engineState(groupId)) ? fenced : engineState(groupId);
            Fence.Promise now = new Fence.Promise(latest, older || (promise != null && promise.forgetful()));
            if (!now.equals(promise)) {
                fence.promise(groupId, now.hardState(), now.forgetful());
                changed = true;
            }
            if (!latest.equals(engineState(groupId))) {
                group(groupId).hardState = latest;
                group(groupId).dirty = true;
            }
        }
        return changed;
    }

    private HardState engineState(int groupId) {
        Group group = groups.get(groupId);
        return group == null ? HardState.INITIAL : group.hardState;
    }

    // ---- reading at start

    @Override
    public Restored restore(int groupId) {
        check();
        try {
            Fence.Promise promise = fence.promise(groupId);
            HardState hardState = promise == null ? HardState.INITIAL : promise.hardState();
            Group group = groups.get(groupId);
            if (group == null) {
                return new Restored(hardState, LogStart.BEGINNING, List.of(), promise != null && promise.forgetful());
            }
            List<Entry> entries = readLog(group);
            checkStart(group);
            group.restored = true;
            boolean forgetful =
                    fence.promise(groupId) != null && fence.promise(groupId).forgetful();
            return new Restored(hardState, group.log.start(), entries, forgetful);
        } catch (RuntimeException e) {
            throw fail(e);
        }
    }

    private List<Entry> readLog(Group group) {
        LogReader reader = group.log.read(group.lastApplied);
        if (reader.damagedApplied() || reader.damagedAt() > 0) {
            repair(group, reader);
        }
        return reader.entries();
    }

    /**
     * Damaged entries that the state holds are cut off as a prefix, which loses nothing. From the first other one on the
     * log is cut, and the replica may have acknowledged what is gone (HAZARDS D5, D10).
     */
    private void repair(Group group, LogReader reader) {
        if (reader.damagedAt() > 0) {
            Fence.Promise promise = fence.promise(group.id);
            fence.promise(group.id, promise == null ? group.hardState : promise.hardState(), true);
            fence.write(); // first: a crash after the cut must not make the shorter log look healthy
        }
        engine.begin();
        if (reader.damagedApplied()) {
            group.log.startAfter(new LogStart(group.lastApplied, group.lastAppliedTerm));
        }
        if (reader.damagedAt() > 0) {
            group.log.truncate(reader.damagedAt());
        }
        saveGroupRow(group);
        engine.commit();
        sync();
    }

    /** HAZARDS S8, D14: the state is never behind the log's start nor ahead of its end. */
    private void checkStart(Group group) {
        long start = group.log.start().index();
        long end = group.log.lastIndex();
        if (group.lastApplied < start || group.lastApplied > end) {
            throw new StorageException("group " + group.id + " in " + where + ": the log has entries " + (start + 1)
                    + " to " + end + ", but the state is at " + group.lastApplied + remedy());
        }
    }

    private String remedy() {
        return "; move " + where + "/env away and start again, the node will copy from the others";
    }

    // ---- writing

    @Override
    public void save(List<Save> saves) {
        check();
        Invariant.check(!inTransaction, "save inside a transaction");
        boolean interrupted = Thread.interrupted();
        try {
            if (!saves.isEmpty()) {
                engine.begin();
                inTransaction = true;
                inSave = true;
                for (Save save : saves) {
                    saveGroup(save);
                }
                engine.commit();
                inTransaction = false;
                inSave = false;
            }
            sync();
        } catch (RuntimeException | Error e) {
            throw fail(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void apply(Runnable effects) {
        check();
        Invariant.check(!inTransaction, "apply inside a transaction");
        boolean interrupted = Thread.interrupted();
        try {
            engine.begin();
            inTransaction = true;
            effects.run();
            garbage.deleteSome(config.dropRowsPerCommit());
            engine.commit();
            inTransaction = false;
        } catch (RuntimeException | Error e) {
            throw fail(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Fence before mark: a crash between them must not hide that a start found commits missing. Durable on return. */
    private void sync() {
        Engine.Mark durable = engine.sync();
        if (promisesChanged) {
            fence.write();
            promisesChanged = false;
        }
        witness.mark(durable);
    }

    private void saveGroup(Save save) {
        Group group = group(save.groupId());
        Invariant.check(group.restored, "a group is restored before it is saved", group.id, 0);
        if (save.install() != null) {
            save.install().install();
        }
        if (save.hardState() != null && !save.hardState().equals(group.hardState)) {
            group.hardState = save.hardState();
            group.dirty = true;
            Fence.Promise old = fence.promise(group.id);
            fence.promise(group.id, group.hardState, old != null && old.forgetful());
            promisesChanged = true;
        }
        if (save.logStart() != null) {
            startLog(group, save.logStart());
        }
        if (!save.entries().isEmpty()) {
            group.log.append(save.entries());
        }
        group.log.deletePrefix(config.dropRowsPerCommit() + 2 * save.entries().size());
        if (group.dirty) {
            saveGroupRow(group);
        }
    }

    private void startLog(Group group, LogStart start) {
        Invariant.check(
                start.index() >= group.log.start().index(), "the log's start moves back", start.index(), group.id);
        Invariant.check(
                start.index() <= group.lastApplied, "the log's start passes the state", start.index(), group.id);
        if (group.log.holds(start)) {
            group.log.startAfter(start);
        } else {
            discard(group.logTable());
            group.logGeneration = nextGeneration++;
            group.log = new GroupLog(engine.rows(group.logTable()), records, start);
        }
        group.dirty = true;
    }

    private Group group(int groupId) {
        Group group = groups.get(groupId);
        if (group == null) {
            group = new Group(groupId);
            group.stateGeneration = nextGeneration++;
            group.logGeneration = nextGeneration++;
            group.dirty = true;
            add(group, LogStart.BEGINNING);
        }
        return group;
    }

    private void saveGroupRow(Group group) {
        meta.put(
                Records.groupKey(GROUP, group.id),
                records.numbers(
                        group.id,
                        group.hardState.currentTerm(),
                        group.hardState.votedFor(),
                        group.log.start().index(),
                        group.log.start().term(),
                        group.stateGeneration,
                        group.logGeneration));
        group.dirty = false;
    }

    void saveApplied(Group group, long index, long term) {
        meta.put(Records.groupKey(APPLIED, group.id), records.numbers(group.id, index, term));
        group.lastApplied = index;
        group.lastAppliedTerm = term;
    }

    // ---- tables and snapshots

    /** The tables of a group; a new group's begin empty. */
    public Tables tables(int groupId) {
        check();
        return group(groupId).tables;
    }

    Engine.Rows rows(String table) {
        return engine.rows(table);
    }

    /** Called before each write to a group's tables. */
    void writing(Group group) {
        if (!inTransaction) {
            check();
            throw new IllegalStateException("tables are written inside apply only");
        }
        if (group.dirty && !inSave) {
            saveGroupRow(group);
        }
    }

    StateMachine.Source openSnapshot(Group group) {
        check();
        Invariant.check(!inTransaction, "a snapshot is opened outside transactions");
        try {
            SnapshotSource source =
                    new SnapshotSource(this, group, engine.view(group.tablePrefix(group.stateGeneration)));
            sources.add(source);
            return source;
        } catch (RuntimeException e) {
            throw fail(e);
        }
    }

    StateMachine.Sink receiveSnapshot(Group group, long index, long term) {
        check();
        return new SnapshotSink(this, group, nextGeneration++, index, term);
    }

    void install(Group group, long generation, long index, long term) {
        if (!inSave) {
            throw new IllegalStateException("a snapshot is installed inside save only");
        }
        Invariant.check(index >= group.lastApplied, "a snapshot is older than the state", index, group.lastApplied);
        String old = group.tablePrefix(group.stateGeneration);
        for (String name : engine.tables()) {
            if (name.startsWith(old)) {
                discard(name);
            }
        }
        group.stateGeneration = generation;
        group.dirty = true;
        saveApplied(group, index, term);
    }

    /** The table's rows will be deleted, some with each apply. */
    void discard(String table) {
        garbage.add(table);
    }

    /**
     * Housekeeping, to be called about every second when nothing else is to be done: deletes rows of dropped tables, lets
     * the engine's cleaner work, and takes back snapshots that were opened too long ago: as long as one is open, the disk
     * space of everything rewritten since can't be reused (HAZARDS D16). Reading such a one gives null.
     *
     * @param nowMs monotonic time in ms; a snapshot's time begins with the first call after it was opened
     */
    public void maintain(long nowMs) {
        check();
        sources.removeIf(source -> source.expire(nowMs, config.snapshotMaxMs()));
        try {
            if (!garbage.isEmpty()) {
                apply(() -> {});
            }
            engine.settle();
        } catch (RuntimeException e) {
            throw fail(e);
        }
    }

    // ---- groups

    /** Ids of all groups with something stored. */
    public List<Integer> groups() {
        return List.copyOf(groups.keySet());
    }

    @Override
    public void recovered(int groupId) {
        check();
        Fence.Promise promise = fence.promise(groupId);
        if (promise != null && promise.forgetful()) {
            fence.promise(groupId, promise.hardState(), false);
            promisesChanged = true;
        }
    }

    /** Forgets a group: durable on return, its rows are deleted with later applies. */
    public void remove(int groupId) {
        check();
        Group group = groups.remove(groupId);
        fence.remove(groupId); // first: a promise without its group would look like lost commits
        durably(() -> {
            fence.write();
            if (group != null) {
                meta.delete(Records.groupKey(GROUP, groupId));
                meta.delete(Records.groupKey(APPLIED, groupId));
            }
        });
        engine.tables().stream().filter(name -> Group.live(name, group)).forEach(this::discard);
    }

    /** True if the group may have promised more than is stored here. */
    public boolean isForgetful(int groupId) {
        Fence.Promise promise = fence.promise(groupId);
        return promise != null && promise.forgetful();
    }

    /** Small facts of the node itself. */
    public Facts facts() {
        return facts;
    }

    /** Runs the writes in a commit of their own. */
    void durably(Runnable writes) {
        apply(writes);
        save(List.of());
    }

    /** Chosen at random when the directory was made; another one means another replica (HAZARDS D11). */
    public long incarnation() {
        return fence.incarnation();
    }

    /** Bytes on disk, without what is outside the engine. */
    public long sizeBytes() {
        check();
        return engine.sizeBytes();
    }

    /** Bytes that the disk can still take (HAZARDS D12). */
    public long freeBytes() {
        return engine.freeBytes();
    }

    // ---- failure and end

    void check() {
        if (failure != null) {
            throw new StorageException("the storage in " + where + " stopped: " + reason(failure), failure);
        }
    }

    /** Notes the first failure; everything after it fails, too. */
    StorageException fail(Throwable e) {
        if (failure == null) {
            failure = Objects.requireNonNull(e);
        }
        return e instanceof StorageException known
                ? known
                : new StorageException("the storage in " + where + " failed: " + reason(e), e);
    }

    /** Closes without a sync of its own: what was saved is durable already. */
    @Override
    public void close() {
        sources.forEach(SnapshotSource::close);
        sources.clear();
        try {
            opened.close();
        } catch (Exception e) {
            // What was promised is durable already.
        }
        if (failure == null) {
            failure = new IllegalStateException("it is closed");
        }
    }
}
