/**
 * The key-value state machine that every group replicates: keys with versions, sessions that make a repeated write take
 * effect once, and their rows in the storage's tables.
 *
 * <p>Read {@link kvctl.node.kv.Command} (what is in an entry), {@link kvctl.node.kv.KvMachine} (what it does), then
 * {@code Session} and {@code Sessions}. Nothing here knows a clock, a random number or a thread: the state after an
 * entry and its reply depend on the entries alone, however they were cut into batches (HAZARDS R15).
 */
package kvctl.node.kv;
