package kvctl.node.kv;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;
import kvctl.raft.Invariant;
import kvctl.storage.Tables;

/**
 * The sessions of all shards of a group: one row each, the recently used ones in memory. A row is written when its
 * session is opened and at the end of each batch that used it.
 *
 * <p>How many rows a shard keeps is the same on all replicas; when there is one more, the lowest in order of
 * (sessionMs, sessionRandom) goes, and the shard remembers it as its floor (HAZARDS E4). Nobody looks at a clock. The
 * memory is bounded by the two limits below, however many clients there were (HAZARDS E6).
 */
final class Sessions {
    private static final int MOST_IN_MEMORY = 4096;
    private static final int MOST_RESULTS_IN_MEMORY = 64 << 10;

    private final Tables.Table table;
    private final Rows rows;
    private final int mostPerShard;
    private final Map<SessionId, Session> cache = new LinkedHashMap<>(64, 0.75f, true);
    private final List<Session> dirty = new ArrayList<>();
    private int results;

    Sessions(Tables.Table table, Rows rows, int mostPerShard) {
        this.table = table;
        this.rows = rows;
        this.mostPerShard = mostPerShard;
    }

    /** The session of a write; null if the shard has none of that name. */
    Session find(Shard shard, Request.Tag tag) {
        SessionId id = SessionId.of(shard.id, tag);
        Session session = cache.get(id);
        if (session != null || shard.sessions == 0) {
            return session;
        }
        byte[] key = id.key();
        byte[] row = table.get(key);
        return row == null ? null : remember(read(id, key, row));
    }

    /** May have written before, and be forgotten since: what it sends can't be told from a repeat. */
    static boolean isExpired(Shard shard, Request.Tag tag) {
        return SessionId.of(shard.id, tag).isAtMost(shard.floorMs, shard.floorRandom);
    }

    /** A session that never wrote to this shard; there must be room for it. */
    Session open(Shard shard, Request.Tag tag) {
        shard.sessions++;
        Session session = remember(new Session(SessionId.of(shard.id, tag)));
        save(session);
        return session;
    }

    /**
     * Makes room for one more session.
     *
     * @return the one that was pushed out for it, or null
     */
    SessionId makeRoom(Shard shard) {
        if (shard.sessions < mostPerShard) {
            return null;
        }
        byte[][] lowest = new byte[1][];
        table.scan(shard.key(), 1, (key, row) -> {
            lowest[0] = key;
            return false;
        });
        SessionId id = SessionId.ofKey(lowest[0]);
        Invariant.check(id.shardId() == shard.id, "a full shard has sessions", id.shardId(), shard.id);
        table.delete(lowest[0]);
        Session out = cache.remove(id);
        if (out != null) {
            results -= out.size();
            dirty.remove(out);
        }
        shard.sessions--;
        if (!id.isAtMost(shard.floorMs, shard.floorRandom)) {
            shard.floorMs = id.sessionMs();
            shard.floorRandom = id.sessionRandom();
        }
        return id;
    }

    /** Keeps the result of a write that was executed now. */
    void keep(Session session, Request.Tag tag, Result result) {
        results -= session.size();
        session.keep(tag.seq(), tag.answeredBelow(), result);
        results += session.size();
        if (!session.dirty) {
            session.dirty = true;
            dirty.add(session);
        }
    }

    /** Writes the rows of all sessions that changed, then lets go of the longest unused ones. */
    void flush() {
        for (Session session : dirty) {
            save(session);
            session.dirty = false;
        }
        dirty.clear();
        Iterator<Session> eldest = cache.values().iterator();
        while (cache.size() > MOST_IN_MEMORY || results > MOST_RESULTS_IN_MEMORY) {
            results -= eldest.next().size();
            eldest.remove();
        }
    }

    /** Forgets everything in memory, because the rows were replaced. */
    void forget() {
        cache.clear();
        dirty.clear();
        results = 0;
    }

    /** Forgets what is in memory of one shard, because its rows come from elsewhere or are to go. */
    void forget(Shard shard) {
        dirty.removeIf(session -> session.id.shardId() == shard.id);
        cache.values().removeIf(session -> {
            boolean ofShard = session.id.shardId() == shard.id;
            results -= ofShard ? session.size() : 0;
            return ofShard;
        });
    }

    int inMemory() {
        return cache.size();
    }

    private Session remember(Session session) {
        cache.put(session.id, session);
        results += session.size();
        return session;
    }

    private void save(Session session) {
        session.write(rows.begin());
        byte[] key = session.id.key();
        table.put(key, rows.sealed(key));
    }

    private Session read(SessionId id, byte[] key, byte[] row) {
        try {
            return Session.read(id, rows.open(key, row));
        } catch (ProtocolException e) {
            throw new IllegalStateException("the row of a session has another form: " + e.getMessage(), e);
        }
    }
}
