package kvctl.protocol;

/**
 * What one replica says of one shard of its group.
 *
 * @param state serving, copying (serves while it is copied to another group), frozen (serves no more, the rest is on its
 *     way) or receiving
 * @param number of the configuration that brought the shard into this state
 * @param peerGroupId the other group of the move, {@link ShardMap#NO_GROUP} for none
 * @param bytes of all keys and values
 * @param reads served by this replica since its node started
 * @param writes applied by this replica since its node started
 * @param copiedBytes of the move, as far as the receiving group's leader knows
 * @param totalBytes of the move, about; 0 if nothing moves
 * @param waitsFor what the move waits for, in a few words; empty if it goes on or nothing moves
 */
public record ShardStatus(
        int shardId,
        int groupId,
        String state,
        long number,
        int peerGroupId,
        long keys,
        long bytes,
        long reads,
        long writes,
        long copiedBytes,
        long totalBytes,
        String waitsFor) {}
