package kvctl.cli;

import java.util.ArrayList;
import java.util.List;
import kvctl.client.KvException;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.Response;
import kvctl.protocol.ShardStatus;
import picocli.CommandLine.Option;

/** What join, leave and move have in common: plan, make the change, say what came of it, follow the moves. */
final class Changes {
    @Option(names = "--plan", description = "Show which shards would move, and change nothing.")
    private boolean plan;

    @Option(
            names = "--expect",
            paramLabel = "NUMBER",
            description = "Only if the newest configuration has this number; exits with 7 otherwise.")
    private Long expect;

    @Option(names = "--wait", description = "Wait until all shards have moved, also where the output is piped.")
    private boolean wait;

    @Option(names = "--no-wait", description = "Return as soon as the change is decided, also on a terminal.")
    private boolean noWait;

    boolean isPlan() {
        return plan;
    }

    /** The command that runs: its name, and the words that say what is to change. */
    int run(Session session, String verb, String what, Change change) {
        if (expect != null && expect < 1) {
            throw CliException.usage("Configurations are numbered from 1, not " + expect + ".", "kvctl query");
        }
        if (wait && (noWait || plan)) {
            throw CliException.usage("--wait and --" + (plan ? "plan" : "no-wait") + " exclude each other.", null);
        }
        long number = expect == null ? 0 : expect;
        Connection connection = session.connection();
        try {
            if (plan) {
                return showPlan(session, connection.plan(change, number));
            }
            Response.Reconfigured done = connection.reconfigure(verb + " " + what, change, number);
            tell(session, verb, done);
            boolean terminal = session.console().outIsTty() && session.console().errIsTty();
            if (wait || terminal && !noWait) {
                new MoveProgress(session, done).follow();
            }
            return 0;
        } catch (KvException e) {
            if (e.code() == KvException.Code.CONFLICT) {
                throw new CliException(ExitCode.CONFLICT, e.getMessage(), "kvctl query; kvctl migrations", e);
            }
            throw e;
        }
    }

    private static void tell(Session session, String verb, Response.Reconfigured done) {
        long number = done.after().number();
        int moves = done.before().movesTo(done.after()).size();
        if (session.settings().format() == Format.AUTO) {
            String what = moves == 0 ? "nothing moves" : shards(moves) + (moves == 1 ? " moves" : " move");
            session.console().line("configuration " + number + ": " + what);
            session.console().flush();
            return;
        }
        try (Rows rows = Rows.one(session, verb, Column.number("configuration"), Column.number("moves"))) {
            rows.row(number, moves);
        }
    }

    /** One row per move, and what they come to. */
    private static int showPlan(Session session, Response.Reconfigured plan) {
        List<Configuration.Move> moves = plan.before().movesTo(plan.after());
        ShardsView view = moves.isEmpty() ? null : session.connection().shards();
        List<ShardStatus> known = new ArrayList<>();
        try (Rows rows = Rows.many(
                session,
                "plan",
                Column.number("shard"),
                Column.text("from"),
                Column.text("to"),
                Column.number("keys"),
                Column.size("data_bytes", "BYTES"))) {
            for (Configuration.Move move : moves) {
                ShardStatus status = view.status(move.shardId(), move.fromGroupId());
                if (status != null) {
                    known.add(status);
                }
                rows.row(
                        move.shardId(),
                        name(plan, move.fromGroupId()),
                        name(plan, move.toGroupId()),
                        status == null ? null : (Object) status.keys(),
                        status == null ? null : (Object) status.bytes());
            }
            rows.after("configuration", plan.after().number());
            rows.after("moves", moves.size());
            rows.after("keys", known.stream().mapToLong(ShardStatus::keys).sum());
            rows.after(
                    "total_bytes", known.stream().mapToLong(ShardStatus::bytes).sum());
            rows.after("why", plan.why());
        }
        total(session, plan, moves.size(), known);
        return 0;
    }

    /** Beside the rows; JSON has it in itself. */
    private static void total(Session session, Response.Reconfigured plan, int moves, List<ShardStatus> known) {
        Format format = session.settings().format();
        if (format == Format.JSON) {
            return;
        }
        boolean table = format == Format.TABLE
                || format == Format.AUTO && session.console().outIsTty();
        String total = moves == 0
                ? "nothing would move"
                : shards(moves) + " would move, "
                        + known.stream().mapToLong(ShardStatus::keys).sum() + " keys, "
                        + Column.size(
                                known.stream().mapToLong(ShardStatus::bytes).sum());
        List<String> lines = new ArrayList<>();
        lines.add("configuration " + plan.after().number() + ": " + total);
        if (!plan.why().isEmpty()) {
            lines.add(plan.why());
        }
        for (String line : lines) {
            if (table) {
                session.console().line(line);
            } else {
                session.note(line);
            }
        }
    }

    private static String name(Response.Reconfigured plan, int groupId) {
        Configuration.Group group = plan.after().group(groupId);
        group = group == null ? plan.before().group(groupId) : group;
        return group == null ? null : group.name();
    }

    /** {@code 1 shard}, {@code 6 shards}. */
    static String shards(int count) {
        return count + (count == 1 ? " shard" : " shards");
    }
}
