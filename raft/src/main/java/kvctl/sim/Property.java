package kvctl.sim;

/** What every run must satisfy; the first five are Figure 3 of the Raft paper. */
public enum Property {
    ELECTION_SAFETY("at most one leader can be elected in a given term"),
    LEADER_APPEND_ONLY("a leader never overwrites or deletes entries in its log"),
    LOG_MATCHING("entries with the same index and term are equal, and so are all before them"),
    LEADER_COMPLETENESS("a leader's log holds every entry that was committed before"),
    STATE_MACHINE_SAFETY("no two replicas apply different entries at one index"),
    COMMIT_MONOTONE("while a replica runs, its commit index, applied index and term never fall"),
    COUNTED_IN_OWN_TERM("a leader commits by counting only entries of its own term (Figure 8)"),
    COMMITTED_IS_DURABLE("a committed entry has been on the disks of a majority"),
    DURABLE_BEFORE_SENT("a promise is on disk before its message leaves (HAZARDS 1.2)"),
    ANSWER_IS_TRUE("an answered proposal is committed under its own index, and one that definitely failed never is"),
    ANSWERED_ONCE("every waiter is answered exactly once (HAZARDS R16)"),
    LINEARIZABLE_READ("a read sees every write that was acknowledged before it began"),
    FORGETFUL_ABSTAINS("a forgetful replica neither votes nor counts nor leads (HAZARDS D4)"),
    BOUNDED("queues and logs stay within their limits (HAZARDS A1)"),
    NODE_INVARIANT("no check inside a node fails"),
    CONVERGENCE("after all faults have healed, the group answers and all replicas become equal");

    private final String meaning;

    Property(String meaning) {
        this.meaning = meaning;
    }

    public String meaning() {
        return meaning;
    }
}
