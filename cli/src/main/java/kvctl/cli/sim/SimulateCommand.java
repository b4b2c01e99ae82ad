package kvctl.cli.sim;

import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.ExitCode;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.cli.Stop;
import kvctl.node.sim.ClusterRun;
import kvctl.node.sim.Shape;
import kvctl.sim.Outcome;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "simulate",
        header = "Run whole clusters on virtual time, with faults that a seed draws, and check them after every event.",
        description =
                "%nNothing real is touched: no process, no socket, no disk. Each seed draws its own nodes, groups, load and mix "
                        + "of faults; groups join and leave and shards move all the while. The same seed, with the same options, is "
                        + "the same run. Exits with 11 if a rule was broken, and names the command that shows how.",
        footer = {
            "  kvctl simulate --seeds 1..1000",
            "  kvctl simulate --seeds 1..1000 --nodes 5 --groups 3",
            "  kvctl simulate --seed 7341",
            "  kvctl simulate --seed 7341 --trace | less"
        })
public final class SimulateCommand implements Callable<Integer> {
    private static final Pattern RANGE = Pattern.compile("([0-9]{1,12})(?:\\.\\.([0-9]{1,12}))?");
    private static final long TELL_NS = 1_000_000_000;

    private final Session session;

    @Option(names = "--seeds", paramLabel = "A..B", description = "All seeds from A to B (default 1..100).")
    private String seeds;

    @Option(names = "--seed", paramLabel = "N", description = "One seed.")
    private Long seed;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description = "So many nodes, 3 to 9, in every seed (default: each seed draws 3 to 5).")
    private Integer nodes;

    @Option(
            names = "--groups",
            paramLabel = "N",
            description = "So many groups at the beginning, 1 to 8, in every seed (default: each seed draws 1 to 3).")
    private Integer groups;

    @Option(names = "--trace", description = "Print what happened in that one seed, a column per node.")
    private boolean trace;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "2000",
            description = "With --trace: so many rows, the last ones (default 2000).")
    private int rows;

    public SimulateCommand(Session session) {
        this.session = session;
    }

    /** Of all seeds so far. */
    private static final class Sums {
        long seeds;
        long failed;
        long events;
        long simulatedMs;
        long firstFailed = -1;
    }

    @Override
    public Integer call() {
        if (seed != null && seeds != null) {
            throw CliException.usage("--seed and --seeds exclude each other.", null);
        }
        if (trace) {
            return traced();
        }
        long first = seed != null ? seed : range(1);
        long last = seed != null ? seed : range(2);
        if (last < first) {
            throw CliException.usage("--seeds go up, say 1..1000.", null);
        }
        return run(first, last);
    }

    private Shape shape() {
        return new Shape(
                within("--nodes", nodes, Shape.NODES_MIN, Shape.NODES_MAX),
                within("--groups", groups, Shape.GROUPS_MIN, Shape.GROUPS_MAX));
    }

    private static int within(String option, Integer number, int min, int max) {
        if (number != null && (number < min || number > max)) {
            throw CliException.usage("%s is %d to %d, not %d.".formatted(option, min, max, number), null);
        }
        return number == null ? 0 : number;
    }

    private long range(int end) {
        String text = seeds == null ? "1..100" : seeds;
        Matcher range = RANGE.matcher(text);
        if (!range.matches()) {
            throw CliException.usage("'" + text + "' are no seeds.", "write for example 1..1000");
        }
        return Long.parseLong(end == 2 && range.group(2) != null ? range.group(2) : range.group(1));
    }

    private int traced() {
        if (seed == null || rows < 1) {
            throw CliException.usage(
                    seed == null ? "--trace needs --seed N." : "--rows is 1 or more.",
                    "kvctl simulate --seed 7 --trace");
        }
        Outcome outcome = ClusterRun.recorded(seed, shape(), rows);
        session.console().print(outcome.trace());
        session.console().flush();
        session.note(outcome.verdict());
        return outcome.broken() == null ? 0 : ExitCode.VIOLATED.code();
    }

    private int run(long first, long last) {
        Shape shape = shape();
        Sums sums = new Sums();
        long startNs = System.nanoTime();
        long toldNs = startNs;
        try (Stop stop = new Stop(session)) {
            for (long each = first; each <= last && !stop.isAsked(); each++) {
                Outcome outcome = ClusterRun.run(each, shape);
                sums.seeds++;
                sums.events += outcome.events();
                sums.simulatedMs += outcome.simulatedMs();
                if (outcome.broken() != null) {
                    sums.failed++;
                    session.note(outcome.report());
                    sums.firstFailed = sums.firstFailed < 0 ? each : sums.firstFailed;
                }
                if (System.nanoTime() - toldNs > TELL_NS && session.console().errIsTty()) {
                    toldNs = System.nanoTime();
                    session.note("seed " + each + " of " + first + ".." + last + ", " + sums.failed + " failed");
                }
            }
            show(sums, (System.nanoTime() - startNs) / 1_000_000);
            return sums.failed > 0 ? ExitCode.VIOLATED.code() : stop.code();
        }
    }

    private void show(Sums sums, long realMs) {
        try (Rows result = Rows.one(
                session,
                "simulate",
                Column.number("seeds"),
                Column.number("failed"),
                Column.number("events"),
                Column.ms("simulated_ms", "SIMULATED"),
                Column.ms("real_ms", "REAL"),
                Column.number("ratio"),
                Column.number("first_failed"))) {
            result.row(
                    sums.seeds,
                    sums.failed,
                    sums.events,
                    sums.simulatedMs,
                    realMs,
                    sums.simulatedMs / Math.max(1, realMs),
                    sums.firstFailed < 0 ? null : (Object) sums.firstFailed);
        }
    }
}
