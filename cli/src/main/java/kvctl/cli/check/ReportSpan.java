package kvctl.cli.check;

import kvctl.check.History;
import kvctl.check.Operation;

/**
 * The time that a report shows.
 *
 * @param originNs what it calls 0: the beginning of the load, or of a history that has nothing else
 */
record ReportSpan(long originNs, long fromNs, long toNs) {
    static ReportSpan of(History history, Timeline timeline) {
        long fromNs = timeline == null ? Long.MAX_VALUE : timeline.startNs();
        long toNs = timeline == null ? Long.MIN_VALUE : timeline.endNs();
        for (Operation op : history.operations()) {
            fromNs = Math.min(fromNs, op.startNs());
            toNs = Math.max(toNs, op.endNs() == Operation.OPEN ? op.startNs() : op.endNs());
        }
        if (fromNs > toNs) {
            return new ReportSpan(0, 0, 1);
        }
        return new ReportSpan(timeline == null ? fromNs : timeline.startNs(), fromNs, Math.max(toNs, fromNs + 1));
    }

    long lengthNs() {
        return toNs - fromNs;
    }

    /** From what the report calls 0. */
    long since(long timeNs) {
        return timeNs - originNs;
    }

    String moment(long timeNs) {
        return ReportText.moment(since(timeNs), lengthNs());
    }
}
