package kvctl.node.meta;

import java.util.List;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardMapCodec;
import kvctl.storage.Facts;

/**
 * The newest shard map that this node knows; kept durably before anybody acts on it, so that a node that was restarted
 * never takes up again a group that it has retired. The nodes of the controller have it from their own replica; the others
 * are told when it changes, and ask now and then, in case that was lost. One thread uses it: the node's loop.
 */
public final class Directory {
    /** Between questions of a node that is not of the controller, in ms; while shards move, more often. */
    static final long POLL_MS = 2000;

    static final long POLL_MOVING_MS = 250;

    private static final String FACT = "map";

    private final int nodeId;
    private final Facts facts;
    private final Notes notes;
    private final List<Integer> controllerNodes;
    private ShardMap map;
    private long askAtMs;
    private int asked;

    /** @param first map of the topology, used as long as no newer one was kept */
    public Directory(int nodeId, ShardMap first, Facts facts, Notes notes, long nowMs) {
        this.nodeId = nodeId;
        this.facts = facts;
        this.notes = notes;
        this.controllerNodes = first.group(ShardMap.CONTROLLER).nodeIds();
        this.map = kept(facts, first);
        this.askAtMs = nowMs;
        this.asked = nodeId;
    }

    private static ShardMap kept(Facts facts, ShardMap first) {
        byte[] bytes = facts.get(FACT);
        if (bytes == null) {
            return first;
        }
        try {
            return ShardMapCodec.read(new BytesReader(bytes));
        } catch (ProtocolException e) {
            throw new IllegalStateException("the kept shard map has another form: " + e.getMessage(), e);
        }
    }

    /** Without hints about leaders. */
    public ShardMap map() {
        return map;
    }

    /** Takes over a newer map; durable on return. @return false if the known one is as new */
    public boolean learn(ShardMap news) {
        if (news.revision() <= map.revision()) {
            return false;
        }
        BytesWriter out = new BytesWriter();
        ShardMapCodec.write(out, news);
        facts.put(FACT, out.toBytes());
        map = news;
        return true;
    }

    /** Tells the nodes that are not of the controller; for the controller's leader, when its map has changed. */
    public void tell() {
        for (ShardMap.Node node : map.nodes()) {
            if (!controllerNodes.contains(node.nodeId())) {
                notes.send(node.nodeId(), new Note.MapNews(map));
            }
        }
    }

    /** Answers who asks for the map, if this node's is newer. */
    public void answer(int from, Note.MapWanted wanted) {
        if (map.revision() > wanted.revision()) {
            notes.send(from, new Note.MapNews(map));
        }
    }

    /** Asks for a newer map if it is time to. */
    public void tick(long nowMs) {
        if (nowMs >= nextDeadlineMs()) {
            askAtMs = nowMs + (map.moves() > 0 ? POLL_MOVING_MS : POLL_MS);
            asked++;
            notes.send(controllerNodes.get(asked % controllerNodes.size()), new Note.MapWanted(map.revision()));
        }
    }

    /** When to call {@link #tick} next. */
    public long nextDeadlineMs() {
        return controllerNodes.contains(nodeId) ? Long.MAX_VALUE : askAtMs;
    }
}
