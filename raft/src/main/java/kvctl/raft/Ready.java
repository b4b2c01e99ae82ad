package kvctl.raft;

import java.util.List;

/**
 * What one replica wants done in this turn, in this order: send {@code early}; save {@code save}; send {@code late}.
 *
 * @param early messages that promise nothing that is not durable yet: a leader's, while its term is on disk (thesis §10.2.1)
 * @param save what must be durable before anything of {@code late} leaves (HAZARDS §1.2), or null
 * @param late votes, acknowledgements and everything in a new term
 * @param chunks parts of snapshots to read and send
 */
record Ready(List<Outgoing> early, Store.Save save, List<Outgoing> late, List<ChunkWanted> chunks) {
    record Outgoing(int to, Message message) {}

    /** The follower lacks the bytes from {@code offset} of the snapshot of transfer {@code transferId} on. */
    record ChunkWanted(int to, long transferId, long offset, long round) {}
}
