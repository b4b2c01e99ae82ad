package kvctl.cli;

import java.util.List;
import java.util.concurrent.Callable;
import kvctl.protocol.Configuration;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "query",
        header = "Show a configuration: its groups, their nodes and their shards.",
        description =
                "%nA configuration says which group is to own which shard; each change makes the next one, and all can "
                        + "be read by their numbers. Shards that are still on their way into the newest one: kvctl migrations.",
        footer = {"  kvctl query", "  kvctl query 1           as the cluster began", "  kvctl query -o json"})
final class Query implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..1", paramLabel = "N", description = "Number of a configuration; the newest if missing.")
    private Long number;

    Query(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (number != null && number < 1) {
            throw CliException.usage("Configurations are numbered from 1, not " + number + ".", "kvctl query");
        }
        Connection connection = session.connection();
        Response.ConfigurationReply reply = connection.configuration(number == null ? 0 : number);
        Configuration configuration = reply.configuration();
        ShardMap map = connection.map();
        if (session.console().errIsTty()) {
            String left = reply.movesLeft() == 0 ? "" : ", " + Changes.shards(reply.movesLeft()) + " on the way";
            session.note("configuration " + configuration.number() + left);
        }
        try (Rows rows = Rows.many(
                session,
                "query",
                Column.text("group"),
                Column.number("weight"),
                Column.text("nodes"),
                Column.number("shard_count").as("COUNT"),
                Column.text("shards"))) {
            for (Configuration.Group group : configuration.groups()) {
                rows.row(
                        group.name(),
                        group.weight(),
                        Locate.names(map, group.nodeIds()),
                        ShardRanges.count(configuration.shardGroups(), group.groupId()),
                        ShardRanges.of(configuration.shardGroups(), group.groupId()));
            }
            long unowned = ShardRanges.count(configuration.shardGroups(), ShardMap.NO_GROUP);
            if (unowned > 0) {
                List<String> shards = ShardRanges.of(configuration.shardGroups(), ShardMap.NO_GROUP);
                rows.row(List.of(), null, null, List.of(), unowned, shards);
            }
            rows.after("configuration", configuration.number());
            rows.after("moves_left", reply.movesLeft());
        }
        return 0;
    }
}
