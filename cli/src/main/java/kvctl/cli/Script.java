package kvctl.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Runs many command lines over one session: {@code -e}, {@code -f} and standard input. */
final class Script {
    private final Session session;
    private final Manner manner;
    private int firstFailure;

    /** How: go on after errors, show the lines, or only check them. */
    record Manner(boolean keepGoing, boolean echo, boolean dryRun) {}

    /** Bytes of one line without its end; null at the end of the input. */
    private interface Lines {
        String next() throws IOException;
    }

    Script(Session session, Manner manner) {
        this.session = session;
        this.manner = manner;
    }

    /**
     * Runs the commands of {@code -e}, then those of the files; standard input if there are neither.
     *
     * @return 0, or the exit code of the first command that failed
     */
    int runAll(List<String> lines, List<String> files) {
        if (lines != null) {
            for (int i = 0; i < lines.size() && mayGoOn(); i++) {
                List<String> parts = lines.get(i).lines().toList();
                var rest = (parts.isEmpty() ? List.of("") : parts).iterator();
                run(lines.size() == 1 ? "-e" : "-e#" + (i + 1), () -> rest.hasNext() ? rest.next() : null);
            }
        }
        if (files != null) {
            files.stream().takeWhile(file -> mayGoOn()).forEach(this::runFile);
        }
        if (lines == null && files == null) {
            runFile("-");
        }
        return firstFailure;
    }

    private boolean mayGoOn() {
        return !session.isCancelled()
                && !session.isOutputClosed()
                && (firstFailure == 0 || manner.keepGoing() || manner.dryRun());
    }

    /** @param file {@code -} is standard input */
    void runFile(String file) {
        if (file.equals("-")) {
            session.takeInput();
            run("stdin", lines(session.console().in()));
            return;
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(Path.of(file)))) {
            run(file, lines(in));
        } catch (NoSuchFileException e) {
            fail(CliException.usage("There is no file " + file + ".", null));
        } catch (IOException e) {
            fail(CliException.usage("Cannot read " + file + ": " + e.getMessage() + ".", null));
        }
    }

    private void fail(CliException error) {
        failed(session.errors().report(error));
    }

    private void failed(int code) {
        if (code != 0 && firstFailure == 0) {
            firstFailure = code;
        }
    }

    private static Lines lines(InputStream in) {
        return () -> {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            int b = in.read();
            if (b < 0) {
                return null;
            }
            while (b >= 0 && b != '\n') {
                line.write(b);
                b = in.read();
            }
            String text = Bytes.text(line.toByteArray());
            return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
        };
    }

    private void run(String source, Lines lines) {
        int number = 0;
        try {
            for (String text = lines.next(); text != null && mayGoOn(); text = mayGoOn() ? lines.next() : null) {
                number++;
                int first = number;
                String whole = first == 1 && text.startsWith("\ufeff") ? text.substring(1) : text;
                Tokenizer.Line line = Tokenizer.split(whole);
                while (line.state() == Tokenizer.State.OPEN_QUOTE || line.state() == Tokenizer.State.CONTINUED) {
                    String more = lines.next();
                    if (more == null) {
                        break;
                    }
                    number++;
                    whole += "\n" + more;
                    line = Tokenizer.split(whole);
                }
                failed(runOne(source, first, whole, line));
            }
        } catch (IOException e) {
            fail(CliException.usage("Cannot read " + source + ": " + e.getMessage() + ".", null));
        } finally {
            session.at(null);
        }
    }

    private int runOne(String source, int number, String text, Tokenizer.Line line) {
        int start = line.tokens().isEmpty() ? 0 : line.tokens().get(0).start();
        Position position = new Position(source, number, text, line, line.problemAt() >= 0 ? line.problemAt() : start);
        session.at(position);
        session.begin();
        session.console().separate();
        switch (line.state()) {
            case BAD -> {
                return session.errors()
                        .report(CliException.usage(sentence(line.problem(), text, line.problemAt()), null));
            }
            case OPEN_QUOTE -> {
                return session.errors()
                        .report(CliException.usage(
                                "The quote that is opened here is never closed: " + excerpt(text, line.problemAt())
                                        + ".",
                                null));
            }
            default -> {}
        }
        if (line.tokens().isEmpty()) {
            return line.pipe() == null ? 0 : session.errors().report(CliException.usage("A command is missing.", null));
        }
        if (manner.echo()) {
            session.console().note(session.console().paintErr(Ink.DIM, "> " + text.strip()));
        }
        return manner.dryRun() ? CommandRun.check(session, line.words()) : CommandRun.run(session, line);
    }

    private static String sentence(String problem, String text, int at) {
        return Character.toUpperCase(problem.charAt(0)) + problem.substring(1) + ": " + excerpt(text, at) + ".";
    }

    private static String excerpt(String text, int at) {
        String rest =
                text.substring(Math.min(at, text.length())).lines().findFirst().orElse("");
        return rest.length() > 30 ? rest.substring(0, 27) + "..." : rest;
    }
}
