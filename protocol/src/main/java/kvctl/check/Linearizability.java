package kvctl.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Decides whether a history can be explained by one register per key, each operation taking effect at one moment
 * between
 * its call and its answer (Herlihy and Wing). Keys are independent, so each is checked on its own: by its versions
 * where they
 * decide, else by search (HAZARDS §4). Nothing is promised across keys, and nothing is checked. Stateless.
 */
public final class Linearizability {
    /** Enough for keys with some thousand operations, a few of them concurrent; seconds, at worst. */
    public static final long STEPS_MAX = 5_000_000;

    private Linearizability() {}

    /** @see #check(History, long) */
    public static Verdict check(History history) {
        return check(history, STEPS_MAX);
    }

    /**
     * The verdict: violated if a key is (the one with the fewest operations, cut to the shortest beginning that
     * shows it), else
     * unknown if a search was given up, else ok.
     *
     * @param stepsMax of the search, per key
     */
    public static Verdict check(History history, long stepsMax) {
        Verdict verdict = Verdict.OK;
        List<Operation> smallest = null;
        for (Map.Entry<String, List<Operation>> entry : history.byKey().entrySet()) {
            List<Operation> operations = entry.getValue();
            Verdict one = check(entry.getKey(), operations, stepsMax);
            if (one.kind() == Verdict.Kind.VIOLATED && (smallest == null || operations.size() < smallest.size())) {
                smallest = operations;
                verdict = one;
            } else if (one.kind() == Verdict.Kind.UNKNOWN && verdict.equals(Verdict.OK)) {
                verdict = one;
            }
        }
        return smallest == null ? verdict : shortest(verdict, smallest, stepsMax);
    }

    private static Verdict check(String key, List<Operation> operations, long stepsMax) {
        Verdict quick = Versioned.check(key, operations);
        return quick != null ? quick : search(key, operations, stepsMax);
    }

    static Verdict search(String key, List<Operation> operations, long stepsMax) {
        List<Operation> seen = withoutUnseen(operations);
        Verdict verdict = new Search(key, seen, stepsMax).run();
        if (verdict.kind() == Verdict.Kind.OK || seen.size() == operations.size()) {
            return verdict;
        }
        return new Search(key, operations, stepsMax).run();
    }

    /**
     * An unknown put whose value nobody saw need not have happened; each one left out halves the search. If there is no
     * order without them there may be one with them (a version or a missing key betrays them), never the other way
     * round.
     */
    private static List<Operation> withoutUnseen(List<Operation> operations) {
        List<Operation> seen = new ArrayList<>();
        for (Operation op : operations) {
            boolean droppable = !op.done() && op.kind() == Operation.Kind.PUT;
            if (!droppable || isSeen(op, operations)) {
                seen.add(op);
            }
        }
        return seen;
    }

    private static boolean isSeen(Operation put, List<Operation> operations) {
        for (Operation op : operations) {
            if (op.value() != null && op.value().startsWith(put.argument())) {
                return true;
            }
        }
        return false;
    }

    /** Cuts the history at the earliest answer at which it is violated already. */
    private static Verdict shortest(Verdict verdict, List<Operation> operations, long stepsMax) {
        long[] ends = operations.stream()
                .filter(Operation::done)
                .mapToLong(Operation::endNs)
                .sorted()
                .toArray();
        int low = 0;
        int high = ends.length - 1;
        Verdict best = verdict;
        while (low < high) {
            int middle = (low + high) >>> 1;
            Verdict one = check(verdict.key(), until(operations, ends[middle]), stepsMax);
            if (one.kind() == Verdict.Kind.VIOLATED) {
                best = one;
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return best;
    }

    private static List<Operation> until(List<Operation> operations, long timeNs) {
        List<Operation> cut = new ArrayList<>();
        for (Operation op : operations) {
            if (op.startNs() > timeNs) {
                continue;
            }
            if (op.done() && op.endNs() > timeNs) {
                if (op.write()) {
                    cut.add(new Operation(
                            op.process(),
                            op.kind(),
                            op.key(),
                            op.argument(),
                            op.expectedVersion(),
                            op.startNs(),
                            Operation.OPEN,
                            Operation.Outcome.UNKNOWN,
                            null,
                            Operation.NOT_TOLD,
                            false));
                }
            } else {
                cut.add(op);
            }
        }
        return cut;
    }
}
