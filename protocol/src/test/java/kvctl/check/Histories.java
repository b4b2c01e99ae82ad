package kvctl.check;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Histories from a seed: true ones, made by running the model, and mutated ones. */
final class Histories {
    /** What answers tell beside the value. */
    enum Form {
        /** Versions and places in the log, as kvctl's own do. */
        ALL,
        /** Versions. */
        VERSIONS,
        /** Nothing; a cas expects a version now and then. */
        PLAIN,
        /** Nothing; a cas expects a value, as in Jepsen's register. */
        FOREIGN
    }

    private final SplittableRandom random;
    private final int valueCount;
    private final Form form;

    /** @param valueCount few: values repeat; 0: every value is written once */
    Histories(long seed, int valueCount, Form form) {
        this.random = new SplittableRandom(seed);
        this.valueCount = valueCount;
        this.form = form;
    }

    /** A history that really happened: each operation takes effect at its place, 100 ns after the one before. */
    List<Operation> good(String key, int count, int spreadNs, int unknownPercent) {
        List<Operation> history = new ArrayList<>();
        String value = null;
        long version = 0;
        for (int i = 0; i < count; i++) {
            long nowNs = 1_000_000 + i * 100L;
            long startNs = nowNs - random.nextInt(spreadNs);
            long endNs = nowNs + random.nextInt(spreadNs);
            long found = value == null ? 0 : version;
            Call call = call(i, key, found, value, startNs);
            boolean lost = random.nextInt(100) < unknownPercent;
            boolean effective = (!lost || random.nextBoolean()) && happens(call, value, found);
            if (effective) {
                version += 1 + random.nextInt(3);
                value = switch (call.kind()) {
                    case APPEND -> (value == null ? "" : value) + call.argument();
                    case DELETE -> null;
                    default -> call.argument();
                };
            }
            boolean versions = form == Form.ALL || form == Form.VERSIONS;
            long told = !versions ? Operation.NOT_TOLD : effective ? version : value == null ? 0 : version;
            Operation op = lost
                    ? call.unknown()
                    : call.kind() == Operation.Kind.GET
                            ? call.read(endNs, value, told)
                            : effective ? call.written(endNs, told) : call.unchanged(endNs, told);
            boolean entry = call.kind() != Operation.Kind.GET;
            history.add(lost || form != Form.ALL ? op : op.at(1, entry ? 2 * i + 2 : 2 * i + 1));
        }
        return history;
    }

    private Call call(int process, String key, long found, String value, long startNs) {
        String argument = value(process);
        return switch (random.nextInt(5)) {
            case 0 -> Call.get(process, key, startNs);
            case 1 -> Call.put(process, key, argument, startNs);
            case 2 -> Call.append(process, key, argument, startNs);
            case 3 -> Call.delete(process, key, startNs);
            default -> {
                boolean right = random.nextBoolean();
                if (form == Form.FOREIGN && value != null) {
                    String expected = right ? value : value(random.nextInt(process + 1));
                    yield Call.casValue(process, key, expected, argument, startNs);
                }
                yield Call.cas(process, key, right ? found : random.nextInt(4), argument, startNs);
            }
        };
    }

    private static boolean happens(Call call, String value, long found) {
        return switch (call.kind()) {
            case GET -> false;
            case PUT, APPEND -> true;
            case DELETE -> value != null;
            case CAS ->
                call.expectedValue() != null ? call.expectedValue().equals(value) : call.expectedVersion() == found;
        };
    }

    /** The history with one answer changed, or the times of two operations exchanged; it may still be true. */
    List<Operation> mutated(List<Operation> history) {
        List<Operation> copy = new ArrayList<>(history);
        int i = random.nextInt(copy.size());
        Operation op = copy.get(i);
        if (random.nextBoolean()) {
            int j = random.nextInt(copy.size());
            Operation other = copy.get(j);
            if (op.done() == other.done()) {
                copy.set(i, at(op, other));
                copy.set(j, at(other, op));
            }
        } else if (op.done()) {
            boolean told = op.version() != Operation.NOT_TOLD;
            String value = op.value() == null ? null : value(random.nextInt(copy.size()));
            long version = told ? Math.max(0, op.version() + random.nextInt(3) - 1) : op.version();
            copy.set(i, with(op.call(), op.endNs(), op, value, version));
        }
        return copy;
    }

    private static Operation at(Operation op, Operation times) {
        Call call = op.call();
        Call moved = new Call(
                call.process(),
                call.kind(),
                call.key(),
                call.argument(),
                call.expectedVersion(),
                call.expectedValue(),
                times.startNs());
        return with(moved, times.endNs(), op, op.value(), op.version());
    }

    private static Operation with(Call call, long endNs, Operation op, String value, long version) {
        return new Operation(call, endNs, op.outcome(), value, version, op.effective(), op.groupId(), op.index());
    }

    private String value(int i) {
        return valueCount == 0 ? "<" + i + ">" : String.valueOf((char) ('a' + random.nextInt(valueCount)));
    }
}
