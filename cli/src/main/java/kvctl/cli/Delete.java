package kvctl.cli;

import java.util.concurrent.Callable;
import kvctl.client.Result;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "delete",
        header = "Delete a key.",
        description = "%nA key that does not exist is no error, unless --must-exist is given.",
        footer = {"  kvctl delete city", "  kvctl delete city --must-exist || echo 'it was not there'"})
final class Delete implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "KEY", description = "1 to 1024 bytes.")
    private String key;

    @Option(names = "--must-exist", description = "Exit with 3 if there is no such key.")
    private boolean mustExist;

    @Mixin
    private final RequestOption request = new RequestOption();

    Delete(Session session) {
        this.session = session;
    }

    Delete with(String word) {
        key = word;
        return this;
    }

    @Override
    public Integer call() {
        byte[] k = Keys.of(key);
        Write write = new Write(k, request.id());
        Connection connection = session.connection();
        Result result = connection.delete(k, write.id());
        if (!result.done() && mustExist) {
            throw connection.notFound(k, result);
        }
        return write.report(session, "delete", result);
    }
}
