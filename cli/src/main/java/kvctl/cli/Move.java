package kvctl.cli;

import java.util.concurrent.Callable;
import kvctl.protocol.Change;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "move",
        header = "Move one shard to a group of your choice.",
        description = "%nIt stays there until the next join or leave balances the shards anew.",
        footer = {"  kvctl move 3 g2", "  kvctl move 3 g2 --plan", "  kvctl locate city      tells a key's shard"})
final class Move implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "SHARD", description = "Number of the shard.")
    private int shard;

    @Parameters(index = "1", paramLabel = "GROUP", description = "Name of the group that is to own it.")
    private String group;

    @Mixin
    private final Changes changes = new Changes();

    Move(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ShardMap map = session.connection().freshMap();
        int shards = map.shardGroups().length;
        if (shard < 0 || shard >= shards) {
            throw CliException.usage(
                    "There is no shard " + shard + "; shards are 0 to " + (shards - 1) + ".", "kvctl shards");
        }
        Leave.check(map, group);
        return changes.run(session, "move", shard + " " + group, new Change.Move(shard, group));
    }
}
