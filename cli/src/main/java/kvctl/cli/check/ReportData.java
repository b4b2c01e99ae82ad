package kvctl.cli.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import kvctl.check.History;
import kvctl.check.Operation;
import kvctl.check.Verdict;
import kvctl.cli.Json;

/**
 * What the script of a report draws, as JSON that may stand in HTML, no longer than a number of bytes: the operations of
 * the key that the verdict stands on, the timeline and the load over time come first, then other keys, each whole, those
 * with failures first.
 */
final class ReportData {
    /** Characters of a value, beyond which its middle is left out. */
    static final int VALUE_CHARS_MAX = 200;

    private static final int KEYS_MAX = 5_000;
    private static final int BUCKETS_MAX = 6_000;
    private static final long BUCKET_NS = 100_000_000;

    private final Verdict verdict;
    private final History history;
    private final Timeline timeline;
    private final ReportSpan span;
    private final ReportWindow window;
    private final List<String> leftOut = new ArrayList<>();
    private int roomBytes;

    ReportData(Verdict verdict, History history, Timeline timeline, int bytesMax) {
        this.verdict = verdict;
        this.history = history;
        this.timeline = timeline;
        this.span = ReportSpan.of(history, timeline);
        this.window = ReportWindow.of(verdict);
        this.roomBytes = bytesMax - 1_000;
        leftOut.add("The middle of values of more than " + VALUE_CHARS_MAX + " characters.");
    }

    /** What {@link #json} had to leave out, one sentence each. */
    List<String> leftOut() {
        return leftOut;
    }

    String json() {
        String head = head() + ",\"window\":" + window() + ",\"load\":" + load();
        roomBytes -= head.length();
        Map<String, List<Operation>> keys = new LinkedHashMap<>();
        for (Operation op : history.operations()) {
            keys.computeIfAbsent(op.key(), key -> new ArrayList<>()).add(op);
        }
        List<Operation> focus = verdict.key() == null ? null : keys.remove(verdict.key());
        String rows = timelineRows(roomBytes / 4);
        roomBytes -= rows.length();
        List<String> written = new ArrayList<>();
        if (focus != null) {
            written.add(focus(focus));
        }
        others(keys, written);
        return "{" + head + "," + rows + ",\"keys\":[" + String.join(",", written) + "]}";
    }

    private String head() {
        Json json = new Json().open('{');
        json.name("from").number(span.since(span.fromNs()));
        json.name("to").number(span.since(span.toNs()));
        json.name("verdict").text(verdict.kind().name());
        json.name("focus").bool(verdict.key() != null);
        String object = escaped(json);
        return object.substring(1);
    }

    private String window() {
        Json json = new Json().open('[');
        for (ReportWindow.Row row : window.rows()) {
            json.open('[').number(row.step()).bool(row.stuck()).text(row.holds());
            operation(json, row.operation(), window.charsMax());
            json.bool(row.unused()).close(']');
        }
        return escaped(json.close(']'));
    }

    /** Operations that were answered, failed and are unknown, per stretch of time; the unknown stand at their call. */
    private String load() {
        long bucketNs = Math.max(BUCKET_NS, span.lengthNs() / BUCKETS_MAX / BUCKET_NS * BUCKET_NS + BUCKET_NS);
        if (span.lengthNs() < 20 * BUCKET_NS) {
            bucketNs = span.lengthNs() / 40 + 1;
        } else if (span.lengthNs() / BUCKET_NS < BUCKETS_MAX) {
            bucketNs = BUCKET_NS;
        }
        int[][] counts = new int[Operation.Outcome.values().length][(int) (span.lengthNs() / bucketNs) + 1];
        for (Operation op : history.operations()) {
            long atNs = op.endNs() == Operation.OPEN ? op.startNs() : op.endNs();
            counts[op.outcome().ordinal()][(int) ((atNs - span.fromNs()) / bucketNs)]++;
        }
        Json json = new Json().open('{').name("bucket").number(bucketNs);
        for (Operation.Outcome outcome : Operation.Outcome.values()) {
            json.name(outcome.name().toLowerCase(Locale.ROOT)).open('[');
            for (int count : counts[outcome.ordinal()]) {
                json.number(count);
            }
            json.close(']');
        }
        return escaped(json.close('}'));
    }

    private String timelineRows(int bytesMax) {
        if (timeline == null) {
            leftOut.add("There is no timeline of faults, leaders and shards beside this history.");
            return "\"faults\":[],\"leaders\":[],\"owners\":[]";
        }
        String faults = rows("faults", timeline.faults(), bytesMax / 3, (json, row) -> {
            json.text(ReportText.shown(row.text(), 300));
            json.number(span.since(row.fromNs())).number(span.since(row.toNs()));
        });
        String leaders = rows("leaders", timeline.leaders(), bytesMax / 3, (json, row) -> {
            json.text(ReportText.shown(row.group(), 100));
            json.text(row.node() == null ? null : ReportText.shown(row.node(), 100));
            json.number(row.term()).number(span.since(row.fromNs())).number(span.since(row.toNs()));
        });
        String owners = rows("owners", timeline.owners(), bytesMax / 3, (json, row) -> {
            json.number(row.shard()).text(row.group() == null ? null : ReportText.shown(row.group(), 100));
            json.number(span.since(row.fromNs())).number(span.since(row.toNs()));
        });
        return faults + "," + leaders + "," + owners;
    }

    /** Writes one row of a kind. */
    private interface RowWriter<T> {
        void write(Json json, T row);
    }

    private <T> String rows(String name, List<T> rows, int bytesMax, RowWriter<T> writer) {
        List<String> written = new ArrayList<>();
        int bytes = 0;
        for (T row : rows) {
            Json json = new Json().open('[');
            writer.write(json, row);
            String one = escaped(json.close(']'));
            bytes += one.length() + 1;
            if (bytes > bytesMax) {
                leftOut.add(String.format(
                        Locale.ROOT, "Of %,d %s only the first %,d are here.", rows.size(), name, written.size()));
                break;
            }
            written.add(one);
        }
        return "\"" + name + "\":[" + String.join(",", written) + "]";
    }

    /** The key that matters: all of it, or what is nearest to the window. */
    private String focus(List<Operation> operations) {
        long centreNs = window.isEmpty() ? span.fromNs() : window.fromNs() / 2 + window.toNs() / 2;
        List<Operation> nearest = operations.stream()
                .sorted(Comparator.comparingLong(op -> Math.abs(op.startNs() - centreNs)))
                .toList();
        int room = roomBytes - 2_000;
        int fit = 0;
        for (Operation op : nearest) {
            room -= bytes(op);
            if (room < 0) {
                break;
            }
            fit++;
        }
        if (fit < operations.size()) {
            String where = window.isEmpty() ? "first in time" : "nearest to the failing window";
            leftOut.add(String.format(
                    Locale.ROOT,
                    "Of %,d operations on the key itself the %,d %s are here.",
                    operations.size(),
                    fit,
                    where));
        }
        return key(operations, byStart(nearest.subList(0, fit)), 1);
    }

    private void others(Map<String, List<Operation>> keys, List<String> written) {
        List<List<Operation>> order = new ArrayList<>(keys.values());
        order.sort(Comparator.comparing(ReportData::allDone));
        int whole = 0;
        int named = 0;
        for (List<Operation> operations : order) {
            if (named++ == KEYS_MAX || roomBytes < 2_000) {
                break;
            }
            String one = operations.size() > roomBytes / 40 ? null : key(operations, byStart(operations), 1);
            boolean fits = one != null && one.length() < roomBytes;
            if (fits) {
                whole++;
            } else if (written.isEmpty()) {
                one = sample(operations);
            } else {
                continue;
            }
            written.add(one);
            roomBytes -= one.length() + 1;
        }
        if (whole < order.size()) {
            leftOut.add(String.format(
                    Locale.ROOT,
                    "Of %,d %skeys %,d are here with all their operations, those with failed or unknown ones first.",
                    order.size(),
                    verdict.key() == null ? "" : "other ",
                    whole));
        }
    }

    private static boolean allDone(List<Operation> operations) {
        return operations.stream().allMatch(op -> op.outcome() == Operation.Outcome.DONE);
    }

    /** Every so manieth operation of a key that is too much alone. */
    private String sample(List<Operation> operations) {
        long bytes = operations.stream().mapToLong(this::bytes).sum();
        int every = (int) (bytes / Math.max(1, roomBytes - 2_000)) + 1;
        List<Operation> sample = new ArrayList<>();
        for (int i = 0; i < operations.size(); i += every) {
            sample.add(operations.get(i));
        }
        leftOut.add("Of " + ReportText.count(operations.size(), "operation") + " on '"
                + ReportText.shown(operations.get(0).key(), 100) + "' one in " + every + " is here.");
        return key(operations, byStart(sample), every);
    }

    private static List<Operation> byStart(List<Operation> operations) {
        return operations.stream()
                .sorted(Comparator.comparingLong(Operation::startNs))
                .toList();
    }

    private String key(List<Operation> all, List<Operation> shown, int every) {
        Json json = new Json().open('[');
        json.text(ReportText.shown(all.get(0).key(), VALUE_CHARS_MAX));
        json.number(all.size()).number(every).open('[');
        shown.forEach(op -> operation(json, op, VALUE_CHARS_MAX));
        return escaped(json.close(']').close(']'));
    }

    private int bytes(Operation op) {
        Json json = new Json();
        operation(json, op, VALUE_CHARS_MAX);
        return escaped(json).length() + 1;
    }

    /** The script knows these by their places. */
    private void operation(Json json, Operation op, int charsMax) {
        Consumer<String> text = value -> json.text(value == null ? null : ReportText.shown(value, charsMax));
        json.open('[').number(op.process()).number(op.kind().ordinal());
        json.number(span.since(op.startNs()));
        json.number(op.endNs() == Operation.OPEN ? -1 : op.endNs() - op.startNs());
        json.number(op.outcome().ordinal());
        text.accept(op.argument());
        json.text(ReportText.expected(op, charsMax));
        text.accept(op.value());
        json.number(op.version()).number(op.effective() ? 1 : 0);
        json.number(op.groupId()).number(op.index()).close(']');
    }

    /** Pure ASCII, in which nothing can end the element that it stands in. */
    private static String escaped(Json json) {
        String text = json.toString();
        StringBuilder out = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = c < 0x7f && c != '<' && c != '>' && c != '&';
            if (!plain && out == null) {
                out = new StringBuilder(text.length() + 64).append(text, 0, i);
            }
            if (out != null) {
                out.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
            }
        }
        return out == null ? text : out.toString();
    }
}
