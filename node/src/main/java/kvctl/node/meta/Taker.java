package kvctl.node.meta;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kvctl.node.kv.KvMachine;
import kvctl.node.kv.ShardChunk;
import kvctl.node.kv.ShardState;
import kvctl.node.meta.Steps.Step;
import kvctl.protocol.ShardMap;
import kvctl.raft.Turn;
import kvctl.raft.Waiter;

/** The receiving group's side of moves, where this node leads it: asks for one piece after the other and installs it. */
final class Taker {
    private static final long ANSWER_MS = 300;
    private static final long SOON_MS = 5;

    /** After so many pieces that brought nothing another node of the source is asked. */
    private static final int FRUITLESS = 10;

    private final int nodeId;
    private final Turn turn;
    private final Room room;
    private final Steps steps;
    private final Map<Step, Pulling> pullings = new TreeMap<>();
    private final Map<Integer, Long> allowedAtMs = new TreeMap<>();
    private ShardMap.Steering steering = ShardMap.Steering.FREE;

    /** A shard that is being received. Nothing in it is needed by the next leader. */
    private static final class Pulling {
        int source;
        int silent; // The node that has not answered last.
        boolean asked;
        int fruitless;
        boolean installing;
        long nextMs;
        String waitsFor = "";
    }

    Taker(int nodeId, Turn turn, Room room, Steps steps) {
        this.nodeId = nodeId;
        this.turn = turn;
        this.room = room;
        this.steps = steps;
    }

    /** What a shard waits for; null if it is not being received. */
    String waitsFor(Step step) {
        Pulling pulling = pullings.get(step);
        return pulling == null ? null : pulling.waitsFor;
    }

    /** Forgets moves that are over, and debts of another throttle. */
    void forget(ShardMap current) {
        pullings.keySet().removeIf(step -> step.number() != current.number() || !leads(step.groupId()));
        if (!steering.equals(current.steering())) {
            steering = current.steering();
            allowedAtMs.clear();
        }
    }

    void arrived(Step step) {
        pullings.remove(step);
    }

    private boolean leads(int groupId) {
        return turn.leaderId(groupId) == nodeId;
    }

    /**
     * Takes a shard on, if it can go on now.
     *
     * @param taken how many shards are being taken from each group in this round; is counted on
     * @return the pull to be answered, if this node has a replica of the source too and is to ask itself; else null
     */
    Note.Pull receive(int groupId, ShardState state, ShardMap current, Map<Integer, Integer> taken, Notes notes) {
        Step step = new Step(groupId, state.shardId(), current.number());
        boolean isNew = state.status() == ShardState.Status.GONE;
        if (!isNew && state.status() != ShardState.Status.RECEIVING) {
            pullings.computeIfAbsent(step, s -> new Pulling()).waitsFor =
                    "what is left of its earlier stay to be deleted";
            steps.wakeBy(steps.nowMs() + Steps.AGAIN_MS);
            return null;
        }
        int from = current.shardGroups()[state.shardId()];
        if (isNew
                && (steering.paused()
                        || taken.getOrDefault(from, 0) >= steps.pace().shardsAtATime())) {
            return null;
        }
        taken.merge(from, 1, Integer::sum);
        Pulling pulling = pullings.computeIfAbsent(step, s -> new Pulling());
        if (pulling.installing) {
            return null;
        }
        if (pulling.nextMs > steps.nowMs()) {
            steps.wakeBy(pulling.nextMs);
            return null;
        }
        if (from == ShardMap.NO_GROUP) {
            install(step, pulling, ShardChunk.empty(state.shardId(), current.number()), from);
            return null;
        }
        String full = room.fullNode(current, groupId, KvMachine.isAmongChanges(state.cursor()), id -> true);
        if (full != null) {
            pulling.waitsFor = "the disk of " + full + ", which is nearly full";
            pulling.nextMs = steps.nowMs() + ANSWER_MS;
            steps.wakeBy(pulling.nextMs);
            return null;
        }
        long allowedMs = allowedAtMs.getOrDefault(groupId, 0L);
        if (allowedMs > steps.nowMs() && !KvMachine.isAmongChanges(state.cursor())) {
            pulling.waitsFor = "the throttle";
            steps.wakeBy(allowedMs);
            return null;
        }
        ShardMap.Group source = current.group(from);
        Note.Pull pull = new Note.Pull(state.shardId(), current.number(), from, groupId, nodeId, state.cursor());
        ask(pulling, source);
        if (pulling.source != nodeId) {
            notes.send(pulling.source, pull);
            return null;
        }
        return pull;
    }

    private void ask(Pulling pulling, ShardMap.Group source) {
        int known = turn.leaderId(source.groupId());
        if (pulling.source == 0) {
            pulling.source = known != 0 ? known : source.nodeIds().get(0);
        } else if (pulling.asked) {
            pulling.waitsFor = "an answer of " + source.name();
            pulling.silent = pulling.source;
            pulling.source = next(source.nodeIds(), pulling.source);
        } else if (pulling.fruitless > 0 && pulling.fruitless % FRUITLESS == 0) {
            pulling.source = next(source.nodeIds(), pulling.source);
        }
        pulling.asked = true;
        pulling.nextMs = steps.nowMs() + ANSWER_MS;
        steps.wakeBy(pulling.nextMs);
    }

    private static int next(List<Integer> nodeIds, int after) {
        return nodeIds.get((nodeIds.indexOf(after) + 1) % nodeIds.size());
    }

    /** Takes a piece that was asked for, or drops it. */
    void take(Note.Piece piece, KvMachine machine, ShardMap current) {
        Step step = new Step(piece.toGroupId(), piece.shardId(), piece.number());
        Pulling pulling = pullings.get(step);
        if (pulling == null || pulling.installing || machine == null || !leads(step.groupId())) {
            return;
        }
        pulling.asked = false;
        ShardChunk chunk = piece.chunk();
        if (Giver.isFruitless(chunk)) {
            fruitless(pulling, piece);
            return;
        }
        if (steering.paused() && !piece.frozen()) {
            pulling.nextMs = steps.nowMs() + ANSWER_MS; // Only what is frozen goes on: else nobody would serve it.
            steps.wakeBy(pulling.nextMs);
            return;
        }
        if (Arrays.equals(machine.shard(step.shardId()).cursor(), chunk.before())) {
            pulling.fruitless = 0;
            owe(step.groupId(), chunk);
            install(step, pulling, chunk, current.shardGroups()[step.shardId()]);
        }
    }

    private void fruitless(Pulling pulling, Note.Piece piece) {
        pulling.fruitless++;
        boolean isElsewhere = piece.leaderId() != 0 && piece.leaderId() != pulling.source;
        if (isElsewhere && piece.leaderId() != pulling.silent && pulling.fruitless % FRUITLESS != 0) {
            pulling.source = piece.leaderId();
        }
        pulling.waitsFor = piece.chunk() == null ? "the source to begin" : "the source to freeze it";
        pulling.nextMs = steps.nowMs() + (steering.paused() ? ANSWER_MS : SOON_MS);
        steps.wakeBy(pulling.nextMs);
    }

    /** Rows are throttled; changes are not, or they would come faster than they are taken. */
    private void owe(int groupId, ShardChunk chunk) {
        boolean rows = chunk.changesLeft() == Integer.MAX_VALUE;
        if (rows && steering.bytesPerS() > 0) {
            long waitMs = chunk.rows().length * 1000L / steering.bytesPerS();
            allowedAtMs.merge(groupId, steps.nowMs() + waitMs, (before, first) -> Math.max(before + waitMs, first));
        }
    }

    private void install(Step step, Pulling pulling, ShardChunk chunk, int fromGroupId) {
        pulling.installing = true;
        pulling.waitsFor = "";
        turn.propose(step.groupId(), KvMachine.install(chunk, fromGroupId), new Waiter() {
            @Override
            public void done(long index, Object reply) {
                pulling.installing = false;
                pulling.nextMs = steps.nowMs();
                steps.wakeBy(steps.nowMs());
            }

            @Override
            public void failed(Failure why) {
                pulling.installing = false;
                pulling.nextMs = steps.nowMs() + Steps.AGAIN_MS;
                steps.wakeBy(pulling.nextMs);
            }
        });
    }
}
