package kvctl.cli.fault;

import java.util.concurrent.ThreadLocalRandom;
import kvctl.cli.CliException;
import kvctl.cli.Durations;
import picocli.CommandLine.Option;

/** Options that all commands that make faults have. */
final class FaultOptions {
    private static final int SEEDS = 1_000_000;

    @Option(names = "--for", paramLabel = "TIME", description = "Heal by itself after so long (default: stays).")
    private String forText;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of all that is drawn (default: one is drawn).")
    private Long seed;

    @Option(
            names = "--follow",
            description = "Where leader(GROUP) and follower(GROUP) are named: stay, and move the fault with the role "
                    + "until --for is over or Ctrl-C; then heal.")
    private boolean follow;

    long forMs() {
        long ms = forText == null ? 0 : Durations.parseMs(forText);
        if (forText != null && ms == 0) {
            throw CliException.usage("--for is longer than 0.", null);
        }
        return ms;
    }

    long seed() {
        if (seed == null) {
            seed = (long) ThreadLocalRandom.current().nextInt(SEEDS);
        }
        return seed;
    }

    boolean follow() {
        return follow;
    }

    /** As words behind the command, so that it can be repeated. */
    String text() {
        return " --seed " + seed() + (forText == null ? "" : " --for " + forText);
    }
}
