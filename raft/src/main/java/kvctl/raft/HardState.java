package kvctl.raft;

/**
 * What a replica must not forget beside its log (paper, Figure 2, "persistent state").
 *
 * @param currentTerm latest term the replica has seen; 0 before the first election
 * @param votedFor node id that got this replica's vote in {@code currentTerm}, or {@link #NOBODY}
 */
public record HardState(long currentTerm, int votedFor) {
    /** No vote given in this term. Node ids start at 1. */
    public static final int NOBODY = 0;

    public static final HardState INITIAL = new HardState(0, NOBODY);
}
