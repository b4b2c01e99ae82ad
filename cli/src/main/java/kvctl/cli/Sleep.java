package kvctl.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "sleep",
        header = "Do nothing for a while.",
        footer = {"  sleep 500ms", "  sleep 2s"})
final class Sleep implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "TIME", converter = Kvctl.Time.class, description = "500ms, 2s, 1m.")
    private long ms;

    Sleep(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.pause(ms);
        return 0;
    }
}
