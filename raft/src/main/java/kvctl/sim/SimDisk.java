package kvctl.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import kvctl.raft.Entry;
import kvctl.raft.HardState;
import kvctl.raft.Invariant;
import kvctl.raft.StateMachine;
import kvctl.raft.Store;

/**
 * One node's disk. A save begins with {@link #save}, is on its way for {@link #latencyUs}, and is durable at {@link
 * #completed}. A crash in between keeps, loses or tears it (a torn commit is found by its checksum and dropped, so it
 * equals a lost one); commits of {@link #apply} since the last durable save are lost as a suffix. After a crash the disk
 * may also come back as it was some commits ago; like the real store it then remembers its promises in a fence beside
 * the data, and says that its replicas are forgetful (HAZARDS D4).
 */
public final class SimDisk implements Store {
    /** Durable commits that a rollback can undo. */
    private static final int HISTORY = 12;

    /** A write that failed; whether it reached the disk is unknown (HAZARDS D8). */
    public static final class Failure extends UncheckedIOException {
        Failure(int nodeId) {
            super("simulated write error on the disk of S" + nodeId, new IOException("EIO"));
        }
    }

    /** Is told what became durable. */
    interface Watcher {
        void saving(int groupId, int nodeId, DiskImage.Change change);

        void durable(int groupId, int nodeId, List<Entry> entries);

        void recovered(int groupId, int nodeId);
    }

    /** How the disk comes back after a crash. */
    public enum Comeback {
        /** With everything that was durable. */
        WHOLE,
        /** Some durable commits are gone; the fence and its mark survived (HAZARDS D4). */
        ROLLED_BACK,
        /** As before, but nobody notices: what no correct system survives. For testing the checks. */
        ROLLED_BACK_UNNOTICED
    }

    private final int nodeId;
    private final RandomGenerator random;
    private final Watcher watcher;

    /** As of {@code commits.get(0)}, durable, and as the running process sees it. */
    private final DiskImage old = new DiskImage();

    private final DiskImage durable = new DiskImage();
    private final DiskImage current = new DiskImage();
    /** Commits after {@link #old}; the first {@link #durableCommits} of them are durable. */
    private final ArrayList<List<DiskImage.Change>> commits = new ArrayList<>();

    private int durableCommits;
    private boolean saving;
    private final TreeMap<Integer, HardState> fence = new TreeMap<>();
    private final TreeSet<Integer> forgetful = new TreeSet<>();
    private final TreeSet<Integer> recovering = new TreeSet<>();
    private List<DiskImage.Change> applying;

    private long latencyMinUs = 100;
    private long latencyMeanUs = 300;
    private int failingWrite;
    private long saves;

    SimDisk(int nodeId, RandomGenerator random, Watcher watcher) {
        this.nodeId = nodeId;
        this.random = random;
        this.watcher = watcher;
    }

    // --- what is on it ---

    /** Durable saves so far. */
    public long saves() {
        return saves;
    }

    /** Bytes of Raft state on the disk for a group: log and promise, without the state machine. */
    public long raftBytes(int groupId) {
        long size = 16;
        for (Entry entry : durable.group(groupId).entries) {
            size += entry.sizeBytes();
        }
        return size;
    }

    /** As the running process sees it, the save on its way included. */
    DiskImage.Group current(int groupId) {
        return current.group(groupId);
    }

    /** What would survive a crash now for sure. */
    DiskImage.Group durable(int groupId) {
        return durable.group(groupId);
    }

    boolean forgetful(int groupId) {
        return forgetful.contains(groupId) && !recovering.contains(groupId);
    }

    /** True from a rollback until the replica has durably recovered. */
    boolean everForgetful(int groupId) {
        return forgetful.contains(groupId);
    }

    // --- faults ---

    /** Time a save takes: {@code minUs} and an exponential part on top. */
    public void latency(long minUs, long meanUs) {
        latencyMinUs = minUs;
        latencyMeanUs = meanUs;
    }

    /** The {@code n}-th write from now on fails. */
    public void failWrite(int n) {
        failingWrite = n;
    }

    /** Puts content on the disk before its node starts, for scripted tests. */
    public void preload(int groupId, HardState hardState, List<Entry> entries) {
        DiskImage.Change change = new DiskImage.Change(groupId, hardState, null, entries, null);
        for (DiskImage image : List.of(old, durable, current)) {
            image.redo(List.of(change));
        }
        fence.put(groupId, hardState);
        watcher.durable(groupId, nodeId, entries);
    }

    // --- the port ---

    @Override
    public Restored restore(int groupId) {
        DiskImage.Group group = current.group(groupId);
        HardState promised = later(group.hardState, fence.getOrDefault(groupId, HardState.INITIAL));
        group.hardState = promised;
        durable.group(groupId).hardState = promised;
        fence.put(groupId, promised);
        return new Restored(group.hardState, group.start, List.copyOf(group.entries), forgetful.contains(groupId));
    }

    private static HardState later(HardState a, HardState b) {
        if (a.currentTerm() != b.currentTerm()) {
            return a.currentTerm() > b.currentTerm() ? a : b;
        }
        return a.votedFor() != HardState.NOBODY ? a : b;
    }

    @Override
    public void recovered(int groupId) {
        Invariant.check(forgetful.contains(groupId), "only a forgetful replica recovers");
        recovering.add(groupId);
        watcher.recovered(groupId, nodeId);
    }

    @Override
    public void save(List<Save> changes) {
        Invariant.check(!saving, "one save at a time");
        List<DiskImage.Change> commit = new ArrayList<>();
        for (Save save : changes) {
            SimMachine.State installed = save.install() == null ? null : installed(save.install());
            commit.add(new DiskImage.Change(
                    save.groupId(), save.hardState(), save.logStart(), List.copyOf(save.entries()), installed));
        }
        for (DiskImage.Change change : commit) {
            watcher.saving(change.groupId(), nodeId, change);
        }
        saving = true;
        current.redo(commit);
        commits.add(commit);
        mayFail();
    }

    private SimMachine.State installed(StateMachine.Sink sink) {
        List<DiskImage.Change> written = new ArrayList<>();
        applying = written;
        sink.install();
        applying = null;
        return written.get(0).state();
    }

    @Override
    public void apply(Runnable effects) {
        List<DiskImage.Change> commit = new ArrayList<>();
        applying = commit;
        effects.run();
        applying = null;
        current.redo(commit);
        commits.add(commit);
        mayFail();
    }

    /** Called by state machines inside {@link #apply} or {@link #save}. */
    void write(int groupId, SimMachine.State state) {
        Invariant.check(applying != null, "state changes inside a transaction");
        applying.add(new DiskImage.Change(groupId, null, null, List.of(), state));
    }

    SimMachine.State state(int groupId) {
        return current.group(groupId).state;
    }

    @Override
    public void close() {
        // Nothing to release: the content stays for the next start.
    }

    private void mayFail() {
        if (failingWrite > 0 && --failingWrite == 0) {
            throw new Failure(nodeId);
        }
    }

    // --- time and crashes ---

    boolean saving() {
        return saving;
    }

    long latencyUs() {
        return latencyMinUs + Simulation.exponential(random, latencyMeanUs);
    }

    /** The save that was on its way is durable, and all commits before it. */
    void completed() {
        Invariant.check(saving, "a save is on its way");
        saving = false;
        saves++;
        List<DiskImage.Change> last = commits.get(commits.size() - 1);
        while (durableCommits < commits.size()) {
            durable.redo(commits.get(durableCommits++));
        }
        for (DiskImage.Change change : last) {
            if (change.hardState() != null) {
                fence.put(change.groupId(), change.hardState());
            }
            watcher.durable(change.groupId(), nodeId, change.entries());
        }
        forgetful.removeAll(recovering);
        recovering.clear();
        while (durableCommits > HISTORY) {
            old.redo(commits.remove(0));
            durableCommits--;
        }
    }

    /** The process is gone; decides what the disk holds when it is next opened. Returns what happened, for the trace. */
    String crash(Comeback comeback) {
        int survivors = durableCommits + random.nextInt(commits.size() - durableCommits + 1);
        String inFlight =
                saving ? (survivors == commits.size() ? "kept" : random.nextBoolean() ? "lost" : "torn") : "none";
        saving = false;
        recovering.clear();
        if (comeback != Comeback.WHOLE && durableCommits > 0) {
            int undone = 1 + random.nextInt(durableCommits);
            survivors = durableCommits - undone;
        }
        if (comeback == Comeback.ROLLED_BACK && survivors < durableCommits) {
            forgetful.addAll(durable.groupIds());
        }
        boolean rolledBack = survivors < durableCommits;
        commits.subList(survivors, commits.size()).clear();
        for (int i = durableCommits; i < commits.size(); i++) {
            for (DiskImage.Change change : commits.get(i)) {
                watcher.durable(change.groupId(), nodeId, change.entries());
            }
        }
        durable.copyFrom(old);
        commits.forEach(durable::redo);
        durableCommits = commits.size();
        current.copyFrom(durable);
        if (rolledBack && comeback == Comeback.ROLLED_BACK_UNNOTICED) {
            fence.clear();
        }
        return "write on its way: " + inFlight + (rolledBack ? ", disk rolled back" : "");
    }
}
