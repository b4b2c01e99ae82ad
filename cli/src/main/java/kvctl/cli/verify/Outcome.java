package kvctl.cli.verify;

import java.util.List;

/**
 * What came of a case.
 *
 * @param ms how long it took, without setting the cluster right again
 * @param failure null unless failed
 * @param reason null unless skipped
 */
record Outcome(
        Scenario scenario, Kind kind, long ms, Figures figures, List<String> steps, Failed failure, String reason) {
    /** The verdicts. */
    enum Kind {
        /** All was as it must be. */
        PASS,
        /** Something was not. */
        FAIL,
        /** It was not done, or not to its end. */
        SKIP
    }
}
