package kvctl.check;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tries everything, for small histories: whichever operation nobody must precede comes next; unknown ones may be left
 * over. Shares no code with the engines: its register always has one value and one version, and where nobody told
 * the version that a write took, all that could make a difference are tried.
 */
final class BruteForce {
    private record State(int taken, String value, long version) {}

    private final List<Operation> operations;
    private final Set<State> hopeless = new HashSet<>();

    /** Versions that anyone told or expected. */
    private final TreeSet<Long> mentioned = new TreeSet<>();

    private BruteForce(List<Operation> operations) {
        this.operations = operations;
        for (Operation op : operations) {
            mentioned.add(op.version());
            mentioned.add(op.call().expectedVersion());
        }
    }

    /** @param operations of one key, without failed ones and unknown reads; at most some ten */
    static boolean explains(List<Operation> operations) {
        return new BruteForce(operations).explainedFrom(new State(0, null, 0));
    }

    private boolean explainedFrom(State state) {
        if (hopeless.contains(state)) {
            return false;
        }
        boolean allDone = true;
        for (int i = 0; i < operations.size(); i++) {
            if ((state.taken & 1 << i) != 0) {
                continue;
            }
            allDone &= operations.get(i).outcome() != Operation.Outcome.DONE;
            if (mayBeNext(i, state.taken) && explainedAfter(i, state)) {
                return true;
            }
        }
        if (!allDone) {
            hopeless.add(state);
        }
        return allDone;
    }

    private boolean mayBeNext(int next, int taken) {
        for (int i = 0; i < operations.size(); i++) {
            Operation other = operations.get(i);
            boolean waits = (taken & 1 << i) == 0 && other.outcome() == Operation.Outcome.DONE;
            if (waits && other.endNs() < operations.get(next).startNs()) {
                return false;
            }
        }
        return true;
    }

    private boolean explainedAfter(int next, State state) {
        Operation op = operations.get(next);
        int taken = state.taken | 1 << next;
        long present = state.value == null ? 0 : state.version;
        boolean told = op.version() != Operation.NOT_TOLD;
        boolean answered = op.outcome() == Operation.Outcome.DONE;
        boolean effective = happens(op, state.value, present);
        if (answered && effective != op.effective()) {
            return false;
        }
        if (!effective) {
            boolean same = op.kind() != Operation.Kind.GET || Objects.equals(op.value(), state.value);
            return (!answered || same && (!told || op.version() == present))
                    && explainedFrom(new State(taken, state.value, state.version));
        }
        String value = switch (op.kind()) {
            case APPEND -> state.value == null ? op.argument() : state.value + op.argument();
            case DELETE -> null;
            default -> op.argument();
        };
        Set<Long> versions = answered && told ? Set.of(op.version()) : versionsAfter(state.version);
        return versions.stream()
                .anyMatch(version -> version > state.version && explainedFrom(new State(taken, value, version)));
    }

    private static boolean happens(Operation op, String value, long present) {
        return switch (op.kind()) {
            case GET -> false;
            case PUT, APPEND -> true;
            case DELETE -> value != null;
            case CAS ->
                op.call().expectedValue() != null
                        ? op.call().expectedValue().equals(value)
                        : op.call().expectedVersion() == present;
        };
    }

    private Set<Long> versionsAfter(long version) {
        TreeSet<Long> versions = new TreeSet<>(mentioned.tailSet(version + 1));
        long unmentioned = version + 1;
        while (mentioned.contains(unmentioned)) {
            unmentioned++;
        }
        versions.add(unmentioned);
        return versions;
    }
}
