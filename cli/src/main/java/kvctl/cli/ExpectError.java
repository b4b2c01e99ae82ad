package kvctl.cli;

import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "expect-error",
        header = "Run a command that must fail, and check how.",
        description =
                "%nThe names and numbers are those of 'help exit-codes'. Success, or another error, exits with 10.",
        footer = {
            "  expect-error NOT_FOUND get nobody",
            "  expect-error NO_QUORUM put k v",
            "  expect-error 7 cas k 1 v"
        })
final class ExpectError implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "CODE", description = "Name or number of the exit code.")
    private String code;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND", description = "The command that must fail.")
    private List<String> words;

    ExpectError(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ExitCode expected = parse(code);
        Console console = session.console();
        String[] command = words.toArray(String[]::new);
        Console.Target before = console.redirect(new Console.Target(OutputStream.nullOutputStream(), false));
        session.errors().mute(true);
        int actual;
        try {
            actual = Nested.run(session, command);
            console.flush();
        } finally {
            session.errors().mute(false);
            console.restore(before);
        }
        CliException error = session.errors().takeLast();
        if (actual == expected.code()) {
            return 0;
        }
        String what = String.join(" ", Arrays.stream(command).map(Words::quoted).toList());
        String got = actual == 0
                ? "it succeeded."
                : "it failed with " + ExitCode.of(actual) + (error == null ? "." : ": " + error.getMessage());
        throw new CliException(
                ExitCode.EXPECTATION, "Expected " + expected + " from '" + what + "', but " + got, null, error);
    }

    private static ExitCode parse(String text) {
        String name = text.toUpperCase(Locale.ROOT).replace('-', '_');
        for (ExitCode each : ExitCode.values()) {
            if (each != ExitCode.OK
                    && (each.name().equals(name)
                            || Integer.toString(each.code()).equals(name))) {
                return each;
            }
        }
        throw CliException.usage("'" + text + "' is no error code.", "kvctl help exit-codes");
    }
}
