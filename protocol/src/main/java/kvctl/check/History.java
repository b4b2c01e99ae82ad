package kvctl.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What clients did and saw, by one clock. */
public record History(List<Operation> operations) {
    /**
     * The operations of each key, as the checker needs them: reads without an answer and writes that definitely
     * failed tell
     * nothing and are left out (HAZARDS §4); what is unknown ends never.
     */
    Map<String, List<Operation>> byKey() {
        Map<String, List<Operation>> keys = new TreeMap<>();
        for (Operation operation : operations) {
            boolean tells = operation.outcome() == Operation.Outcome.DONE
                    || operation.outcome() == Operation.Outcome.UNKNOWN && operation.write();
            if (tells) {
                keys.computeIfAbsent(operation.key(), key -> new ArrayList<>()).add(operation);
            }
        }
        return keys;
    }
}
