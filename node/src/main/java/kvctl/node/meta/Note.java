package kvctl.node.meta;

import kvctl.node.kv.ShardChunk;
import kvctl.protocol.ShardMap;

/** What nodes tell each other beside Raft. Each may be lost, late or twice: whoever needs the answer asks again. */
public sealed interface Note {
    /** Asks a node of the controller for its map if that is newer than {@code revision}. */
    record MapWanted(long revision) implements Note {}

    record MapNews(ShardMap map) implements Note {}

    /**
     * The leader of {@code toGroupId} asks a node of {@code fromGroupId} for the next piece of a shard.
     *
     * @param askerId node that leads the receiving group; who has nothing hands the pull on to its own leader
     */
    record Pull(int shardId, long number, int fromGroupId, int toGroupId, int askerId, byte[] cursor) implements Note {}

    /**
     * Answer to a pull.
     *
     * @param leaderId of the source group as far as known, to be asked next; 0 if unknown
     * @param frozen the shard is served by nobody until it has arrived
     * @param chunk null: there is nothing to be had here yet
     */
    record Piece(int shardId, long number, int toGroupId, int leaderId, boolean frozen, ShardChunk chunk)
            implements Note {}

    /** The leader of the receiving group tells the controller: the shard is served here, by a committed entry. */
    record Arrived(int shardId, long number) implements Note {}

    /** How much the sender's disk can take; again and again while that is little. */
    record RoomLeft(Room.Level level) implements Note {}

    /** Shows whoever injects faults that the link works in this direction; nobody acts on it. */
    record Probe(long number) implements Note {}
}
