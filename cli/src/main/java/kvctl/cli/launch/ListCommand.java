package kvctl.cli.launch;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import kvctl.cli.Column;
import kvctl.cli.Home;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import picocli.CommandLine.Command;

@Command(
        name = "list",
        header = "List the clusters of this user on this machine.",
        description = "A '*' marks the current one: what commands talk to that name none.",
        footer = {"  kvctl cluster list", "  kvctl cluster list -o json"})
final class ListCommand implements Callable<Integer> {
    private final Session session;

    ListCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Path home = Home.of(session.console().env());
        ClusterDir current = ClusterDir.current(home).orElse(null);
        try (Rows rows = Rows.many(
                session,
                "cluster-list",
                Column.text("current").as(""),
                Column.text("cluster"),
                Column.number("nodes"),
                Column.number("running"),
                Column.text("mode"),
                Column.text("started"),
                Column.text("dir"))) {
            for (ClusterDir dir : ClusterDir.all(home)) {
                if (dir.exists()) {
                    show(dir, dir.equals(current), rows);
                }
            }
        }
        return 0;
    }

    private void show(ClusterDir dir, boolean current, Rows rows) {
        try {
            Endpoints endpoints = dir.endpoints();
            List<String> names =
                    endpoints.nodes().stream().map(Endpoints.Node::name).toList();
            int running = new Fleet(dir).alive(names).size();
            String mode = running == 0
                    ? "down"
                    : dir.launch().flatMap(Launch::launcher).isPresent() ? "foreground" : "detached";
            rows.row(
                    current ? "*" : "",
                    dir.name(),
                    names.size(),
                    running,
                    mode,
                    Instant.ofEpochMilli(endpoints.startedMs()).toString(),
                    dir.root().toString());
        } catch (UncheckedIOException e) {
            session.console().note(e.getCause().getMessage());
        }
    }
}
