package kvctl.cli;

import java.util.concurrent.Callable;

/** The entry point of the kvctl jar. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        int code = run(Console.system(), Arguments.exact(args));
        // No need to wait for helper threads: whatever has to end in order has ended.
        Runtime.getRuntime().halt(code);
    }

    /** Runs one command line on these streams; what {@code main} does, without ending the process. */
    public static int run(Console console, String... args) {
        try {
            Settings settings;
            try {
                settings = Settings.of(console.env());
            } catch (CliException e) {
                console.note(e.getMessage() + "\nhint: " + e.hint());
                return e.code().code();
            }
            try (Session session = new Session(console, settings)) {
                Runtime.getRuntime().addShutdownHook(new Exit(session));
                Callable<Integer> plain = plain(session, args);
                return plain == null ? session.run(args) : run(session, plain);
            }
        } catch (Console.Closed e) {
            return ExitCode.OK.code(); // scan | head: who reads no further has what he wants.
        }
    }

    /**
     * The short way for what is typed most: a data verb with words only. It leads to the same commands as the parser
     * does, which would take longer than the cluster.
     *
     * @return null if the parser has to look at it
     */
    private static Callable<Integer> plain(Session session, String[] args) {
        for (String word : args) {
            if (word.startsWith("-")) {
                return null;
            }
        }
        String verb = args.length < 2 || args.length > 3 ? "" : args[0];
        if (args.length == 2) {
            return switch (verb) {
                case "get" -> new Get(session).with(args[1]);
                case "delete" -> new Delete(session).with(args[1]);
                default -> null;
            };
        }
        return switch (verb) {
            case "put" -> new Put(session).with(args[1], args[2]);
            case "append" -> new Append(session).with(args[1], args[2]);
            default -> null;
        };
    }

    private static int run(Session session, Callable<Integer> command) {
        try {
            return command.call();
        } catch (Exception e) {
            return session.errors().report(e);
        }
    }

    /** Ctrl-C while a write is under way: whoever pressed it should know that it may have happened. */
    private static final class Exit extends Thread {
        private final Session session;

        Exit(Session session) {
            super("kvctl-exit");
            this.session = session;
        }

        @Override
        public void run() {
            String what = session.underWay();
            if (what != null) {
                session.console().note(what + " was interrupted: outcome unknown, it may still be applied.");
            }
        }
    }
}
