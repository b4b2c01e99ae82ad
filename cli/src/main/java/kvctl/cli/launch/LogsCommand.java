package kvctl.cli.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.Format;
import kvctl.cli.Home;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.cli.Words;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "logs",
        header = "Show the last log lines of one node or of all.",
        footer = {"  kvctl cluster logs", "  kvctl cluster logs n2 -n 200", "  kvctl cluster logs --follow"})
final class LogsCommand implements Callable<Integer> {
    private static final long STEP_MS = 200;

    private final Session session;

    @Parameters(paramLabel = "NODE", arity = "0..1", description = "Node; else all.")
    private String node;

    @Option(
            names = "-n",
            paramLabel = "LINES",
            defaultValue = "50",
            description = "Last lines of each node (default 50).")
    private int count;

    @Option(names = "--follow", description = "Go on with what is added, until Ctrl-C.")
    private boolean follow;

    LogsCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        if (count < 0) {
            throw CliException.usage("-n is a number of lines, not " + count + ".", null);
        }
        ClusterDir dir = ClusterDir.selected(
                Home.of(session.console().env()), session.settings().cluster());
        List<String> names =
                dir.endpoints().nodes().stream().map(Endpoints.Node::name).toList();
        if (node != null && !names.contains(node)) {
            String near = Words.nearest(node, names);
            throw CliException.usage(
                    "Cluster '" + dir.name() + "' has no node '" + node + "'."
                            + (near == null ? "" : " Did you mean '" + near + "'?"),
                    "nodes: " + String.join(", ", names));
        }
        Map<LogTail, String> tails = new LinkedHashMap<>();
        List<String[]> lines = new ArrayList<>();
        for (String name : node == null ? names : List.of(node)) {
            for (Path file : List.of(NodeLauncher.outFile(dir, name), NodeLauncher.logFile(dir, name))) {
                LogTail tail = new LogTail(file);
                tails.put(tail, name);
                tail.last(count).forEach(line -> lines.add(new String[] {name, line}));
            }
        }
        if (follow) {
            return follow(tails, lines);
        }
        show(lines);
        return 0;
    }

    private void show(List<String[]> lines) {
        if (plain()) {
            lines.forEach(this::line);
            return;
        }
        try (Rows rows = Rows.many(session, "cluster-logs", Column.text("node"), Column.text("line"))) {
            lines.forEach(line -> rows.row(line[0], line[1]));
        }
    }

    private int follow(Map<LogTail, String> tails, List<String[]> first) throws IOException {
        Format format = session.settings().format();
        if (!plain() && format != Format.NDJSON) {
            throw CliException.usage(
                    "'logs --follow' has no end: it cannot be written as " + format.word() + ".", "-o ndjson");
        }
        show(first);
        while (true) {
            List<String[]> lines = new ArrayList<>();
            for (Map.Entry<LogTail, String> tail : tails.entrySet()) {
                tail.getKey().more().forEach(line -> lines.add(new String[] {tail.getValue(), line}));
            }
            show(lines);
            session.console().flush();
            session.pause(STEP_MS);
        }
    }

    /** Log lines are text for people; tables and separated values of them only on request. */
    private boolean plain() {
        Format format = session.settings().format();
        return format == Format.AUTO || format == Format.RAW;
    }

    private void line(String[] line) {
        session.console().line(node == null ? line[0] + " | " + line[1] : line[1]);
    }
}
