package kvctl.node.meta;

import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import kvctl.node.kv.KvMachine;
import kvctl.node.kv.ShardState;
import kvctl.node.meta.Steps.Step;
import kvctl.protocol.ShardMap;
import kvctl.raft.Turn;

/**
 * Carries out moves for the groups that this node leads (HAZARDS G12). What is to be done follows from the newest map and
 * from the shards' replicated states alone; what is kept here is only whom was asked when, so any other leader can go on
 * at any time. DESIGN §5 in steps:
 *
 * <ol>
 *   <li>The receiving group's leader asks a node of the source for the piece after its cursor ({@link Note.Pull}, {@link
 *       Taker}).
 *   <li>The source's leader begins to note changes (copy), and freezes the shard when few of them are left ({@link Giver}).
 *   <li>Each piece becomes an entry of the receiving group (install); the last one makes it serve the shard.
 *   <li>The receiving leader tells the controller ({@link Note.Arrived}), whose leader makes an entry of it; the map changes.
 *   <li>The source's leader sees that in the map and deletes what it has (drop).
 * </ol>
 *
 * <p>One thread uses it: the node's loop. No clocks, no dice.
 */
public final class Migrator {
    /** What a node has of groups; changes with the map. */
    public interface Replicas {
        /** State machines of the groups that own shards. */
        SortedMap<Integer, KvMachine> machines();

        /** The controller's; null if it has no replica here. */
        Controller controller();

        /** What the nodes' disks can take. */
        Room room();
    }

    private final int nodeId;
    private final Turn turn;
    private final Replicas replicas;
    private final SortedMap<Integer, KvMachine> machines;
    private final Supplier<ShardMap> map;
    private final Notes notes;
    private final Steps steps;
    private final Giver giver;
    private final Taker taker;
    private Set<Integer> led = Set.of();
    private long seenRevision = -1;
    private long seenSteps;
    private long rounds;

    /** @param map the newest known, without leaders */
    public Migrator(int nodeId, Pace pace, Turn turn, Replicas replicas, Supplier<ShardMap> map, Notes notes) {
        this.nodeId = nodeId;
        this.turn = turn;
        this.replicas = replicas;
        this.machines = replicas.machines();
        this.map = map;
        this.notes = notes;
        steps = new Steps(turn, pace);
        giver = new Giver(nodeId, turn, machines, map, notes, steps);
        taker = new Taker(nodeId, turn, replicas.room(), steps);
    }

    private boolean leads(int groupId) {
        return turn.leaderId(groupId) == nodeId;
    }

    /** What the move of a shard into a group waits for, as its leader here sees it; empty if it goes on. */
    public String waitsFor(int groupId, int shardId) {
        if (map.get().steering().paused()) {
            return "migrate resume";
        }
        String what = taker.waitsFor(new Step(groupId, shardId, map.get().number()));
        return what == null ? leads(groupId) ? "its turn" : "" : what;
    }

    /** When to call {@link #tick} next. */
    public long nextDeadlineMs() {
        return steps.nextMs();
    }

    /** How often it has looked at all shards. */
    long rounds() {
        return rounds;
    }

    /** Does what is to be done; to be called after every turn, cheap if there is nothing. */
    public void tick(long nowMs) {
        steps.at(nowMs);
        ShardMap current = map.get();
        Set<Integer> ledNow = new TreeSet<>();
        long movedOn = 0; // A new leader may apply a step long after it was elected and saw the map.
        for (Map.Entry<Integer, KvMachine> each : machines.entrySet()) {
            movedOn += each.getValue().moveSteps();
            if (leads(each.getKey())) {
                ledNow.add(each.getKey());
            }
        }
        boolean nothingNew = current.revision() == seenRevision && movedOn == seenSteps && ledNow.equals(led);
        if (nowMs < steps.nextMs() && nothingNew) {
            return;
        }
        rounds++;
        seenRevision = current.revision();
        seenSteps = movedOn;
        led = ledNow;
        steps.begin();
        giver.forget(current);
        taker.forget(current);
        for (int groupId : led) {
            receiveShards(groupId, machines.get(groupId), current);
            giver.drop(groupId, machines.get(groupId), current);
        }
    }

    private void receiveShards(int groupId, KvMachine machine, ShardMap current) {
        Map<Integer, Integer> taken = new TreeMap<>();
        // Those that have begun first: they are not to wait behind others that would begin now.
        for (boolean begun : new boolean[] {true, false}) {
            for (int shard = 0; shard < current.movingTo().length; shard++) {
                if (current.movingTo()[shard] != groupId) {
                    continue;
                }
                ShardState state = machine.shard(shard);
                if (begun != (state.status() == ShardState.Status.RECEIVING)) {
                    continue;
                }
                if (state.number() == current.number() && state.status() != ShardState.Status.RECEIVING) {
                    arrived(groupId, shard, current);
                    continue;
                }
                Note.Pull own = taker.receive(groupId, state, current, taken, notes);
                if (own != null) {
                    receive(nodeId, own, steps.nowMs());
                }
            }
        }
    }

    private void arrived(int groupId, int shardId, ShardMap current) {
        Step step = new Step(groupId, shardId, current.number());
        taker.arrived(step);
        if (!steps.isDue(step)) {
            return;
        }
        Note.Arrived arrived = new Note.Arrived(shardId, current.number());
        for (int to : current.group(ShardMap.CONTROLLER).nodeIds()) {
            if (to == nodeId) {
                take(arrived);
            } else {
                notes.send(to, arrived);
            }
        }
    }

    /** At the controller's leader. */
    private void take(Note.Arrived arrived) {
        Controller here = replicas.controller();
        boolean pending =
                here != null && leads(ShardMap.CONTROLLER) && here.isPending(arrived.shardId(), arrived.number());
        Step step = new Step(ShardMap.CONTROLLER, arrived.shardId(), arrived.number());
        if (pending && steps.isDue(step)) {
            steps.propose(step, Controller.moved(arrived.shardId(), arrived.number()), () -> {});
        }
    }

    /** Takes what another node says of moves; other notes are not for it. */
    public void receive(int from, Note note, long nowMs) {
        steps.at(nowMs);
        if (note instanceof Note.Pull pull) {
            Note.Piece own = giver.take(from, pull);
            if (own != null) {
                receive(nodeId, own, nowMs);
            }
        } else if (note instanceof Note.Piece piece) {
            taker.take(piece, machines.get(piece.toGroupId()), map.get());
        } else if (note instanceof Note.Arrived arrived) {
            take(arrived);
        }
    }
}
