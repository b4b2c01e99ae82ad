/**
 * Clusters on this machine: where their state lives, how node processes are started, watched, signalled and stopped.
 *
 * <p>{@link kvctl.cli.launch.ClusterDir} is what all commands share: nothing is kept in a daemon. A run file says what was
 * last done to a node and which process it has; what the process does now corrects it, and a pid counts only together
 * with the start that was recorded ({@link kvctl.cli.launch.ProcessRef}). So any terminal can stop, kill or start any
 * node, and a record that outlived its process is recognised.
 *
 * <p>Nodes ignore SIGINT, SIGHUP and SIGTSTP, since a terminal sends these to everything in front of it. Without {@code
 * --detach} they are told the launcher's pid and start and end when it is gone, also after {@code kill -9}; nodes that
 * are started later by another command are tied to the same launcher. With {@code --detach} nothing ties them.
 *
 * <p>Decisions: {@code cluster up} on a cluster that runs is success only with {@code --detach}, if it was started
 * detached, all nodes run and the topology is the same; else exit code 8. A cluster's members and shards are fixed by its
 * data, ports and other settings may change between two starts, and without a file or numbers the recorded ones hold.
 * {@code start all} and the like act on the nodes that are not yet so; a node that was named and is already so is exit
 * code 7. A node that ends while it starts is exit code 8, with its own words.
 *
 * <p>{@code kvctl setup} makes archives of loaded classes: on two busy cores a node then took 1.2 s of processor time to
 * start instead of 2.1 s, and 74 MB instead of 92 MB.
 */
package kvctl.cli.launch;
