package kvctl.cli.check;

import kvctl.check.Budget;
import kvctl.check.History;
import kvctl.check.Linearizability;
import kvctl.check.MinimumLoad;
import kvctl.check.Verdict;

/** Judges what clients saw. */
public final class Judge {
    private static final int RETRY = 10;

    private Judge() {}

    /** The verdict; a search that was given up is done once more with a larger budget. */
    public static Verdict verdict(History history, MinimumLoad least) {
        Verdict verdict = Linearizability.check(history, Budget.USUAL, least);
        if (verdict.kind() == Verdict.Kind.UNKNOWN && verdict.key() != null) {
            return Linearizability.check(history, Budget.USUAL.times(RETRY), least);
        }
        return verdict;
    }
}
