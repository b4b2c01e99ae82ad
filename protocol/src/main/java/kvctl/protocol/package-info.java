/**
 * The vocabulary between clients and nodes: requests, responses, shard map and faults, and how they become bytes
 * in frames.
 */
package kvctl.protocol;
