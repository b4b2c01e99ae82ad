package kvctl.cli;

/** The entry point of the kvctl jar. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        int code = run(Console.system(), args);
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
                return session.run(args);
            }
        } catch (Console.Closed e) {
            return ExitCode.OK.code(); // scan | head: who reads no further has what he wants.
        }
    }
}
