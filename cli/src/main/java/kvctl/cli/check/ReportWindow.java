package kvctl.cli.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import kvctl.check.Call;
import kvctl.check.Operation;
import kvctl.check.Verdict;

/**
 * The operations that show a violation, as a report lists them: those of the longest order that explains the answers, the
 * one that can't follow, then the others of the window.
 *
 * @param all operations there are, more than {@code rows} if there are too many to look at
 */
record ReportWindow(List<Row> rows, int all) {
    /** More than anybody looks at; only a key that could not be cut has as many. */
    static final int ROWS_MAX = 200;

    private static final int STEPS_MAX = 150;

    /**
     * @param step place in the order from 1 on; {@link #NOWHERE}
     * @param stuck the one that can't follow
     * @param unused it was answered, but its answer reaches over the edge of the window and the verdict does without it
     * @param holds what the key holds after it, or, for the one that can't follow, before it; null if that is not known
     */
    record Row(Operation operation, int step, boolean stuck, boolean unused, String holds) {
        static final int NOWHERE = 0;
    }

    static ReportWindow of(Verdict verdict) {
        List<Operation> order = verdict.operations();
        int first = Math.max(0, order.size() - STEPS_MAX);
        Map<Call, Operation> answered = new HashMap<>();
        verdict.window().forEach(op -> answered.put(op.call(), op));
        List<Row> rows = new ArrayList<>();
        State state = new State(first == 0 && !verdict.anyStart());
        for (int i = first; i < order.size(); i++) {
            boolean stuck = i == order.size() - 1;
            if (!stuck) {
                state.step(order.get(i));
            }
            Operation recorded = answered.getOrDefault(order.get(i).call(), order.get(i));
            boolean unused = recorded.outcome() != order.get(i).outcome();
            rows.add(new Row(recorded, i + 1, stuck, unused, state.shown()));
        }
        Set<Call> ordered = order.stream().map(Operation::call).collect(Collectors.toSet());
        List<Operation> others = verdict.window().stream()
                .filter(op -> !ordered.contains(op.call()))
                .toList();
        long atNs = order.isEmpty() ? 0 : order.get(order.size() - 1).startNs();
        others.stream()
                .sorted(Comparator.comparingLong(op -> Math.abs(op.startNs() - atNs)))
                .limit(ROWS_MAX - rows.size())
                .sorted(Comparator.comparingLong(Operation::startNs))
                .forEach(op -> rows.add(new Row(op, Row.NOWHERE, false, false, null)));
        return new ReportWindow(rows, order.size() + others.size());
    }

    /** Characters of a value beyond which its middle is left out: a few operations are shown in full, many are not. */
    int charsMax() {
        return rows.size() <= 20 ? 1_000 : 200;
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    long fromNs() {
        return rows.stream().mapToLong(row -> row.operation().startNs()).min().orElse(0);
    }

    /** When the last answer came; of what was never answered, the call counts. */
    long toNs() {
        return rows.stream()
                .map(Row::operation)
                .mapToLong(op -> op.endNs() == Operation.OPEN ? op.startNs() : op.endNs())
                .max()
                .orElse(0);
    }

    /** What a key holds while operations are followed that explain each other. */
    private static final class State {
        private boolean known;

        /** Null: no such key. */
        private String value;

        private long version = Operation.NOT_TOLD;

        State(boolean known) {
            this.known = known;
        }

        void step(Operation op) {
            boolean done = op.outcome() == Operation.Outcome.DONE;
            if (op.kind() == Operation.Kind.GET) {
                set(op.value(), op.version());
            } else if (done && !op.effective()) {
                if (op.version() != version) { // It found another version than is known, so nothing is known any more.
                    known = known && (op.version() == Operation.NOT_TOLD || version == Operation.NOT_TOLD);
                    version = op.version() == Operation.NOT_TOLD ? version : op.version();
                }
            } else if (done || op.kind() == Operation.Kind.PUT || op.kind() == Operation.Kind.APPEND) {
                write(op, done ? op.version() : Operation.NOT_TOLD);
            } else { // An unknown cas or delete, that may have done nothing.
                known = false;
                version = Operation.NOT_TOLD;
            }
        }

        private void write(Operation op, long newVersion) {
            switch (op.kind()) {
                case APPEND -> {
                    value = (value == null ? "" : value) + op.argument();
                    version = newVersion;
                }
                case DELETE -> set(null, newVersion);
                default -> set(op.argument(), newVersion);
            }
        }

        private void set(String newValue, long newVersion) {
            known = true;
            value = newValue;
            version = newVersion;
        }

        String shown() {
            String told = version > 0 ? " v" + version : "";
            if (known) {
                return value == null ? "no such key" : ReportText.quoted(value, 300) + told;
            }
            return told.isEmpty() ? null : "something," + told;
        }
    }
}
