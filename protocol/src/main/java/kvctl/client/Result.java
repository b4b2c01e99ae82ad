package kvctl.client;

import kvctl.protocol.Request;
import kvctl.protocol.Response;

/**
 * What a node answered, and who it was.
 *
 * @param response never a refusal
 * @param shardId shard of the key, -1 if the request has none
 * @param nodeId node that answered
 * @param node its name
 * @param attempts how often the request was sent
 * @param tag names the write; null if it is none
 */
public record Result(Response response, int shardId, int nodeId, String node, int attempts, Request.Tag tag) {
    /** Of {@link #groupId}: the answer stands on no group. */
    public static final int NO_GROUP = -1;

    /** The value, or null if there is no such key. */
    public byte[] value() {
        return response instanceof Response.Value value ? value.value() : null;
    }

    /** There is such a key (of a get); the write took effect (of a write: a cas or delete may not). */
    public boolean done() {
        return response instanceof Response.Value || response instanceof Response.Written;
    }

    /** Version of the key as the answer tells it; 0: there is no such key. */
    public long version() {
        if (response instanceof Response.Value value) {
            return value.version();
        }
        if (response instanceof Response.Written written) {
            return written.version();
        }
        return response instanceof Response.Unchanged unchanged ? unchanged.version() : 0;
    }

    /** Group that answered, {@link #NO_GROUP} if the answer stands on none that it names. */
    public int groupId() {
        if (response instanceof Response.Value value) {
            return value.groupId();
        } else if (response instanceof Response.NotFound notFound) {
            return notFound.groupId();
        } else if (response instanceof Response.Written written) {
            return written.groupId();
        } else if (response instanceof Response.Unchanged unchanged) {
            return unchanged.groupId();
        }
        return response instanceof Response.Page page ? page.groupId() : NO_GROUP;
    }

    /** Log index that the answer stands on, 0 if none. */
    public long index() {
        if (response instanceof Response.Value value) {
            return value.index();
        } else if (response instanceof Response.NotFound notFound) {
            return notFound.index();
        } else if (response instanceof Response.Written written) {
            return written.index();
        } else if (response instanceof Response.Unchanged unchanged) {
            return unchanged.index();
        }
        return response instanceof Response.Page page ? page.index() : 0;
    }
}
