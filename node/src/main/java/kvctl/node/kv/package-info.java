/**
 * The key-value state machine that every group replicates: keys with versions, sessions that make a repeated write take
 * effect once, the shards' ways from group to group, and their rows in the storage's tables.
 *
 * <p>Read {@link kvctl.node.kv.Command} (what is in an entry), {@link kvctl.node.kv.KvMachine} (what it does), then
 * {@code Session} and {@code Sessions}; for moves {@link kvctl.node.kv.ShardState} (a shard's life), {@code Moves} (the
 * steps) and {@code ChunkSource} (what is copied, and why it is all). Nothing here knows a clock, a random number or a
 * thread: the state after an entry and its reply depend on the entries alone, however they were cut into batches
 * (HAZARDS R15).
 */
package kvctl.node.kv;
