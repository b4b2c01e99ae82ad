package kvctl.sim;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import kvctl.raft.Message;
import kvctl.raft.Outbox;
import kvctl.raft.RaftStatus;
import kvctl.raft.Turn;

/** One process as in production: a loop over its replicas, with a simulated network and disk. */
public final class SimNode extends SimProcess {
    /** Builds what runs in the process at each start. */
    interface Program {
        void start(SimNode node, Turn turn, long nowMs);
    }

    /** Is told of what the node did. */
    interface Watcher {
        void stepped(SimNode node);

        void diskFailed(SimNode node);
    }

    private final SimDisk disk;
    private final Outbox outbox;
    private final Program program;
    private final Watcher watcher;
    private final TreeMap<Integer, SimMachine> machines = new TreeMap<>();
    private Turn turn;

    SimNode(int nodeId, Simulation simulation, SimDisk disk, Outbox outbox, Program program, Watcher watcher) {
        super(simulation, nodeId, "S" + nodeId);
        this.disk = disk;
        this.outbox = outbox;
        this.program = program;
        this.watcher = watcher;
    }

    public SimDisk disk() {
        return disk;
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

    @Override
    public void start() {
        begin();
        machines.clear();
        turn = new Turn(nodeId(), disk, outbox);
        program.start(this, turn, nowMs());
        begun();
    }

    /** Kills the process; the disk comes back as told. */
    void crash(SimDisk.Comeback comeback) {
        turn = null;
        end("crash; " + disk.crash(comeback));
    }

    /** Ends the process as it should end: waiters are answered, nothing is torn. */
    void stop() {
        turn.stop();
        crash(SimDisk.Comeback.WHOLE);
    }

    void receive(int groupId, int from, Message message) {
        if (!isFull()) {
            input(nowMs -> turn.receive(groupId, from, message, nowMs));
        }
    }

    /** Does what a client asks for inside the next turn; it is dropped if the process is down. */
    void execute(Consumer<Turn> request) {
        input(nowMs -> request.accept(turn));
    }

    @Override
    protected void turn() {
        try {
            takeInputs();
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
        watcher.stepped(this);
        await(disk.latencyUs(), disk::completed, this::finish);
    }

    private void finish() {
        turnEnds();
        try {
            turn.finish(nowMs());
        } catch (SimDisk.Failure failure) {
            diskFailed();
            return;
        }
        watcher.stepped(this);
        sleepUntil(turn.nextDeadlineMs());
    }

    private void diskFailed() {
        watcher.stepped(this); // What it has committed and applied in this turn may have reached the disk.
        crash(SimDisk.Comeback.WHOLE);
        watcher.diskFailed(this);
    }
}
