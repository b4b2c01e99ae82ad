package kvctl.cli.check;

import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import kvctl.cli.CliException;
import picocli.CommandLine.Option;

/** Options of a load that is checked. */
final class CheckOptions {
    private static final int CLIENTS_MAX = 256;
    private static final int KEYS_MAX = 100_000;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "16",
            description = "Requests under way at a time (default 16).")
    private int clients;

    @Option(names = "--keys", paramLabel = "N", defaultValue = "200", description = "Number of keys (default 200).")
    private int keys;

    @Option(
            names = "--ops-per-s",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Most requests in a second, about (default 2000; 0: as many as go).")
    private int rate;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of load and faults (default: one is drawn).")
    private Long seed;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Write a page for a browser: operations, faults, leaders and moves on one time axis.")
    Path report;

    @Option(
            names = "--history",
            paramLabel = "FILE",
            description = "Write the history: one JSON object per operation, or Jepsen's EDN if FILE ends with .edn.")
    Path history;

    @Option(
            names = "--min-ops",
            paramLabel = "N",
            defaultValue = "1000",
            description = "With fewer answered operations the verdict is unknown (default 1000).")
    int minOps;

    long seed() {
        if (seed == null) {
            seed = (long) ThreadLocalRandom.current().nextInt(1_000_000);
        }
        return seed;
    }

    /** The same load again, as options of {@code check start}. */
    String words() {
        return "--clients " + clients + " --keys " + keys + " --ops-per-s " + rate + " --seed " + seed();
    }

    CheckLoad.Options load() {
        if (clients < 1 || clients > CLIENTS_MAX) {
            throw CliException.usage("--clients is 1 to " + CLIENTS_MAX + ", not " + clients + ".", null);
        }
        if (keys < 1 || keys > KEYS_MAX) {
            throw CliException.usage("--keys is 1 to " + KEYS_MAX + ", not " + keys + ".", null);
        }
        if (rate < 0) {
            throw CliException.usage("--ops-per-s is 0 or more, not " + rate + ".", null);
        }
        long thinkMs = rate == 0 ? 0 : Math.max(1, 1000L * clients / rate);
        String run = Long.toString(System.currentTimeMillis(), 36);
        return new CheckLoad.Options(clients, keys, seed(), thinkMs, "check:" + run + ":");
    }
}
