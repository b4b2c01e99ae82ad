package kvctl.cli.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.ExitCode;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import picocli.CommandLine.Command;

@Command(
        name = "setup",
        header = "Prepare this kvctl for this Java, so that nodes and commands start faster.",
        description = {
            "Writes archives of loaded classes below $XDG_CACHE_HOME/kvctl or ~/.cache/kvctl (about 45 MB). install.sh",
            "runs it. Deleting them is harmless; after an update of Java or kvctl they are ignored until it runs again."
        },
        footer = "  kvctl setup")
final class SetupCommand implements Callable<Integer> {
    private final Session session;

    SetupCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        StartArchive archive = new StartArchive(session.console().env(), NodeLauncher.jar());
        try {
            archive.build();
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.CONFIG,
                    "No archives were made: " + e.getMessage() + ".",
                    "kvctl works without them, only starts slower",
                    e);
        }
        try (Rows rows = Rows.many(session, "setup", Column.text("file"), Column.size("size_bytes", "SIZE"))) {
            for (Path file : List.of(archive.node(), archive.command())) {
                rows.row(file.toString(), Files.size(file));
            }
        }
        return 0;
    }
}
