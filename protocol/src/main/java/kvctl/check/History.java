package kvctl.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What clients did and saw, by one monotonic clock; intervals are closed, so those that touch are concurrent. */
public record History(List<Operation> operations) {
    /** All operations on a key, in the order of the history. */
    public List<Operation> of(String key) {
        return operations.stream()
                .filter(operation -> operation.key().equals(key))
                .toList();
    }

    /**
     * The operations of each key, as the checker needs them: reads without an answer and writes that definitely
     * failed tell nothing and are left out; what is unknown ends never (HAZARDS §4, unknown outcomes a to c).
     */
    Map<String, List<Operation>> byKey() {
        Map<String, List<Operation>> keys = new TreeMap<>();
        for (Operation operation : operations) {
            boolean unknown = operation.outcome() == Operation.Outcome.UNKNOWN;
            if (operation.done() || unknown && operation.write()) {
                keys.computeIfAbsent(operation.key(), key -> new ArrayList<>())
                        .add(unknown ? operation.call().unknown() : operation);
            }
        }
        return keys;
    }
}
