package kvctl.cli.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kvctl.cli.Column;
import kvctl.cli.Console;
import kvctl.cli.Ink;
import kvctl.cli.Json;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.node.sim.Coverage;
import kvctl.node.sim.Coverage.Operation;
import kvctl.sim.Fault;

/** What was under way while what was in force, over all seeds of a run of {@code simulate}. Stateless but for what it shows. */
final class CoverageTable {
    private static final int NAMED_MAX = 6;
    private static final int ROW_WIDTH = Coverage.FAULTS.stream()
            .mapToInt(fault -> fault.word().length())
            .max()
            .orElse(0);

    private final Coverage coverage;

    CoverageTable(Coverage coverage) {
        this.coverage = coverage;
    }

    /** {@code pairs covered: 350 of 352}. */
    String summary() {
        return "pairs covered: " + coverage.covered() + " of " + Coverage.pairs();
    }

    /** One row per pair. */
    void rows(Session session) {
        try (Rows rows = Rows.many(
                session, "simulate-coverage", Column.text("operation"), Column.text("fault"), Column.number("seeds"))) {
            for (Operation operation : Operation.values()) {
                for (Fault.Kind fault : Coverage.FAULTS) {
                    rows.row(operation.word(), fault.word(), coverage.runs(operation, fault));
                }
            }
        }
    }

    /** An array of the pairs. */
    void json(Json json) {
        json.open('[');
        for (Operation operation : Operation.values()) {
            for (Fault.Kind fault : Coverage.FAULTS) {
                json.open('{').name("operation").text(operation.word());
                json.name("fault").text(fault.word());
                json.name("seeds").number(coverage.runs(operation, fault)).close('}');
            }
        }
        json.close(']');
    }

    /** For people: faults below each other, operations beside each other, in two parts so that a terminal is wide enough. */
    void matrix(Console console) {
        console.line("");
        console.line("Share of the " + String.format(Locale.ROOT, "%,d", coverage.runs())
                + " seeds, in percent, in which it was under way (columns) while that was in force (rows).");
        List<Operation> all = Arrays.asList(Operation.values());
        int cut = all.indexOf(Operation.ELECTION);
        part(console, all.subList(0, cut));
        part(console, all.subList(cut, all.size()));
        console.line("");
        console.line(summary() + never());
    }

    private void part(Console console, List<Operation> operations) {
        console.line("");
        StringBuilder head = new StringBuilder(" ".repeat(ROW_WIDTH));
        for (Operation operation : operations) {
            head.append(' ').append(right(operation.word(), width(operation)));
        }
        console.line(console.paint(Ink.BOLD, head.toString()));
        for (Fault.Kind fault : Coverage.FAULTS) {
            StringBuilder line = new StringBuilder(fault.word());
            line.append(" ".repeat(ROW_WIDTH - line.length()));
            for (Operation operation : operations) {
                String cell = right(share(coverage.runs(operation, fault)), width(operation));
                boolean never = coverage.runs(operation, fault) == 0;
                line.append(' ').append(never ? console.paint(Ink.YELLOW, cell) : cell);
            }
            console.line(line.toString());
        }
    }

    private static int width(Operation operation) {
        return Math.max(4, operation.word().length());
    }

    private static String right(String text, int width) {
        return " ".repeat(width - text.length()) + text;
    }

    private String share(long seeds) {
        long percent = 100 * seeds / Math.max(1, coverage.runs());
        return seeds == 0 ? "-" : percent == 0 ? "<1" : Long.toString(percent);
    }

    /** The pairs that have not met, if they are few. */
    private String never() {
        List<String> names = new ArrayList<>();
        for (Operation operation : Operation.values()) {
            for (Fault.Kind fault : Coverage.FAULTS) {
                if (coverage.runs(operation, fault) == 0) {
                    names.add(operation.word() + " and " + fault.word());
                }
            }
        }
        return names.isEmpty() || names.size() > NAMED_MAX ? "" : "; not yet: " + String.join(", ", names);
    }
}
