package kvctl.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import kvctl.client.KvException;

/** Turns what went wrong into one line, a hint and an exit code: the contract of the README's "Errors". */
final class Errors {
    private final Session session;
    private CliException last;
    private boolean muted;

    Errors(Session session) {
        this.session = session;
    }

    /** The error of the command that ran last; null if it had none. {@code expect-error} looks at it. */
    CliException takeLast() {
        CliException taken = last;
        last = null;
        return taken;
    }

    /** While on, errors are kept for {@link #takeLast} and not printed. */
    void mute(boolean on) {
        muted = on;
    }

    /** Prints the error and returns its exit code. */
    int report(Throwable error) {
        if (error instanceof Console.Closed) {
            session.outputClosed(true); // Said as a value, because picocli would swallow an exception here.
            return ExitCode.OK.code();
        }
        CliException known = known(error);
        last = known;
        if (muted) {
            return known.code().code();
        }
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

    private CliException known(Throwable error) {
        if (error instanceof CliException cli) {
            return cli;
        }
        if (error instanceof Session.Cancelled) {
            return new CliException(ExitCode.INTERRUPTED, error.getMessage(), null);
        }
        if (error instanceof KvException kv) {
            return new CliException(
                    ExitCode.of(kv.code().exitCode()),
                    kv.getMessage(),
                    kv.hint().orElse(null),
                    kv);
        }
        return bug(error);
    }

    private void print(CliException error) {
        Console console = session.console();
        String where = session.position() == null ? "" : session.position() + ": ";
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
        if (session.position() != null) {
            json.name("at").text(session.position().toString());
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
}
