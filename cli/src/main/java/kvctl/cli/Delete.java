package kvctl.cli;

import java.util.concurrent.Callable;
import kvctl.client.Result;
import picocli.CommandLine.Command;
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

    @Option(
            names = "--request-id",
            paramLabel = "ID",
            description = "Repeat the delete of this id, as an unknown outcome named it: it is applied at most once.")
    private String requestId;

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
        Write write = new Write(k, requestId);
        Connection connection = session.connection();
        Result result = connection.delete(k, write.id());
        if (!result.done() && mustExist) {
            throw connection.notFound(k, result);
        }
        return write.report(session, "delete", result);
    }
}
