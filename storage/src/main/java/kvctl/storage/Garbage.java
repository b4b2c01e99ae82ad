package kvctl.storage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Tables that nothing refers to any more, deleted some rows at a time, so that no turn is held up by them. */
final class Garbage {
    private static final byte[] FIRST = new byte[0];

    private final Engine engine;
    private final Deque<String> tables = new ArrayDeque<>();

    Garbage(Engine engine) {
        this.engine = engine;
    }

    void add(String table) {
        tables.add(table);
    }

    boolean isEmpty() {
        return tables.isEmpty();
    }

    /** Inside a transaction. */
    void deleteSome(int atMost) {
        if (tables.isEmpty()) {
            return;
        }
        Engine.Rows rows = engine.rows(tables.peekFirst());
        List<byte[]> keys = new ArrayList<>();
        rows.scan(FIRST, (key, value) -> {
            keys.add(key);
            return keys.size() < atMost;
        });
        keys.forEach(rows::delete);
        if (keys.size() < atMost) {
            engine.drop(tables.removeFirst());
        }
    }
}
