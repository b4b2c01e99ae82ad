package kvctl.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The cheapest check of one key: the log itself says in which order the operations took effect, so it is enough that
 * the model can follow that order and that it keeps to the times (HAZARDS §4, engine 1). Such an order proves that the key
 * is fine. That it does not fit proves nothing: the index in the answer to a repeated write is that of the first try, which,
 * after a move of the shard, stands in another group's log.
 */
final class Witness {
    /** An index is that of a write, of a cas or delete that changed nothing, or of all reads that saw it applied. */
    private static final Comparator<Operation> LOG = Comparator.comparingLong(Operation::index)
            .thenComparing(Operation::write, Comparator.reverseOrder())
            .thenComparingLong(Operation::startNs);

    private Witness() {}

    /** True: the order of the log explains the key. False: it does not, or isn't known. */
    static boolean explains(List<Operation> operations) {
        List<Operation> order = new ArrayList<>(operations.size());
        for (Operation op : operations) {
            if (!op.done()) {
                continue; // Need not have happened.
            }
            boolean known = op.index() != Operation.NO_INDEX
                    && op.groupId() != Operation.NO_GROUP
                    && (order.isEmpty() || op.groupId() == order.get(0).groupId());
            if (!known) {
                return false;
            }
            order.add(op);
        }
        order.sort(LOG);
        Register state = Register.INITIAL;
        long latestStartNs = Long.MIN_VALUE;
        for (Operation op : order) {
            latestStartNs = Math.max(latestStartNs, op.startNs());
            List<Register> after = state.step(op);
            if (op.endNs() < latestStartNs || after.isEmpty()) {
                return false;
            }
            state = after.get(0);
        }
        return true;
    }
}
