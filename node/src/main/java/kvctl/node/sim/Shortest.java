package kvctl.node.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import kvctl.sim.Fewest;
import kvctl.sim.Outcome;
import kvctl.sim.Timetable;

/**
 * The shortest schedule of faults that was found with which a seed still breaks the same rule. All of it is done at the times
 * and to the nodes of the seed's own run; what is left out is as if it had never been.
 *
 * @param faults what is left, in the order of time
 * @param of how many the seed does in all, up to where it breaks
 * @param runs how often it was run
 * @param isMinimal with any single one of them left out the rule holds
 * @param outcome of the run with these alone, with the end of its trace
 */
public record Shortest(List<Timetable.Row> faults, int of, int runs, boolean isMinimal, Outcome outcome) {
    private static final int ROWS = 40;

    /**
     * Finds it.
     *
     * @param runsMax most runs
     * @param stop asked before each run
     * @return null if the seed passes
     * @throws IllegalStateException if the seed, done again as it was, does something else: a bug of the simulator
     */
    public static Shortest of(ClusterRun.Options options, int runsMax, BooleanSupplier stop) {
        Outcome first = ClusterRun.run(options, new Coverage());
        if (!(first.broken() instanceof Breach breach)) {
            return null;
        }
        Timetable timetable = ClusterRun.timetable(options);
        List<Integer> all = new ArrayList<>();
        for (Timetable.Row row : timetable.rows()) {
            if (options.only() == null || options.only().contains(row.number())) {
                all.add(row.number());
            }
        }
        if (!breaks(options.only(all), timetable, breach.rule())) {
            throw new IllegalStateException("seed " + options.seed() + " breaks nothing when it is done again");
        }
        Fewest fewest = Fewest.of(
                all, kept -> !stop.getAsBoolean() && breaks(options.only(kept), timetable, breach.rule()), runsMax);
        Set<Integer> left = Set.copyOf(fewest.left());
        List<Timetable.Row> faults = timetable.rows().stream()
                .filter(row -> left.contains(row.number()))
                .toList();
        boolean isMinimal = fewest.isMinimal() && !stop.getAsBoolean();
        return new Shortest(
                faults, all.size(), fewest.tries(), isMinimal, ClusterRun.recorded(options.only(left), ROWS));
    }

    private static boolean breaks(ClusterRun.Options options, Timetable timetable, Rule rule) {
        return ClusterRun.again(options, timetable).broken() instanceof Breach breach && breach.rule() == rule;
    }

    /** What a person needs to run it again. */
    public String report() {
        StringBuilder text = new StringBuilder();
        text.append("shortest schedule of seed ").append(outcome.seed()).append(" that was found: ");
        text.append(faults.size())
                .append(" of ")
                .append(of)
                .append(" faults, after ")
                .append(runs)
                .append(" runs");
        text.append(isMinimal ? "; none of them can be left out" : "; not searched to the end");
        faults.forEach(row -> text.append("\n  ").append(row));
        return text.append("\n  breaks   ")
                .append(outcome.broken().getMessage().lines().findFirst().orElse(""))
                .append("\n  again    ")
                .append(outcome.again())
                .append(outcome.seed())
                .toString();
    }
}
