package kvctl.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import kvctl.client.KvException;
import kvctl.protocol.Configuration;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;

/**
 * Follows the moves of one configuration on standard error until the last is done: on a terminal with a bar that is
 * redrawn, elsewhere with a line for each step.
 */
final class MoveProgress {
    private static final long STEP_MS = 150;
    private static final long SILENCE_MS = 30_000;
    private static final int BAR = 24;

    /** Of the newest look; pieces come in bursts, and a rate that jumps can't be read. */
    private static final double WEIGHT = 0.1;

    private final Session session;
    private final Console console;
    private final boolean inPlace;
    private final long number;
    private final List<Configuration.Move> moves;
    private final long startNs = System.nanoTime();
    private final Map<Integer, Long> copied = new HashMap<>();
    private long copiedNs = startNs;
    private double bytesPerS;
    private boolean drawn;
    private String said = "";

    MoveProgress(Session session, Response.Reconfigured change) {
        this.session = session;
        this.console = session.console();
        this.inPlace = console.errIsTty() && !"dumb".equals(console.env().get("TERM"));
        this.number = change.after().number();
        this.moves = change.before().movesTo(change.after());
    }

    /** Returns when all is done. @throws KvException if the controller has not answered for a while */
    void follow() {
        if (moves.isEmpty()) {
            return;
        }
        long heardNs = System.nanoTime();
        try {
            while (true) {
                try {
                    int left = session.connection().configuration(number).movesLeft();
                    heardNs = System.nanoTime();
                    if (left == 0) {
                        break;
                    }
                    step(Math.max(0, moves.size() - left));
                } catch (KvException e) {
                    if (!e.code().retryable() || System.nanoTime() - heardNs > SILENCE_MS * 1_000_000) {
                        throw e;
                    }
                }
                session.pause(STEP_MS);
            }
        } catch (Session.Cancelled e) {
            session.note("The moves go on; kvctl migrations shows them.");
            throw e;
        }
        String time = Durations.text((System.nanoTime() - startNs) / 1_000_000);
        say(Changes.shards(moves.size()) + " moved in " + time);
    }

    private void step(int done) {
        if (!inPlace) {
            say(done + " of " + Changes.shards(moves.size()) + " moved");
            return;
        }
        ShardsView view = session.connection().shards();
        double arrived = done;
        String waitsFor = "";
        for (Configuration.Move move : moves) {
            if (view.map().movingTo()[move.shardId()] == ShardMap.NO_GROUP) {
                continue;
            }
            arrived += view.arrived(move.shardId());
            String reason = view.waitsFor(move.shardId());
            waitsFor = waitsFor.isEmpty() && reason != null ? "  shard " + move.shardId() + ": " + reason : waitsFor;
        }
        rate(view);
        double part = Math.min(1, arrived / moves.size());
        int filled = (int) (part * BAR);
        say(String.format(
                Locale.ROOT,
                "[%s%s] %3d %%  %d of %s%s%s",
                "#".repeat(filled),
                "-".repeat(BAR - filled),
                (int) (part * 100),
                done,
                Changes.shards(moves.size()),
                bytesPerS < 1 ? "" : "  " + Column.size((long) bytesPerS) + "/s",
                waitsFor));
    }

    /** What has arrived since the last looks; a shard that is through is not counted any more. */
    private void rate(ShardsView view) {
        long nowNs = System.nanoTime();
        Map<Integer, Long> now = view.copied();
        long bytes = 0;
        for (var shard : now.entrySet()) {
            bytes += Math.max(0, shard.getValue() - copied.getOrDefault(shard.getKey(), 0L));
        }
        double newest = bytes / Math.max(0.001, (nowNs - copiedNs) / 1e9);
        bytesPerS = bytesPerS == 0 ? newest : bytesPerS + WEIGHT * (newest - bytesPerS);
        copied.clear();
        copied.putAll(now);
        copiedNs = nowNs;
    }

    private void say(String text) {
        if (session.settings().quiet() || text.equals(said)) {
            return;
        }
        said = text;
        int width = console.width();
        String line = inPlace && width > 1 && text.length() >= width ? text.substring(0, width - 1) : text;
        console.note((inPlace && drawn ? "\u001b[1A\u001b[2K" : "") + line);
        drawn = true;
    }
}
