package kvctl.cli;

import java.util.concurrent.Callable;
import kvctl.protocol.Response;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "scan",
        header = "List keys and values by prefix, in key order.",
        description =
                "%nEach shard is read linearizably; the scan as a whole is not one moment. On a terminal 100 keys are "
                        + "shown unless --limit says otherwise; piped, all.",
        footer = {
            "  kvctl scan user:",
            "  kvctl scan user: --count",
            "  kvctl scan log: --from log:2024 --limit 20 -o json"
        })
final class Scan implements Callable<Integer> {
    private static final int TERMINAL_LIMIT = 100;

    private final Session session;

    @Parameters(arity = "0..1", paramLabel = "PREFIX", description = "Only keys that begin with it; all if missing.")
    private String prefix = "";

    @Option(names = "--from", paramLabel = "KEY", description = "Begin with this key.")
    private String from;

    @Option(names = "--limit", paramLabel = "N", description = "Most keys to list.")
    private Integer limit;

    @Option(names = "--keys-only", description = "Leave out the values.")
    private boolean keysOnly;

    @Option(names = "--count", description = "Only tell how many keys there are.")
    private boolean count;

    Scan(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (limit != null && limit < 1) {
            throw CliException.usage("--limit is 1 or more, not " + limit + ".", null);
        }
        if (count) {
            return count();
        }
        long most = limit != null ? limit : session.console().outIsTty() ? TERMINAL_LIMIT : Long.MAX_VALUE;
        byte[] next = null;
        Column[] columns = keysOnly
                ? new Column[] {Column.bytes("key"), Column.number("version")}
                : new Column[] {Column.bytes("key"), Column.number("version"), Column.bytes("value")};
        try (Rows rows = Rows.many(session, "scan", columns)) {
            Connection connection = session.connection();
            long asked = most == Long.MAX_VALUE ? most : most + 1; // One more tells whether there is more.
            kvctl.client.Scan scan = scan(connection, asked);
            long left = most;
            for (var page = connection.await(scan.next()); !page.isEmpty(); page = connection.await(scan.next())) {
                for (Response.Row row : page) {
                    if (left-- == 0) {
                        next = row.key();
                    } else if (keysOnly) {
                        rows.row(row.key(), row.version());
                    } else {
                        rows.row(row.key(), row.version(), row.value());
                    }
                }
            }
            rows.after("more", next != null);
            if (next != null) {
                rows.after("next", next);
            }
        }
        if (next != null && session.console().errIsTty()) {
            session.note("-- more: kvctl scan " + (prefix.isEmpty() ? "" : Words.quoted(prefix) + " ") + "--from "
                    + Keys.word(next) + (keysOnly ? " --keys-only" : ""));
        }
        return 0;
    }

    private int count() {
        Format format = session.settings().format();
        Rows rows = format == Format.AUTO ? null : Rows.one(session, "count", Column.number("keys"));
        Connection connection = session.connection();
        kvctl.client.Scan scan = scan(connection, limit == null ? Long.MAX_VALUE : limit);
        long keys = 0;
        for (var page = connection.await(scan.next()); !page.isEmpty(); page = connection.await(scan.next())) {
            keys += page.size();
        }
        if (rows == null) {
            session.console().line("" + keys);
            session.console().flush();
        } else {
            rows.row(keys);
            rows.close();
        }
        return 0;
    }

    private kvctl.client.Scan scan(Connection connection, long most) {
        return connection.scan(Bytes.of(prefix), from == null ? new byte[0] : Bytes.of(from), most);
    }
}
