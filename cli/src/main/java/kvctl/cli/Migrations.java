package kvctl.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import kvctl.protocol.ShardMap;
import kvctl.protocol.ShardStatus;
import picocli.CommandLine.Command;

@Command(
        name = "migrations",
        header = "Show the shards that are on their way to another group.",
        description =
                "%nPHASE: waiting (nothing is copied yet), copying (the old group still serves), frozen (the last changes "
                        + "are on their way), installed (the new group serves). The command looks twice to tell the rate.",
        footer = {"  kvctl migrations", "  kvctl migrations -o json", "  \\watch 1 migrations      in the REPL"})
final class Migrations implements Callable<Integer> {
    private static final long BETWEEN_MS = 250;

    private final Session session;

    Migrations(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ShardsView view = session.connection().shards();
        Map<Integer, Long> before = view.copied();
        long startNs = System.nanoTime();
        boolean moves = !before.isEmpty() && !view.map().steering().paused();
        if (moves) {
            session.pause(BETWEEN_MS);
            view = session.connection().shards();
        }
        double seconds = (System.nanoTime() - startNs) / 1e9;
        ShardMap map = view.map();
        try (Rows rows = rows()) {
            for (int shard = 0; shard < map.movingTo().length; shard++) {
                if (map.movingTo()[shard] == ShardMap.NO_GROUP) {
                    continue;
                }
                ShardStatus target = view.atTarget(shard);
                Long was = moves ? before.get(shard) : null;
                rows.row(
                        List.of(),
                        shard,
                        view.groupName(map.shardGroups()[shard]),
                        view.groupName(map.movingTo()[shard]),
                        phase(view, shard),
                        (long) (view.arrived(shard) * 100),
                        target == null ? null : (Object) target.copiedBytes(),
                        target == null ? null : (Object) target.totalBytes(),
                        was == null || target == null
                                ? null
                                : (Object) (long) (Math.max(0, target.copiedBytes() - was) / seconds),
                        view.waitsFor(shard));
            }
            rows.after("configuration", map.number());
            rows.after("paused", map.steering().paused());
            rows.after("limit_bytes_per_s", map.steering().bytesPerS());
        }
        tell(map);
        return 0;
    }

    private Rows rows() {
        return Rows.many(
                session,
                "migrations",
                Column.number("shard"),
                Column.text("from"),
                Column.text("to"),
                Column.text("phase"),
                Column.number("percent").as("%"),
                Column.size("copied_bytes", "COPIED"),
                Column.size("total_bytes", "OF"),
                new Column("bytes_per_s", "PER S", Column.Kind.SIZE),
                Column.text("waits_for"));
    }

    private static String phase(ShardsView view, int shard) {
        ShardStatus owner = view.atOwner(shard);
        ShardStatus target = view.atTarget(shard);
        if (target != null && target.state().equals("serving")) {
            return "installed";
        }
        if (owner != null && owner.state().equals("frozen")) {
            return "frozen";
        }
        boolean copying =
                owner != null && owner.state().equals("copying") || target != null && target.copiedBytes() > 0;
        return copying ? "copying" : "waiting";
    }

    /** For humans only: what the rows do not say. */
    private void tell(ShardMap map) {
        if (!session.console().errIsTty()) {
            return;
        }
        if (map.moves() == 0) {
            session.note("No shard is on its way; configuration " + map.number() + " is complete.");
        }
        if (map.steering().paused()) {
            session.note("Moves are paused; kvctl migrate resume");
        } else if (map.steering().bytesPerS() > 0) {
            session.note("Each group takes in at most "
                    + Column.size(map.steering().bytesPerS()) + "/s; kvctl migrate throttle off");
        }
    }
}
