package kvctl.cli.sim;

import java.util.Arrays;
import java.util.Locale;
import kvctl.cli.Column;
import kvctl.cli.Format;
import kvctl.cli.Json;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.node.sim.Coverage;
import kvctl.node.sim.Shortest;
import kvctl.sim.Outcome;
import kvctl.sim.Timetable;

/** What came of all seeds so far, and how it is told. */
final class SimulateResult {
    final Coverage coverage = new Coverage();

    /** Of the first seed that failed; null if none did, or nobody asked for it. */
    Shortest shortest;

    private long seeds;
    private long failed;
    private long events;
    private long simulatedMs;
    private long firstFailed = -1;

    void add(Outcome outcome) {
        seeds++;
        events += outcome.events();
        simulatedMs += outcome.simulatedMs();
        if (outcome.broken() != null) {
            failed++;
            firstFailed = firstFailed < 0 ? outcome.seed() : firstFailed;
        }
    }

    long failed() {
        return failed;
    }

    /** How far it is, in one line. */
    String progress(long ofSeeds) {
        return String.format(
                Locale.ROOT,
                "%,d of %,d seeds, %d failed; %.1f h simulated; %s",
                seeds,
                ofSeeds,
                failed,
                simulatedMs / 3.6e6,
                new CoverageTable(coverage).summary());
    }

    /** @param pairs the result is to be the coverage, pair by pair */
    void write(Session session, long realMs, boolean pairs) {
        Format format = session.settings().format();
        boolean table = format == Format.TABLE
                || format == Format.AUTO && session.console().outIsTty();
        CoverageTable covered = new CoverageTable(coverage);
        if (format == Format.JSON) {
            session.console().line(json(realMs, covered));
        } else if (table) {
            row(session, realMs, false);
            if (pairs) {
                covered.matrix(session.console());
            } else {
                session.console().line(covered.summary());
            }
        } else if (pairs) {
            session.note("%d seeds, %d failed; %s".formatted(seeds, failed, covered.summary()));
            covered.rows(session);
        } else {
            row(session, realMs, true);
        }
        session.console().flush();
    }

    private long ratio(long realMs) {
        return simulatedMs / Math.max(1, realMs);
    }

    private Object firstFailed() {
        return firstFailed < 0 ? null : (Object) firstFailed;
    }

    private void row(Session session, long realMs, boolean withPairs) {
        Column[] some = {
            Column.number("seeds"),
            Column.number("failed"),
            Column.number("events"),
            Column.ms("simulated_ms", "SIMULATED"),
            Column.ms("real_ms", "REAL"),
            Column.number("ratio"),
            Column.number("first_failed")
        };
        Column[] all = Arrays.copyOf(some, some.length + (withPairs ? 2 : 0));
        if (withPairs) {
            all[some.length] = Column.number("pairs_covered");
            all[some.length + 1] = Column.number("pairs");
        }
        try (Rows result = Rows.one(session, "simulate", all)) {
            result.row(
                    seeds,
                    failed,
                    events,
                    simulatedMs,
                    realMs,
                    ratio(realMs),
                    firstFailed(),
                    coverage.covered(),
                    Coverage.pairs());
        }
    }

    private String json(long realMs, CoverageTable covered) {
        Json json = new Json().open('{').name("schema").text("kvctl/simulate/1");
        json.name("seeds")
                .number(seeds)
                .name("failed")
                .number(failed)
                .name("events")
                .number(events);
        json.name("simulated_ms").number(simulatedMs).name("real_ms").number(realMs);
        json.name("ratio").number(ratio(realMs)).name("first_failed");
        if (firstFailed < 0) {
            json.text(null);
        } else {
            json.number(firstFailed);
        }
        json.name("pairs_covered").number(coverage.covered()).name("pairs").number(Coverage.pairs());
        json.name("coverage");
        covered.json(json);
        if (shortest != null) {
            shortest(json.name("shortest"));
        }
        return json.close('}').toString();
    }

    private void shortest(Json json) {
        json.open('{').name("seed").number(shortest.outcome().seed());
        json.name("of").number(shortest.of()).name("runs").number(shortest.runs());
        json.name("minimal").bool(shortest.isMinimal());
        json.name("broken").text(shortest.outcome().broken().getMessage());
        json.name("again").text(shortest.outcome().again() + shortest.outcome().seed());
        json.name("faults").open('[');
        for (Timetable.Row row : shortest.faults()) {
            json.open('{').name("number").number(row.number());
            json.name("fault").text(row.kind().word()).name("text").text(row.text());
            if (row.atUs() != Timetable.ALWAYS) {
                json.name("at_ms").number(row.atUs() / 1000.0);
                json.name("for_ms").number(row.lastsUs() / 1000.0);
            }
            json.close('}');
        }
        json.close(']').close('}');
    }
}
