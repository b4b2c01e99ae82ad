package kvctl.cli.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import kvctl.check.Operation;
import kvctl.check.Verdict;

/**
 * The shortest script that is known to make a violation again: the same load, and only those faults that were in force
 * while the smallest failing window lasted or shortly before, with the times between them. Immutable.
 *
 * @param made faults in it
 * @param of how many there were in all
 * @param lines of the script
 */
record Scenario(int made, int of, List<String> lines) {
    /** What was healed so long before the window may have to do with it. */
    private static final long BEFORE_NS = 1_000_000_000;

    /** The load runs so long before the first fault, so that all leaders are known. */
    private static final long FIRST_MS = 3_000;

    /** And so long after the window, so that what was lost is missed. */
    private static final long LAST_MS = 3_000;

    /** A line of the script and when it ran, from the beginning of the load. */
    private record Line(long atMs, String command, String comment) {}

    /**
     * Makes it.
     *
     * @param load options of {@code check start}
     * @param command that runs it
     * @return null if nothing was broken in all that time
     */
    static Scenario of(Verdict verdict, Timeline timeline, String load, String command) {
        List<Timeline.Trouble> all = timeline.faults();
        if (all.isEmpty()) {
            return null;
        }
        List<Operation> window = verdict.window();
        long fromNs = window.stream().mapToLong(Operation::startNs).min().orElse(timeline.startNs());
        long toNs = window.stream().mapToLong(Scenario::lastNs).max().orElse(timeline.endNs());
        List<Timeline.Trouble> near = near(all, fromNs, toNs);
        List<String> lines = new ArrayList<>();
        lines.add("# Faults around a violation on key '" + ReportText.shown(verdict.key(), 100) + "': " + near.size()
                + " of " + all.size() + ", with the load of that time.");
        lines.add("# The smallest failing window is " + since(timeline, fromNs) + " to " + since(timeline, toNs)
                + " after that load began.");
        lines.add(
                "# Roles such as leader(g1) are looked up when their line runs. Shows 'violated' if it happens again:");
        lines.add("#     " + command);
        lines.add("check start " + load + " --min-ops 100");
        long nowMs = -1;
        for (Line line : lines(near, timeline.startNs())) {
            lines.add("sleep " + (nowMs < 0 ? FIRST_MS : line.atMs - nowMs) + "ms");
            lines.add(line.comment.isEmpty() ? line.command : line.command + "   # " + line.comment);
            nowMs = line.atMs;
        }
        near.stream().map(Scenario::heal).filter(Objects::nonNull).distinct().forEach(lines::add);
        long endMs = Math.max(nowMs, (toNs - timeline.startNs()) / 1_000_000);
        lines.add("sleep " + (endMs - nowMs + LAST_MS) + "ms");
        lines.add("check stop");
        return new Scenario(near.size(), all.size(), List.copyOf(lines));
    }

    private static long lastNs(Operation operation) {
        return operation.endNs() == Operation.OPEN ? operation.startNs() : operation.endNs();
    }

    /** Those that may have to do with it; if there are none, the last one before. */
    private static List<Timeline.Trouble> near(List<Timeline.Trouble> all, long fromNs, long toNs) {
        List<Timeline.Trouble> near = all.stream()
                .filter(each -> each.fromNs() <= toNs && each.toNs() >= fromNs - BEFORE_NS)
                .toList();
        return near.isEmpty()
                ? all.stream()
                        .filter(each -> each.fromNs() <= toNs)
                        .max(Comparator.comparingLong(Timeline.Trouble::toNs))
                        .map(List::of)
                        .orElse(all)
                : near;
    }

    private static List<Line> lines(List<Timeline.Trouble> faults, long startNs) {
        List<Line> lines = new ArrayList<>();
        for (Timeline.Trouble fault : faults) {
            long atMs = (fault.fromNs() - startNs) / 1_000_000;
            lines.add(new Line(atMs, fault.text(), "at " + seconds(atMs)));
            String heal = heal(fault);
            if (heal != null) {
                lines.add(new Line(Math.max(atMs, (fault.toNs() - startNs) / 1_000_000), heal, ""));
            }
        }
        lines.sort(Comparator.comparingLong(Line::atMs));
        return lines;
    }

    private static String heal(Timeline.Trouble fault) {
        return Schedule.heal(fault.text());
    }

    private static String since(Timeline timeline, long timeNs) {
        return seconds((timeNs - timeline.startNs()) / 1_000_000);
    }

    private static String seconds(long ms) {
        return String.format(Locale.ROOT, "%.3f s", ms / 1000.0);
    }

    void write(Path file) throws IOException {
        Files.write(file, lines);
    }

    /** Beside the report, with its name; without a report by the seed, in the working directory. */
    static Path file(Path report, long seed) {
        if (report == null) {
            return Path.of("check-" + seed + ".kv");
        }
        return report.resolveSibling(report.getFileName().toString().replaceFirst("\\.html?$", "") + ".kv");
    }
}
