/**
 * Clusters on this machine: where their state lives, how node processes are started, watched, signalled and stopped.
 */
package kvctl.cli.launch;
