package kvctl.node.meta;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import kvctl.node.kv.KvMachine;
import kvctl.node.kv.ShardChunk;
import kvctl.node.kv.ShardState;
import kvctl.node.meta.Steps.Step;
import kvctl.protocol.ShardMap;
import kvctl.raft.Turn;

/**
 * The source's side of moves: answers pulls from whatever its replica has applied, and where it leads, begins the copy,
 * freezes the shard when little is left, and deletes it when it is served elsewhere.
 */
final class Giver {
    private final int nodeId;
    private final Turn turn;
    private final SortedMap<Integer, KvMachine> machines;
    private final Supplier<ShardMap> map;
    private final Notes notes;
    private final Steps steps;
    private final Map<Step, Progress> progress = new TreeMap<>();

    /** How the changes of a shard get fewer, as the source's leader sees it. */
    private static final class Progress {
        int pieces;
        int leftBefore = Integer.MAX_VALUE;

        /** True if the last pieces have not brought the end much nearer. */
        boolean isHopeless(int changesLeft, Pace pace) {
            if (++pieces < pace.hopelessPieces()) {
                return false;
            }
            boolean hopeless = changesLeft >= leftBefore / 2 && changesLeft <= pace.hopelessChanges();
            pieces = 0;
            leftBefore = changesLeft;
            return hopeless;
        }
    }

    Giver(
            int nodeId,
            Turn turn,
            SortedMap<Integer, KvMachine> machines,
            Supplier<ShardMap> map,
            Notes notes,
            Steps steps) {
        this.nodeId = nodeId;
        this.turn = turn;
        this.machines = machines;
        this.map = map;
        this.notes = notes;
        this.steps = steps;
    }

    private boolean leads(int groupId) {
        return turn.leaderId(groupId) == nodeId;
    }

    /**
     * Answers a pull.
     *
     * @param from node that sent it: the asker, or one of the group that hands it on to its leader
     * @return what to do with the answer if the asker is this node itself; null if it was sent
     */
    Note.Piece take(int from, Note.Pull pull) {
        KvMachine machine = machines.get(pull.fromGroupId());
        ShardChunk chunk = null;
        boolean frozen = false;
        int leaderId = turn.leaderId(pull.fromGroupId());
        if (machine != null) {
            ShardState state = machine.shard(pull.shardId());
            frozen = state.status() == ShardState.Status.FROZEN && state.number() == pull.number();
            chunk = machine.chunk(
                    pull.shardId(), pull.number(), pull.cursor(), steps.pace().pieceBytes());
            if (leaderId == nodeId) {
                drive(pull, state, chunk);
            } else if (leaderId != 0 && leaderId != from && from == pull.askerId() && !frozen) {
                tellLeader(leaderId, pull, chunk);
            }
        }
        Note.Piece piece = new Note.Piece(pull.shardId(), pull.number(), pull.toGroupId(), leaderId, frozen, chunk);
        if (pull.askerId() == nodeId) {
            return piece;
        }
        notes.send(pull.askerId(), piece);
        return null;
    }

    /** Only the leader can begin the copy and freeze the shard, and the asker may not reach it. */
    private void tellLeader(int leaderId, Note.Pull pull, ShardChunk chunk) {
        if (isFruitless(chunk) || KvMachine.isAmongChanges(pull.cursor())) {
            notes.send(leaderId, pull);
        }
    }

    /** Brings nobody further. */
    static boolean isFruitless(ShardChunk chunk) {
        return chunk == null || !chunk.last() && java.util.Arrays.equals(chunk.before(), chunk.after());
    }

    /** Nothing begins and nothing is frozen while moves are paused: that would be a shard that nobody serves. */
    private void drive(Note.Pull pull, ShardState state, ShardChunk chunk) {
        Step step = new Step(pull.fromGroupId(), pull.shardId(), pull.number());
        if (map.get().steering().paused()) {
            return;
        }
        if (state.status() == ShardState.Status.SERVING && state.number() < pull.number()) {
            if (steps.isDue(step)) {
                steps.propose(
                        step, KvMachine.copy(pull.shardId(), pull.number(), pull.toGroupId()), () -> answerAgain(pull));
            }
        } else if (state.status() == ShardState.Status.COPYING && isTimeToFreeze(step, pull, chunk)) {
            if (steps.isDue(step)) {
                steps.propose(step, KvMachine.freeze(pull.shardId(), pull.number()), () -> answerAgain(pull));
            }
        }
    }

    /**
     * The rows must have arrived: a cursor among the changes proves that the other group has committed them, so it can
     * commit the rest.
     */
    private boolean isTimeToFreeze(Step step, Note.Pull pull, ShardChunk chunk) {
        if (chunk == null || !KvMachine.isAmongChanges(pull.cursor())) {
            return false;
        }
        boolean hopeless =
                progress.computeIfAbsent(step, s -> new Progress()).isHopeless(chunk.changesLeft(), steps.pace());
        return chunk.changesLeft() <= steps.pace().freezeAtChanges() || hopeless;
    }

    /** The asker need not wait until it asks again. */
    private void answerAgain(Note.Pull pull) {
        if (pull.askerId() != nodeId) {
            take(pull.askerId(), pull);
        }
    }

    /** Deletes shards that the map says are served elsewhere since the configuration they were frozen for (HAZARDS G9). */
    void drop(int groupId, KvMachine machine, ShardMap current) {
        for (ShardState state : machine.shards()) {
            boolean gone = state.status() == ShardState.Status.FROZEN
                    && current.number() >= state.number()
                    && current.shardGroups()[state.shardId()] != groupId;
            Step step = new Step(groupId, state.shardId(), state.number());
            if (gone && steps.isDue(step)) {
                steps.propose(step, KvMachine.drop(state.shardId(), state.number()), () -> {});
            }
        }
    }

    /** Forgets what no move needs any more. */
    void forget(ShardMap current) {
        progress.keySet().removeIf(step -> step.number() != current.number() || !leads(step.groupId()));
    }
}
