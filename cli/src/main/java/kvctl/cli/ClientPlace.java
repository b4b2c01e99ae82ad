package kvctl.cli;

import java.util.concurrent.Callable;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "client",
        header = "Put this client beside a node: faults of that node's links are its own, too.",
        description = "%nHolds for the commands that follow in this script or REPL. What was cut between that node and "
                + "others is cut between the client and these.",
        footer = {"  client at n1", "  client anywhere", "  kvctl -e 'partition n1' -e 'client at n1' -e 'get k'"})
final class ClientPlace implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "at|anywhere", description = "at NODE, or anywhere: beside none.")
    private String where;

    @Parameters(index = "1", arity = "0..1", paramLabel = "NODE", description = "Name of a node.")
    private String node;

    ClientPlace(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (where.equals("anywhere") && node == null) {
            session.placeAt(0);
            return 0;
        }
        if (!where.equals("at") || node == null) {
            throw CliException.usage("A client is at a node, or anywhere.", "client at n1");
        }
        for (ShardMap.Node each : session.connection().map().nodes()) {
            if (each.name().equals(node)) {
                session.placeAt(each.nodeId());
                return 0;
            }
        }
        throw CliException.usage("There is no node '" + node + "'.", "kvctl status");
    }
}
