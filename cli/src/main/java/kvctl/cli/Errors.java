package kvctl.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one line, a hint and an exit code: the contract of the README's "Errors". */
final class Errors implements CommandLine.IParameterExceptionHandler, CommandLine.IExecutionExceptionHandler {
    private final Session session;
    private CliException last;

    Errors(Session session) {
        this.session = session;
    }

    /** The error of the command that ran last; null if it had none. {@code expect-error} looks at it. */
    CliException takeLast() {
        CliException taken = last;
        last = null;
        return taken;
    }

    @Override
    public int handleParseException(ParameterException error, String[] args) {
        CommandLine command = error.getCommandLine();
        Object root = command.getCommandSpec().root().userObject();
        if (root instanceof Kvctl options) {
            session.apply(options); // As far as they were understood: -o json should hold for this error too.
            if (options.wantsHelp()) {
                return Help.show(session, command.getCommandSpec());
            }
        }
        return report(inWords(error));
    }

    @Override
    public int handleExecutionException(Exception error, CommandLine command, ParseResult result) {
        if (error instanceof ParameterException bad) {
            return report(inWords(bad));
        }
        return report(error);
    }

    /** Prints the error and returns its exit code. */
    int report(Throwable error) {
        if (error instanceof Console.Closed closed) {
            throw closed;
        }
        CliException known = error instanceof CliException cli ? cli : bug(error);
        last = known;
        if (session.settings().format().isJson()) {
            session.console().note(json(known));
        } else {
            print(known);
        }
        if (session.settings().debug()) {
            session.console().note(trace(error).stripTrailing());
        }
        return known.code().code();
    }

    private void print(CliException error) {
        Console console = session.console();
        String where = session.where() == null ? "" : session.where() + ": ";
        console.note(where + console.paintErr(Ink.RED, error.getMessage()));
        if (error.hint() != null) {
            console.note(console.paintErr(Ink.DIM, "hint: ") + error.hint());
        }
    }

    private String json(CliException error) {
        Json json = new Json();
        json.open('{').name("schema").text("kvctl/error/1");
        json.name("code")
                .text(error.code().name())
                .name("exit_code")
                .number(error.code().code());
        json.name("message").text(error.getMessage());
        if (error.hint() != null) {
            json.name("hint").text(error.hint());
        }
        if (session.where() != null) {
            json.name("at").text(session.where());
        }
        json.name("retryable").bool(error.code().retryable());
        json.name("outcome").text(error.code() == ExitCode.UNKNOWN_OUTCOME ? "unknown" : "not_applied");
        return json.close('}').toString();
    }

    /** What nobody expected becomes a report file, because a stack trace on the screen helps nobody who uses kvctl. */
    private CliException bug(Throwable error) {
        String what = error.toString().lines().findFirst().orElse("");
        String hint = session.settings().debug() ? null : "run it again with --debug to see where";
        try {
            Path dir = Home.of(session.console().env()).resolve("reports");
            Home.createPrivate(dir);
            Path file = Files.createTempFile(dir, "kvctl-", ".txt");
            Files.writeString(
                    file,
                    "kvctl " + Version.NUMBER + " on Java " + System.getProperty("java.version") + ", "
                            + System.getProperty("os.name") + "\n" + Instant.now() + "\n\n" + trace(error));
            return new CliException(ExitCode.INTERNAL, "Internal error: " + what + ". Report: " + file, hint, error);
        } catch (IOException | RuntimeException e) {
            return new CliException(ExitCode.INTERNAL, "Internal error: " + what + ".", hint, error);
        }
    }

    static String trace(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static CliException inWords(ParameterException error) {
        CommandLine command = error.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        String help = "kvctl help" + name.substring(name.indexOf(' ') < 0 ? name.length() : name.indexOf(' '));
        if (error instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            return unmatched(command, unmatched.getUnmatched().get(0), help);
        }
        if (error instanceof MissingParameterException missing
                && !missing.getMissing().isEmpty()) {
            List<String> names = new ArrayList<>();
            missing.getMissing().forEach(arg -> names.add(arg.paramLabel()));
            return CliException.usage("'" + name + "' needs " + String.join(" and ", names) + ".", help);
        }
        if (error.getCause() instanceof CliException cli) {
            return cli;
        }
        String message = error.getMessage();
        return CliException.usage(message.endsWith(".") || message.endsWith("?") ? message : message + ".", help);
    }

    private static CliException unmatched(CommandLine command, String word, String help) {
        String name = command.getCommandName();
        if (word.startsWith("-") && word.length() > 1) {
            List<String> known = new ArrayList<>();
            command.getCommandSpec().options().forEach(option -> known.addAll(List.of(option.names())));
            String near = Words.nearest(word, known);
            if (near != null && word.startsWith("--")) {
                return CliException.usage("Unknown option '" + word + "'. Did you mean '" + near + "'?", help);
            }
            String value = takesValue(name)
                    ? " To store it as a value write: kvctl " + name + " k" + (name.equals("cas") ? " VERSION" : "")
                            + " -- " + Words.quoted(word)
                    : "";
            return CliException.usage("Unknown option '" + word + "'." + value, help);
        }
        if (!command.getSubcommands().isEmpty()) {
            String near =
                    Words.nearest(word, List.copyOf(command.getSubcommands().keySet()));
            String known = near == null ? "" : " Did you mean '" + near + "'?";
            return CliException.usage("Unknown command '" + word + "'." + known, near == null ? "kvctl help" : null);
        }
        return CliException.usage(
                "'" + name + "' does not take a further word: '" + word + "'.",
                "quote a value that has blanks; " + help);
    }

    private static boolean takesValue(String command) {
        return command.equals("put") || command.equals("append") || command.equals("cas");
    }
}
