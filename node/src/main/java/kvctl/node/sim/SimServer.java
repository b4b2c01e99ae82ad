package kvctl.node.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import kvctl.node.Call;
import kvctl.node.Core;
import kvctl.node.KnownPeers;
import kvctl.node.Mail;
import kvctl.node.Topology;
import kvctl.node.meta.Note;
import kvctl.node.meta.Pace;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.raft.Message;
import kvctl.sim.SimProcess;
import kvctl.sim.Simulation;
import kvctl.storage.Identity;
import kvctl.storage.MemoryDisk;
import kvctl.storage.Storage;
import kvctl.storage.StorageConfig;
import kvctl.storage.StorageException;

/**
 * One node's process: the real {@link Core} in a loop as production has it, with a simulated network and disk. It can be
 * killed at any point of a turn.
 */
public final class SimServer extends SimProcess {
    private static final long TIMER_GRID_MS = 20;
    private static final long WATCH_EVERY_MS = 20;
    private static final long MAINTAIN_EVERY_MS = 1000;
    private static final long WIPED = 1_000_000;

    /** Is told of what the node did. */
    interface Watcher {
        /** After its start and after each turn. */
        void stepped(SimServer server);

        /** An injected fault of its disk has ended the process. */
        void diskFailed(SimServer server);
    }

    /** Where its messages go. */
    interface Sender {
        void send(int from, int to, Envelope envelope);
    }

    private final Topology topology;
    private final Pace pace;
    private final Topology.Node self;
    private final Sender sender;
    private final Watcher watcher;
    private final RandomGenerator dice;
    private MemoryDisk disk = new MemoryDisk();
    private KnownPeers peers = new KnownPeers(null);
    private long born;
    private final List<SimTransport.Connection> connections = new ArrayList<>();
    private final List<Runnable> unsent = new ArrayList<>();

    private Storage storage;
    private Core core;
    private int forgot;
    private long diskMeanUs = 300;
    private long watchedMs;
    private long maintainedMs;
    private long leadersSeen;

    SimServer(Topology topology, int nodeId, Pace pace, Simulation simulation, Sender sender, Watcher watcher) {
        super(simulation, nodeId, "n" + nodeId);
        this.topology = topology;
        this.pace = pace;
        this.self = topology.node(nodeId);
        this.sender = sender;
        this.watcher = watcher;
        this.dice = simulation.random("server " + nodeId);
        this.born = nodeId;
    }

    public String address() {
        return self.address();
    }

    /** What runs in the process; null while it is down. */
    public Core core() {
        return core;
    }

    /** Of the running process. */
    public Storage storage() {
        return storage;
    }

    public MemoryDisk disk() {
        return disk;
    }

    /** A save takes so long in the mean. */
    void diskLatency(long meanUs) {
        diskMeanUs = meanUs;
    }

    // --- life ---

    @Override
    public void start() {
        begin();
        guarded(() -> {
            Identity identity = new Identity(topology.cluster(), self.name(), self.id());
            storage = Storage.inMemory(disk, identity, born, StorageConfig.DEFAULT);
            SplittableRandom random = new SplittableRandom(dice.nextLong());
            Core.Ports ports = new Core.Ports(storage, new Links(), random, () -> new Core.Facts(0, 0, 0, 0));
            core = new Core(topology, self.id(), pace, ports, nowMs());
            watchedMs = nowMs();
            maintainedMs = nowMs();
            watcher.stepped(this);
            begun();
        });
    }

    /** Kills the process; of what was not synced a prefix remains. */
    void crash() {
        crash(dice.nextInt(disk.unsyncedCommits() + 1));
    }

    /**
     * Kills the process, and the disk comes back older than it promised (HAZARDS D4): without what was not synced, and
     * without up to {@code syncedCommits} more; returns how many more.
     */
    int forget(int syncedCommits) {
        crash(0);
        forgot++;
        return disk.forget(syncedCommits);
    }

    /** Kills the process and empties its data directory: what is started on it is another incarnation (HAZARDS D11). */
    void wipe() {
        crash(0);
        forgot++;
        disk = new MemoryDisk();
        peers = new KnownPeers(null);
        born += WIPED;
    }

    /** What a hello decides: whether the two have met before, and each is still the one that it was then. */
    boolean talksTo(SimServer other) {
        return peers.accepts(other.nodeId(), other.born) && other.peers.accepts(nodeId(), born);
    }

    /** How often the disk has come back too old. */
    int forgot() {
        return forgot;
    }

    private void crash(int keptCommits) {
        core = null;
        storage = null;
        unsent.clear();
        disk.crash(keptCommits);
        end("crash");
        closeConnections();
    }

    // --- input ---

    void receive(int from, Envelope envelope) {
        if (up()) {
            Mail mail = envelope.open(from);
            execute(nowMs -> {
                if (mail.note() == null) {
                    core.receive(mail.groupId(), from, mail.message(), nowMs);
                } else {
                    core.receive(from, mail.note(), nowMs);
                }
            });
        }
    }

    /** A client's call; it goes the way of a call that came by the network. */
    void take(Call call) {
        execute(nowMs -> core.take(call, nowMs, nowMs));
    }

    /** Does something inside the next turn; what does not fit is dropped, as by a full socket. */
    void execute(LongConsumer request) {
        if (!isFull()) {
            input(request);
        }
    }

    void opened(SimTransport.Connection connection) {
        connections.add(connection);
    }

    void closed(SimTransport.Connection connection) {
        connections.remove(connection);
    }

    /** Closes all connections of clients. */
    void closeConnections() {
        List<SimTransport.Connection> lost = List.copyOf(connections);
        connections.clear();
        lost.forEach(SimTransport.Connection::lost);
    }

    HelloReply welcome() {
        return new HelloReply.Accepted(
                Hello.VERSION, topology.cluster(), self.id(), self.name(), storage.incarnation(), core.map());
    }

    // --- the loop ---

    @Override
    protected void turn() {
        guarded(() -> {
            takeInputs();
            core.prepare(nowMs());
            send();
            if (core.hasSaves()) {
                await(50 + Simulation.exponential(dice, diskMeanUs), () -> {}, () -> guarded(this::save));
            } else {
                finish();
            }
        });
    }

    /** It may be killed between the save and the first message that tells of it. */
    private void save() {
        core.save();
        await(1 + Simulation.exponential(dice, diskMeanUs / 8), () -> {}, () -> guarded(this::finish));
    }

    /** As the loop of a process does: what fails in the middle of its part of the turn has sent nothing of it. */
    private void send() {
        unsent.forEach(Runnable::run);
        unsent.clear();
    }

    private void finish() {
        turnEnds();
        long nowMs = nowMs();
        core.finish(nowMs);
        send();
        watcher.stepped(this); // Before anything can fail: others are on their way to act on this turn.
        watchLeaders(nowMs);
        if (nowMs - maintainedMs >= MAINTAIN_EVERY_MS) {
            maintainedMs = nowMs;
            core.maintain(nowMs);
        }
        long dueMs = core.nextDeadlineMs();
        sleepUntil(dueMs <= nowMs ? nowMs : onGrid(Math.min(dueMs, nowMs + 1000)));
    }

    private long onGrid(long dueMs) {
        return dueMs + Math.floorMod(self.id() * 7L - dueMs, TIMER_GRID_MS);
    }

    private void watchLeaders(long nowMs) {
        if (nowMs - watchedMs < WATCH_EVERY_MS) {
            return;
        }
        watchedMs = nowMs;
        long leaders = 0;
        for (int groupId : core.groups()) {
            leaders = leaders * 31 + groupId * 17L + core.status(groupId).leaderId();
        }
        if (leaders != leadersSeen) {
            leadersSeen = leaders;
            core.refreshMap();
        }
    }

    /** An injected failure of the disk ends the process, anything else the run. */
    private void guarded(Runnable part) {
        try {
            part.run();
        } catch (StorageException e) {
            if (!injected(e)) {
                throw new Breach(Rule.NODE_INVARIANT, "n" + nodeId() + ": " + e.getMessage(), e);
            }
            crash();
            watcher.diskFailed(this);
        } catch (IllegalStateException | IllegalArgumentException | NullPointerException e) {
            throw new Breach(Rule.NODE_INVARIANT, "n" + nodeId() + ": " + e, e);
        }
    }

    private static boolean injected(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() != null && cause.getMessage().startsWith("injected");
    }

    private final class Links implements Core.Links {
        @Override
        public void send(int groupId, int to, Message message) {
            unsent.add(() -> sender.send(nodeId(), to, Envelope.of(groupId, message)));
        }

        @Override
        public void send(int to, Note note) {
            unsent.add(() -> sender.send(nodeId(), to, Envelope.of(note)));
        }
    }
}
