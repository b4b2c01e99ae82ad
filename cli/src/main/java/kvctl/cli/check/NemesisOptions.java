package kvctl.cli.check;

import java.util.List;
import java.util.stream.Collectors;
import kvctl.cli.CliException;
import kvctl.cli.Durations;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Option;

/** Options of what a nemesis does. */
final class NemesisOptions {
    private static final long EVERY_MIN_MS = 500;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            defaultValue = "5s",
            description = "From one fault to the next; a good part of it is for recovering (default 5s).")
    private String every;

    @Option(
            names = "--no-keep-quorum",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Leave each group a majority that reach each other, or do not (default: leave it).")
    private boolean keepQuorum;

    /** @param kinds as {@link Schedule#kinds} reads them */
    Schedule draw(String kinds, ShardMap map, long seed, long forMs) {
        long everyMs = Durations.parseMs(every);
        if (everyMs < EVERY_MIN_MS) {
            throw CliException.usage("--every is 500ms or more, not " + every + ".", null);
        }
        List<String> nodes = map.nodes().stream().map(ShardMap.Node::name).toList();
        List<String> groups =
                map.dataGroups().stream().map(ShardMap.Group::name).toList();
        Schedule.Stage stage = new Schedule.Stage(nodes, groups, map.shardGroups().length);
        return Schedule.draw(seed, Schedule.kinds(kinds), stage, forMs, everyMs, keepQuorum);
    }

    /** Lines for people, before anything happens. */
    static String shown(Schedule schedule, long seed) {
        return "schedule of seed " + seed + ":\n"
                + schedule.episodes().stream().map(NemesisOptions::line).collect(Collectors.joining("\n"));
    }

    private static String line(Schedule.Episode episode) {
        String until = episode.heal() == null ? "" : "   until " + seconds(episode.healAtMs());
        return String.format(java.util.Locale.ROOT, "  %7s  %s%s", seconds(episode.atMs()), episode.command(), until);
    }

    private static String seconds(long ms) {
        return String.format(java.util.Locale.ROOT, "%.1f s", ms / 1000.0);
    }
}
