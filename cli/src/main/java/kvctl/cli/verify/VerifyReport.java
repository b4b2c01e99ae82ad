package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import kvctl.cli.Column;
import kvctl.cli.Console;
import kvctl.cli.Durations;
import kvctl.cli.Format;
import kvctl.cli.Ink;
import kvctl.cli.Rows;
import kvctl.cli.Session;

/**
 * Tells what is done and what came of it. On a terminal the result is a text: each step as it is done, and a line for
 * each case. In a pipe, or if a format is asked for, it is rows, and the steps go to standard error.
 */
final class VerifyReport implements AutoCloseable {
    private final Session session;
    private final Console console;
    private final Rows rows;
    private final boolean withSteps;
    private final List<Outcome> outcomes = new ArrayList<>();
    private final long startNs = System.nanoTime();

    VerifyReport(Session session) {
        this.session = session;
        this.console = session.console();
        Format format = session.settings().format();
        this.withSteps = format == Format.JSON || format == Format.NDJSON;
        List<Column> columns = new ArrayList<>(List.of(
                Column.text("name"),
                Column.text("suite"),
                Column.text("verdict"),
                Column.ms("ms", "TIME"),
                Column.text("figures"),
                Column.text("bounds"),
                Column.text("expected"),
                Column.text("seen"),
                Column.text("reason")));
        if (withSteps) {
            columns.add(Column.text("steps"));
        }
        boolean asText = format == Format.AUTO && console.outIsTty();
        this.rows = asText ? null : Rows.many(session, "verify", columns.toArray(Column[]::new));
    }

    void begin(Scenario scenario) {
        if (rows == null && !session.settings().quiet()) {
            line("");
            line(console.paint(Ink.BOLD, scenario.fullName()) + "  " + scenario.what());
        } else {
            session.note(scenario.fullName() + "  " + scenario.what());
        }
    }

    void step(String step) {
        if (rows != null) {
            session.note(step);
        } else if (!session.settings().quiet()) {
            int at = step.indexOf(" s  ") + 4;
            line(console.paint(Ink.DIM, step.substring(0, at)) + step.substring(at));
        }
    }

    void end(Outcome outcome) {
        outcomes.add(outcome);
        if (rows == null) {
            lines(outcome);
            return;
        }
        List<Object> cells = new ArrayList<>();
        Failed failure = outcome.failure();
        cells.add(outcome.scenario().name());
        cells.add(outcome.scenario().suite().word());
        cells.add(outcome.kind().name().toLowerCase(Locale.ROOT));
        cells.add(outcome.ms());
        cells.add(outcome.figures().values());
        cells.add(outcome.figures().bounds());
        cells.add(failure == null ? null : failure.expected());
        cells.add(failure == null ? null : failure.seen());
        cells.add(outcome.reason());
        if (withSteps) {
            cells.add(outcome.steps());
        }
        rows.row(cells.toArray());
        console.flush();
    }

    private void lines(Outcome outcome) {
        Ink ink = switch (outcome.kind()) {
            case PASS -> Ink.GREEN;
            case FAIL -> Ink.RED;
            case SKIP -> Ink.YELLOW;
        };
        String figures = outcome.figures().text();
        String behind = outcome.reason() != null ? outcome.reason() : figures;
        String time = outcome.ms() == 0 ? "" : "  " + Durations.text(outcome.ms());
        line(console.paint(ink, outcome.kind().name()) + "  "
                + outcome.scenario().fullName() + time + (behind.isEmpty() ? "" : "  " + behind));
        if (outcome.failure() != null) {
            line("      expected  " + outcome.failure().expected());
            line("      seen      " + outcome.failure().seen());
            line("      look at   " + outcome.failure().lookAt());
        }
    }

    /** A line beside the cases. */
    void say(String text) {
        if (rows == null) {
            line(text);
        } else {
            session.note(text);
        }
    }

    private void line(String text) {
        console.line(text);
        console.flush();
    }

    long count(Outcome.Kind kind) {
        return outcomes.stream().filter(outcome -> outcome.kind() == kind).count();
    }

    /** How many of each, why some were skipped, and what shows a failure again. */
    void sum(long seed) {
        if (rows == null && !session.settings().quiet()) {
            line("");
        }
        long ms = (System.nanoTime() - startNs) / 1_000_000;
        say(String.format(
                Locale.ROOT,
                "%d passed, %d failed, %d skipped in %s, seed %d",
                count(Outcome.Kind.PASS),
                count(Outcome.Kind.FAIL),
                count(Outcome.Kind.SKIP),
                Durations.text(ms),
                seed));
        Map<String, List<String>> skipped = new TreeMap<>();
        outcomes.stream()
                .filter(outcome -> outcome.kind() == Outcome.Kind.SKIP)
                .forEach(outcome -> skipped.computeIfAbsent(outcome.reason(), reason -> new ArrayList<>())
                        .add(outcome.scenario().fullName()));
        skipped.forEach((reason, names) -> say("skipped, " + reason + ": " + String.join(", ", names)));
        String failed = outcomes.stream()
                .filter(outcome -> outcome.kind() == Outcome.Kind.FAIL)
                .map(outcome -> outcome.scenario().fullName())
                .collect(Collectors.joining(" "));
        if (!failed.isEmpty()) {
            say("once more: kvctl verify " + failed + " --seed " + seed);
        }
        if (rows != null) {
            rows.after("passed", count(Outcome.Kind.PASS));
            rows.after("failed", count(Outcome.Kind.FAIL));
            rows.after("skipped", count(Outcome.Kind.SKIP));
            rows.after("seed", seed);
            rows.after("total_ms", ms);
        }
    }

    @Override
    public void close() {
        if (rows != null) {
            rows.close();
        }
    }

    /** The catalogue as a table. */
    static void list(Session session, List<Scenario> scenarios) {
        try (Rows rows = Rows.many(
                session,
                "verify-list",
                Column.text("name"),
                Column.text("suite"),
                Column.text("needs"),
                Column.text("what"))) {
            for (Scenario each : scenarios) {
                rows.row(
                        each.name(),
                        each.suite().word(),
                        each.isReal() ? each.needs().text() : "simulated",
                        each.isReal() ? each.what() : each.what() + ": " + each.test());
            }
        }
        if (scenarios.stream().anyMatch(each -> !each.isReal())) {
            session.note(
                    "simulated ones: mvn test -Dtest='NAME BEHIND THE COLON' -Dsurefire.failIfNoSpecifiedTests=false");
        }
    }
}
