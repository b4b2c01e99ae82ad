/**
 * {@code kvctl bench}: a load on a cluster by real clients, and what it measured.
 *
 * <p>The load is closed: each of the N clients sends its next request when the last one is answered, so a slow cluster is
 * asked less, and a pause shows as one slow answer per client and as the longest gap, not as thousands of slow answers.
 * The clients are chains of futures on a few connections, and none has a thread.
 *
 * <p>Read {@link kvctl.cli.bench.BenchCommand}, then {@code Load} (the loops), {@code Statistics} (what is counted how)
 * and {@code Report}. The statistics get their times as arguments.
 */
package kvctl.cli.bench;
