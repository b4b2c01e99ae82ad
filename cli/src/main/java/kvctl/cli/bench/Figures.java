package kvctl.cli.bench;

import org.HdrHistogram.Histogram;

/**
 * What a load measured.
 *
 * @param durationNs of the measurement: from its begin to its end, or to now
 * @param notFound of the reads, how many found no such key
 * @param errors requests that failed and had no effect
 * @param unknown requests whose outcome is not known
 * @param longestGapNs longest time without a successful answer, from the first one on to the end
 */
record Figures(
        long durationNs,
        Latency all,
        Latency reads,
        Latency writes,
        long notFound,
        long errors,
        long unknown,
        long longestGapNs) {
    /** Percentiles in microseconds, within 0.1 %; null if nothing was answered. */
    record Latency(long count, Long p50Us, Long p90Us, Long p99Us, Long p999Us, Long maxUs) {
        static Latency of(Histogram histogram) {
            long count = histogram.getTotalCount();
            if (count == 0) {
                return new Latency(0, null, null, null, null, null);
            }
            return new Latency(
                    count,
                    histogram.getValueAtPercentile(50),
                    histogram.getValueAtPercentile(90),
                    histogram.getValueAtPercentile(99),
                    histogram.getValueAtPercentile(99.9),
                    histogram.getMaxValue());
        }
    }

    long perSecond(long count) {
        return durationNs == 0 ? 0 : Math.round(count * 1e9 / durationNs);
    }

    /** Rounded up: a gap is never told shorter than it was. */
    long longestGapMs() {
        return (longestGapNs + 999_999) / 1_000_000;
    }
}
