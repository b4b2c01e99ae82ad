package kvctl.cli;

import java.util.concurrent.Callable;
import kvctl.client.Result;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "get",
        header = "Print the value of a key.",
        description =
                "%nOn a terminal unprintable bytes are shown as \\xHH; piped, or with -o raw, the output is the exact "
                        + "bytes of the value. The read is linearizable: it sees every write that was acknowledged before it.",
        footer = {
            "  kvctl get city",
            "  kvctl get photo > photo.jpg",
            "  kvctl get city -o json        with version, shard and log index"
        })
final class Get implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "KEY", description = "1 to 1024 bytes.")
    private String key;

    Get(Session session) {
        this.session = session;
    }

    Get with(String word) {
        key = word;
        return this;
    }

    @Override
    public Integer call() {
        byte[] bytes = Keys.of(key);
        Connection connection = session.connection();
        Result found = connection.get(bytes);
        if (!found.done()) {
            throw connection.notFound(bytes, found);
        }
        Format format = session.settings().format();
        Console console = session.console();
        if (format == Format.RAW || format == Format.AUTO && !console.outIsTty()) {
            console.write(found.value());
            console.flush();
        } else if (format == Format.AUTO) {
            show(found.value());
        } else {
            table(bytes, found);
        }
        return 0;
    }

    private void show(byte[] value) {
        String shown = Bytes.shown(value, true);
        session.console().line(shown.endsWith("\n") ? shown.substring(0, shown.length() - 1) : shown);
        if (!shown.equals(Bytes.utf8OrNull(value))) {
            session.note("unprintable bytes are shown as \\xHH; -o raw prints them as they are");
        }
    }

    private void table(byte[] bytes, Result found) {
        Column[] columns = {
            Column.bytes("key"),
            Column.bytes("value"),
            Column.number("version"),
            Column.number("shard"),
            Column.text("group"),
            Column.number("index")
        };
        try (Rows rows = Rows.one(session, "get", columns)) {
            rows.row(
                    bytes,
                    found.value(),
                    found.version(),
                    found.shardId(),
                    session.connection().groupName(found.groupId()),
                    found.index());
        }
    }
}
