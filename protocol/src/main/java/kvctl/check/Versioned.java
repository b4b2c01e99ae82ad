package kvctl.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The quick check of one key, O(n log n): answers tell versions, versions order the writes, and each read stands
 * behind the write it saw. What is left to check is that this one order fits the model and the times (HAZARDS §4,
 * engine 2). What is wrong whatever the unknown writes did is found first. Where that is not enough to know (unknown
 * writes that can be placed in several ways) it says nothing and leaves the key to {@link Search}.
 */
final class Versioned {
    /** What a key was from one version to the next. */
    private static final class Span {
        /** Null: the version was seen, but who wrote it must be found among the unknown writes. */
        Operation write;

        String value;
        final List<Operation> readers = new ArrayList<>();
        long earliestNs = Long.MIN_VALUE;
    }

    private static final String DIFFERENT = "what was read is not what the version holds";

    private final String key;
    private final TreeMap<Long, Span> spans = new TreeMap<>();
    private final List<Operation> unknown = new ArrayList<>();
    private final List<Operation> missing = new ArrayList<>();

    Versioned(String key) {
        this.key = key;
    }

    /** Null: can't say. */
    static Verdict check(String key, List<Operation> operations) {
        for (Operation op : operations) {
            if (op.done() && op.version() == Operation.NOT_TOLD) {
                return null;
            }
        }
        Versioned check = new Versioned(key);
        Verdict verdict = check.sort(operations);
        if (verdict.equals(Verdict.OK)) {
            verdict = check.compare();
        }
        if (verdict.equals(Verdict.OK)) {
            verdict = check.time(false);
        }
        boolean mayVanish = check.unknown.stream().anyMatch(op -> op.kind() == Operation.Kind.DELETE);
        if (verdict.equals(Verdict.OK) && !mayVanish) {
            verdict = check.findMissing();
        }
        if (!verdict.equals(Verdict.OK)) {
            return verdict;
        }
        boolean guessed = !check.unknown.isEmpty();
        verdict = check.follow();
        if (verdict.equals(Verdict.OK)) {
            verdict = check.time(true);
        }
        if (verdict.equals(Verdict.OK)) {
            return check.findMissing().equals(Verdict.OK) ? Verdict.OK : null;
        }
        return guessed ? null : verdict;
    }

    /** Puts every operation to the version it stands on. */
    private Verdict sort(List<Operation> operations) {
        spans.put(0L, new Span());
        for (Operation op : operations) {
            if (!op.done()) {
                unknown.add(op);
            } else if (op.effective()) {
                Span span = spans.computeIfAbsent(op.version(), version -> new Span());
                if (op.version() <= 0 || span.write != null) {
                    return bad("two writes took one version", op, span.write == null ? op : span.write);
                }
                span.write = op;
            } else if (op.version() == 0) {
                missing.add(op);
                if (op.value() != null) {
                    return bad("a value was read and version 0 told", op);
                }
                if (op.kind() == Operation.Kind.CAS && op.call().expectedVersion() == 0) {
                    return bad("a cas for a missing key found none and did nothing", op);
                }
            } else {
                spans.computeIfAbsent(op.version(), version -> new Span())
                        .readers
                        .add(op);
            }
        }
        return Verdict.OK;
    }

    /** Lets the model follow the writes in the order of their versions, and compares what was read. */
    private Verdict follow() {
        long version = 0;
        Span before = spans.get(0L);
        if (!before.readers.isEmpty()) {
            return bad("version 0 was read", before.readers.get(0));
        }
        for (Map.Entry<Long, Span> entry : spans.tailMap(0L, false).entrySet()) {
            Span span = entry.getValue();
            if (span.write == null) {
                span.write = writerOf(span, before, version);
                if (span.write == null) {
                    return bad("nobody wrote version " + entry.getKey(), span.readers.get(0));
                }
            }
            if (!fits(span.write, before, version)) {
                return bad("the write finds version " + version + " and should not", span.write);
            }
            span.value = valueAfter(span.write, before);
            for (Operation reader : span.readers) {
                if (!saw(reader, span.value)) {
                    return bad(DIFFERENT, span.write, reader);
                }
            }
            before.value =
                    null; // Or the values of a key that is appended to weigh as much as the square of its length.
            before = span;
            version = entry.getKey();
        }
        return Verdict.OK;
    }

    /** What is wrong whatever the unknown writes did with the answers of one version. */
    private Verdict compare() {
        for (Span span : spans.values()) {
            String value =
                    span.write == null || span.write.kind() == Operation.Kind.APPEND ? null : span.write.argument();
            Operation first = value == null ? null : span.write;
            for (Operation reader : span.readers) {
                boolean found = span.write == null
                        || span.write.kind() != Operation.Kind.DELETE
                                && (reader.value() == null || reader.value().endsWith(span.write.argument()));
                if (!found || !saw(reader, value == null ? reader.value() : value)) {
                    return first == null ? bad(DIFFERENT, reader) : bad(DIFFERENT, first, reader);
                }
                if (value == null && reader.value() != null) {
                    value = reader.value();
                    first = reader;
                }
            }
        }
        return Verdict.OK;
    }

    /**
     * Each read of a missing key must be able to stand before all versions or right behind a delete. That is also enough: if
     * each takes the first such place from which nobody later was over before it was asked for, no two of them are in
     * the wrong order, because one that was over before another was called finds no later place than that.
     */
    private Verdict findMissing() {
        TreeMap<Long, Operation> absent = new TreeMap<>(); // earliest begin -> whose end is the latest end
        Operation soonest = null; // Of all that stand on later versions, the one that was over first.
        for (Span span : spans.descendingMap().values()) {
            boolean leavesNone =
                    span.write == null ? span.readers.isEmpty() : span.write.kind() == Operation.Kind.DELETE;
            if (leavesNone && !absent.containsKey(span.earliestNs)) {
                absent.put(span.earliestNs, soonest);
            }
            soonest = sooner(soonest, span.write);
            for (Operation reader : span.readers) {
                soonest = sooner(soonest, reader);
            }
        }
        for (Operation op : missing) {
            Map.Entry<Long, Operation> last = absent.floorEntry(op.endNs());
            if (last == null) {
                return bad("the key is gone before anybody deletes it", op);
            }
            if (last.getValue() != null && last.getValue().endNs() < op.startNs()) {
                return bad("the key is gone and nobody has deleted it", last.getValue(), op);
            }
        }
        return Verdict.OK;
    }

    private static Operation sooner(Operation one, Operation other) {
        return one == null || other != null && other.endNs() < one.endNs() ? other : one;
    }

    /** Whether the reader of a version, a cas or delete that changed nothing among them, can have found this value. */
    private static boolean saw(Operation reader, String value) {
        return switch (reader.kind()) {
            case GET -> value != null && value.equals(reader.value());
            case CAS ->
                reader.expectsValue()
                        ? value == null || !value.equals(reader.call().expectedValue())
                        : reader.call().expectedVersion() != reader.version();
            default -> false;
        };
    }

    private static boolean fits(Operation write, Span before, long version) {
        return switch (write.kind()) {
            case PUT, APPEND -> true;
            case DELETE -> before.value != null;
            case CAS ->
                write.expectsValue()
                        ? write.call().expectedValue().equals(before.value)
                        : write.call().expectedVersion() == (before.value == null ? 0 : version);
            case GET -> false;
        };
    }

    private static String valueAfter(Operation write, Span before) {
        return switch (write.kind()) {
            case DELETE -> null;
            case APPEND -> before.value == null ? write.argument() : before.value + write.argument();
            default -> write.argument();
        };
    }

    /** The one unknown write that explains what was read; null: none or several. */
    private Operation writerOf(Span span, Span before, long version) {
        String seen = null;
        for (Operation reader : span.readers) {
            seen = reader.kind() == Operation.Kind.GET ? reader.value() : seen;
        }
        Operation only = null;
        for (Operation write : unknown) {
            if (seen != null && fits(write, before, version) && seen.equals(valueAfter(write, before))) {
                if (only != null) {
                    return null;
                }
                only = write;
            }
        }
        unknown.remove(only);
        return only;
    }

    /**
     * Gives each write the earliest time that the order allows, and looks whether anyone is too late.
     *
     * @param guesses also counts the writes that were found among the unknown ones
     */
    private Verdict time(boolean guesses) {
        long lowNs = Long.MIN_VALUE;
        Operation cause = null;
        for (Span span : spans.values()) {
            if (span.write != null && (guesses || span.write.done())) {
                if (span.write.startNs() > lowNs) {
                    lowNs = span.write.startNs();
                    cause = span.write;
                }
                if (span.write.done() && span.write.endNs() < lowNs) {
                    return bad(
                            "the later version was finished before the earlier one was asked for", cause, span.write);
                }
            }
            span.earliestNs = lowNs;
            Operation last = null;
            for (Operation reader : span.readers) {
                if (reader.endNs() < lowNs) {
                    return bad("the version was read before it can have been there", cause, reader);
                }
                last = last == null || reader.startNs() > last.startNs() ? reader : last;
            }
            if (last != null && last.startNs() > lowNs) {
                lowNs = last.startNs();
                cause = last;
            }
        }
        return Verdict.OK;
    }

    private Verdict bad(String reason, Operation... operations) {
        List<Operation> shown = List.of(operations);
        return Verdict.violated(key, reason + ": " + shown.get(shown.size() - 1), shown);
    }
}
