package kvctl.node.sim;

import java.util.Arrays;
import java.util.function.Consumer;
import kvctl.node.kv.KvMachine;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.protocol.Response;

/** The rows of a shard as one replica has them. */
final class ShardRows {
    private static final byte[] NOTHING = new byte[0];

    private ShardRows() {}

    /** Rows of a shard; 0 if it is not served there. */
    static long count(KvMachine machine, int shardId) {
        long[] count = {0};
        each(machine, shardId, row -> count[0]++);
        return count[0];
    }

    /** Visits all rows of a shard in key order; none if it is not served there. */
    static void each(KvMachine machine, int shardId, Consumer<Response.Row> visitor) {
        byte[] from = NOTHING;
        boolean more = true;
        while (more) {
            Request.Scan scan = new Request.Scan(shardId, NOTHING, from, Limits.PAGE_ROWS_MAX);
            if (!(machine.scan(scan) instanceof Response.Page page)) {
                return;
            }
            page.rows().forEach(visitor);
            more = page.more();
            if (more) {
                byte[] last = page.rows().get(page.rows().size() - 1).key();
                from = Arrays.copyOf(last, last.length + 1);
            }
        }
    }
}
