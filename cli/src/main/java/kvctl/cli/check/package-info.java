/**
 * {@code kvctl check} and {@code kvctl nemesis}: a load whose history is written down and judged, while faults come and go.
 *
 * <p>{@code CheckCommand} starts {@code CheckLoad} (clients that record what they see), {@code Nemesis} (a drawn schedule
 * of ordinary kvctl commands) and {@code Watch} (leaders, terms and owners of shards over time), and has the engines of
 * {@link kvctl.check} judge the history. A schedule is drawn whole before it begins, and is a script that people can read
 * and run.
 */
package kvctl.cli.check;
