package kvctl.check;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Histories from a seed: true ones, made by running the model, and mutated ones. */
final class Histories {
    private final SplittableRandom random;
    private final int valueCount;
    private final boolean versions;

    /** @param valueCount few: values repeat; 0: every value is written once */
    Histories(long seed, int valueCount, boolean versions) {
        this.random = new SplittableRandom(seed);
        this.valueCount = valueCount;
        this.versions = versions;
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
            Operation.Kind kind = Operation.Kind.values()[random.nextInt(5)];
            String argument = kind == Operation.Kind.GET || kind == Operation.Kind.DELETE ? null : value(i);
            long found = value == null ? 0 : version;
            long expected = kind != Operation.Kind.CAS ? 0 : random.nextBoolean() ? found : random.nextInt(4);
            boolean lost = random.nextInt(100) < unknownPercent;
            boolean happens = !lost || random.nextBoolean();
            boolean effective = happens
                    && switch (kind) {
                        case GET -> false;
                        case PUT, APPEND -> true;
                        case DELETE -> value != null;
                        case CAS -> expected == found;
                    };
            if (effective) {
                version += 1 + random.nextInt(3);
                value = switch (kind) {
                    case APPEND -> (value == null ? "" : value) + argument;
                    case DELETE -> null;
                    default -> argument;
                };
            }
            long told = effective ? version : kind == Operation.Kind.DELETE ? 0 : value == null ? 0 : version;
            history.add(new Operation(
                    i,
                    kind,
                    key,
                    argument,
                    expected,
                    startNs,
                    lost ? Operation.OPEN : endNs,
                    lost ? Operation.Outcome.UNKNOWN : Operation.Outcome.DONE,
                    lost || kind != Operation.Kind.GET ? null : value,
                    lost || !versions ? Operation.NOT_TOLD : told,
                    !lost && effective));
        }
        return history;
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
                copy.set(i, at(op, other.startNs(), other.endNs()));
                copy.set(j, at(other, op.startNs(), op.endNs()));
            }
        } else if (op.done()) {
            boolean reads = op.kind() == Operation.Kind.GET;
            copy.set(
                    i,
                    new Operation(
                            op.process(),
                            op.kind(),
                            op.key(),
                            op.argument(),
                            op.expectedVersion(),
                            op.startNs(),
                            op.endNs(),
                            op.outcome(),
                            reads && op.value() != null ? value(random.nextInt(copy.size())) : op.value(),
                            !versions ? op.version() : Math.max(0, op.version() + random.nextInt(3) - 1),
                            op.effective()));
        }
        return copy;
    }

    private static Operation at(Operation op, long startNs, long endNs) {
        return new Operation(
                op.process(),
                op.kind(),
                op.key(),
                op.argument(),
                op.expectedVersion(),
                startNs,
                endNs,
                op.outcome(),
                op.value(),
                op.version(),
                op.effective());
    }

    private String value(int i) {
        return valueCount == 0 ? "<" + i + ">" : String.valueOf((char) ('a' + random.nextInt(valueCount)));
    }
}
