package kvctl.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "echo",
        header = "Print the words.",
        footer = {"  echo Now the leader dies"})
final class Echo implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "WORD", arity = "0..*", description = "Printed with one blank between them.")
    private List<String> words;

    Echo(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.console().line(words == null ? "" : String.join(" ", words));
        return 0;
    }
}
