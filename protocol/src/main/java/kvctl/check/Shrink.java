package kvctl.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Cuts what is violated down to what a human can look at. Every cut only makes it easier to explain what is left, so what
 * is left and can't be explained is a violation of the whole: the end is cut off by making writes under way unknown; the
 * beginning, by supposing that anything may have been there and that writes under way may have been before; single
 * operations go that change nothing, or unknown writes that nobody saw.
 */
final class Shrink {
    private static final long STEPS_PER_TRY = 100_000;

    private final String key;
    private final Budget budget;

    /** What stands behind each call that is left. */
    private final Map<Call, Operation> recorded = new IdentityHashMap<>();

    private Register first = Register.INITIAL;
    private List<Operation> window;

    Shrink(String key, List<Operation> operations, Budget budget) {
        this.key = key;
        operations.forEach(op -> recorded.put(op.call(), op));
        this.window = new ArrayList<>(Observed.cut(operations));
        this.budget = new Budget(Math.min(budget.stepsMax(), STEPS_PER_TRY), budget.bytesMax(), budget.expired());
    }

    /** The verdict on the smallest window that was found; the given one, if nothing could be cut. */
    static Verdict shrink(Verdict found, List<Operation> operations, Budget budget) {
        Shrink shrink = new Shrink(found.key(), operations, budget);
        shrink.cutEnd();
        Verdict verdict = Versioned.check(found.key(), shrink.window); // Says it in fewer words than a search.
        shrink.cutBeginning();
        shrink.dropReaders();
        shrink.window.sort(Comparator.comparingLong(Operation::startNs));
        Verdict shown = new Search(found.key(), shrink.window, shrink.budget).run(shrink.first);
        boolean clear = shown.kind() == Verdict.Kind.VIOLATED;
        List<Operation> order = clear ? shrink.asJudged(shown.operations()) : found.operations();
        String searched = clear ? Search.reason(found.key(), shrink.window.size(), order) : found.reason();
        return new Verdict(
                Verdict.Kind.VIOLATED,
                found.key(),
                verdict == null ? searched : verdict.reason(),
                order,
                shrink.asRecorded(shrink.window),
                shrink.first.equals(Register.ANYTHING),
                found.counts());
    }

    /** The operations as they were judged: an answer that came too late to count is none. */
    private List<Operation> asJudged(List<Operation> cut) {
        return cut.stream()
                .map(op -> op.done()
                        ? recorded.get(op.call())
                        : recorded.get(op.call()).call().unknown())
                .toList();
    }

    /** The operations with the answers that they got after all. */
    private List<Operation> asRecorded(List<Operation> cut) {
        return cut.stream().map(op -> recorded.get(op.call())).toList();
    }

    /** Cuts at the earliest answer at which it is violated already. */
    private void cutEnd() {
        long[] ends = window.stream()
                .filter(Operation::done)
                .mapToLong(Operation::endNs)
                .sorted()
                .distinct()
                .toArray();
        int low = 0;
        int high = ends.length - 1;
        List<Operation> all = window;
        while (low < high) {
            int middle = (low + high) >>> 1;
            List<Operation> cut = until(all, ends[middle]);
            if (Linearizability.decide(key, cut, budget).kind() == Verdict.Kind.VIOLATED) {
                window = cut;
                high = middle;
            } else {
                low = middle + 1;
            }
        }
    }

    /** Cuts at the latest start from which on it is violated; begins with short windows, which are quick to judge. */
    private void cutBeginning() {
        List<Operation> all = window;
        long[] starts =
                all.stream().mapToLong(Operation::startNs).sorted().distinct().toArray();
        int low = starts.length;
        int high;
        do {
            high = low;
            low = Math.max(0, low - 1 - (starts.length - low) / 2);
        } while (low > 0 && violatedFrom(all, starts, low) == null);
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (violatedFrom(all, starts, middle) != null) {
                low = middle;
            } else {
                high = middle;
            }
        }
        List<Operation> cut = violatedFrom(all, starts, low);
        if (cut != null) {
            window = cut;
            first = Register.ANYTHING;
        }
    }

    /** What begins with a start, in a form that is violated; null if none is. */
    private List<Operation> violatedFrom(List<Operation> all, long[] starts, int i) {
        List<Operation> cut = from(all, starts[i]);
        List<Operation> simple = simple(cut);
        if (isViolated(simple, Register.ANYTHING)) {
            return simple;
        }
        return isViolated(cut, Register.ANYTHING) ? cut : null;
    }

    /** Leaves out operations that change nothing, in ever smaller groups. */
    private void dropReaders() {
        int readers = (int) window.stream().filter(Shrink::changesNothing).count();
        for (int size = Math.max(1, readers / 2); size >= 1; size /= 2) {
            int kept = 0;
            while (true) {
                List<Operation> fewer = without(window, kept, size);
                if (fewer.size() == window.size()) {
                    break;
                }
                if (isViolated(fewer, first)) {
                    window = fewer;
                } else {
                    kept += size;
                }
            }
        }
    }

    /** Leaves out {@code count} operations that change nothing, behind the first {@code skip} of them. */
    private static List<Operation> without(List<Operation> operations, int skip, int count) {
        List<Operation> fewer = new ArrayList<>();
        int found = 0;
        for (Operation op : operations) {
            if (changesNothing(op)) {
                found++;
                if (found > skip && found <= skip + count) {
                    continue;
                }
            }
            fewer.add(op);
        }
        return fewer;
    }

    private static boolean changesNothing(Operation op) {
        return op.done() && !op.effective();
    }

    /**
     * Without the unknown writes whose values nobody read: each could double the search. So that nobody else can miss them,
     * what depends on what it finds is left out if it did nothing, and else happens whatever it finds.
     */
    List<Operation> simple(List<Operation> operations) {
        List<Operation> kept = new ArrayList<>();
        for (Operation op : operations) {
            boolean unseen = !op.ends()
                    && op.argument() != null
                    && operations.stream()
                            .noneMatch(other ->
                                    other.value() != null && other.value().contains(op.argument()));
            boolean idle = op.kind() == Operation.Kind.CAS && op.done() && !op.effective();
            if (!unseen && !idle) {
                Operation always = always(op);
                recorded.put(always.call(), recorded.get(op.call()));
                kept.add(always);
            }
        }
        return kept;
    }

    private static Operation always(Operation op) {
        if (op.kind() == Operation.Kind.CAS) {
            Call put = Call.put(op.process(), op.key(), op.argument(), op.startNs());
            return op.done() ? put.written(op.endNs(), op.version()) : put.unknownUntil(op.endNs());
        }
        boolean deletes = op.kind() == Operation.Kind.DELETE && op.effective();
        return deletes ? op.call().unknownUntil(op.endNs()) : op;
    }

    private boolean isViolated(List<Operation> operations, Register start) {
        return new Search(key, operations, budget).run(start).kind() == Verdict.Kind.VIOLATED;
    }

    /** What was known at this time. */
    static List<Operation> until(List<Operation> operations, long timeNs) {
        List<Operation> cut = new ArrayList<>();
        for (Operation op : operations) {
            if (op.startNs() > timeNs) {
                continue;
            }
            if (!op.ends() || op.endNs() <= timeNs) {
                cut.add(op);
            } else if (op.write()) {
                cut.add(op.call().unknown());
            }
        }
        return cut;
    }

    /**
     * What happened from this time on. An operation under way may stand before one that is left out, so it says nothing
     * any more, and if it is a write it may be missing.
     */
    static List<Operation> from(List<Operation> operations, long timeNs) {
        List<Operation> cut = new ArrayList<>();
        for (Operation op : operations) {
            if (op.startNs() >= timeNs || !op.ends()) {
                cut.add(op);
            } else if (op.endNs() >= timeNs && (op.effective() || !op.done())) {
                cut.add(op.call().unknown());
            }
        }
        return cut;
    }
}
