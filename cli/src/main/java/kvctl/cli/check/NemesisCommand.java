package kvctl.cli.check;

import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import kvctl.cli.CliException;
import kvctl.cli.Durations;
import kvctl.cli.ExitCode;
import kvctl.cli.Session;
import kvctl.cli.Stop;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "nemesis",
        header = "Break the cluster again and again, by a schedule that is drawn from a seed.",
        footer = {
            "  kvctl nemesis run --faults kill,pause,one-way --every 5s --for 1m --seed 42",
            "  kvctl nemesis run --faults all --for 1m --seed 42 --plan > schedule.kv",
            "  nemesis start --faults kill             in the REPL: goes on beside other commands",
            "  nemesis stop"
        })
public final class NemesisCommand {
    private static final long STEP_MS = 100;

    private final Session session;
    private final Supplier<Subject> subject;
    private Subject cluster;
    private Nemesis running;

    /** @param subject opens the cluster to break */
    public NemesisCommand(Session session, Supplier<Subject> subject) {
        this.session = session;
        this.subject = subject;
    }

    /** The command with what is below it. */
    public CommandLine tree() {
        return new CommandLine(this)
                .addSubcommand("run", new Run())
                .addSubcommand("start", new Start())
                .addSubcommand("stop", new End());
    }

    /** Options of both ways to run it. */
    private static final class Options {
        @Option(
                names = "--faults",
                paramLabel = "FAULTS",
                defaultValue = "kill,pause,partition,one-way,delay,drop",
                description =
                        "kill, pause, partition, isolate, one-way, delay, drop, duplicate, reorder, clog, disk, clock, "
                                + "move, with commas between; cut: partition, isolate and one-way; or all "
                                + "(default: kill,pause,partition,one-way,delay,drop).")
        private String kinds;

        @Option(names = "--for", paramLabel = "TIME", defaultValue = "1m", description = "How long (default 1m).")
        private String time;

        @Option(names = "--seed", paramLabel = "N", description = "Seed of the schedule (default: one is drawn).")
        private Long seed;

        @Mixin
        private final NemesisOptions nemesis = new NemesisOptions();

        long forMs() {
            return Durations.parseMs(time);
        }

        long seed() {
            return seed == null ? ThreadLocalRandom.current().nextInt(1_000_000) : seed;
        }
    }

    private Nemesis begin(Options options) {
        cluster = subject.get();
        long seed = options.seed();
        Schedule schedule = options.nemesis.draw(options.kinds, cluster.map(), seed, options.forMs());
        session.note(NemesisOptions.shown(schedule, seed));
        return new Nemesis(schedule, cluster, session::note, session.troubles());
    }

    private void end(Nemesis nemesis) {
        try {
            nemesis.close();
        } finally {
            cluster.close();
        }
        session.note(nemesis.done() + " faults made, all healed");
    }

    /** {@code nemesis run}. */
    @Command(
            name = "run",
            header = "Break the cluster for a while; Ctrl-C ends it, and all is healed.",
            footer = "  kvctl nemesis run --for 30s")
    private final class Run implements Callable<Integer> {
        @Mixin
        private final Options options = new Options();

        @Option(names = "--plan", description = "Only print the schedule, as a script.")
        private boolean plan;

        @Override
        public Integer call() throws InterruptedException {
            if (plan) {
                try (Subject looked = subject.get()) {
                    options.nemesis
                            .draw(options.kinds, looked.map(), options.seed(), options.forMs())
                            .script()
                            .forEach(session.console()::line);
                }
                session.console().flush();
                return 0;
            }
            try (Stop stop = new Stop(session)) {
                Nemesis nemesis = begin(options);
                long endNs = System.nanoTime() + options.forMs() * 1_000_000;
                while (System.nanoTime() < endNs && !stop.isAsked()) {
                    TimeUnit.MILLISECONDS.sleep(STEP_MS);
                }
                end(nemesis);
                return stop.code();
            }
        }
    }

    /** {@code nemesis start}. */
    @Command(
            name = "start",
            header = "Break the cluster beside the commands that follow.",
            footer = "  nemesis start --faults kill")
    private final class Start implements Callable<Integer> {
        @Mixin
        private final Options options = new Options();

        @Override
        public Integer call() {
            if (running != null) {
                throw new CliException(ExitCode.CONFLICT, "A nemesis is at work.", "nemesis stop");
            }
            running = begin(options);
            return 0;
        }
    }

    /** {@code nemesis stop}. */
    @Command(name = "stop", header = "End it, and heal everything.", footer = "  nemesis stop")
    private final class End implements Callable<Integer> {
        @Override
        public Integer call() {
            if (running == null) {
                throw new CliException(
                        ExitCode.CONFLICT,
                        "No nemesis was started in this REPL or script.",
                        session.isRepl() ? "nemesis start" : "kvctl nemesis run");
            }
            Nemesis ending = running;
            running = null;
            end(ending);
            return 0;
        }
    }
}
