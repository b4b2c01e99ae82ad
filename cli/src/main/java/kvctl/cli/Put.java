package kvctl.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "put",
        header = "Store a value under a key.",
        description = "%nPrints the key's new version on a terminal, and nothing when piped unless -o names a format.",
        footer = {
            "  kvctl put city delhi",
            "  kvctl put photo --from-file photo.jpg",
            "  date | kvctl put now -",
            "  kvctl put offset -- -5                 a value that begins with -",
            "  kvctl put city agra --if-version 7     only if nobody changed it since"
        })
final class Put implements Callable<Integer> {
    private final Session session;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "KEY", description = "1 to 1024 bytes; {tag} in it picks the shard.")
    private String key;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "VALUE",
            description = "At most 4 MiB; - reads standard input.")
    private String value;

    @Mixin
    private final ValueWord from = new ValueWord();

    @Option(
            names = "--if-version",
            paramLabel = "VERSION",
            description = "Only if the key has this version; 0: only if there is no such key.")
    private Long ifVersion;

    @Mixin
    private final RequestOption request = new RequestOption();

    Put(Session session) {
        this.session = session;
    }

    Put with(String keyWord, String valueWord) {
        key = keyWord;
        value = valueWord;
        return this;
    }

    @Override
    public Integer call() {
        byte[] k = Keys.of(key);
        byte[] v = spec == null ? ValueWord.checked(Bytes.of(value)) : from.read(session, spec, value);
        Write write = new Write(k, request.id());
        if (ifVersion != null) {
            return Cas.write(session, "put", write, ifVersion, v);
        }
        return write.report(session, "put", session.connection().put(k, v, write.id()));
    }
}
