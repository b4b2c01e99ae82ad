package kvctl.cli.launch;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import kvctl.node.NodeMain;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "run",
        header = "Run one node of a topology in this process until SIGTERM.",
        description = {
            "'cluster up' starts its nodes with this command. By hand it is for nodes on several hosts. The node's log is",
            "written beside a data directory called data, else below it."
        },
        footer = "  kvctl node run --topology topology.yaml --node n1 --data /var/lib/kvctl")
final class NodeRunCommand implements Callable<Integer> {
    @Option(names = "--topology", required = true, paramLabel = "FILE", description = "Topology (YAML).")
    private Path topology;

    @Option(names = "--node", required = true, paramLabel = "NAME", description = "Which of its nodes.")
    private String node;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "The node's data; made if missing.")
    private Path data;

    @Option(
            names = "--launcher",
            paramLabel = "PID:STARTMS",
            description = "End with that process; STARTMS is when it started, in ms since 1970.")
    private String launcher;

    @Override
    public Integer call() {
        return NodeMain.run(topology, node, data, launcher);
    }
}
