package kvctl.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "migrate",
        header = "Pause, resume or slow down the moves of shards.",
        description = "%nIt holds for all moves, those of later changes too, until it is said otherwise.",
        footer = {"  kvctl migrate pause", "  kvctl migrate throttle 4MiB", "  kvctl migrate resume"})
final class Migrate {
    private Migrate() {}

    static CommandLine tree(Session session) {
        return new CommandLine(new Migrate())
                .addSubcommand("pause", new Pause(session))
                .addSubcommand("resume", new Resume(session))
                .addSubcommand("throttle", new Throttle(session));
    }

    /** A change of pace has nothing to tell but that it is done. */
    private static int done(Session session, Boolean paused, Long bytesPerS, String text) {
        if (session.settings().format() == Format.AUTO) {
            if (session.console().outIsTty() && !session.settings().quiet()) {
                session.console().line(session.console().paint(Ink.GREEN, "ok") + "  " + text);
            }
            return 0;
        }
        try (Rows rows = Rows.one(
                session,
                "migrate",
                Column.flag("paused"),
                new Column("limit_bytes_per_s", "LIMIT/S", Column.Kind.SIZE))) {
            rows.row(paused, bytesPerS);
        }
        return 0;
    }

    @Command(
            name = "pause",
            header = "Copy nothing more until 'migrate resume'.",
            description = "%nA shard that is frozen already, and so served by nobody, is still finished.",
            footer = "  kvctl migrate pause")
    private static final class Pause implements Callable<Integer> {
        private final Session session;

        Pause(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            session.connection().steerMoves("migrate pause", true, -1);
            return done(session, true, null, "moves are paused");
        }
    }

    @Command(name = "resume", header = "Go on after 'migrate pause'.", footer = "  kvctl migrate resume")
    private static final class Resume implements Callable<Integer> {
        private final Session session;

        Resume(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            session.connection().steerMoves("migrate resume", false, -1);
            return done(session, false, null, "moves go on");
        }
    }

    @Command(
            name = "throttle",
            header = "Limit how many bytes per second each group takes in.",
            footer = {
                "  kvctl migrate throttle 4MiB",
                "  kvctl migrate throttle 500KiB/s",
                "  kvctl migrate throttle off      as fast as it goes"
            })
    private static final class Throttle implements Callable<Integer> {
        private final Session session;

        @Parameters(paramLabel = "RATE", description = "Bytes per second: 500000, 512KiB, 4MiB/s; or off.")
        private String rate;

        Throttle(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            long bytesPerS = Rates.parse(rate);
            session.connection().steerMoves("migrate throttle", null, bytesPerS);
            String text = bytesPerS == 0
                    ? "moves go as fast as they can"
                    : "each group takes in at most " + Column.size(bytesPerS) + "/s";
            return done(session, null, bytesPerS, text);
        }
    }
}
