package kvctl.cli;

import java.util.Locale;
import java.util.Map;

/**
 * The global options as they hold for one command: built-in defaults, under environment variables, under the options of
 * the invocation, under the options of the line.
 *
 * @param cluster name of the cluster or {@code host:port}; null if none was named
 * @param color auto, always or never
 * @param timeoutMs most time that the user gives one request, or the whole of a wait; null if he said nothing
 */
public record Settings(
        String cluster,
        Format format,
        boolean header,
        String color,
        boolean debug,
        Long timeoutMs,
        boolean pager,
        boolean quiet) {
    private static final long REQUEST_MS = 2_000;

    /** Defaults and the environment: {@code KVCTL_CLUSTER, KVCTL_OUTPUT, KVCTL_TIMEOUT, ...}. */
    static Settings of(Map<String, String> env) {
        String output = env.getOrDefault("KVCTL_OUTPUT", "");
        String timeout = env.getOrDefault("KVCTL_TIMEOUT", "");
        String cluster = env.getOrDefault("KVCTL_CLUSTER", "");
        String color = env.getOrDefault("KVCTL_COLOR", "auto");
        return new Settings(
                cluster.isEmpty() ? null : cluster,
                output.isEmpty() ? Format.AUTO : formatOf(output),
                !flag(env, "KVCTL_NO_HEADER"),
                color,
                flag(env, "KVCTL_DEBUG"),
                timeout.isEmpty() ? null : Long.valueOf(Durations.parseMs(timeout)),
                !flag(env, "KVCTL_NO_PAGER"),
                flag(env, "KVCTL_QUIET"));
    }

    /** Most time for one request. */
    public long requestMs() {
        return timeoutOr(REQUEST_MS);
    }

    /** What the user said, or this. */
    long timeoutOr(long ms) {
        return timeoutMs == null ? ms : timeoutMs;
    }

    private static Format formatOf(String word) {
        for (Format format : Format.values()) {
            if (format.word().equals(word.toLowerCase(Locale.ROOT))) {
                return format;
            }
        }
        throw CliException.usage(
                "KVCTL_OUTPUT is '" + word + "', which is no format.",
                "use auto, table, json, ndjson, csv, tsv or raw");
    }

    private static boolean flag(Map<String, String> env, String name) {
        String value = env.getOrDefault(name, "");
        return !value.isEmpty() && !value.equals("0") && !value.equalsIgnoreCase("false");
    }

    Settings withFormat(Format format) {
        return new Settings(cluster, format, header, color, debug, timeoutMs, pager, quiet);
    }

    Settings withTimeout(long ms) {
        return new Settings(cluster, format, header, color, debug, ms, pager, quiet);
    }

    /** The same for another cluster. */
    public Settings withCluster(String name) {
        return new Settings(name, format, header, color, debug, timeoutMs, pager, quiet);
    }
}
