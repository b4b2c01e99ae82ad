package kvctl.node.kv;

/**
 * What a replica's applied state says of one shard.
 *
 * @param number of the configuration that brought the shard into this state; 0 if it was never here
 * @param peerGroupId the other group of the move that is under way, 0 if none is or if nobody owned the shard before
 * @param cursor while it is received: where the next chunk begins, to be asked for; empty otherwise
 * @param keys in the shard; 0 until all of it is here
 * @param bytes of all keys and values; 0 until all of it is here
 * @param reads served since the machine was opened; of this replica alone, not replicated
 * @param writes applied since the machine was opened; of this replica alone, not replicated
 * @param copiedBytes of keys and values, while it is received; at the source 0
 * @param totalBytes of keys and values that are on the way, about; 0 if nothing moves
 */
public record ShardState(
        int shardId,
        Status status,
        long number,
        int peerGroupId,
        byte[] cursor,
        long keys,
        long bytes,
        long reads,
        long writes,
        long copiedBytes,
        long totalBytes) {
    /** The life of a shard in a group. The order is in rows on disk: never change it, add at the end. */
    public enum Status {
        /** Read and written here. */
        SERVING,
        /** Still served; each write is also noted for the group that copies it. */
        COPYING,
        /** Served no more: the rest is on its way (HAZARDS G5). Also while its rows are deleted. */
        FROZEN,
        /** Not served yet: rows are coming in. */
        RECEIVING,
        /** Not here; the number is what makes late entries of its earlier life harmless (HAZARDS G9). */
        GONE
    }
}
