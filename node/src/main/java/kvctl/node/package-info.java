/**
 * One node: its topology, the loop that orders effects over all its replicas, and its network links.
 */
package kvctl.node;
