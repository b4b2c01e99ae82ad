package kvctl.node.sim;

/** What every run of a cluster must satisfy. */
public enum Rule {
    ONE_OWNER("at most one group serves a shard at any moment, and at most one ever under a number (HAZARDS G15)"),
    CONFIGURATIONS_IN_ORDER("what a node knows of the configuration never goes back (HAZARDS G1)"),
    ONE_CHANGE_AT_A_TIME("a configuration begins when every shard of the one before is in its place (HAZARDS G3)"),
    ACKNOWLEDGED_ONCE("an acknowledged append is there once, in its client's order, and no other one twice"),
    LINEARIZABLE("the clients' history can be explained by one register per key"),
    EQUAL_REPLICAS("replicas that have applied the same entries have the same state (HAZARDS R15)"),
    KEYS_CONSERVED("a shard has as many keys as it counts, and they are the ones the clients see"),
    NO_LEFTOVERS("of moves that are over and groups that have left nothing remains (HAZARDS G11)"),
    CONVERGENCE("after all faults have healed, moves finish, replicas become equal and every client is answered"),
    NODE_INVARIANT("no check inside a node or a client fails");

    private final String meaning;

    Rule(String meaning) {
        this.meaning = meaning;
    }

    public String meaning() {
        return meaning;
    }
}
