package kvctl.node.meta;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;
import kvctl.raft.Entry;
import kvctl.raft.Message;

/**
 * Which nodes have so little disk left that they must not take more (HAZARDS D12). A disk that is full to the last byte stops
 * its node, so the last bytes are kept for what a node can't do without: votes, terms, and giving space back. Nodes tell each
 * other, because a group takes writes only if a majority of it can keep them. One thread uses it: the node's loop.
 *
 * <ul>
 *   <li>{@link Level#LITTLE}, below {@value NodeStatus#LITTLE_ROOM_BYTES} bytes: no puts, appends and shards that arrive;
 *       deletes are taken. A leader hands over to a follower that has more.
 *   <li>{@link Level#NONE}, below {@value #LAST_BYTES} bytes: nothing at all, and of what other leaders send only a
 *       little, so that a new leader can be sure of its term and serve reads. Snapshots are taken at {@link Level#ENOUGH} only.
 * </ul>
 */
public final class Room {
    /** Enough for some turns of all nodes of a machine. */
    static final long LAST_BYTES = 16 << 20;

    /** Of what others send, so much is taken at {@link Level#NONE}, each message counted with what it costs to store. */
    static final long LAST_TAKEN_BYTES = 4 << 20;

    private static final long ENTRIES_BYTES = 4 << 10;

    /** There must be more room for so long, so that a node does not change its mind all the time. */
    static final long BETTER_MS = 500;

    /** Between entries for a node that has no room. */
    private static final long TRY_MS = 200;

    static final long TELL_MS = 1000;
    static final long HEARD_MS = 5 * TELL_MS;

    /** How much a node can take. */
    public enum Level {
        ENOUGH,
        LITTLE,
        NONE
    }

    private record Heard(Level level, long untilMs) {}

    private final int nodeId;
    private final Notes notes;
    private final Map<Integer, Heard> others = new TreeMap<>();
    private long freeBytes = Long.MAX_VALUE;
    private Level own = Level.ENOUGH;
    private Level told = Level.ENOUGH;
    private long tellAtMs;
    private long nowMs;
    private long betterSinceMs;
    private long takenBytes;
    private final Map<Integer, Long> triedAtMs = new TreeMap<>();

    public Room(int nodeId, Notes notes) {
        this.nodeId = nodeId;
        this.notes = notes;
    }

    /** Looks at the own disk, in every turn; tells the others when that changed, and again while there is little. */
    public void look(long free, ShardMap map, long now) {
        nowMs = now;
        freeBytes = free;
        Level level = level(free);
        if (level.compareTo(own) >= 0) {
            betterSinceMs = now;
        }
        if (level.compareTo(own) > 0 || now - betterSinceMs >= BETTER_MS) {
            own = level;
            betterSinceMs = now;
            takenBytes = 0;
        }
        if (own == told && (own == Level.ENOUGH || now < tellAtMs)) {
            return;
        }
        told = own;
        tellAtMs = now + TELL_MS;
        for (ShardMap.Node node : map.nodes()) {
            if (node.nodeId() != nodeId) {
                notes.send(node.nodeId(), new Note.RoomLeft(own));
            }
        }
    }

    private static Level level(long free) {
        return free < LAST_BYTES ? Level.NONE : free < NodeStatus.LITTLE_ROOM_BYTES ? Level.LITTLE : Level.ENOUGH;
    }

    /** What another node says; silence means that it has enough. */
    public void hear(int from, Note.RoomLeft left) {
        others.put(from, new Heard(left.level(), nowMs + HEARD_MS));
    }

    public Level of(int otherId) {
        if (otherId == nodeId) {
            return own;
        }
        Heard heard = others.get(otherId);
        return heard == null || heard.untilMs() < nowMs ? Level.ENOUGH : heard.level();
    }

    /** Bytes that are left on the own disk. */
    public long freeBytes() {
        return freeBytes;
    }

    /**
     * Null if a group that this node leads may take what makes it bigger; otherwise the name of a node that is in the way.
     *
     * @param small it adds little, or takes away in the end
     * @param alive whether another member is there; asked only when some have no room
     */
    public String fullNode(ShardMap map, int groupId, boolean small, IntPredicate alive) {
        Level most = small ? Level.LITTLE : Level.ENOUGH;
        List<Integer> members = map.group(groupId).nodeIds();
        int full = of(nodeId).compareTo(most) > 0 ? nodeId : 0;
        for (int i = 0; i < members.size() && full == 0; i++) {
            full = of(members.get(i)).compareTo(most) > 0 ? members.get(i) : 0;
        }
        if (full == 0) {
            return null;
        }
        long able = members.stream()
                .filter(id -> of(id).compareTo(most) <= 0 && alive.test(id))
                .count();
        return full != nodeId && able > members.size() / 2 ? null : map.nodeName(full);
    }

    /**
     * False: what the message brings might not fit on the own disk, so it is to be treated as lost. At {@link Level#NONE}
     * a little is taken all the same, so that a new leader's first entry, and the few before it, can be committed.
     */
    public boolean takes(Message message) {
        if (message instanceof Message.AppendEntries append && own == Level.NONE && !isTiny(append)) {
            takenBytes += ENTRIES_BYTES
                    + append.entries().stream().mapToLong(Entry::sizeBytes).sum();
            return takenBytes <= LAST_TAKEN_BYTES;
        }
        return own == Level.ENOUGH || !(message instanceof Message.InstallSnapshot);
    }

    /** False: the other node is known to have no room for it. Entries are tried now and then, since it takes a few. */
    public boolean sends(int to, Message message) {
        Level level = of(to);
        if (level == Level.NONE && message instanceof Message.AppendEntries append && !isTiny(append)) {
            boolean again = nowMs >= triedAtMs.getOrDefault(to, Long.MIN_VALUE / 2) + TRY_MS;
            if (again) {
                triedAtMs.put(to, nowMs);
            }
            return again;
        }
        return level == Level.ENOUGH || !(message instanceof Message.InstallSnapshot);
    }

    /** Heartbeats, and the first entry of a new leader. */
    private static boolean isTiny(Message.AppendEntries append) {
        return append.entries().stream().allMatch(entry -> entry.kind() == Entry.Kind.NOOP);
    }
}
