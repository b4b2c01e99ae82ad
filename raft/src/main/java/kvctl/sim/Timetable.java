package kvctl.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that {@link Chaos} did in a run, and when: enough to do it again, at the same times and to the same nodes, without some
 * of it. What was done is numbered from 1 on, in the order of time.
 */
public final class Timetable {
    /** {@link Row#atUs} of what holds from the beginning to the end. */
    public static final long ALWAYS = -1;

    /**
     * One thing that was done.
     *
     * @param atUs virtual time, or {@link #ALWAYS}
     * @param lastsUs until it was ended, the longest of its parts; 0: it has no end, or one of its own
     */
    public record Row(int number, Fault.Kind kind, String text, long atUs, long lastsUs) {
        @Override
        public String toString() {
            String at = atUs == ALWAYS ? "always" : String.format(Locale.ROOT, "%,d ms", atUs / 1000);
            String lasts = lastsUs == 0 ? "" : String.format(Locale.ROOT, "   for %,d ms", (lastsUs + 999) / 1000);
            return String.format(Locale.ROOT, "#%-3d %9s  %s%s", number, at, text, lasts);
        }
    }

    /** A time at which something was drawn; it may be that nothing could be done then. */
    static final class Firing {
        final long atUs;

        /** Null if there was nothing to do. */
        final Fault fault;

        /** 0: it was not done. */
        int number;

        /** For each part how long it lasted; {@link #NOT_DONE}. */
        final long[] lastsUs;

        static final long NOT_DONE = -1;

        Firing(long atUs, Fault fault) {
            this.atUs = atUs;
            this.fault = fault;
            this.lastsUs = new long[fault == null ? 0 : fault.parts().size()];
            Arrays.fill(lastsUs, NOT_DONE);
        }

        private Row row() {
            long longestUs = 0;
            for (long each : lastsUs) {
                longestUs = Math.max(longestUs, each);
            }
            return new Row(number, fault.kind(), fault.text(), atUs, longestUs);
        }
    }

    private final List<Row> standing = new ArrayList<>();
    private final List<List<Firing>> streams = new ArrayList<>();
    private final TreeMap<Integer, Firing> done = new TreeMap<>();
    private final Map<Integer, List<Long>> restartsUs = new TreeMap<>();

    /** All that was done, in order. */
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>(standing);
        done.values().forEach(firing -> rows.add(firing.row()));
        return rows;
    }

    private int next() {
        return standing.size() + done.size() + 1;
    }

    /** Something that holds all the time. */
    void standing(Fault.Kind kind, String text) {
        standing.add(new Row(next(), kind, text, ALWAYS, 0));
    }

    /** Begins one more series of faults. */
    List<Firing> stream() {
        List<Firing> stream = new ArrayList<>();
        streams.add(stream);
        return stream;
    }

    List<Firing> stream(int number) {
        return number < streams.size() ? streams.get(number) : List.of(); // The seed broke before that one began.
    }

    /** It was really done. */
    void done(Firing firing) {
        if (firing.number == 0) {
            firing.number = next();
            done.put(firing.number, firing);
        }
    }

    /** How long a node was down after a failure of its disk; in the order of the failures. */
    List<Long> restartsUs(int nodeId) {
        return restartsUs.computeIfAbsent(nodeId, id -> new ArrayList<>());
    }
}
