package kvctl.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import picocli.CommandLine.ParameterException;

/** Runs a command line that the tokenizer has split. */
final class CommandRun {
    private CommandRun() {}

    /** Runs it, and sends its output through the shell if there is a {@code \|} in it. Returns its exit code. */
    static int run(Session session, Tokenizer.Line line) {
        String[] words = line.words();
        if (words[0].equals("kvctl") && words.length > 1) { // Pasted from a shell.
            words = java.util.Arrays.copyOfRange(words, 1, words.length);
        }
        return line.pipe() == null ? session.run(words) : runPiped(session, words, line.pipe());
    }

    /** Looks whether the words are understood, without running anything. Returns 0 or the exit code of the error. */
    static int check(Session session, String[] words) {
        try {
            session.tree(words).parseArgs(words);
            return 0;
        } catch (ParameterException e) {
            return session.errors().report(new UsageErrors(session).inWords(e));
        }
    }

    private static int runPiped(Session session, String[] words, String command) {
        Console console = session.console();
        console.flush();
        Process shell;
        try {
            ProcessBuilder builder = new ProcessBuilder("sh", "-c", command);
            if (console.mayFork()) {
                builder.redirectOutput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.INHERIT);
            } else {
                builder.redirectErrorStream(true);
            }
            shell = builder.start();
        } catch (IOException e) {
            return session.errors().report(CliException.usage("Cannot run sh: " + e.getMessage() + ".", null));
        }
        Thread pump = console.mayFork() ? null : pump(shell.getInputStream(), console);
        Console.Target before = console.redirect(new Console.Target(shell.getOutputStream(), false));
        int code;
        try {
            code = session.run(words);
            console.flush();
        } catch (Console.Closed e) {
            code = 0; // The shell command has read what it wants.
        } finally {
            session.outputClosed(false);
            close(shell.getOutputStream());
            console.restore(before);
        }
        try {
            shell.waitFor();
            if (pump != null) {
                pump.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return code;
    }

    private static Thread pump(InputStream from, Console to) {
        OutputStream target = to.target().stream();
        Thread pump = new Thread(
                () -> {
                    try {
                        from.transferTo(target);
                    } catch (IOException e) {
                        // One of the two ends is gone.
                    }
                },
                "kvctl-pipe");
        pump.setDaemon(true);
        pump.start();
        return pump;
    }

    private static void close(OutputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            // It is gone already.
        }
    }
}
