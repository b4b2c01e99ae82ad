package kvctl.cli.sim;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;
import kvctl.cli.Session;
import kvctl.cli.Stop;
import kvctl.node.sim.ClusterRun;
import kvctl.node.sim.Shape;
import kvctl.node.sim.Shortest;
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
            "  kvctl simulate --seeds 1..1000 --coverage",
            "  kvctl simulate --seed 7341 --shrink",
            "  kvctl simulate --seed 7341 --trace | less"
        })
public final class SimulateCommand implements Callable<Integer> {
    private static final Pattern RANGE = Pattern.compile("([0-9]{1,12})(?:\\.\\.([0-9]{1,12}))?");
    private static final Pattern NUMBERS = Pattern.compile("[0-9]{1,6}(,[0-9]{1,6}){0,9999}");

    /** To shrink one seed. */
    private static final int RUNS_MAX = 500;

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

    @Option(
            names = "--coverage",
            description = "Show for each pair of an operation and a fault in how many seeds they met.")
    private boolean coverage;

    @Option(
            names = "--shrink",
            description =
                    "Run the first seed that fails again and again, with ever fewer faults, and show the shortest "
                            + "schedule of faults that still breaks the same rule.")
    private boolean shrink;

    @Option(
            names = "--only",
            paramLabel = "N,N",
            description =
                    "With --seed: of its faults only these, by the numbers that --shrink and --trace tell; or none.")
    private String only;

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

    @Override
    public Integer call() {
        if (seed != null && seeds != null) {
            throw CliException.usage("--seed and --seeds exclude each other.", null);
        }
        if (trace && coverage) {
            throw CliException.usage("--trace and --coverage exclude each other.", null);
        }
        if (trace && shrink) {
            throw CliException.usage(
                    "--trace and --shrink exclude each other.", "--shrink names the command that shows the trace");
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

    private ClusterRun.Options options(long each) {
        ClusterRun.Options all = ClusterRun.Options.of(each, shape());
        return only == null ? all : all.only(numbers());
    }

    private List<Integer> numbers() {
        if (seed == null) {
            throw CliException.usage("--only needs --seed N: faults are numbered in each seed by itself.", null);
        }
        if (only.equals("none")) {
            return List.of();
        }
        if (!NUMBERS.matcher(only).matches()) {
            throw CliException.usage(
                    "'" + only + "' are no numbers of faults.", "write for example --only 2,17, or --only none");
        }
        int known = ClusterRun.timetable(ClusterRun.Options.of(seed, shape()))
                .rows()
                .size();
        List<Integer> numbers =
                Arrays.stream(only.split(",")).map(Integer::valueOf).toList();
        for (int number : numbers) {
            if (number < 1 || number > known) {
                throw CliException.usage(
                        "Seed %d has %d faults; there is no number %d.".formatted(seed, known, number),
                        "kvctl simulate " + shape().options() + "--seed " + seed + " --trace names them");
            }
        }
        return numbers;
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
        ClusterRun.Options options = options(seed);
        ClusterRun.timetable(options).rows().forEach(row -> session.console().line(row.toString()));
        session.console().line("");
        Outcome outcome = ClusterRun.recorded(options, rows);
        session.console().print(outcome.trace());
        session.console().flush();
        session.note(outcome.verdict());
        return outcome.broken() == null ? 0 : ExitCode.VIOLATED.code();
    }

    private int run(long first, long last) {
        SimulateResult result = new SimulateResult();
        Progress progress = new Progress(session);
        long startNs = System.nanoTime();
        long shrinkingNs = 0;
        try (Stop stop = new Stop(session)) {
            for (long n = 0; n <= last - first && !stop.isAsked(); n++) {
                ClusterRun.Options options = options(first + n);
                Outcome outcome = ClusterRun.run(options, result.coverage);
                result.add(outcome);
                if (outcome.broken() != null) {
                    progress.say(outcome.report());
                    if (shrink && result.shortest == null) {
                        long fromNs = System.nanoTime();
                        result.shortest = Shortest.of(options, RUNS_MAX, stop::isAsked);
                        progress.say(result.shortest.report());
                        shrinkingNs = System.nanoTime() - fromNs;
                    }
                }
                progress.tell(result.progress(last - first + 1));
            }
            if (shrink && result.failed() == 0) {
                session.note("No seed failed: there is nothing to shorten.");
            }
            result.write(session, (System.nanoTime() - startNs - shrinkingNs) / 1_000_000, coverage);
            return result.failed() > 0 ? ExitCode.VIOLATED.code() : stop.code();
        }
    }
}
