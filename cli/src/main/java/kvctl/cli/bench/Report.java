package kvctl.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.Format;
import kvctl.cli.Rows;
import kvctl.cli.Session;

/** Writes what was measured: tables for humans, one flat row with everything in all other formats. */
final class Report {
    private static final String KIND = "bench";

    private final Session session;
    private final List<Column> columns = new ArrayList<>();
    private final List<Object> cells = new ArrayList<>();

    /** @throws CliException (usage) if it can't be written in the session's format: to be known before the load runs */
    Report(Session session) {
        this.session = session;
        if (session.settings().format() == Format.RAW) {
            throw CliException.usage(
                    "'" + KIND + "' cannot be written as raw.", "it can be table, json, ndjson, csv or tsv");
        }
    }

    void write(Plan plan, Figures figures) {
        Format format = session.settings().format();
        if (format == Format.TABLE || format == Format.AUTO && session.console().outIsTty()) {
            tables(plan, figures);
        } else {
            row(plan, figures);
        }
    }

    private void tables(Plan plan, Figures figures) {
        try (Rows rows = Rows.many(
                session,
                KIND,
                Column.text("op"),
                Column.number("ops"),
                Column.number("ops_per_s").as("OPS/S"),
                Column.number("p50_us"),
                Column.number("p90_us"),
                Column.number("p99_us"),
                Column.number("p999_us").as("P99.9 US"),
                Column.number("max_us"))) {
            latency(rows, "reads", figures, figures.reads());
            latency(rows, "writes", figures, figures.writes());
            latency(rows, "all", figures, figures.all());
        }
        session.console().line("");
        try (Rows rows = Rows.many(
                session,
                KIND,
                Column.number("errors"),
                Column.number("unknown"),
                Column.number("not_found"),
                Column.ms("longest_gap_ms", "LONGEST GAP"),
                Column.ms("duration_ms", "DURATION"),
                Column.number("clients"),
                Column.number("connections"),
                Column.number("keys"))) {
            rows.row(
                    figures.errors(),
                    figures.unknown(),
                    figures.notFound(),
                    figures.longestGapMs(),
                    figures.durationNs() / 1_000_000,
                    plan.clients(),
                    plan.connections(),
                    plan.keys());
        }
    }

    private static void latency(Rows rows, String op, Figures figures, Figures.Latency latency) {
        if (latency.count() > 0) {
            rows.row(
                    op,
                    latency.count(),
                    figures.perSecond(latency.count()),
                    latency.p50Us(),
                    latency.p90Us(),
                    latency.p99Us(),
                    latency.p999Us(),
                    latency.maxUs());
        }
    }

    private void row(Plan plan, Figures figures) {
        number("ops", figures.all().count());
        number("ops_per_s", figures.perSecond(figures.all().count()));
        number("reads", figures.reads().count());
        number("writes", figures.writes().count());
        number("not_found", figures.notFound());
        number("errors", figures.errors());
        number("unknown", figures.unknown());
        latency("", figures.all());
        latency("read_", figures.reads());
        latency("write_", figures.writes());
        number("longest_gap_ms", figures.longestGapMs());
        number("duration_ms", figures.durationNs() / 1_000_000);
        number("warmup_ms", plan.warmupMs());
        number("clients", plan.clients());
        number("connections", plan.connections());
        number("read_percent", plan.readPercent());
        number("keys", plan.keys());
        number("key_bytes", plan.keyBytes());
        number("value_bytes", plan.valueBytes());
        number("seed", plan.seed());
        add(Column.text("prefix"), plan.prefix());
        String shards = plan.shards().stream().map(String::valueOf).collect(Collectors.joining(","));
        add(Column.text("shards"), shards.isEmpty() ? null : shards);
        add(Column.flag("fill"), plan.fill());
        try (Rows rows = Rows.one(session, KIND, columns.toArray(Column[]::new))) {
            rows.row(cells.toArray());
        }
    }

    private void latency(String prefix, Figures.Latency latency) {
        number(prefix + "p50_us", latency.p50Us());
        number(prefix + "p90_us", latency.p90Us());
        number(prefix + "p99_us", latency.p99Us());
        number(prefix + "p999_us", latency.p999Us());
        number(prefix + "max_us", latency.maxUs());
    }

    private void number(String name, Number value) {
        add(Column.number(name), value);
    }

    private void add(Column column, Object cell) {
        columns.add(column);
        cells.add(cell);
    }
}
