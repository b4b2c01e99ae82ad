/**
 * The whole cluster under simulation: every node's real {@link kvctl.node.Core}, real clients, on virtual time, a simulated
 * network and disks in memory. One seed is one run.
 */
package kvctl.node.sim;
