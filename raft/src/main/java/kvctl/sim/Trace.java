package kvctl.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * What happened in a run: always as a hash, and as rows of text if recording was asked for. The legend of the columns
 * is in raft/README.md.
 */
public final class Trace {
    /** Rows that are kept; of a longer run the last ones. */
    private static final int ROWS_MAX = 20_000;

    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final ArrayDeque<String> rows = new ArrayDeque<>();
    private long hash = 1;
    private boolean recording;
    private int nodes;
    private IntFunction<String> stateOf = nodeId -> "";
    private String[] shown = new String[0];

    /** One number for the whole run: two runs with the same hash did the same. */
    public long hash() {
        return hash;
    }

    /** Keeps rows from now on, with one column per node that shows {@code stateOf} when it changes. */
    public void record(int nodeCount, IntFunction<String> stateOfNode) {
        recording = true;
        nodes = nodeCount;
        stateOf = stateOfNode;
        shown = new String[nodeCount + 1];
    }

    public boolean recording() {
        return recording;
    }

    /** Adds to the hash, and a row if recording. {@code nodeId} 0 is the world. */
    public void note(long timeUs, int nodeId, long digest, Supplier<String> text) {
        hash = mix(mix(mix(hash, timeUs), nodeId), digest);
        if (recording) {
            row(timeUs, text.get());
        }
    }

    /** Adds a row only: for what follows from events that are hashed. */
    public void comment(long timeUs, Supplier<String> text) {
        if (recording) {
            row(timeUs, text.get());
        }
    }

    private void row(long timeUs, String text) {
        StringBuilder row = new StringBuilder(String.format("%6d.%03d ", timeUs / 1000, timeUs % 1000));
        for (int nodeId = 1; nodeId <= nodes; nodeId++) {
            String state = stateOf.apply(nodeId);
            row.append(String.format(" %-12s", state.equals(shown[nodeId]) ? "." : state));
            shown[nodeId] = state;
        }
        rows.add(row.append(' ').append(text).toString());
        if (rows.size() > ROWS_MAX) {
            rows.remove();
        }
    }

    /** The recorded rows under a line that names the columns. */
    public String text() {
        StringBuilder text = new StringBuilder(String.format("%10s ", "ms"));
        for (int nodeId = 1; nodeId <= nodes; nodeId++) {
            text.append(String.format(" %-12s", "S" + nodeId));
        }
        text.append(" event\n");
        rows.forEach(row -> text.append(row).append('\n'));
        return text.toString();
    }

    /** The rows since the last call, without a heading. */
    String takeRows() {
        StringBuilder text = new StringBuilder();
        rows.forEach(row -> text.append(row).append('\n'));
        rows.clear();
        return text.toString();
    }

    /** The last {@code count} rows under the same heading. */
    public String tail(int count) {
        while (rows.size() > count) {
            rows.remove();
        }
        return text();
    }

    /** Mixes a value into a running hash (the finishing steps of MurmurHash3). */
    public static long mix(long hash, long value) {
        long mixed = hash * 0x9E3779B97F4A7C15L + value;
        mixed = (mixed ^ (mixed >>> 33)) * 0xFF51AFD7ED558CCDL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return mixed ^ (mixed >>> 33);
    }

    /** Mixes bytes into a running hash. */
    public static long mix(long hash, byte[] bytes) {
        long mixed = mix(hash, bytes.length);
        int i = 0;
        for (; i + 8 <= bytes.length; i += 8) {
            mixed = mix(mixed, (long) WORDS.get(bytes, i));
        }
        for (; i < bytes.length; i++) {
            mixed = mix(mixed, bytes[i]);
        }
        return mixed;
    }
}
