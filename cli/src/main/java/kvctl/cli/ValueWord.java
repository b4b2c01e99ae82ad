package kvctl.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import kvctl.protocol.Limits;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The value of a write: a word, a file, or standard input. */
final class ValueWord {
    @Option(names = "--from-file", paramLabel = "FILE", description = "The value is the content of this file.")
    private Path file;

    /**
     * @param word the word on the command line; null if there is none; {@code -} means standard input, unless it stands
     *     behind {@code --}
     */
    byte[] read(Session session, CommandSpec spec, String word) {
        if (word != null && file != null) {
            throw CliException.usage("A value and --from-file exclude each other.", null);
        }
        if (file != null) {
            return checked(fromFile(file));
        }
        if (word == null) {
            Help.showOnError(session, spec);
            throw CliException.usage(
                    "'" + spec.name() + "' needs a VALUE; - reads it from standard input, --from-file from a file.",
                    "kvctl help " + spec.name());
        }
        return checked(word.equals("-") && !isLiteral(spec) ? fromInput(session) : Bytes.of(word));
    }

    /** Refuses what no node would take. */
    static byte[] checked(byte[] value) {
        if (value.length > Limits.VALUE_MAX_BYTES) {
            throw tooBig(value.length);
        }
        return value;
    }

    private static CliException tooBig(long length) {
        return CliException.usage(
                "Value is " + Column.size(length) + "; limit is " + Column.size(Limits.VALUE_MAX_BYTES) + ".", null);
    }

    private static boolean isLiteral(CommandSpec spec) {
        return spec.commandLine().getParseResult().originalArgs().contains("--");
    }

    private static byte[] fromFile(Path file) {
        try {
            long size = Files.size(file);
            if (size > Limits.VALUE_MAX_BYTES) {
                throw tooBig(size);
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw CliException.usage("There is no file " + file + ".", null);
        } catch (IOException e) {
            throw CliException.usage("Cannot read " + file + ": " + e.getMessage() + ".", null);
        }
    }

    private static byte[] fromInput(Session session) {
        if (session.inputIsTaken()) {
            throw CliException.usage(
                    "Standard input holds the commands here, it cannot hold a value too.", "use --from-file FILE");
        }
        try {
            InputStream in = session.console().in();
            byte[] value = in.readNBytes(Limits.VALUE_MAX_BYTES + 1);
            if (value.length > Limits.VALUE_MAX_BYTES) {
                // How much more there is nobody knows: it may never end, and a pipe can't be asked.
                throw CliException.usage(
                        "Standard input is over the limit of a value, " + Column.size(Limits.VALUE_MAX_BYTES) + ".",
                        null);
            }
            return value;
        } catch (IOException e) {
            throw CliException.usage("Cannot read standard input: " + e.getMessage() + ".", null);
        }
    }
}
