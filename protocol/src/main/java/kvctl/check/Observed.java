package kvctl.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the unknown writes that somebody certainly saw, and gives them an end: that of the first who did (HAZARDS §4,
 * unknown outcomes e). Each is one that the search need not try to leave out, nor to put anywhere later.
 *
 * <p>A value was made by a last write, which stands at its end, from the value before. If only one write of the key can be
 * the last, it was, and so on with the value before.
 */
final class Observed {
    private static final Operation SEVERAL = Call.get(0, "", 0).unknown();

    /** Writes that replace the value, by what they write; {@link #SEVERAL} if there is more than one. */
    private final Map<String, Operation> whole = new HashMap<>();

    private final Map<String, Operation> appended = new HashMap<>();
    private final TreeSet<Integer> appendedLengths = new TreeSet<>();

    /** Writes that somebody saw. */
    private final Set<Call> seen = new HashSet<>();

    private final Map<Call, Long> ends = new LinkedHashMap<>();

    private Observed() {}

    /** The operations; unknown writes that were seen have an end. */
    static List<Operation> cut(List<Operation> operations) {
        if (operations.stream().allMatch(Operation::done)) {
            return operations;
        }
        Observed observed = new Observed();
        for (Operation op : operations) {
            observed.index(op);
        }
        operations.stream()
                .filter(op -> op.done() && op.value() != null)
                .sorted(Comparator.comparingLong(Operation::endNs))
                .forEach(observed::walk);
        List<Operation> cut = new ArrayList<>(operations.size());
        for (Operation op : operations) {
            Long endNs = op.done() ? null : observed.ends.get(op.call());
            cut.add(endNs == null ? op : op.call().unknownUntil(endNs));
        }
        return cut;
    }

    private void index(Operation op) {
        boolean happens = op.effective() || !op.done();
        if (happens && op.argument() != null) {
            boolean appends = op.kind() == Operation.Kind.APPEND;
            (appends ? appended : whole).merge(op.argument(), op, (one, other) -> SEVERAL);
            if (appends) {
                appendedLengths.add(op.argument().length());
            }
        }
    }

    /** Goes back through the writes that made what was read, as far as they are certain and not known to be seen. */
    private void walk(Operation reader) {
        String value = reader.value();
        Operation last = lastOf(value);
        while (last != null && seen.add(last.call())) {
            if (!last.done() && reader.endNs() >= last.startNs()) {
                ends.put(last.call(), reader.endNs());
            }
            if (last.kind() != Operation.Kind.APPEND || last.argument().length() == value.length()) {
                return;
            }
            value = value.substring(0, value.length() - last.argument().length());
            last = lastOf(value);
        }
    }

    /** The only write that can have made this value; null if there are several, or none. */
    private Operation lastOf(String value) {
        Operation only = whole.get(value);
        for (int length : appendedLengths.headSet(value.length(), true)) {
            Operation append = appended.get(value.substring(value.length() - length));
            if (append != null && only != null) {
                return null;
            }
            only = append == null ? only : append;
        }
        return SEVERAL.equals(only) ? null : only;
    }
}
