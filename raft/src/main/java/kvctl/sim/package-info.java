/**
 * The deterministic simulator's kernel: one seed, virtual time, one event queue, and a simulated network, disk
 * and clock for each node. It is main code because users run it with kvctl simulate.
 */
package kvctl.sim;
