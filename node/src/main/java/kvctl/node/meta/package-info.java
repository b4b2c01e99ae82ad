/**
 * The controller's state machine: numbered configurations that say which group is to own which shard, and how far the
 * newest of them is carried out.
 *
 * <p>Read {@link kvctl.node.meta.Balancer} (which shards move), {@code Changes} (what a change makes of a configuration,
 * and what is refused), then {@link kvctl.node.meta.Controller} (what an entry does, what can be asked). Nothing here
 * knows a clock, a random number or a thread: states and replies depend on the topology's first configuration and the
 * entries alone, however they were cut into batches (HAZARDS R15, G2).
 */
package kvctl.node.meta;
