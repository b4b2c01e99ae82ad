package kvctl.cli;

import java.util.List;
import java.util.concurrent.Callable;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardStatus;
import picocli.CommandLine.Command;

@Command(
        name = "shards",
        header = "Show which group owns which shard, and how much is in it.",
        description =
                "%nKEYS, BYTES, READS and WRITES are what the leader of the owning group says; it counts reads and writes "
                        + "from the start of its node. A shard that is copying still serves; one that is frozen is about to serve "
                        + "at the group it moves to. On a terminal the shards are drawn first, one cell each.",
        footer = {"  kvctl shards", "  kvctl shards -o json | jq '.rows[] | select(.moving_to)'"})
final class ShardList implements Callable<Integer> {
    private final Session session;

    ShardList(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ShardsView view = session.connection().shards();
        Format format = session.settings().format();
        Console console = session.console();
        if (console.outIsTty() && (format == Format.TABLE || format == Format.AUTO)) {
            new ShardDrawing(console, view.map()).draw();
        }
        try (Rows rows = Rows.many(
                session,
                "shards",
                Column.number("shard"),
                Column.text("group"),
                Column.text("state"),
                Column.text("moving_to"),
                Column.number("keys"),
                Column.size("data_bytes", "BYTES"),
                Column.number("reads"),
                Column.number("writes"))) {
            for (int shard = 0; shard < view.map().shardGroups().length; shard++) {
                ShardStatus status = view.atOwner(shard);
                rows.row(
                        List.of(Ink.PLAIN, Ink.PLAIN, ink(view, shard, status)),
                        shard,
                        view.groupName(view.map().shardGroups()[shard]),
                        state(view, shard, status),
                        view.groupName(view.map().movingTo()[shard]),
                        status == null ? null : (Object) status.keys(),
                        status == null ? null : (Object) status.bytes(),
                        status == null ? null : (Object) status.reads(),
                        status == null ? null : (Object) status.writes());
            }
            rows.after("configuration", view.map().number());
        }
        return 0;
    }

    private static String state(ShardsView view, int shard, ShardStatus status) {
        if (status != null) {
            return status.state();
        }
        return view.map().shardGroups()[shard] == ShardMap.NO_GROUP ? "unowned" : "silent";
    }

    private static Ink ink(ShardsView view, int shard, ShardStatus status) {
        if (view.map().movingTo()[shard] != ShardMap.NO_GROUP) {
            return Ink.YELLOW;
        }
        return status == null ? Ink.RED : Ink.GREEN;
    }
}
