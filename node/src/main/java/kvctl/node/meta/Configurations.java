package kvctl.node.meta;

import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Configuration;
import kvctl.protocol.ConfigurationCodec;
import kvctl.protocol.ProtocolException;
import kvctl.storage.Tables;

/**
 * All configurations by number, and by the request that made them. They stay on disk and are read when asked for, so
 * that a long history costs no memory.
 */
final class Configurations {
    private final Tables.Table byNumber;
    private final Tables.Table byRequest;

    Configurations(Tables tables) {
        byNumber = tables.table("configurations");
        byRequest = tables.table("requests");
    }

    /** @param why what was said about its moves when it was made */
    record Made(Configuration configuration, String why) {}

    void put(Made made) {
        byte[] key = Rows.key(made.configuration.number());
        BytesWriter row = Rows.begin();
        ConfigurationCodec.write(row, made.configuration);
        row.string(made.why);
        byNumber.put(key, Rows.sealed(key, row));
    }

    void putRequest(Command.RequestId id, long number) {
        byte[] key = Rows.key(id.ms(), id.random());
        BytesWriter row = Rows.begin();
        row.varint(number);
        byRequest.put(key, Rows.sealed(key, row));
    }

    /** @param number of a configuration that was put */
    Made get(long number) {
        byte[] key = Rows.key(number);
        String what = "configuration " + number;
        try {
            BytesReader row = Rows.open(key, byNumber.get(key), what);
            Made made = new Made(ConfigurationCodec.read(row), row.string());
            row.end();
            return made;
        } catch (ProtocolException e) {
            throw new IllegalStateException(what + " has another form: " + e.getMessage(), e);
        }
    }

    /** Number of the configuration that the request made; 0 if it made none. */
    long madeBy(Command.RequestId id) {
        byte[] key = Rows.key(id.ms(), id.random());
        byte[] row = byRequest.get(key);
        if (row == null) {
            return 0;
        }
        String what = "the row of a request";
        try {
            return Rows.open(key, row, what).varint();
        } catch (ProtocolException e) {
            throw new IllegalStateException(what + " has another form: " + e.getMessage(), e);
        }
    }
}
