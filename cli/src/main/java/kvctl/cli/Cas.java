package kvctl.cli;

import java.util.concurrent.Callable;
import kvctl.client.Result;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "cas",
        header = "Store a value if the key still has a version (compare and set).",
        description = "%nVersion 0 means: only if there is no such key. A conflict exits with 7 and names the version "
                + "that the key has.",
        footer = {"  kvctl cas city 7 agra", "  kvctl cas lock 0 mine       only one of many callers succeeds"})
final class Cas implements Callable<Integer> {
    private final Session session;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "KEY", description = "1 to 1024 bytes.")
    private String key;

    @Parameters(
            index = "1",
            paramLabel = "VERSION",
            description = "The version that the key must have; 0: no such key.")
    private long version;

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "VALUE",
            description = "At most 4 MiB; - reads standard input.")
    private String value;

    @Mixin
    private final ValueWord from = new ValueWord();

    @Mixin
    private final RequestOption request = new RequestOption();

    Cas(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        byte[] k = Keys.of(key);
        byte[] v = from.read(session, spec, value);
        return write(session, "cas", new Write(k, request.id()), version, v);
    }

    /** Sends a cas on behalf of a command. */
    static int write(Session session, String verb, Write write, long version, byte[] value) {
        if (version < 0) {
            throw CliException.usage("A version is 0 or more, not " + version + ".", null);
        }
        Result result = session.connection().cas(write.key(), version, value, write.id());
        if (!result.done()) {
            throw conflict(write.key(), version, result.version());
        }
        return write.report(session, verb, result);
    }

    private static CliException conflict(byte[] key, long expected, long actual) {
        String name = "Key " + Keys.name(key);
        String state = actual == 0
                ? name + " does not exist, so it does not have version " + expected
                : expected == 0
                        ? name + " exists already, with version " + actual
                        : name + " has version " + actual + ", not " + expected;
        String hint =
                actual == 0 ? "kvctl cas " + Keys.word(key) + " 0 VALUE" : "kvctl get " + Keys.word(key) + " -o json";
        return new CliException(ExitCode.CONFLICT, state + "; nothing was changed.", hint);
    }
}
