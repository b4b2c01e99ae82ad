package kvctl.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Decides whether a history can be explained by one register per key, each operation taking effect at one moment
 * between its call and its answer (Herlihy and Wing). Keys are independent, so each is checked on its own: by the order
 * of the log or by its versions where they decide, else by search (HAZARDS §4). Nothing is promised across keys, and
 * nothing is checked. Stateless; without threads, clocks and dice, so that equal histories get equal verdicts.
 */
public final class Linearizability {
    private Linearizability() {}

    /** @see #check(History, Budget, MinimumLoad) */
    public static Verdict check(History history) {
        return check(history, Budget.USUAL, MinimumLoad.ANY);
    }

    /**
     * @param stepsMax of the search, per key
     * @see #check(History, Budget, MinimumLoad)
     */
    public static Verdict check(History history, long stepsMax) {
        return check(history, Budget.steps(stepsMax), MinimumLoad.ANY);
    }

    /**
     * The verdict: violated if a key is (the one with the fewest operations, cut to the smallest window that shows it),
     * else unknown if a search was given up or there was too little load, else ok.
     */
    public static Verdict check(History history, Budget budget, MinimumLoad load) {
        Tally tally = new Tally(history);
        Map<String, List<Operation>> keys = history.byKey();
        keys.forEach((key, operations) -> tally.add(operations, decide(key, operations, budget, tally)));
        Verdict verdict = tally.verdict;
        if (verdict.kind() == Verdict.Kind.VIOLATED) {
            verdict = Shrink.shrink(verdict, keys.get(verdict.key()), budget);
        } else if (verdict.kind() == Verdict.Kind.OK) {
            verdict = load.missing(history)
                    .map(missing -> Verdict.unknown(null, missing))
                    .orElse(verdict);
        }
        return verdict.with(tally.counts());
    }

    /** The verdict on one key, by whichever engine is the cheapest that knows. */
    static Verdict decide(String key, List<Operation> operations, Budget budget) {
        return decide(key, operations, budget, new Tally(new History(operations)));
    }

    private static Verdict decide(String key, List<Operation> operations, Budget budget, Tally tally) {
        if (Witness.explains(operations)) {
            tally.byWitness++;
            return Verdict.OK;
        }
        Verdict quick = Versioned.check(key, operations);
        if (quick != null) {
            tally.byVersions++;
            return quick;
        }
        tally.bySearch++;
        return search(key, operations, budget);
    }

    /** Looks for an order without the writes that nobody saw first. */
    static Verdict search(String key, List<Operation> operations, Budget budget) {
        List<Operation> cut = Observed.cut(operations);
        List<Operation> seen = withoutUnseen(cut);
        Verdict verdict = new Search(key, seen, budget).run(Register.INITIAL);
        if (verdict.kind() == Verdict.Kind.OK || seen.size() == cut.size()) {
            return verdict;
        }
        return new Search(key, cut, budget).run(Register.INITIAL);
    }

    /**
     * An unknown write whose value nobody saw need not have happened; each one left out halves the search (HAZARDS §4,
     * unknown outcomes d). If there is no order without them there may be one with them (a version or a missing key
     * betrays them), never the other way round.
     */
    private static List<Operation> withoutUnseen(List<Operation> operations) {
        List<Operation> seen = new ArrayList<>();
        for (Operation op : operations) {
            boolean droppable = !op.ends() && op.argument() != null;
            if (!droppable || isSeen(op, operations)) {
                seen.add(op);
            }
        }
        return seen;
    }

    private static boolean isSeen(Operation write, List<Operation> operations) {
        for (Operation op : operations) {
            if (op.value() != null && op.value().contains(write.argument())) {
                return true;
            }
        }
        return false;
    }

    /** What was found so far. */
    private static final class Tally {
        private final History history;
        private Verdict verdict = Verdict.OK;
        private int smallest;
        private int keys;
        private int byWitness;
        private int byVersions;
        private int bySearch;
        private int violated;
        private int undecided;

        Tally(History history) {
            this.history = history;
        }

        void add(List<Operation> operations, Verdict one) {
            keys++;
            if (one.kind() == Verdict.Kind.VIOLATED) {
                violated++;
                if (violated == 1 || operations.size() < smallest) {
                    smallest = operations.size();
                    verdict = one;
                }
            } else if (one.kind() == Verdict.Kind.UNKNOWN) {
                undecided++;
                if (verdict.kind() == Verdict.Kind.OK) {
                    verdict = one;
                }
            }
        }

        Verdict.Counts counts() {
            List<Operation> all = history.operations();
            long unknown = all.stream()
                    .filter(operation -> operation.outcome() == Operation.Outcome.UNKNOWN)
                    .count();
            return new Verdict.Counts(keys, all.size(), unknown, byWitness, byVersions, bySearch, violated, undecided);
        }
    }
}
