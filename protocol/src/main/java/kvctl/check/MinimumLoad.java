package kvctl.check;

import java.util.List;
import java.util.Optional;

/**
 * What a history must contain for an ok to mean anything: a cluster that answered next to nothing, or nothing while it
 * was broken, was not tested (HAZARDS §4, verdicts).
 *
 * @param readsMin answered reads
 * @param writesMin writes that took effect
 * @param troubledMin operations that failed or whose outcome is unknown: without any the faults hit nobody
 * @param faults times in which something was broken
 * @param perFaultMin operations that were called in each of these times
 */
public record MinimumLoad(long readsMin, long writesMin, long troubledMin, List<Span> faults, long perFaultMin) {
    /** Whatever there is, is enough. */
    public static final MinimumLoad ANY = new MinimumLoad(0, 0, 0, List.of(), 0);

    /** From one time to another, both included, by the history's clock. */
    public record Span(long fromNs, long toNs) {}

    /** What there is too little of, in a line; empty if there is enough. */
    public Optional<String> missing(History history) {
        long reads = 0;
        long writes = 0;
        long troubled = 0;
        for (Operation operation : history.operations()) {
            reads += operation.done() && !operation.write() ? 1 : 0;
            writes += operation.done() && operation.effective() ? 1 : 0;
            troubled += operation.done() ? 0 : 1;
        }
        if (reads < readsMin) {
            return tooFew(reads + " answered reads", readsMin);
        }
        if (writes < writesMin) {
            return tooFew(writes + " writes that took effect", writesMin);
        }
        if (troubled < troubledMin) {
            return tooFew(troubled + " operations that failed or are unknown", troubledMin);
        }
        for (Span span : faults) {
            long called = history.operations().stream()
                    .filter(operation -> operation.startNs() >= span.fromNs() && operation.startNs() <= span.toNs())
                    .count();
            if (called < perFaultMin) {
                return tooFew(
                        called + " operations in the fault from " + span.fromNs() + " to " + span.toNs() + " ns",
                        perFaultMin);
            }
        }
        return Optional.empty();
    }

    private static Optional<String> tooFew(String what, long least) {
        return Optional.of("too little load: " + what + ", at least " + least + " are wanted");
    }
}
