package kvctl.node.sim;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import kvctl.node.Core;
import kvctl.node.kv.KvMachine;
import kvctl.node.kv.ShardState;
import kvctl.node.meta.Controller;
import kvctl.protocol.ShardMap;

/**
 * Looks at each node after each of its turns. What a group's state is, is what its most advanced replica has ever applied:
 * a replica that lags behind may say that its group serves a shard which it does not serve any more.
 */
final class ClusterChecks {
    /** Indexes between comparisons: a hash reads the whole state. */
    private static final long HASH_EVERY = 16;

    private static final long HASHES_MAX = 4_000;

    /** What the most advanced replica of a group says. */
    static final class GroupView {
        final ShardState[] shards;
        long appliedIndex = -1;

        GroupView(int shardCount) {
            shards = new ShardState[shardCount];
        }

        ShardState.Status status(int shardId) {
            return shards[shardId] == null ? ShardState.Status.GONE : shards[shardId].status();
        }

        boolean serves(int shardId) {
            ShardState.Status status = status(shardId);
            return status == ShardState.Status.SERVING || status == ShardState.Status.COPYING;
        }
    }

    /** How far a node was when it was looked at last. */
    private static final class NodeView {
        final Map<Integer, Long> applied = new HashMap<>();
        int incarnation;
        int forgot;
        long number;
        long revision;
    }

    private final int shardCount;
    private final boolean hashing;
    private final Underway underway;
    private final TreeMap<Integer, GroupView> groups = new TreeMap<>();
    private final TreeMap<Integer, NodeView> nodes = new TreeMap<>();
    private final Map<String, Integer> servedUnder = new HashMap<>();
    private final Map<Integer, Map<Long, Long>> hashes = new HashMap<>();
    private ShardMap newest;
    private long configurations;
    private long finishedMoves;
    private Runnable changed = () -> {};

    /**
     * @param hashing compares the replicas' whole states, which costs time where they are large
     * @param underway is told where shards are on their way
     */
    ClusterChecks(ShardMap first, boolean hashing, Underway underway) {
        this.underway = underway;
        this.shardCount = first.shardGroups().length;
        this.newest = first;
        this.hashing = hashing;
    }

    /** Called when the state of a group or the newest map has changed. */
    void onChange(Runnable reaction) {
        changed = reaction;
    }

    GroupView group(int groupId) {
        return groups.computeIfAbsent(groupId, id -> new GroupView(shardCount));
    }

    /** The newest map that any replica of the controller has applied. */
    ShardMap newest() {
        return newest;
    }

    /** Configurations made so far, the first one not counted. */
    long configurations() {
        return configurations;
    }

    /** Shards that have arrived so far. */
    long finishedMoves() {
        return finishedMoves;
    }

    void stepped(SimServer server) {
        Core core = server.core();
        NodeView view = nodes.computeIfAbsent(server.nodeId(), id -> new NodeView());
        if (view.incarnation != server.incarnation()) {
            view.incarnation = server.incarnation();
            view.applied.clear();
        }
        if (view.forgot != server.forgot()) { // Its disk has lost what it promised: it may know an older map.
            view.forgot = server.forgot();
            view.number = 0;
            view.revision = 0;
        }
        boolean news = checkMap(server, view);
        for (int groupId : core.groups()) {
            if (groupId == ShardMap.CONTROLLER) {
                news |= checkController(core.controller());
                continue;
            }
            KvMachine machine = core.machine(groupId);
            long applied = machine.lastApplied();
            Long before = view.applied.put(groupId, applied);
            if (before == null || before != applied) {
                if (hashing && applied % HASH_EVERY == 0) {
                    checkHash(server, groupId, machine, applied);
                }
                news |= advance(groupId, machine, applied);
            }
        }
        if (news) {
            changed.run();
        }
    }

    private boolean checkMap(SimServer server, NodeView view) {
        ShardMap map = server.core().map();
        Breach.unless(
                map.number() >= view.number && map.revision() >= view.revision,
                Rule.CONFIGURATIONS_IN_ORDER,
                "n%d goes back from configuration %d, revision %d to %d, %d",
                server.nodeId(),
                view.number,
                view.revision,
                map.number(),
                map.revision());
        boolean news = map.revision() != view.revision;
        view.number = map.number();
        view.revision = map.revision();
        return news;
    }

    private boolean checkController(Controller controller) {
        ShardMap map = controller.map();
        if (map.revision() <= newest.revision()) {
            return false;
        }
        Breach.unless(
                map.number() >= newest.number(),
                Rule.CONFIGURATIONS_IN_ORDER,
                "configuration %d comes after %d",
                map.number(),
                newest.number());
        if (map.number() > newest.number()) {
            configurations += map.number() - newest.number();
            checkAllInPlace(map);
        }
        for (int shard = 0; shard < shardCount; shard++) {
            if (newest.movingTo()[shard] != 0 && map.shardGroups()[shard] == newest.movingTo()[shard]) {
                finishedMoves++;
            }
        }
        newest = map;
        groups.forEach((groupId, view) -> {
            for (int shard = 0; shard < shardCount; shard++) {
                tell(groupId, view, shard);
            }
        });
        return true;
    }

    private void tell(int groupId, GroupView view, int shard) {
        underway.shard(
                groupId,
                shard,
                switch (view.status(shard)) {
                    case SERVING, GONE -> null;
                    case COPYING -> Coverage.Operation.COPY;
                    case RECEIVING -> Coverage.Operation.INSTALL;
                    case FROZEN ->
                        newest.shardGroups()[shard] == groupId ? Coverage.Operation.FREEZE : Coverage.Operation.CLEAR;
                });
    }

    /** Nothing of the configurations before may be under way when one begins. */
    private void checkAllInPlace(ShardMap map) {
        for (int shard = 0; shard < shardCount; shard++) {
            int owner = map.shardGroups()[shard];
            if (owner == ShardMap.NO_GROUP || group(owner).appliedIndex < 0) {
                continue;
            }
            Breach.unless(
                    group(owner).serves(shard),
                    Rule.ONE_CHANGE_AT_A_TIME,
                    "configuration %d begins, and shard %d is %s in its owner, group %d",
                    map.number(),
                    shard,
                    group(owner).status(shard),
                    owner);
        }
    }

    private void checkHash(SimServer server, int groupId, KvMachine machine, long applied) {
        Map<Long, Long> known = hashes.computeIfAbsent(groupId, id -> new HashMap<>());
        if (known.size() > HASHES_MAX) {
            known.clear();
        }
        long hash = machine.stateHash();
        Long other = known.putIfAbsent(applied, hash);
        Breach.unless(
                other == null || other == hash,
                Rule.EQUAL_REPLICAS,
                "n%d has another state of group %d at index %d than a replica before it",
                server.nodeId(),
                groupId,
                applied);
    }

    private boolean advance(int groupId, KvMachine machine, long applied) {
        GroupView view = group(groupId);
        if (applied <= view.appliedIndex) {
            return false;
        }
        view.appliedIndex = applied;
        boolean news = false;
        for (int shard = 0; shard < shardCount; shard++) {
            ShardState before = view.shards[shard];
            ShardState now = machine.shard(shard);
            view.shards[shard] = now;
            boolean same = before != null
                    && before.status() == now.status()
                    && before.number() == now.number()
                    && Arrays.equals(before.cursor(), now.cursor());
            if (!same) {
                news = true;
                checkOwner(groupId, view, shard, now);
                tell(groupId, view, shard);
            }
        }
        return news;
    }

    private void checkOwner(int groupId, GroupView view, int shard, ShardState now) {
        if (now.status() == ShardState.Status.SERVING) {
            Integer other = servedUnder.putIfAbsent(shard + "/" + now.number(), groupId);
            Breach.unless(
                    other == null || other == groupId,
                    Rule.ONE_OWNER,
                    "groups %d and %d both served shard %d under configuration %d",
                    other,
                    groupId,
                    shard,
                    now.number());
        }
        if (!view.serves(shard)) {
            return;
        }
        groups.forEach((otherId, other) -> Breach.unless(
                otherId == groupId || !other.serves(shard),
                Rule.ONE_OWNER,
                "groups %d (index %d) and %d (index %d) serve shard %d: %s, %s",
                groupId,
                view.appliedIndex,
                otherId,
                other.appliedIndex,
                shard,
                now,
                other.shards[shard]));
    }
}
