package kvctl.sim;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import kvctl.raft.Message;
import kvctl.raft.Outbox;
import kvctl.raft.RaftStatus;
import kvctl.raft.Turn;

/**
 * One process: a loop over its replicas, as in production, with a simulated network, disk and clock. It can crash,
 * restart and pause. Its clock may run fast or slow and begins anywhere.
 */
public final class SimNode {
    /** Messages and requests handled before the timers are looked at (HAZARDS C9). */
    private static final int INBOX_BATCH = 256;
    /** What does not fit is dropped, as by a full socket. */
    private static final int INBOX_MAX = 4_096;

    private static final long TURN_US = 20;

    /** What the loop is doing. */
    enum Phase {
        /** No process. */
        DOWN,
        /** Waits for input or for its next deadline. */
        IDLE,
        /** A turn's save is on its way to the disk. */
        SAVING
    }

    /** Builds what runs in the process at each start. */
    interface Program {
        void start(SimNode node, Turn turn, long nowMs);
    }

    /** Is told of what the node did. */
    interface Watcher {
        void stepped(SimNode node);

        void diskFailed(SimNode node);
    }

    private final int nodeId;
    private final Simulation simulation;
    private final SimDisk disk;
    private final Outbox outbox;
    private final Program program;
    private final Watcher watcher;

    private final ArrayDeque<Consumer<Turn>> inbox = new ArrayDeque<>();
    private Phase phase = Phase.DOWN;
    private boolean paused;
    private Turn turn;
    private int incarnation;
    /** The next turn is due then; later wake-ups are void. */
    private long wakeAtUs = Long.MAX_VALUE;

    private boolean saveIsDone;
    private double clockRate = 1;
    private long clockOffsetMs;
    private final TreeMap<Integer, SimMachine> machines = new TreeMap<>();

    SimNode(int nodeId, Simulation simulation, SimDisk disk, Outbox outbox, Program program, Watcher watcher) {
        this.nodeId = nodeId;
        this.simulation = simulation;
        this.disk = disk;
        this.outbox = outbox;
        this.program = program;
        this.watcher = watcher;
    }

    public int nodeId() {
        return nodeId;
    }

    public SimDisk disk() {
        return disk;
    }

    public boolean up() {
        return phase != Phase.DOWN;
    }

    public boolean paused() {
        return paused;
    }

    /** Counts the starts of the process. */
    public int incarnation() {
        return incarnation;
    }

    /** State of its replica of a group; only while it is up. */
    public RaftStatus status(int groupId) {
        return turn.status(groupId);
    }

    /** Its state machine of a group, since the last start. */
    public SimMachine machine(int groupId) {
        return machines.get(groupId);
    }

    Map<Integer, SimMachine> machines() {
        return machines;
    }

    /** The clock runs {@code rate} times as fast as the simulation's. Takes effect at the next start. */
    public void clock(double rate, long offsetMs) {
        clockRate = rate;
        clockOffsetMs = offsetMs;
    }

    long nowMs() {
        return clockOffsetMs + (long) (simulation.nowUs() * clockRate / 1000);
    }

    private long simulatedUs(long ms) {
        return (long) StrictMath.ceil((ms - clockOffsetMs) * 1000 / clockRate);
    }

    // --- life ---

    /** Starts the process from what is on disk. */
    void start() {
        phase = Phase.IDLE;
        paused = false;
        incarnation++;
        machines.clear();
        turn = new Turn(nodeId, disk, outbox);
        program.start(this, turn, nowMs());
        note("start", 1);
        wake(simulation.nowUs());
    }

    /** Kills the process; the disk comes back as told. */
    void crash(SimDisk.Comeback comeback) {
        phase = Phase.DOWN;
        turn = null;
        inbox.clear();
        wakeAtUs = Long.MAX_VALUE;
        saveIsDone = false;
        String what = disk.crash(comeback);
        note("crash; " + what, 2);
    }

    /** Ends the process as it should end: waiters are answered, nothing is torn. */
    void stop() {
        turn.stop();
        crash(SimDisk.Comeback.WHOLE);
    }

    /** The process stands still; what arrives waits. */
    void pause() {
        paused = true;
        note("pause", 3);
    }

    void resume() {
        paused = false;
        note("resume", 4);
        if (saveIsDone) {
            finish();
        } else if (phase == Phase.IDLE) {
            wake(simulation.nowUs());
        }
    }

    private void note(String what, int code) {
        simulation.trace().note(simulation.nowUs(), nodeId, code, () -> "S" + nodeId + " " + what);
    }

    // --- input ---

    void receive(int groupId, int from, Message message) {
        if (up() && inbox.size() < INBOX_MAX) {
            execute(current -> current.receive(groupId, from, message, nowMs()));
        }
    }

    /** Puts a request into the inbox; it is dropped if the process is down. */
    void execute(Consumer<Turn> request) {
        if (up()) {
            inbox.add(request);
            wake(simulation.nowUs() + TURN_US);
        }
    }

    // --- the loop ---

    private void wake(long atUs) {
        if (phase != Phase.IDLE || atUs >= wakeAtUs) {
            return;
        }
        wakeAtUs = atUs;
        int started = incarnation;
        simulation.after(atUs - simulation.nowUs(), () -> {
            if (started == incarnation && wakeAtUs == atUs && phase == Phase.IDLE) {
                wakeAtUs = Long.MAX_VALUE;
                if (!paused) {
                    runTurn();
                }
            }
        });
    }

    private void runTurn() {
        try {
            for (int i = 0; i < INBOX_BATCH && !inbox.isEmpty(); i++) {
                inbox.remove().accept(turn);
            }
            turn.prepare(nowMs());
            turn.save();
        } catch (SimDisk.Failure failure) {
            diskFailed();
            return;
        }
        if (!disk.saving()) {
            finish();
            return;
        }
        phase = Phase.SAVING;
        watcher.stepped(this);
        int started = incarnation;
        simulation.after(disk.latencyUs(), () -> {
            if (started == incarnation && phase == Phase.SAVING) {
                disk.completed();
                saveIsDone = true;
                if (!paused) {
                    finish();
                }
            }
        });
    }

    private void finish() {
        phase = Phase.IDLE;
        saveIsDone = false;
        try {
            turn.finish(nowMs());
        } catch (SimDisk.Failure failure) {
            diskFailed();
            return;
        }
        watcher.stepped(this);
        if (inbox.isEmpty()) {
            wake(Math.max(simulation.nowUs() + TURN_US, simulatedUs(turn.nextDeadlineMs())));
        } else {
            wake(simulation.nowUs() + TURN_US);
        }
    }

    private void diskFailed() {
        watcher.stepped(this); // What it has committed and applied in this turn may have reached the disk.
        crash(SimDisk.Comeback.WHOLE);
        watcher.diskFailed(this);
    }
}
