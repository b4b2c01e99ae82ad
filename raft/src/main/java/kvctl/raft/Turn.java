package kvctl.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import kvctl.raft.Ready.Outgoing;

/**
 * All replicas of one node, and the one place that knows the order of effects. The caller's loop is
 *
 * <pre>
 *   receive / propose / read ...   everything that has come
 *   prepare(now)                   timers; send what may go before the disk
 *   save()                         one durable commit for all groups
 *   finish(now)                    send what had to wait; apply; answer
 * </pre>
 *
 * The order is the table of HAZARDS §1.2. The same class runs in production and in the simulator, which may crash the
 * node between any two of these calls. Not thread-safe: one loop owns it (HAZARDS R17). Any exception is fatal for the
 * node (R18, D8).
 */
public final class Turn {
    private final int nodeId;
    private final Store store;
    private final Outbox outbox;
    private final TreeMap<Integer, Replica> replicas = new TreeMap<>();
    private final List<Store.Save> saves = new ArrayList<>();

    public Turn(int nodeId, Store store, Outbox outbox) {
        this.nodeId = nodeId;
        this.store = store;
        this.outbox = outbox;
    }

    /** Starts this node's replica of a group from what the store holds of it. */
    public void add(int groupId, RaftConfig config, StateMachine machine, RandomGenerator random, long nowMs) {
        Invariant.check(config.nodeId() == nodeId, "a replica of this node", config.nodeId(), nodeId);
        Raft raft = new Raft(groupId, config, store.restore(groupId), machine.lastApplied(), random, nowMs);
        replicas.put(groupId, new Replica(groupId, config, raft, machine));
    }

    /** Ends this node's replica of a group; whoever waits is failed. Between turns only. */
    public void remove(int groupId) {
        Replica replica = replicas.remove(groupId);
        if (replica != null) {
            replica.stop();
        }
    }

    // --- what has come ---

    /** A message for a group that is not here is dropped (HAZARDS M7). */
    public void receive(int groupId, int from, Message message, long nowMs) {
        Replica replica = replicas.get(groupId);
        if (replica != null) {
            replica.receive(from, message, nowMs);
        }
    }

    /** The waiter hears when the command is applied, or why not. */
    public void propose(int groupId, byte[] command, Waiter waiter) {
        Replica replica = replicas.get(groupId);
        if (replica == null) {
            waiter.failed(Waiter.Failure.NOT_LEADER);
        } else {
            replica.propose(command, waiter);
        }
    }

    /** The waiter hears when the group's state machine may be read for a linearizable answer, or why not. */
    public void read(int groupId, Waiter waiter) {
        Replica replica = replicas.get(groupId);
        if (replica == null) {
            waiter.failed(Waiter.Failure.NOT_LEADER);
        } else {
            replica.read(waiter);
        }
    }

    /** Hands leadership to a follower when that has caught up; given up after an election timeout. No-op on others. */
    public void transferLeadership(int groupId, int toNodeId, long nowMs) {
        Replica replica = replicas.get(groupId);
        if (replica != null) {
            replica.raft.transferLeadership(toNodeId, nowMs);
        }
    }

    // --- the turn ---

    /** Fires timers and sends what promises nothing that is not durable yet. */
    public void prepare(long nowMs) {
        saves.clear();
        for (Replica replica : replicas.values()) {
            replica.raft.tick(nowMs);
            replica.ready = replica.raft.ready(nowMs);
            send(replica, replica.ready.early());
            for (Ready.ChunkWanted wanted : replica.ready.chunks()) {
                Message chunk = replica.chunk(wanted);
                if (chunk != null) {
                    outbox.send(replica.groupId, wanted.to(), chunk);
                }
            }
            if (replica.ready.save() != null) {
                saves.add(replica.ready.save());
            }
        }
    }

    /** True if {@link #save} will write. */
    public boolean hasSaves() {
        return !saves.isEmpty() || replicas.values().stream().anyMatch(replica -> replica.recovering);
    }

    /** Makes everything durable that the rest of this turn stands on. */
    public void save() {
        if (hasSaves()) {
            store.save(saves);
        }
    }

    /** Sends what had to wait for the disk, applies what is committed, answers who waits. */
    public void finish(long nowMs) {
        for (Replica replica : replicas.values()) {
            replica.raft.saved();
            send(replica, replica.ready.late());
            if (replica.recovering) {
                replica.recovering = false;
                replica.raft.countAgain();
            } else if (replica.raft.hasCaughtUp()) {
                replica.recovering = true; // Or it would be forgetful again after a crash, maybe beside another one.
                store.recovered(replica.groupId);
            }
        }
        apply();
        for (Replica replica : replicas.values()) {
            replica.answerWaiters();
            replica.closeTransfers(nowMs);
            replica.compact();
        }
    }

    private void apply() {
        List<Replica> applying =
                replicas.values().stream().filter(Replica::hasCommitted).toList();
        if (applying.isEmpty()) {
            return;
        }
        List<Runnable> answers = new ArrayList<>();
        store.apply(() -> applying.forEach(replica -> answers.addAll(replica.apply())));
        answers.forEach(Runnable::run);
    }

    private void send(Replica replica, List<Outgoing> messages) {
        for (Outgoing outgoing : messages) {
            outbox.send(replica.groupId, outgoing.to(), outgoing.message());
        }
    }

    /** When to run the next turn if nothing comes; may be in the past. */
    public long nextDeadlineMs() {
        long deadlineMs = Long.MAX_VALUE;
        for (Replica replica : replicas.values()) {
            long own = replica.hasMore() ? Long.MIN_VALUE : replica.raft.nextDeadlineMs();
            deadlineMs = Math.min(deadlineMs, own);
        }
        return deadlineMs;
    }

    /** Fails everybody who waits; no answer is given afterwards (HAZARDS A9). */
    public void stop() {
        replicas.values().forEach(Replica::stop);
    }

    /** Ids of the groups with a replica here, in order. */
    public List<Integer> groups() {
        return List.copyOf(replicas.keySet());
    }

    /** The node that leads the group as far as this replica knows; 0 if unknown or not here. */
    public int leaderId(int groupId) {
        Replica replica = replicas.get(groupId);
        return replica == null ? HardState.NOBODY : replica.raft.leaderId();
    }

    /** A copy of the replica's state. */
    public RaftStatus status(int groupId) {
        return replicas.get(groupId).status();
    }
}
