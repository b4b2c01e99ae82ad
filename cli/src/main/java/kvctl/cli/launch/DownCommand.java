package kvctl.cli.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.ExitCode;
import kvctl.cli.Home;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "down",
        header = "Stop a cluster; its data is kept.",
        description = "Nodes that have not stopped after 10 s are killed.",
        footer = {"  kvctl cluster down", "  kvctl cluster down demo --purge --yes", "  kvctl cluster down --all"})
final class DownCommand implements Callable<Integer> {
    static final long STOP_MS = 10_000;

    private final Session session;

    @Parameters(paramLabel = "NAME", arity = "0..1", description = "Cluster; else the current one.")
    private String name;

    @Option(names = "--all", description = "Every cluster of this user on this machine.")
    private boolean all;

    @Option(names = "--purge", description = "Delete data, logs and everything else of it, too.")
    private boolean purge;

    @Option(
            names = {"-y", "--yes"},
            description = "Don't ask before deleting.")
    private boolean yes;

    DownCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Path home = Home.of(session.console().env());
        List<ClusterDir> dirs = all
                ? ClusterDir.all(home).stream().filter(ClusterDir::exists).toList()
                : List.of(ClusterDir.selected(
                        home, name != null ? name : session.settings().cluster()));
        if (all && name != null) {
            throw CliException.usage("Name a cluster or --all, not both.", null);
        }
        if (purge && !yes && !dirs.isEmpty()) {
            confirm(dirs);
        }
        try (Rows rows = Rows.many(
                session,
                "cluster-down",
                Column.text("cluster"),
                Column.number("stopped"),
                Column.number("killed"),
                Column.flag("purged"))) {
            for (ClusterDir dir : dirs) {
                ClusterLock.holding(dir, () -> down(dir, rows));
            }
        }
        return 0;
    }

    private Rows down(ClusterDir dir, Rows rows) throws IOException {
        Fleet fleet = new Fleet(dir);
        List<String> alive = fleet.alive(
                dir.endpoints().nodes().stream().map(Endpoints.Node::name).toList());
        dir.forgetLaunch();
        int killed = fleet.stop(alive, STOP_MS).size();
        if (purge) {
            dir.delete();
        }
        rows.row(dir.name(), alive.size() - killed, killed, purge);
        return rows;
    }

    private void confirm(List<ClusterDir> dirs) {
        String names = String.join(
                ", ", dirs.stream().map(dir -> "'" + dir.name() + "'").toList());
        if (!Question.yes(session.console(), "Delete all data of " + names + "?")) {
            throw new CliException(
                    ExitCode.UNSAFE, "Not confirmed: nothing was stopped or deleted.", "--yes deletes without asking");
        }
    }
}
