package kvctl.cli.launch;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.ExitCode;
import kvctl.cli.Home;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "clean",
        header = "Remove what broken commands left behind: processes nobody knows, records of processes that are gone.",
        description = "Data of clusters is never touched; that is for 'cluster down --purge'.",
        footer = {"  kvctl cluster clean --dry-run", "  kvctl cluster clean --yes"})
final class CleanCommand implements Callable<Integer> {
    private final Session session;

    @Option(names = "--dry-run", description = "Show what there is to clean, and leave it.")
    private boolean dryRun;

    @Option(
            names = {"-y", "--yes"},
            description = "Don't ask before ending processes.")
    private boolean yes;

    /** One thing to clean. */
    private record Find(String what, String where, Cleaning cleaning, boolean isProcess) {}

    /** How it is done. */
    private interface Cleaning {
        void run() throws IOException;
    }

    CleanCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Path home = Home.of(session.console().env());
        List<Find> finds = new ArrayList<>(processes(home));
        for (ClusterDir dir : ClusterDir.all(home)) {
            finds.addAll(files(dir));
        }
        boolean ask = !dryRun && !yes && finds.stream().anyMatch(Find::isProcess);
        if (ask && !Question.yes(session.console(), "End the node processes that no cluster knows?")) {
            throw new CliException(
                    ExitCode.UNSAFE, "Not confirmed: nothing was cleaned.", "kvctl cluster clean --dry-run, or --yes");
        }
        try (Rows rows = Rows.many(
                session, "cluster-clean", Column.text("what"), Column.text("where"), Column.flag("cleaned"))) {
            for (Find find : finds) {
                if (!dryRun) {
                    find.cleaning().run();
                }
                rows.row(find.what(), find.where(), !dryRun);
            }
        }
        if (finds.isEmpty()) {
            session.note("Nothing to clean.");
        }
        return 0;
    }

    /** Node processes on data below this home that no run file names. */
    private static List<Find> processes(Path home) {
        Set<Long> known = new HashSet<>();
        for (ClusterDir dir : ClusterDir.all(home)) {
            if (dir.exists()) {
                Fleet fleet = new Fleet(dir);
                dir.endpoints().nodes().forEach(node -> known.add(fleet.pid(node.name())));
            }
        }
        return Leftover.all().stream()
                .filter(found -> found.dataDir().startsWith(home) && !known.contains(found.pid()))
                .map(found ->
                        new Find("process " + found.pid(), found.dataDir().toString(), () -> end(found.pid()), true))
                .toList();
    }

    private static void end(long pid) throws IOException {
        ProcessRef process = ProcessRef.of(pid).orElse(null);
        if (process != null) {
            Fleet.end(process, DownCommand.STOP_MS);
        }
    }

    private static List<Find> files(ClusterDir dir) throws IOException {
        List<Find> finds = new ArrayList<>();
        if (!dir.exists()) {
            finds.add(new Find("directory without a cluster", dir.root().toString(), dir::delete, false));
            return finds;
        }
        for (Endpoints.Node node : dir.endpoints().nodes()) {
            Path file = dir.runFile(node.name());
            if (dir.state(node.name()) == NodeRun.State.DIED) {
                finds.add(
                        new Find("record of a dead process", file.toString(), () -> Files.deleteIfExists(file), false));
            }
        }
        for (Path folder : List.of(dir.root(), dir.root().resolve("run"))) {
            if (Files.isDirectory(folder)) {
                try (DirectoryStream<Path> temps = Files.newDirectoryStream(folder, ".*.tmp")) {
                    temps.forEach(temp -> finds.add(
                            new Find("half-written file", temp.toString(), () -> Files.deleteIfExists(temp), false)));
                }
            }
        }
        return finds;
    }
}
