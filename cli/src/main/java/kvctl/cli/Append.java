package kvctl.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "append",
        header = "Add a value to the end of a key's value.",
        description = "%nA missing key counts as empty.",
        footer = {"  kvctl append log 'one more line'", "  kvctl append photo --from-file part2"})
final class Append implements Callable<Integer> {
    private final Session session;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "KEY", description = "1 to 1024 bytes.")
    private String key;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "VALUE",
            description = "At most 4 MiB; - reads standard input.")
    private String value;

    @Option(names = "--from-file", paramLabel = "FILE", description = "The value is the content of this file.")
    private Path file;

    @Option(
            names = "--request-id",
            paramLabel = "ID",
            description = "Repeat the write of this id, as an unknown outcome named it: it is applied at most once.")
    private String requestId;

    Append(Session session) {
        this.session = session;
    }

    Append with(String keyWord, String valueWord) {
        key = keyWord;
        value = valueWord;
        return this;
    }

    @Override
    public Integer call() {
        byte[] k = Keys.of(key);
        byte[] v = spec == null ? ValueWord.checked(Bytes.of(value)) : ValueWord.read(session, spec, value, file);
        Write write = new Write(k, requestId);
        return write.report(session, "append", session.connection().append(k, v, write.id()));
    }
}
