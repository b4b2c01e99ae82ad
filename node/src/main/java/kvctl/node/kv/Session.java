package kvctl.node.kv;

import java.util.Arrays;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;

/**
 * The results of one client's writes in one shard that it may still repeat (HAZARDS E3). Writes may come in any order
 * within a window of {@link Limits#SESSION_WINDOW}: a write further ahead closes the oldest ones, whose repeats are
 * then refused as "outcome unknown", which is true. Sorted parallel arrays, because there are many and they are read
 * with each write.
 */
final class Session {
    private static final int FIRST_CAPACITY = 4;

    final SessionId id;

    /** The row in the table is older than this. */
    boolean dirty;

    private long answeredBelow;
    private long[] seqs = new long[FIRST_CAPACITY];
    private long[] numbers = new long[FIRST_CAPACITY];
    private long[] indexes = new long[FIRST_CAPACITY];
    private byte[] kinds = new byte[FIRST_CAPACITY];
    private int from;
    private int to;

    Session(SessionId id) {
        this.id = id;
    }

    /** Number of kept results. */
    int size() {
        return to - from;
    }

    /** The write's result is not kept any more, so it must not be executed (HAZARDS E4). */
    boolean isStale(long seq) {
        return seq < answeredBelow;
    }

    /** The result of an earlier try, or null if there was none. */
    Result earlier(long seq) {
        int at = Arrays.binarySearch(seqs, from, to, seq);
        return at < 0 ? null : new Result(kinds[at], numbers[at], indexes[at]);
    }

    /** Keeps the result of a write that was executed now, and forgets what its sender has the answers of. */
    void keep(long seq, long tagAnsweredBelow, Result result) {
        answeredBelow = Math.max(answeredBelow, Math.max(tagAnsweredBelow, seq - Limits.SESSION_WINDOW + 1));
        while (from < to && seqs[from] < answeredBelow) {
            from++;
        }
        makeRoom();
        int at = -1 - Arrays.binarySearch(seqs, from, to, seq);
        System.arraycopy(seqs, at, seqs, at + 1, to - at);
        System.arraycopy(numbers, at, numbers, at + 1, to - at);
        System.arraycopy(indexes, at, indexes, at + 1, to - at);
        System.arraycopy(kinds, at, kinds, at + 1, to - at);
        set(at, seq, result.kind(), result.number(), result.index());
        to++;
    }

    private void set(int at, long seq, int kind, long number, long index) {
        seqs[at] = seq;
        numbers[at] = number;
        indexes[at] = index;
        kinds[at] = (byte) kind;
    }

    /** One free place at the end: moves to the front if at least half is free there, grows otherwise. */
    private void makeRoom() {
        if (to < seqs.length) {
            return;
        }
        int capacity = from >= seqs.length / 2 ? seqs.length : 2 * seqs.length;
        seqs = moved(seqs, capacity);
        numbers = moved(numbers, capacity);
        indexes = moved(indexes, capacity);
        byte[] movedKinds = new byte[capacity];
        System.arraycopy(kinds, from, movedKinds, 0, to - from);
        kinds = movedKinds;
        to -= from;
        from = 0;
    }

    private long[] moved(long[] source, int capacity) {
        long[] target = new long[capacity];
        System.arraycopy(source, from, target, 0, to - from);
        return target;
    }

    /** The row: answeredBelow, number of results, per result seq beyond answeredBelow, kind, number, index. */
    void write(BytesWriter out) {
        out.varint(answeredBelow);
        out.varint(to - from);
        for (int i = from; i < to; i++) {
            out.varint(seqs[i] - answeredBelow);
            out.u8(kinds[i]);
            out.varint(numbers[i]);
            out.varint(indexes[i]);
        }
    }

    static Session read(SessionId id, BytesReader in) throws ProtocolException {
        Session session = new Session(id);
        session.answeredBelow = in.varint();
        int size = in.count(4);
        int capacity = Math.max(FIRST_CAPACITY, size);
        session.seqs = new long[capacity];
        session.numbers = new long[capacity];
        session.indexes = new long[capacity];
        session.kinds = new byte[capacity];
        for (int i = 0; i < size; i++) {
            long seq = session.answeredBelow + in.varint();
            int kind = in.u8();
            session.set(i, seq, kind, in.varint(), in.varint());
        }
        session.to = size;
        in.end();
        return session;
    }
}
