package kvctl.node.meta;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
 *   <li>{@link Level#NONE}, below {@value #LAST_BYTES} bytes: nothing at all, and entries of other leaders are not taken
 *       either, except tiny ones, so that a new leader can be sure of its term and serve reads.
 * </ul>
 */
public final class Room {
    /** Enough for some turns of all nodes of a machine. */
    static final long LAST_BYTES = 16 << 20;

    /** More than it takes to be short of room, so that a node does not change its mind all the time. */
    private static final long AGAIN_BYTES = 8 << 20;

    private static final int TINY_BYTES = 1024;
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

    public Room(int nodeId, Notes notes) {
        this.nodeId = nodeId;
        this.notes = notes;
    }

    /** Looks at the own disk, in every turn; tells the others when that changed, and again while there is little. */
    public void look(long free, ShardMap map, long now) {
        nowMs = now;
        freeBytes = free;
        own = own == Level.ENOUGH ? level(free) : level(Math.max(0, free - AGAIN_BYTES));
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
     * @param delete it makes the group smaller in the end
     */
    public String fullNode(ShardMap map, int groupId, boolean delete) {
        Level most = delete ? Level.LITTLE : Level.ENOUGH;
        int full = of(nodeId).compareTo(most) > 0 ? nodeId : 0;
        List<Integer> members = map.group(groupId).nodeIds();
        List<Integer> without =
                members.stream().filter(id -> of(id).compareTo(most) > 0).toList();
        if (full == 0 && without.size() * 2 >= members.size()) {
            full = without.get(0);
        }
        return full == 0 ? null : map.nodeName(full);
    }

    /** False: the message is to be treated as lost, since what it brings might not fit on the disk. */
    public boolean takes(Message message) {
        if (own != Level.NONE) {
            return true;
        }
        if (message instanceof Message.AppendEntries append) {
            return append.entries().stream().mapToLong(Entry::sizeBytes).sum() <= TINY_BYTES;
        }
        return !(message instanceof Message.InstallSnapshot);
    }
}
