package kvctl.cli;

import java.util.List;

/** Runs many command lines over one session. */
final class Script {
    private final Session session;
    private final Manner manner;

    /** How: go on after errors, show the lines, or only check them. */
    record Manner(boolean keepGoing, boolean echo, boolean dryRun) {}

    Script(Session session, Manner manner) {
        this.session = session;
        this.manner = manner;
    }

    int runAll(List<String> lines, List<String> files) {
        return 0;
    }
}
