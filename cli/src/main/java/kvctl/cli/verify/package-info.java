/**
 * {@code kvctl verify}: the test suites of MIT 6.5840 under their own names, done to the running cluster.
 *
 * <p>{@code Catalogue} lists the cases, one file per suite: {@code RaftCases}, {@code RsmCases}, {@code KvSrvCases},
 * {@code KvRaftCases}, {@code ShardControllerCases}, {@code ShardKvCases}, {@code LockCases}. A case is a {@code Scenario};
 * its body uses the verbs of {@code Lab} (clients, faults, processes, changes) and {@code Team} (one group), which say in
 * {@code Journal} what they do. A bound that is missed throws {@code Failed}, and whatever happens, {@code Tidy} leaves
 * the cluster as it was. {@code VerifyCommand} chooses the cases and runs them one after the other.
 */
package kvctl.cli.verify;
