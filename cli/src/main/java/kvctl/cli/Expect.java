package kvctl.cli;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "expect",
        header = "Run a command and check what it prints.",
        description =
                "%nThe last word is the expected output, without a line feed at its end. Anything else exits with 10.",
        footer = {
            "  expect get city delhi",
            "  expect get empty ''",
            "  expect scan user: --keys-only --no-header user:1"
        })
final class Expect implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "2..*", paramLabel = "COMMAND VALUE", description = "A command, and what it should print.")
    private List<String> words;

    Expect(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        String[] command = words.subList(0, words.size() - 1).toArray(String[]::new);
        byte[] expected = Bytes.of(words.get(words.size() - 1));
        Console console = session.console();
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        Settings settings = session.settings();
        Console.Target before = console.redirect(new Console.Target(printed, false));
        session.errors().mute(true);
        int code;
        try {
            code = Nested.run(session, command);
            console.flush();
        } finally {
            session.errors().mute(false);
            console.restore(before);
        }
        CliException error = session.errors().takeLast();
        byte[] actual = withoutLineFeed(printed.toByteArray());
        if (code != 0) {
            throw failed(
                    expected, command, "it failed: " + (error == null ? "exit " + code : error.getMessage()), error);
        }
        if (!Arrays.equals(actual, withoutLineFeed(expected))) {
            throw failed(expected, command, "got " + Keys.name(actual) + ".", null);
        }
        if (settings.debug()) {
            session.note("as expected: " + Keys.name(actual));
        }
        return 0;
    }

    private static CliException failed(byte[] expected, String[] command, String but, CliException cause) {
        String what = String.join(" ", Arrays.stream(command).map(Words::quoted).toList());
        return new CliException(
                ExitCode.EXPECTATION,
                "Expected " + Keys.name(expected) + " from '" + what + "', " + (cause == null ? "" : "but ") + but,
                cause == null ? null : cause.hint(),
                cause);
    }

    private static byte[] withoutLineFeed(byte[] text) {
        boolean ends = text.length > 0 && text[text.length - 1] == '\n';
        return ends ? Arrays.copyOf(text, text.length - 1) : text;
    }
}
