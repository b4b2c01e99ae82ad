package kvctl.cli;

import kvctl.protocol.Request;
import kvctl.protocol.Response;

/**
 * What all writes have in common: which request they are, and how they tell what they did.
 *
 * @param requestId of {@code --request-id}, null for a new request
 */
record Write(byte[] key, String requestId) {
    /** The name of the request, by which nodes recognise a repeat. */
    Request.Tag tag(Session session) {
        return requestId == null ? session.connection().newTag(key) : RequestId.parse(requestId);
    }

    int report(Session session, String verb, Response response) {
        if (!(response instanceof Response.Written written)) {
            throw new IllegalStateException(verb + " was answered by " + response);
        }
        if (session.settings().format() == Format.AUTO) {
            if (session.console().outIsTty() && !session.settings().quiet()) {
                session.console().line(session.console().paint(Ink.GREEN, "ok") + "  version " + written.version());
            }
            return 0;
        }
        return row(session, verb, true, written.version(), written.groupId(), written.index());
    }

    /** A delete of a key that does not exist. */
    int reportMissing(Session session, Response.Unchanged unchanged) {
        if (session.settings().format() == Format.AUTO) {
            if (session.console().outIsTty() && !session.settings().quiet()) {
                session.console().line("ok  there was no such key");
            }
            return 0;
        }
        return row(session, "delete", false, null, unchanged.groupId(), unchanged.index());
    }

    private int row(Session session, String verb, boolean changed, Long version, int groupId, long index) {
        Column[] columns = {
            Column.bytes("key"),
            Column.flag("changed"),
            Column.number("version"),
            Column.number("shard"),
            Column.text("group"),
            Column.number("index")
        };
        Connection connection = session.connection();
        try (Rows rows = Rows.one(session, verb, columns)) {
            rows.row(key, changed, version, connection.shardOf(key), connection.groupName(groupId), index);
        }
        return 0;
    }
}
