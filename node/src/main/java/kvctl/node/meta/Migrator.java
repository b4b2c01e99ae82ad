package kvctl.node.meta;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import kvctl.node.kv.KvMachine;
import kvctl.node.kv.ShardChunk;
import kvctl.node.kv.ShardState;
import kvctl.protocol.ShardMap;
import kvctl.raft.Turn;
import kvctl.raft.Waiter;

/**
 * Carries out moves for the groups that this node leads (HAZARDS G12). What is to be done follows from the newest map and
 * from the shards' replicated states alone; what is kept here is only whom was asked when, so any other leader can go on
 * at any time. DESIGN §5 in steps:
 *
 * <ol>
 *   <li>The receiving group's leader asks a node of the source for the piece after its cursor ({@link Note.Pull}).
 *   <li>The source's leader begins to note changes (copy), and freezes the shard when few of them are left.
 *   <li>Each piece becomes an entry of the receiving group (install); the last one makes it serve the shard.
 *   <li>The receiving leader tells the controller ({@link Note.Arrived}), whose leader makes an entry of it; the map changes.
 *   <li>The source's leader sees that in the map and deletes what it has (drop).
 * </ol>
 *
 * <p>One thread uses it: the node's loop. No clocks, no dice.
 */
public final class Migrator {
    /** Shards that one group takes in at a time from one other: a source that is dead must not hold up the rest (G10). */
    static final int SHARDS_AT_A_TIME = 2;

    /** Bytes of rows in one piece: small, because its entry holds up the turn of all groups of a node. */
    static final int PIECE_BYTES = 64 << 10;

    /** The source freezes a shard when so few changes are left; what is left then is the pause that clients see. */
    static final int FREEZE_AT_CHANGES = 64;

    /** Or after so many pieces of changes, if writes come as fast as they are copied. */
    static final int FREEZE_AFTER_PIECES = 50;

    private static final long ANSWER_MS = 300;
    private static final long SOON_MS = 5;
    private static final long AGAIN_MS = 100;

    private final int nodeId;
    private final Turn turn;
    private final SortedMap<Integer, KvMachine> machines;
    private final Supplier<Controller> controller;
    private final Supplier<ShardMap> map;
    private final Notes notes;

    private final Map<Key, Pulling> pullings = new TreeMap<>();
    private final Map<Key, Long> proposed = new HashMap<>();
    private final Map<Key, Integer> changePieces = new HashMap<>();
    private long nextMs = Long.MAX_VALUE;
    private long nowMs;
    private long allowedAtMs;

    /** One step of one shard at one group. */
    private record Key(int groupId, int shardId, long number) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byGroup = Integer.compare(groupId, other.groupId);
            int byShard = Integer.compare(shardId, other.shardId);
            return byGroup != 0 ? byGroup : byShard != 0 ? byShard : Long.compare(number, other.number);
        }
    }

    /** A shard that is being received, as the receiving leader sees it. */
    private static final class Pulling {
        int source;
        boolean asked;
        boolean installing;
        long nextMs;
        String waitsFor = "";
    }

    /**
     * @param machines of the groups with a replica here; as it changes
     * @param controller the controller's replica here, or null
     * @param map the newest known, without leaders
     */
    public Migrator(
            int nodeId,
            Turn turn,
            SortedMap<Integer, KvMachine> machines,
            Supplier<Controller> controller,
            Supplier<ShardMap> map,
            Notes notes) {
        this.nodeId = nodeId;
        this.turn = turn;
        this.machines = machines;
        this.controller = controller;
        this.map = map;
        this.notes = notes;
    }

    private boolean leads(int groupId) {
        return turn.leaderId(groupId) == nodeId;
    }

    /** What the move of a shard into a group waits for, as its leader here sees it; empty if it goes on. */
    public String waitsFor(int groupId, int shardId) {
        if (map.get().steering().paused()) {
            return "migrate resume";
        }
        Pulling pulling = pullings.get(new Key(groupId, shardId, map.get().number()));
        return pulling == null ? leads(groupId) ? "its turn" : "" : pulling.waitsFor;
    }

    /** When to call {@link #tick} next. */
    public long nextDeadlineMs() {
        return nextMs;
    }

    private void wakeBy(long atMs) {
        nextMs = Math.min(nextMs, atMs);
    }

    /** Does what is to be done; to be called after every turn. */
    public void tick(long now) {
        nowMs = now;
        nextMs = Long.MAX_VALUE;
        ShardMap current = map.get();
        pullings.keySet().removeIf(key -> key.number() != current.number() || !leads(key.groupId()));
        proposed.values().removeIf(untilMs -> untilMs <= now);
        for (Map.Entry<Integer, KvMachine> each : machines.entrySet()) {
            if (leads(each.getKey())) {
                receiveShards(each.getKey(), each.getValue(), current);
                dropShards(each.getKey(), each.getValue(), current);
            }
        }
        if (current.moves() == 0) {
            changePieces.clear();
        }
    }

    // --- the receiving group ---

    private void receiveShards(int groupId, KvMachine machine, ShardMap current) {
        Map<Integer, Integer> busy = new HashMap<>();
        for (int shard = 0; shard < current.movingTo().length; shard++) {
            if (current.movingTo()[shard] != groupId) {
                continue;
            }
            ShardState state = machine.shard(shard);
            if (state.number() == current.number() && state.status() != ShardState.Status.RECEIVING) {
                arrived(groupId, shard, current);
            } else if (!current.steering().paused()
                    && busy.merge(current.shardGroups()[shard], 1, Integer::sum) <= SHARDS_AT_A_TIME) {
                receive(groupId, machine, state, current);
            }
        }
    }

    private void arrived(int groupId, int shardId, ShardMap current) {
        Key key = new Key(groupId, shardId, current.number());
        pullings.remove(key);
        if (isDue(key)) {
            Note.Arrived arrived = new Note.Arrived(shardId, current.number());
            for (int to : current.group(ShardMap.CONTROLLER).nodeIds()) {
                if (to == nodeId) {
                    take(arrived);
                } else {
                    notes.send(to, arrived);
                }
            }
        }
    }

    private void receive(int groupId, KvMachine machine, ShardState state, ShardMap current) {
        Key key = new Key(groupId, state.shardId(), current.number());
        Pulling pulling = pullings.computeIfAbsent(key, k -> new Pulling());
        boolean isHere = state.status() != ShardState.Status.GONE && state.status() != ShardState.Status.RECEIVING;
        if (isHere) {
            pulling.waitsFor = "what is left of its earlier stay to be deleted";
            wakeBy(nowMs + AGAIN_MS);
            return;
        }
        if (pulling.installing) {
            return;
        }
        if (pulling.nextMs > nowMs) {
            wakeBy(pulling.nextMs);
            return;
        }
        int from = current.shardGroups()[state.shardId()];
        if (from == ShardMap.NO_GROUP) {
            install(key, pulling, ShardChunk.empty(state.shardId(), current.number()), from);
            return;
        }
        if (allowedAtMs > nowMs) {
            pulling.waitsFor = "the throttle";
            wakeBy(allowedAtMs);
            return;
        }
        ask(key, pulling, new Note.Pull(key.shardId(), key.number(), from, groupId, state.cursor()), current);
    }

    private void ask(Key key, Pulling pulling, Note.Pull pull, ShardMap current) {
        ShardMap.Group source = current.group(pull.fromGroupId());
        int known = turn.leaderId(pull.fromGroupId());
        if (pulling.asked || pulling.source == 0) {
            if (pulling.asked) {
                pulling.waitsFor = "an answer of " + source.name();
            }
            pulling.source = known != 0 && known != pulling.source ? known : next(source.nodeIds(), pulling.source);
        }
        pulling.asked = true;
        pulling.nextMs = nowMs + ANSWER_MS;
        wakeBy(pulling.nextMs);
        if (pulling.source == nodeId) {
            take(nodeId, pull);
        } else {
            notes.send(pulling.source, pull);
        }
    }

    private static int next(List<Integer> nodeIds, int after) {
        return nodeIds.get((nodeIds.indexOf(after) + 1) % nodeIds.size());
    }

    private void take(Note.Piece piece) {
        Key key = new Key(piece.toGroupId(), piece.shardId(), piece.number());
        Pulling pulling = pullings.get(key);
        if (pulling == null || pulling.installing || !leads(key.groupId())) {
            return;
        }
        pulling.asked = false;
        if (piece.leaderId() != 0) {
            pulling.source = piece.leaderId();
        }
        ShardChunk chunk = piece.chunk();
        if (chunk == null || !chunk.last() && java.util.Arrays.equals(chunk.before(), chunk.after())) {
            pulling.waitsFor = chunk == null ? "the source to begin" : "the source to freeze it";
            pulling.nextMs = nowMs + SOON_MS;
            wakeBy(pulling.nextMs);
            return;
        }
        ShardState state = machines.get(key.groupId()).shard(key.shardId());
        if (java.util.Arrays.equals(state.cursor(), chunk.before())) {
            long bytesPerS = map.get().steering().bytesPerS();
            long waitMs = bytesPerS == 0 ? 0 : chunk.rows().length * 1000L / bytesPerS;
            allowedAtMs = Math.max(allowedAtMs, nowMs) + waitMs;
            install(key, pulling, chunk, map.get().shardGroups()[key.shardId()]);
        }
    }

    private void install(Key key, Pulling pulling, ShardChunk chunk, int fromGroupId) {
        pulling.installing = true;
        pulling.waitsFor = "";
        turn.propose(key.groupId(), KvMachine.install(chunk, fromGroupId), new Waiter() {
            @Override
            public void done(long index, Object reply) {
                pulling.installing = false;
                pulling.nextMs = nowMs;
                wakeBy(nowMs);
            }

            @Override
            public void failed(Failure why) {
                pulling.installing = false;
                pulling.nextMs = nowMs + AGAIN_MS;
                wakeBy(pulling.nextMs);
            }
        });
    }

    // --- the source ---

    private void take(int from, Note.Pull pull) {
        KvMachine machine = machines.get(pull.fromGroupId());
        if (machine == null) {
            return;
        }
        ShardState state = machine.shard(pull.shardId());
        boolean leads = leads(pull.fromGroupId());
        Key key = new Key(pull.fromGroupId(), pull.shardId(), pull.number());
        if (leads && state.status() == ShardState.Status.SERVING && state.number() < pull.number() && isDue(key)) {
            propose(key, KvMachine.copy(pull.shardId(), pull.number(), pull.toGroupId()));
        }
        ShardChunk chunk = machine.chunk(pull.shardId(), pull.number(), pull.cursor(), PIECE_BYTES);
        boolean changes = chunk != null && chunk.changesLeft() != Integer.MAX_VALUE;
        if (changes && leads && state.status() == ShardState.Status.COPYING) {
            int pieces = changePieces.merge(key, 1, Integer::sum);
            boolean few = chunk.changesLeft() <= FREEZE_AT_CHANGES || pieces > FREEZE_AFTER_PIECES;
            if (few && isDue(key)) {
                propose(key, KvMachine.freeze(pull.shardId(), pull.number()));
            }
        }
        int leaderId = turn.leaderId(pull.fromGroupId());
        Note.Piece piece = new Note.Piece(pull.shardId(), pull.number(), pull.toGroupId(), leaderId, chunk);
        if (from == nodeId) {
            take(piece);
        } else {
            notes.send(from, piece);
        }
    }

    /** Deletes shards that the map says are served elsewhere since the configuration they were frozen for (HAZARDS G9). */
    private void dropShards(int groupId, KvMachine machine, ShardMap current) {
        for (ShardState state : machine.shards()) {
            boolean gone = state.status() == ShardState.Status.FROZEN
                    && current.number() >= state.number()
                    && current.shardGroups()[state.shardId()] != groupId;
            Key key = new Key(groupId, state.shardId(), state.number());
            if (gone && isDue(key)) {
                propose(key, KvMachine.drop(state.shardId(), state.number()));
            }
        }
    }

    /** True if the step was not taken just now; it is then taken to be. */
    private boolean isDue(Key key) {
        Long untilMs = proposed.get(key);
        if (untilMs != null && untilMs > nowMs) {
            wakeBy(untilMs);
            return false;
        }
        proposed.put(key, nowMs + AGAIN_MS);
        wakeBy(nowMs + AGAIN_MS);
        return true;
    }

    private void propose(Key key, byte[] command) {
        turn.propose(key.groupId(), command, new Waiter() {
            @Override
            public void done(long index, Object reply) {
                proposed.remove(key);
                wakeBy(nowMs);
            }

            @Override
            public void failed(Failure why) {
                // Tried again when it is due, by whoever leads then.
            }
        });
    }

    // --- the controller ---

    private void take(Note.Arrived arrived) {
        Controller here = controller.get();
        boolean pending =
                here != null && leads(ShardMap.CONTROLLER) && here.isPending(arrived.shardId(), arrived.number());
        Key key = new Key(ShardMap.CONTROLLER, arrived.shardId(), arrived.number());
        if (pending && isDue(key)) {
            propose(key, Controller.moved(arrived.shardId(), arrived.number()));
        }
    }

    /** Takes what another node says of moves; other notes are not for it. */
    public void receive(int from, Note note, long now) {
        nowMs = now;
        if (note instanceof Note.Pull pull) {
            take(from, pull);
        } else if (note instanceof Note.Piece piece) {
            take(piece);
        } else if (note instanceof Note.Arrived arrived) {
            take(arrived);
        }
    }

    /** Shards that groups led here receive or are to receive. */
    List<Integer> receiving() {
        List<Integer> shards = new ArrayList<>();
        pullings.keySet().forEach(key -> shards.add(key.shardId()));
        return shards;
    }
}
