package kvctl.cli;

import kvctl.client.RequestId;
import kvctl.client.Result;

/**
 * What all writes have in common: which request they are, and how they tell what they did.
 *
 * @param id null for a new request
 */
record Write(byte[] key, RequestId id) {
    /**
     * Tells the result. A write has nothing to say that a script needs, so where no format was asked for it speaks only
     * on a terminal.
     */
    int report(Session session, String verb, Result result) {
        if (session.settings().format() == Format.AUTO) {
            if (session.console().outIsTty() && !session.settings().quiet()) {
                String what = result.done() ? "version " + result.version() : "there was no such key";
                session.console().line(session.console().paint(Ink.GREEN, "ok") + "  " + what);
            }
            return 0;
        }
        Column[] columns = {
            Column.bytes("key"),
            Column.flag("changed"),
            Column.number("version"),
            Column.number("shard"),
            Column.text("group"),
            Column.number("index")
        };
        try (Rows rows = Rows.one(session, verb, columns)) {
            rows.row(
                    key,
                    result.done(),
                    result.done() ? result.version() : null,
                    result.shardId(),
                    session.connection().groupName(result.groupId()),
                    result.index());
        }
        return 0;
    }
}
