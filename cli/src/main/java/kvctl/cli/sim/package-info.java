/** {@code kvctl simulate}: whole clusters on virtual time, with every fault that the simulator knows, one seed after the other. */
package kvctl.cli.sim;
