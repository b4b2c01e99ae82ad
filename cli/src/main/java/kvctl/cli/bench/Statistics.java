package kvctl.cli.bench;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import kvctl.client.KvException;
import org.HdrHistogram.Histogram;

/**
 * Counts answers and failures. Times are nanoseconds of one clock, given by the caller. Safe to use from any thread.
 *
 * <p>What is answered after {@link #end} counts with its latency, since it was sent before; but the time after the end
 * is no gap, because nothing is sent in it.
 */
final class Statistics {
    private static final long MOST_US = TimeUnit.HOURS.toMicros(24);

    private final Histogram reads = new Histogram(MOST_US, 3);
    private final Histogram writes = new Histogram(MOST_US, 3);
    private final Map<KvException.Code, Long> failures = new EnumMap<>(KvException.Code.class);
    private final long beginNs;
    private KvException lastFailure;
    private boolean heard;
    private boolean ended;
    private long endNs;
    private long lastAnswerNs;
    private long longestGapNs;
    private long notFound;
    private long errors;
    private long unknown;

    Statistics(long beginNs) {
        this.beginNs = beginNs;
    }

    /** @param found false: a read of a key that is not there, which is an answer like any other */
    synchronized void answered(boolean read, boolean found, long sentNs, long nowNs) {
        (read ? reads : writes).recordValue(Math.min(MOST_US, Math.max(0, nowNs - sentNs) / 1_000));
        notFound += found ? 0 : 1;
        long atNs = ended && nowNs - endNs > 0 ? endNs : nowNs;
        if (!heard) {
            heard = true;
            lastAnswerNs = atNs;
        } else if (atNs - lastAnswerNs > 0) { // Threads may come here in another order than they read the clock.
            longestGapNs = Math.max(longestGapNs, atNs - lastAnswerNs);
            lastAnswerNs = atNs;
        }
    }

    synchronized void failed(KvException failure) {
        if (failure.outcome() == KvException.Outcome.UNKNOWN) {
            unknown++;
        } else {
            errors++;
        }
        failures.merge(failure.code(), 1L, Long::sum);
        lastFailure = failure;
    }

    /** No request is sent any more. Only the first call counts. */
    synchronized void end(long nowNs) {
        if (!ended) {
            ended = true;
            endNs = nowNs;
        }
    }

    /** As it is now, or if it has ended, as it was then and with the answers since. */
    synchronized Figures figures(long nowNs) {
        long untilNs = ended ? endNs : nowNs;
        Histogram all = reads.copy();
        all.add(writes);
        long openGapNs = heard ? Math.max(0, untilNs - lastAnswerNs) : 0;
        return new Figures(
                untilNs - beginNs,
                Figures.Latency.of(all),
                Figures.Latency.of(reads),
                Figures.Latency.of(writes),
                notFound,
                errors,
                unknown,
                Math.max(longestGapNs, openGapNs));
    }

    /** The failures by kind, and the words of the last; null if there was none. */
    synchronized String failures() {
        if (lastFailure == null) {
            return null;
        }
        return failures.entrySet().stream()
                        .map(each -> each.getValue() + " " + each.getKey())
                        .collect(Collectors.joining(", "))
                + "; the last: " + lastFailure.getMessage();
    }

    /** Null if there was none. */
    synchronized KvException lastFailure() {
        return lastFailure;
    }
}
