package kvctl.sim;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What came of a seed.
 *
 * @param seed the seed
 * @param options what was done
 * @param broken the first rule that did not hold, or null
 * @param events number of events
 * @param simulatedMs virtual time that passed
 * @param traceHash equal for equal runs
 * @param counts of what the run was made to do, the same ones in the same order for every seed
 * @param again the command that runs a seed again, without its number
 * @param trace the end of the recorded trace, empty unless asked for
 */
public record Outcome(
        long seed,
        Record options,
        RuntimeException broken,
        long events,
        long simulatedMs,
        long traceHash,
        List<Count> counts,
        String again,
        String trace) {
    /**
     * How often something happened.
     *
     * @param what in the plural
     */
    public record Count(String what, long times) {
        @Override
        public String toString() {
            return "%,d %s".formatted(times, what);
        }
    }

    /** One line: whether it passed. */
    public String verdict() {
        return "seed " + seed + (broken == null ? " passed" : " FAILED: " + broken.getMessage());
    }

    /** What a person needs to look into a failure. */
    public String report() {
        return verdict()
                + "\n  options  " + options
                + "\n  run      " + simulatedMs + " ms, " + events + " events, " + text(counts)
                + "\n  again    " + again + seed
                + (trace.isEmpty() ? "" : "\n" + trace);
    }

    /** How many of the seeds failed and the report of the first; empty if none did. */
    public static String failures(List<Outcome> outcomes) {
        List<Outcome> failed =
                outcomes.stream().filter(outcome -> outcome.broken != null).toList();
        return failed.isEmpty()
                ? ""
                : failed.size() + " of " + outcomes.size() + " seeds failed; the first:\n"
                        + failed.get(0).report();
    }

    /** All seeds in one line. */
    public static String summary(List<Outcome> outcomes, double realMs) {
        long simulatedMs = outcomes.stream().mapToLong(Outcome::simulatedMs).sum();
        List<Count> first = outcomes.get(0).counts;
        List<Count> sums = IntStream.range(0, first.size())
                .mapToObj(i -> new Count(
                        first.get(i).what(),
                        outcomes.stream()
                                .mapToLong(outcome -> outcome.counts.get(i).times())
                                .sum()))
                .toList();
        return "seeds %d..%d, %d failed; %.1f h simulated in %.0f s = %.0f : 1; %,d events, %s"
                .formatted(
                        outcomes.get(0).seed,
                        outcomes.get(outcomes.size() - 1).seed,
                        outcomes.stream()
                                .filter(outcome -> outcome.broken != null)
                                .count(),
                        simulatedMs / 3.6e6,
                        realMs / 1000,
                        simulatedMs / realMs,
                        outcomes.stream().mapToLong(Outcome::events).sum(),
                        text(sums));
    }

    private static String text(List<Count> counts) {
        return counts.stream().map(Count::toString).collect(Collectors.joining(", "));
    }
}
