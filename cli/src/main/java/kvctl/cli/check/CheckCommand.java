package kvctl.cli.check;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import kvctl.check.History;
import kvctl.check.HistoryFormat;
import kvctl.check.HistoryFormatException;
import kvctl.check.MinimumLoad;
import kvctl.check.Operation;
import kvctl.check.Verdict;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.Durations;
import kvctl.cli.ExitCode;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.cli.Stop;
import kvctl.cli.Words;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "check",
        header = "Put the cluster under a recorded load and judge what clients saw: is it linearizable?",
        description =
                "%nOr judge the history in FILE: Jepsen's EDN, or JSON objects as --history writes them. Exits with 0: "
                        + "linearizable, 11: violated, 12: not decided (a search that was given up, or too little load). If it is "
                        + "violated while faults were made, a script of the load and of those faults alone that were in force "
                        + "around the violation is written beside the report, or as check-SEED.kv.",
        footer = {
            "  kvctl check run --for 60s",
            "  kvctl check run --for 120s --nemesis kill,pause,partition,one-way,delay,drop,move --report check.html",
            "  kvctl check history.edn --report check.html",
            "  check start --nemesis kill              in the REPL: goes on beside other commands",
            "  check stop"
        })
public final class CheckCommand implements Callable<Integer> {
    private static final long STEP_MS = 100;
    private static final long TELL_MS = 5_000;
    private static final long FOREVER_MS = 3_600_000;

    private final Session session;
    private final Supplier<Subject> subject;
    private Check running;
    private CheckOptions runningOptions;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "A history to judge.")
    private Path file;

    @Option(names = "--report", paramLabel = "FILE", description = "Write a page for a browser about it.")
    private Path report;

    /** @param subject opens the cluster to check */
    public CheckCommand(Session session, Supplier<Subject> subject) {
        this.session = session;
        this.subject = subject;
    }

    /** The command with what is below it. */
    public CommandLine tree() {
        return new CommandLine(this)
                .addSubcommand("run", new Run())
                .addSubcommand("start", new Start())
                .addSubcommand("status", new Status())
                .addSubcommand("stop", new End());
    }

    @Override
    public Integer call() throws IOException {
        if (file == null) {
            throw CliException.usage("'check' needs run, start, status, stop or a FILE.", "kvctl check run --for 30s");
        }
        return code(judge(read(), null, MinimumLoad.ANY, report, 0));
    }

    private History read() throws IOException {
        try (Reader in = Files.newBufferedReader(file)) {
            return HistoryFormat.read(in);
        } catch (NoSuchFileException e) {
            throw CliException.usage("There is no file " + file + ".", null);
        } catch (HistoryFormatException e) {
            throw CliException.usage(file + ": " + e.getMessage(), "kvctl help check");
        }
    }

    // --- loads ---

    private Check begin(CheckOptions options, NemesisOptions nemesis, String kinds, long forMs) {
        CheckLoad.Options load = options.load();
        Subject cluster = subject.get();
        Schedule schedule = kinds == null ? null : nemesis.draw(kinds, cluster.map(), options.seed(), forMs);
        if (schedule != null) {
            session.note(NemesisOptions.shown(schedule, options.seed()));
        }
        return new Check(cluster, load, schedule, session::note, session.troubles());
    }

    private int judge(Check.Outcome outcome, CheckOptions options) throws IOException {
        if (options.history != null) {
            boolean edn = options.history.toString().endsWith(".edn");
            try (Writer out = Files.newBufferedWriter(options.history)) {
                (edn ? HistoryFormat.EDN : HistoryFormat.JSON).write(outcome.history(), out);
            }
        }
        // Those of others may have begun before the load or gone on behind it, with nearly no load meanwhile.
        List<MinimumLoad.Span> spans = outcome.timeline().faults().stream()
                .filter(fault -> fault.fromNs() > outcome.timeline().startNs()
                        && fault.toNs() < outcome.timeline().endNs())
                .map(fault -> new MinimumLoad.Span(fault.fromNs(), fault.toNs()))
                .toList();
        MinimumLoad least = new MinimumLoad(options.minOps / 4, options.minOps / 4, 0, spans, 1);
        Verdict verdict = judge(outcome.history(), outcome, least, options.report, options.seed());
        if (verdict.kind() == Verdict.Kind.VIOLATED) {
            writeScenario(verdict, outcome, options);
        }
        return code(verdict);
    }

    private void writeScenario(Verdict verdict, Check.Outcome outcome, CheckOptions options) {
        Path script = Scenario.file(options.report, options.seed());
        // A fault that can't be made a second time must not end it.
        String command = session.kvctl() + " -f " + Words.quoted(script.toString()) + " --keep-going";
        Scenario scenario = Scenario.of(verdict, outcome.timeline(), options.words(), command);
        if (scenario == null) {
            return;
        }
        try {
            scenario.write(script);
            session.note("The shortest scenario that is known, %d of %d faults, is in %s. Run it: %s"
                    .formatted(scenario.made(), scenario.of(), script, command));
        } catch (IOException e) {
            session.note("The scenario could not be written to " + script + ": " + e.getMessage());
        }
    }

    private Verdict judge(History history, Check.Outcome outcome, MinimumLoad least, Path page, long seed)
            throws IOException {
        long fromNs = System.nanoTime();
        Verdict verdict = Judge.verdict(history, least);
        if (page != null) {
            String title =
                    file == null ? "check, seed " + seed : file.getFileName().toString();
            ReportPage.write(page, verdict, history, outcome == null ? null : outcome.timeline(), title);
        }
        show(verdict, history, outcome, seed, (System.nanoTime() - fromNs) / 1_000_000);
        return verdict;
    }

    private static int code(Verdict verdict) {
        return switch (verdict.kind()) {
            case OK -> ExitCode.OK.code();
            case VIOLATED -> ExitCode.VIOLATED.code();
            case UNKNOWN -> ExitCode.UNDECIDED.code();
        };
    }

    private void show(Verdict verdict, History history, Check.Outcome outcome, long seed, long judgedMs) {
        long failed = history.operations().stream()
                .filter(operation -> operation.outcome() == Operation.Outcome.FAILED)
                .count();
        try (Rows rows = Rows.one(
                session,
                "check",
                Column.text("verdict"),
                Column.number("operations"),
                Column.number("failed"),
                Column.number("unknown"),
                Column.number("keys"),
                Column.number("faults"),
                Column.number("moves"),
                Column.number("seed"),
                Column.ms("judged_ms", "JUDGED IN"),
                Column.text("key"),
                Column.text("reason"))) {
            rows.row(
                    verdict.kind().name().toLowerCase(java.util.Locale.ROOT),
                    verdict.counts().operations(),
                    failed,
                    verdict.counts().unknown(),
                    verdict.counts().keys(),
                    outcome == null ? null : (Object) outcome.faults(),
                    outcome == null ? null : (Object) outcome.timeline().moves(),
                    outcome == null ? null : (Object) seed,
                    judgedMs,
                    verdict.key(),
                    verdict.reason());
        }
        verdict.window().forEach(operation -> session.note("  " + operation));
    }

    /** {@code check run}: until the time is over, or Ctrl-C. */
    @Command(name = "run", header = "Run a load for a while, and judge it.", footer = "  kvctl check run --for 60s")
    private final class Run implements Callable<Integer> {
        @Option(names = "--for", paramLabel = "TIME", defaultValue = "30s", description = "How long (default 30s).")
        private String time;

        @Option(
                names = "--nemesis",
                paramLabel = "FAULTS",
                description =
                        "What to break: kill, pause, partition, isolate, one-way, delay, drop, duplicate, reorder, "
                                + "clog, disk, clock, move, with commas between; cut: partition, isolate, one-way; or all.")
        private String kinds;

        @Mixin
        private final CheckOptions options = new CheckOptions();

        @Mixin
        private final NemesisOptions nemesis = new NemesisOptions();

        @Override
        public Integer call() throws Exception {
            long forMs = Durations.parseMs(time);
            try (Stop stop = new Stop(session);
                    Check check = begin(options, nemesis, kinds, forMs)) {
                long startNs = System.nanoTime();
                long toldMs = 0;
                long passedMs = 0;
                while (passedMs < forMs && !stop.isAsked()) {
                    java.util.concurrent.TimeUnit.MILLISECONDS.sleep(STEP_MS);
                    passedMs = (System.nanoTime() - startNs) / 1_000_000;
                    if (passedMs - toldMs >= TELL_MS && session.console().errIsTty()) {
                        toldMs = passedMs;
                        session.note(Durations.text(passedMs) + "  " + check.progress());
                    }
                }
                Check.Outcome outcome = check.end();
                int code = judge(outcome, options);
                return stop.isAsked() && code == 0 ? stop.code() : code;
            }
        }
    }

    /** {@code check start}: beside other commands of the same REPL or script. */
    @Command(
            name = "start",
            header = "Start a load beside the commands that follow.",
            footer = "  check start --clients 8")
    private final class Start implements Callable<Integer> {
        @Option(names = "--nemesis", paramLabel = "FAULTS", description = "What to break, as for check run.")
        private String kinds;

        @Mixin
        private final CheckOptions options = new CheckOptions();

        @Mixin
        private final NemesisOptions nemesis = new NemesisOptions();

        @Override
        public Integer call() {
            if (running != null) {
                throw new CliException(ExitCode.CONFLICT, "A check is running.", "check stop");
            }
            running = begin(options, nemesis, kinds, FOREVER_MS);
            runningOptions = options;
            return 0;
        }
    }

    /** {@code check status}. */
    @Command(name = "status", header = "How the load that was started stands.", footer = "  check status")
    private final class Status implements Callable<Integer> {
        @Override
        public Integer call() {
            session.console().line(started().progress());
            return 0;
        }
    }

    /** {@code check stop}. */
    @Command(name = "stop", header = "End the load that was started, and judge it.", footer = "  check stop")
    private final class End implements Callable<Integer> {
        @Override
        public Integer call() throws Exception {
            Check check = started();
            running = null;
            try (check) {
                return judge(check.end(), runningOptions);
            }
        }
    }

    private Check started() {
        if (running == null) {
            throw new CliException(
                    ExitCode.CONFLICT,
                    "No check was started in this REPL or script.",
                    session.isRepl() ? "check start" : "kvctl check run");
        }
        return running;
    }
}
