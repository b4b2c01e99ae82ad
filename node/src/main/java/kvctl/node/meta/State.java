package kvctl.node.meta;

import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Configuration;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.ShardMap;
import kvctl.storage.Tables;

/** The newest configuration and how far it is carried out: everything that changes without a new configuration. */
final class State {
    private static final byte[] KEY = Rows.key(0);

    /** The one before {@link #newest}; null if that is the first. */
    private Configuration before;

    private Configuration newest;

    /** Shards that still belong to the group of {@link #before}. */
    private final BitSet pending = new BitSet();

    private int nextGroupId;
    private ShardMap.Steering steering;

    /** Log index of the last entry that changed anything here. */
    private long revision;

    private State() {}

    /** The state before the first entry. */
    static State first(Configuration first) {
        State state = new State();
        state.newest = first;
        state.steering = ShardMap.Steering.FREE;
        state.nextGroupId = 1;
        first.groups().forEach(group -> state.nextGroupId = Math.max(state.nextGroupId, group.groupId() + 1));
        return state;
    }

    static State read(Tables.Table table, Configurations configurations) {
        String what = "the state";
        BytesReader row = Rows.open(KEY, table.get(KEY), what);
        try {
            State state = new State();
            long number = row.varint();
            state.newest = configurations.get(number).configuration();
            state.before = number == 1 ? null : configurations.get(number - 1).configuration();
            state.nextGroupId = row.varint(Integer.MAX_VALUE);
            state.revision = row.varint();
            state.steering = new ShardMap.Steering(row.bool(), row.varint());
            for (int left = row.count(1); left > 0; left--) {
                state.pending.set(row.varint(state.newest.shardGroups().length - 1));
            }
            row.end();
            return state;
        } catch (ProtocolException e) {
            throw new IllegalStateException(what + " has another form: " + e.getMessage(), e);
        }
    }

    void write(Tables.Table table) {
        BytesWriter row = Rows.begin();
        row.varint(newest.number());
        row.varint(nextGroupId);
        row.varint(revision);
        row.bool(steering.paused());
        row.varint(steering.bytesPerS());
        row.varint(pending.cardinality());
        pending.stream().forEach(row::varint);
        table.put(KEY, Rows.sealed(KEY, row));
    }

    Configuration before() {
        return before;
    }

    Configuration newest() {
        return newest;
    }

    int nextGroupId() {
        return nextGroupId;
    }

    long revision() {
        return revision;
    }

    int movesLeft() {
        return pending.cardinality();
    }

    /** All moves of the newest configuration, finished or not. */
    int moves() {
        return before == null ? 0 : before.movesTo(newest).size();
    }

    boolean isPending(int shardId, long number) {
        return number == newest.number() && shardId >= 0 && pending.get(shardId);
    }

    /** Begins to carry out {@code next}; nothing is pending of the one before. */
    void begin(Configuration next, long index) {
        before = newest;
        newest = next;
        before.movesTo(newest).forEach(move -> pending.set(move.shardId()));
        next.groups().forEach(group -> nextGroupId = Math.max(nextGroupId, group.groupId() + 1));
        revision = index;
    }

    /** The shard, which is pending, has arrived. */
    void moved(int shardId, long index) {
        pending.clear(shardId);
        revision = index;
    }

    /** Changes nothing if moves are steered so already. */
    void steer(Command.Steer steer, long index) {
        ShardMap.Steering wanted = new ShardMap.Steering(
                steer.paused() == null ? steering.paused() : steer.paused(),
                steer.bytesPerS() < 0 ? steering.bytesPerS() : steer.bytesPerS());
        if (!wanted.equals(steering)) {
            steering = wanted;
            revision = index;
        }
    }

    /** @param first has what no change touches: nodes, the controller's group, the cluster's id */
    ShardMap map(ShardMap first) {
        int[] shardGroups = newest.shardGroups().clone();
        int[] movingTo = new int[shardGroups.length];
        pending.stream().forEach(shard -> {
            movingTo[shard] = shardGroups[shard];
            shardGroups[shard] = before.shardGroups()[shard];
        });
        SortedMap<Integer, ShardMap.Group> groups = new TreeMap<>();
        groups.put(ShardMap.CONTROLLER, first.group(ShardMap.CONTROLLER));
        newest.groups().forEach(group -> groups.put(group.groupId(), group(group)));
        if (!pending.isEmpty()) { // who leaves stays up until everything has arrived (HAZARDS G11)
            before.groups().forEach(group -> groups.put(group.groupId(), group(group)));
        }
        return new ShardMap(
                revision,
                newest.number(),
                first.clusterId(),
                shardGroups,
                movingTo,
                List.copyOf(groups.values()),
                first.nodes(),
                steering);
    }

    private static ShardMap.Group group(Configuration.Group group) {
        return new ShardMap.Group(group.groupId(), group.name(), group.nodeIds(), 0);
    }
}
