package kvctl.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Our own form of a history, with everything: a JSON object for each operation, usually one a line, whose fields are named as
 * those of {@link Call} and {@link Operation}. A field that says nothing (null, -1, no index) is left out. Unknown fields
 * are refused, because one that is misspelt would make the check weaker in silence.
 */
final class JsonHistory {
    private static final String ENDS = ",:\"[]{}";
    private static final List<String> FIELDS = List.of(
            "process",
            "kind",
            "key",
            "argument",
            "expectedVersion",
            "expectedValue",
            "startNs",
            "endNs",
            "outcome",
            "value",
            "version",
            "effective",
            "groupId",
            "index");

    private final Text text;
    private int line;
    private int column;

    private JsonHistory(Text text) {
        this.text = text;
    }

    static History read(Text text) throws IOException {
        JsonHistory json = new JsonHistory(text);
        List<Operation> operations = new ArrayList<>();
        while (json.skip() != Text.END) {
            json.line = text.line();
            json.column = text.column();
            operations.add(json.operation(json.object()));
        }
        return new History(List.copyOf(operations));
    }

    private int skip() throws IOException {
        while (text.peek() != Text.END && Character.isWhitespace(text.peek())) {
            text.next();
        }
        return text.peek();
    }

    private Map<String, Object> object() throws IOException {
        text.expect('{', "at the beginning of an operation");
        Map<String, Object> fields = new LinkedHashMap<>();
        boolean more = skip() != '}';
        while (more) {
            skip();
            int nameLine = text.line();
            int nameColumn = text.column();
            String name = text.quoted();
            if (!FIELDS.contains(name)) {
                throw new HistoryFormatException(
                        nameLine, nameColumn, "unknown field '" + name + "'; known are " + String.join(", ", FIELDS));
            }
            skip();
            text.expect(':', "behind a field's name");
            if (fields.containsKey(name)) {
                throw new HistoryFormatException(nameLine, nameColumn, "the field '" + name + "' is there twice");
            }
            fields.put(name, scalar());
            more = skip() == ',';
            if (more) {
                text.next();
            }
        }
        text.expect('}', "or ',' behind a field");
        return fields;
    }

    /** A String, Long, Boolean or null. */
    private Object scalar() throws IOException {
        if (skip() == '"') {
            return text.quoted();
        }
        int valueLine = text.line();
        int valueColumn = text.column();
        String word = text.name(ENDS);
        if (word.equals("true") || word.equals("false")) {
            return Boolean.valueOf(word);
        }
        if (word.equals("null")) {
            return null;
        }
        try {
            return Long.valueOf(word);
        } catch (NumberFormatException e) {
            throw new HistoryFormatException(
                    valueLine,
                    valueColumn,
                    "a string, an integer, true, false or null expected, not "
                            + (word.isEmpty() ? Text.shown(text.peek()) : "'" + word + "'"));
        }
    }

    private Operation operation(Map<String, Object> fields) throws HistoryFormatException {
        Operation.Kind kind = one(Operation.Kind.values(), need(fields, "kind", String.class));
        String argument = get(fields, "argument", String.class, null);
        String expectedValue = get(fields, "expectedValue", String.class, null);
        long expectedVersion = version(fields, "expectedVersion");
        boolean writes = kind != Operation.Kind.GET && kind != Operation.Kind.DELETE;
        if (writes == (argument == null)) {
            throw error(
                    "a " + kind.name().toLowerCase(Locale.ROOT) + (writes ? " needs an" : " has no") + " 'argument'");
        }
        int expected = (expectedValue == null ? 0 : 1) + (expectedVersion == Operation.NOT_TOLD ? 0 : 1);
        if (expected != (kind == Operation.Kind.CAS ? 1 : 0)) {
            throw error("a cas, and nothing else, has either 'expectedVersion' or 'expectedValue'");
        }
        long startNs = need(fields, "startNs", Long.class);
        int process = smallInt("process", need(fields, "process", Long.class));
        String key = need(fields, "key", String.class);
        Call call = new Call(process, kind, key, argument, expectedVersion, expectedValue, startNs);
        Operation.Outcome outcome = one(Operation.Outcome.values(), need(fields, "outcome", String.class));
        if (outcome == Operation.Outcome.UNKNOWN) {
            return call.unknown();
        }
        long endNs = need(fields, "endNs", Long.class);
        if (endNs < startNs) {
            throw error("it ends before it starts");
        }
        return outcome == Operation.Outcome.FAILED ? call.failed(endNs) : answered(call, endNs, fields);
    }

    private Operation answered(Call call, long endNs, Map<String, Object> fields) throws HistoryFormatException {
        String value = get(fields, "value", String.class, null);
        long version = version(fields, "version");
        boolean read = call.kind() == Operation.Kind.GET;
        boolean effective = get(fields, "effective", Boolean.class, !read);
        if (read ? effective : value != null) {
            throw error(read ? "a get takes no effect" : "only a get has a 'value'; what is written is its 'argument'");
        }
        if (!read && !effective && call.kind() != Operation.Kind.CAS && call.kind() != Operation.Kind.DELETE) {
            throw error("an answered put or append took effect; if it did not, its outcome is 'failed'");
        }
        Operation operation = read
                ? call.read(endNs, value, version)
                : effective ? call.written(endNs, version) : call.unchanged(endNs, version);
        int groupId = smallInt("groupId", get(fields, "groupId", Long.class, (long) Operation.NO_GROUP));
        return operation.at(groupId, get(fields, "index", Long.class, Operation.NO_INDEX));
    }

    private long version(Map<String, Object> fields, String name) throws HistoryFormatException {
        long version = get(fields, name, Long.class, Operation.NOT_TOLD);
        if (version < Operation.NOT_TOLD) {
            throw error("'" + name + "' is negative");
        }
        return version;
    }

    private int smallInt(String name, long value) throws HistoryFormatException {
        if (value < Operation.NO_GROUP || value > Integer.MAX_VALUE) {
            throw error("'" + name + "' is no number from 0 to " + Integer.MAX_VALUE);
        }
        return (int) value;
    }

    private <T> T need(Map<String, Object> fields, String name, Class<T> type) throws HistoryFormatException {
        T value = get(fields, name, type, null);
        if (value == null) {
            throw error("the field '" + name + "' is missing");
        }
        return value;
    }

    private <T> T get(Map<String, Object> fields, String name, Class<T> type, T otherwise)
            throws HistoryFormatException {
        Object value = fields.get(name);
        if (value == null) {
            return otherwise;
        }
        if (!type.isInstance(value)) {
            String wanted = type == Long.class ? "an integer" : type == Boolean.class ? "true or false" : "a string";
            throw error("the field '" + name + "' is " + wanted);
        }
        return type.cast(value);
    }

    private <E extends Enum<E>> E one(E[] values, String name) throws HistoryFormatException {
        for (E value : values) {
            if (value.name().toLowerCase(Locale.ROOT).equals(name)) {
                return value;
            }
        }
        throw error("'" + name + "' is none of " + Arrays.toString(values).toLowerCase(Locale.ROOT));
    }

    private HistoryFormatException error(String message) {
        return new HistoryFormatException(line, column, message);
    }

    // --- writing ---

    static void write(History history, Appendable out) throws IOException {
        for (Operation op : history.operations()) {
            Call call = op.call();
            out.append("{\"process\":").append(Integer.toString(call.process()));
            string(out, "kind", call.kind().name().toLowerCase(Locale.ROOT));
            string(out, "key", call.key());
            string(out, "argument", call.argument());
            number(out, "expectedVersion", call.expectedVersion(), Operation.NOT_TOLD);
            string(out, "expectedValue", call.expectedValue());
            number(out, "startNs", call.startNs(), Long.MIN_VALUE);
            number(out, "endNs", op.endNs(), Operation.OPEN);
            string(out, "outcome", op.outcome().name().toLowerCase(Locale.ROOT));
            string(out, "value", op.value());
            number(out, "version", op.version(), Operation.NOT_TOLD);
            if (op.done() && op.write()) {
                out.append(",\"effective\":").append(Boolean.toString(op.effective()));
            }
            number(out, "groupId", op.groupId(), Operation.NO_GROUP);
            number(out, "index", op.index(), Operation.NO_INDEX);
            out.append("}\n");
        }
    }

    private static void string(Appendable out, String name, String value) throws IOException {
        if (value != null) {
            out.append(",\"").append(name).append("\":").append(Text.quote(value));
        }
    }

    private static void number(Appendable out, String name, long value, long nothing) throws IOException {
        if (value != nothing) {
            out.append(",\"").append(name).append("\":").append(Long.toString(value));
        }
    }
}
