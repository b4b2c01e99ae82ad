package kvctl.cli.launch;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.Home;
import kvctl.cli.Ink;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.cli.launch.NodeRun.State;
import kvctl.protocol.NodeStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "status",
        header = "Show the node processes of a cluster.",
        description = {
            "STATE is running, silent (the process runs, the node does not answer), paused, stopped, killed, died (nobody",
            "asked for it) or new (never started). LEADS and HOLDS name groups."
        },
        footer = {"  kvctl cluster status", "  kvctl cluster status demo -o json", "  kvctl cluster status --all"})
final class StatusCommand implements Callable<Integer> {
    private static final int ASK_MS = 1_000;

    private final Session session;

    @Parameters(paramLabel = "NAME", arity = "0..1", description = "Cluster; else the current one.")
    private String name;

    @Option(names = "--all", description = "Every cluster of this user on this machine.")
    private boolean all;

    StatusCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (all && name != null) {
            throw CliException.usage("Name a cluster or --all, not both.", null);
        }
        Path home = Home.of(session.console().env());
        List<ClusterDir> dirs = all
                ? ClusterDir.all(home).stream().filter(ClusterDir::exists).toList()
                : List.of(ClusterDir.selected(
                        home, name != null ? name : session.settings().cluster()));
        try (Rows rows = Rows.many(
                session,
                "cluster-status",
                Column.text("cluster"),
                Column.text("node"),
                Column.text("state"),
                Column.number("pid"),
                Column.text("addr"),
                Column.text("leads"),
                Column.text("holds"),
                Column.ms("uptime_ms", "UPTIME"),
                Column.size("rss_bytes", "MEMORY"),
                Column.size("data_bytes", "DISK"))) {
            for (ClusterDir dir : dirs) {
                show(dir, rows);
            }
        }
        return 0;
    }

    private static void show(ClusterDir dir, Rows rows) {
        Endpoints endpoints = dir.endpoints();
        Fleet fleet = new Fleet(dir);
        List<Endpoints.Node> running = endpoints.nodes().stream()
                .filter(node -> fleet.state(node.name()) == State.RUNNING)
                .toList();
        Survey survey = Survey.of(endpoints.clusterId(), running, ASK_MS);
        for (Endpoints.Node node : endpoints.nodes()) {
            State state = fleet.state(node.name());
            NodeStatus status = survey.answers().get(node.name());
            boolean silent = state == State.RUNNING && status == null;
            Long pid = state.alive() ? (Long) fleet.pid(node.name()) : null;
            List<String> holds = status == null
                    ? List.of()
                    : status.replicas().stream().map(NodeStatus.Replica::group).toList();
            Ink ink = status != null ? Ink.GREEN : state == State.STOPPED || state == State.NEW ? Ink.DIM : Ink.RED;
            rows.row(
                    Arrays.asList(null, null, ink),
                    dir.name(),
                    node.name(),
                    silent ? "silent" : state.text(),
                    pid,
                    node.address(),
                    survey.leads(node.name()),
                    holds,
                    status == null ? null : (Object) status.uptimeMs(),
                    status == null ? null : (Object) status.rssBytes(),
                    status == null ? null : (Object) status.dataBytes());
        }
    }
}
