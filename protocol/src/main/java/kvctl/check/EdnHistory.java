package kvctl.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Histories as Jepsen writes them: a map for each event, one after the other or in a vector, that begins ({@code :invoke})
 * or ends ({@code :ok}, {@code :fail}, {@code :info}) an operation of a process: {@code :read}, {@code :write}, {@code :cas}
 * of values. The key is in {@code :key}, or the first of a pair {@code [key value]}, or there is one register only. Events of
 * processes that are no numbers (the nemesis) are passed over. If all events have a {@code :time} (ns) that never goes
 * back, that is the time; else their order is.
 *
 * <p>Of our own, and unknown to others: {@code :append}, {@code :delete}, {@code :expected-version} of a cas,
 * {@code :version} in the answer; a {@code :fail} with a version is a cas or delete that found it and changed nothing.
 */
final class EdnHistory {
    private static final String ONE_REGISTER = "register";

    /** An event, and where it stands. */
    private record Event(Map<?, ?> fields, int line, int column, long order) {
        Object get(String name) {
            return fields.get(new Edn.Word(":" + name));
        }

        boolean has(String name) {
            return fields.containsKey(new Edn.Word(":" + name));
        }

        String word(String name) throws HistoryFormatException {
            if (get(name) instanceof Edn.Word word && word.text().startsWith(":")) {
                return word.text().substring(1);
            }
            throw error(":" + name + " is missing, or no keyword");
        }

        /** @return {@link Operation#NOT_TOLD} if there is none */
        long version(String name) throws HistoryFormatException {
            if (get(name) == null) {
                return Operation.NOT_TOLD;
            }
            if (get(name) instanceof Long version && version >= 0) {
                return version;
            }
            throw error(":" + name + " is no version");
        }

        HistoryFormatException error(String message) {
            return new HistoryFormatException(line, column, message);
        }
    }

    private record Begun(Event event, Call call) {}

    private final List<Event> events = new ArrayList<>();
    private final Map<Long, Begun> underWay = new LinkedHashMap<>();
    private final List<Operation> operations = new ArrayList<>();
    private boolean timed = true;

    private EdnHistory() {}

    static History read(Text text) throws IOException {
        EdnHistory history = new EdnHistory();
        history.readEvents(text);
        for (Event event : history.events) {
            history.take(event);
        }
        history.underWay
                .values()
                .forEach(begun -> history.operations.add(begun.call().unknown()));
        return new History(List.copyOf(history.operations));
    }

    private void readEvents(Text text) throws IOException {
        Edn edn = new Edn(text);
        int first = edn.skip();
        boolean inOne = first == '[' || first == '(';
        if (inOne) {
            text.next();
        }
        long lastNs = Long.MIN_VALUE;
        for (int c = edn.skip(); c != Text.END && !(inOne && (c == ']' || c == ')')); c = edn.skip()) {
            int line = text.line();
            int column = text.column();
            if (!(edn.form() instanceof Map<?, ?> fields)) {
                throw new HistoryFormatException(line, column, "an event is a map, {:type :invoke, ...}");
            }
            Event event = new Event(fields, line, column, events.size());
            if (event.get("process") instanceof Long process) {
                if (process < 0 || process > Integer.MAX_VALUE) {
                    throw event.error(":process is no number from 0 to " + Integer.MAX_VALUE);
                }
                timed = timed && event.get("time") instanceof Long timeNs && timeNs >= lastNs;
                lastNs = timed ? (Long) event.get("time") : lastNs;
                events.add(event);
            }
        }
        if (inOne && text.peek() == Text.END) {
            throw text.error("the vector of events is never closed");
        }
    }

    private void take(Event event) throws HistoryFormatException {
        Long process = (Long) event.get("process");
        long nowNs = timed ? (Long) event.get("time") : event.order();
        String type = event.word("type");
        if (type.equals("invoke")) {
            Begun before = underWay.put(process, new Begun(event, call(event, nowNs)));
            if (before != null) {
                throw event.error("process " + process + " calls before its call in line "
                        + before.event().line() + " is answered");
            }
            return;
        }
        Begun begun = underWay.remove(process);
        if (begun == null) {
            throw event.error("process " + process + " is answered and has not called");
        }
        operations.add(
                switch (type) {
                    case "ok" -> ok(begun, event, nowNs);
                    case "fail" ->
                        event.has("version")
                                ? begun.call().unchanged(nowNs, event.version("version"))
                                : begun.call().failed(nowNs);
                    case "info" -> begun.call().unknown();
                    default -> throw event.error(":type :" + type + " is none of :invoke, :ok, :fail, :info");
                });
    }

    private static Operation ok(Begun begun, Event event, long nowNs) throws HistoryFormatException {
        Call call = begun.call();
        if (call.kind() == Operation.Kind.GET) {
            return call.read(nowNs, value(argument(event, call.kind())), event.version("version"));
        }
        return call.written(nowNs, event.version("version"));
    }

    private static Call call(Event event, long nowNs) throws HistoryFormatException {
        Operation.Kind kind = kind(event);
        Object argument = argument(event, kind);
        int process = ((Long) event.get("process")).intValue();
        String key = key(event, kind);
        String given = null;
        if (kind == Operation.Kind.CAS) {
            if (event.has("expected-version")) {
                return Call.cas(process, key, event.version("expected-version"), written(event, argument), nowNs);
            }
            if (!(argument instanceof List<?> pair) || pair.size() != 2) {
                throw event.error("a :cas has a :value [old new]");
            }
            given = written(event, pair.get(1));
            return pair.get(0) == null
                    ? Call.cas(process, key, 0, given, nowNs)
                    : Call.casValue(process, key, value(pair.get(0)), given, nowNs);
        }
        if (kind == Operation.Kind.PUT || kind == Operation.Kind.APPEND) {
            given = written(event, argument);
        }
        return new Call(process, kind, key, given, Operation.NOT_TOLD, null, nowNs);
    }

    private static Operation.Kind kind(Event event) throws HistoryFormatException {
        String f = event.word("f");
        return switch (f) {
            case "read", "r", "get" -> Operation.Kind.GET;
            case "write", "w", "put" -> Operation.Kind.PUT;
            case "cas" -> Operation.Kind.CAS;
            case "append" -> Operation.Kind.APPEND;
            case "delete" -> Operation.Kind.DELETE;
            default -> throw event.error(":f :" + f + " is none of :read, :write, :cas, :append, :delete");
        };
    }

    private static String written(Event event, Object argument) throws HistoryFormatException {
        if (argument == null) {
            throw event.error("nil is written, which means that there is no such key: use :delete");
        }
        return value(argument);
    }

    /** Whether the value is a pair of a key and what is meant; a cas of one register is a pair of something else. */
    private static boolean keyed(Event event, Operation.Kind kind) {
        if (event.has("key") || !(event.get("value") instanceof List<?> pair) || pair.size() != 2) {
            return false;
        }
        return kind != Operation.Kind.CAS || event.has("expected-version") || pair.get(1) instanceof List<?>;
    }

    private static String key(Event event, Operation.Kind kind) {
        if (event.has("key")) {
            return String.valueOf(value(event.get("key")));
        }
        return keyed(event, kind) ? String.valueOf(value(((List<?>) event.get("value")).get(0))) : ONE_REGISTER;
    }

    private static Object argument(Event event, Operation.Kind kind) {
        Object value = event.get("value");
        return keyed(event, kind) ? ((List<?>) value).get(1) : value;
    }

    private static String value(Object form) {
        return form == null ? null : form.toString();
    }

    // --- writing ---

    /** Writes the events by time; at one time calls come before answers, as far as each process is free to call. */
    static void write(History history, Appendable out) throws IOException {
        List<Operation> calls = new ArrayList<>(history.operations());
        calls.sort(Comparator.comparingLong(Operation::startNs));
        new Writer(out).write(calls);
    }

    private static final class Writer {
        private final Appendable out;
        private final Map<Integer, Operation> underWay = new LinkedHashMap<>();
        private final Map<Integer, Integer> renamed = new HashMap<>();
        private int processMax;
        private long index;

        Writer(Appendable out) {
            this.out = out;
        }

        void write(List<Operation> calls) throws IOException {
            calls.forEach(op -> processMax = Math.max(processMax, op.process()));
            long nowNs = 0;
            for (Operation op : calls) {
                answer(op.startNs(), op.process());
                nowNs = Math.max(nowNs, op.startNs());
                int process = process(op);
                underWay.put(process, op);
                event("invoke", process, op, nowNs);
            }
            answer(Operation.OPEN, -1);
            long endNs = nowNs;
            for (Operation op : calls) {
                endNs = Math.max(endNs, op.ends() ? op.endNs() : 0);
            }
            for (Map.Entry<Integer, Operation> entry : underWay.entrySet()) {
                event("info", entry.getKey(), entry.getValue(), endNs);
            }
        }

        /** A process ends with an unknown outcome, and can't do two things at a time: then it goes on as another. */
        private int process(Operation op) {
            int process = renamed.getOrDefault(op.process(), op.process());
            if (underWay.containsKey(process)) {
                process = ++processMax;
                renamed.put(op.process(), process);
            }
            return process;
        }

        /** Ends what ends before this time, or, if its own process wants to go on, at it. */
        private void answer(long timeNs, int process) throws IOException {
            List<Map.Entry<Integer, Operation>> ending = underWay.entrySet().stream()
                    .filter(entry -> entry.getValue().ends())
                    .filter(entry -> entry.getValue().endNs() < timeNs
                            || entry.getValue().endNs() == timeNs
                                    && entry.getValue().process() == process)
                    .sorted(Comparator.comparingLong(entry -> entry.getValue().endNs()))
                    .map(entry -> Map.entry(entry.getKey(), entry.getValue()))
                    .toList();
            for (Map.Entry<Integer, Operation> entry : ending) {
                underWay.remove(entry.getKey());
                Operation op = entry.getValue();
                String type =
                        op.done() && (op.effective() || !op.write()) ? "ok" : op.done() || op.ends() ? "fail" : "info";
                event(type, entry.getKey(), op, op.endNs());
            }
        }

        private void event(String type, int process, Operation op, long timeNs) throws IOException {
            out.append("{:index ")
                    .append(Long.toString(index++))
                    .append(", :time ")
                    .append(Long.toString(timeNs));
            out.append(", :type :").append(type).append(", :process ").append(Integer.toString(process));
            out.append(", :f :")
                    .append(
                            switch (op.kind()) {
                                case GET -> "read";
                                case PUT -> "write";
                                case CAS -> "cas";
                                case APPEND -> "append";
                                case DELETE -> "delete";
                            });
            out.append(", :value [")
                    .append(form(op.key()))
                    .append(' ')
                    .append(value(op, type))
                    .append(']');
            if (op.kind() == Operation.Kind.CAS
                    && !op.expectsValue()
                    && op.call().expectedVersion() != 0) {
                out.append(", :expected-version ")
                        .append(Long.toString(op.call().expectedVersion()));
            }
            boolean unchanged = op.done() && op.write() && !op.effective();
            if (!type.equals("invoke") && op.done() && (op.version() != Operation.NOT_TOLD || unchanged)) {
                out.append(", :version ").append(op.version() < 0 ? "nil" : Long.toString(op.version()));
            }
            out.append("}\n");
        }

        private static String value(Operation op, String type) {
            if (op.kind() == Operation.Kind.GET) {
                return type.equals("ok") ? form(op.value()) : "nil";
            }
            boolean pair = op.kind() == Operation.Kind.CAS
                    && (op.expectsValue() || op.call().expectedVersion() == 0);
            return pair ? "[" + form(op.call().expectedValue()) + " " + form(op.argument()) + "]" : form(op.argument());
        }

        /** Small integers as such, because others' models want numbers; the rest as strings. */
        private static String form(String text) {
            if (text == null) {
                return "nil";
            }
            boolean number = text.length() <= 18 && text.matches("0|-?[1-9][0-9]*");
            return number ? text : Text.quote(text);
        }
    }
}
