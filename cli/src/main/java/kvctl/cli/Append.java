package kvctl.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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

    @Mixin
    private final ValueWord from = new ValueWord();

    @Mixin
    private final RequestOption request = new RequestOption();

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
        byte[] v = spec == null ? ValueWord.checked(Bytes.of(value)) : from.read(session, spec, value);
        Write write = new Write(k, request.id());
        return write.report(session, "append", session.connection().append(k, v, write.id()));
    }
}
