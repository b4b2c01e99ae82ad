package kvctl.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "repl",
        header = "Open the REPL; the same as no command on a terminal.",
        footer = {"  kvctl repl", "  kvctl -c demo"})
final class ReplCommand implements Callable<Integer> {
    private final Session session;

    ReplCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (session.isRepl()) {
            throw CliException.usage("This is the REPL.", "\\? lists what it knows");
        }
        if (!session.console().inIsTty() || !session.console().outIsTty()) {
            throw CliException.usage(
                    "The REPL needs a terminal.", "kvctl -e 'COMMAND', kvctl -f FILE, or commands on stdin");
        }
        session.base(session.settings());
        return Repl.run(session);
    }
}
