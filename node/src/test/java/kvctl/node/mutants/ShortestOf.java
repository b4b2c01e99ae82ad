package kvctl.node.mutants;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import kvctl.node.sim.Breach;
import kvctl.node.sim.ClusterRun;
import kvctl.node.sim.Coverage;
import kvctl.node.sim.Shape;
import kvctl.node.sim.Shortest;
import kvctl.sim.Timetable;

/**
 * Shortens a seed's schedule; loaded by a {@link World}, so what it answers is of classes that all worlds share. Null if the
 * seed passes.
 */
public final class ShortestOf implements LongFunction<Map<String, Object>> {
    private static final int RUNS_MAX = 2_000;

    @Override
    public Map<String, Object> apply(long seed) {
        ClusterRun.Options options = ClusterRun.Options.of(seed, Shape.DRAWN);
        Shortest shortest = Shortest.of(options, RUNS_MAX, () -> false);
        if (shortest == null) {
            return null;
        }
        List<Integer> left =
                shortest.faults().stream().map(Timetable.Row::number).toList();
        List<Integer> needless = new ArrayList<>();
        for (int number : left) {
            List<Integer> without = new ArrayList<>(left);
            without.remove((Integer) number);
            if (breaksTheSame(options.only(without), shortest)) {
                needless.add(number);
            }
        }
        return Map.of(
                "of", shortest.of(),
                "left", left,
                "needless", needless,
                "breaks", breaksTheSame(options.only(left), shortest),
                "isMinimal", shortest.isMinimal(),
                "kinds",
                        shortest.faults().stream().map(row -> row.kind().word()).toList(),
                "report", shortest.report());
    }

    /** Without some of the faults another rule may break: a schedule is the shortest for one of them. */
    private static boolean breaksTheSame(ClusterRun.Options options, Shortest shortest) {
        return ClusterRun.run(options, new Coverage()).broken() instanceof Breach breach
                && shortest.outcome().broken() instanceof Breach known
                && breach.rule() == known.rule();
    }
}
