package kvctl.node.sim;

import java.util.HashMap;
import java.util.Map;
import kvctl.node.sim.Coverage.Operation;
import kvctl.raft.Message;
import kvctl.sim.Chaos;
import kvctl.sim.Fault;

/** What is under way and what is in force in one run now, and which of these have met so far. */
final class Underway implements Chaos.Watcher {
    private final int[] operations = new int[Operation.values().length];
    private final int[] faults = new int[Fault.Kind.values().length];
    private final Map<Long, Operation> shards = new HashMap<>();

    /** A bit for each kind that is in force. */
    private long inForce;

    /** By operation: a bit for each kind that it has met. */
    private final long[] met = new long[Operation.values().length];

    private boolean over;

    boolean met(Operation operation, Fault.Kind fault) {
        return (met[operation.ordinal()] >> fault.ordinal() & 1) != 0;
    }

    /** Of a disk that has forgotten promises the replicas know when that is over: see {@link #forgot}. */
    @Override
    public void begins(Fault.Kind kind) {
        if (kind != Fault.Kind.ROLLBACK) {
            add(kind);
        }
    }

    @Override
    public void ends(Fault.Kind kind) {
        if (kind != Fault.Kind.ROLLBACK) {
            remove(kind);
        }
    }

    /** A disk came back older than it had promised. */
    void forgot() {
        add(Fault.Kind.ROLLBACK);
    }

    /** No replica on it is forgetful any more. */
    void recovered() {
        remove(Fault.Kind.ROLLBACK);
    }

    /** Everything heals; from here on nothing is counted any more. */
    void end() {
        over = true;
        inForce = 0;
    }

    private void add(Fault.Kind kind) {
        if (over) {
            return;
        }
        faults[kind.ordinal()]++;
        inForce |= 1L << kind.ordinal();
        for (int operation = 0; operation < operations.length; operation++) {
            if (operations[operation] > 0) {
                met[operation] |= inForce;
            }
        }
    }

    private void remove(Fault.Kind kind) {
        if (!over && --faults[kind.ordinal()] == 0) {
            inForce &= ~(1L << kind.ordinal());
        }
    }

    void begins(Operation operation) {
        operations[operation.ordinal()]++;
        sees(operation);
    }

    void ends(Operation operation) {
        operations[operation.ordinal()]--;
    }

    /** Something that takes no time. */
    private void sees(Operation operation) {
        met[operation.ordinal()] |= inForce;
    }

    void sent(Message message) {
        if (message instanceof Message.RequestVote) {
            sees(Operation.ELECTION);
        } else if (message instanceof Message.InstallSnapshot) {
            sees(Operation.SNAPSHOT);
        }
    }

    /** @param operation what happens to a group's shard from now on; null: nothing */
    void shard(int groupId, int shardId, Operation operation) {
        long key = (long) groupId << 32 | shardId;
        Operation before = operation == null ? shards.remove(key) : shards.put(key, operation);
        if (before != operation) {
            if (before != null) {
                ends(before);
            }
            if (operation != null) {
                begins(operation);
            }
        }
    }
}
