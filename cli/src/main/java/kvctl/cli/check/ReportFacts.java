package kvctl.cli.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import kvctl.check.History;
import kvctl.check.Operation;
import kvctl.check.Verdict;

/** The parts of a report that are there without JavaScript: the verdict with its counts, and the failing window as a table. */
final class ReportFacts {
    /** What was broken or moved so long before the window may have to do with it. */
    private static final long BEFORE_NS = 1_000_000_000;

    private static final int AROUND_MAX = 12;

    private static final Pattern TIMES = Pattern.compile("\\[(-?\\d{1,18})\\.\\.(-?\\d{1,18}|)]$");

    private final Verdict verdict;
    private final History history;
    private final Timeline timeline;
    private final ReportSpan span;
    private final ReportWindow window;

    ReportFacts(Verdict verdict, History history, Timeline timeline) {
        this.verdict = verdict;
        this.history = history;
        this.timeline = timeline;
        this.span = ReportSpan.of(history, timeline);
        this.window = ReportWindow.of(verdict);
    }

    String verdict() {
        String word = verdict.kind().name().toLowerCase(Locale.ROOT);
        String sign = switch (verdict.kind()) {
            case OK -> "✓ linearizable";
            case VIOLATED -> "✗ not linearizable";
            case UNKNOWN -> "? not decided";
        };
        String reason = verdict.reason() == null
                ? "Each key's answers can be explained by one order of its operations."
                : ReportText.shown(momentsIn(verdict.reason()), 1_500);
        return "<p class=\"badge " + word + "\">" + sign + "</p>\n<p class=\"reason\">" + ReportText.html(reason)
                + "</p>\n" + counts();
    }

    /** The times behind an operation, as this page tells them. */
    private String momentsIn(String reason) {
        Matcher times = TIMES.matcher(reason);
        if (!times.find()) {
            return reason;
        }
        String from = span.moment(Long.parseLong(times.group(1)));
        String to = times.group(2).isEmpty() ? "never answered" : "to " + span.moment(Long.parseLong(times.group(2)));
        return reason.substring(0, times.start()) + "[" + from + " " + to + "]";
    }

    private String counts() {
        Verdict.Counts counts = verdict.counts();
        long failed = history.operations().stream()
                .filter(op -> op.outcome() == Operation.Outcome.FAILED)
                .count();
        long unknown = history.operations().stream()
                .filter(op -> op.outcome() == Operation.Outcome.UNKNOWN)
                .count();
        StringBuilder out = new StringBuilder("<dl class=\"counts\">\n");
        fact(out, "operations", number(history.operations().size()), "");
        fact(out, "failed", number(failed), "without effect");
        fact(out, "unknown", number(unknown), "no answer");
        String violated = counts.violated() + " violated, " + counts.undecided() + " not decided";
        fact(out, "keys", number(counts.keys()), violated);
        String by =
                number(counts.byWitness()) + " / " + number(counts.byVersions()) + " / " + number(counts.bySearch());
        fact(out, "keys judged by", by, "log / versions / search");
        fact(out, "time", history.operations().isEmpty() ? "–" : ReportText.time(span.lengthNs()), "");
        if (timeline != null) {
            fact(out, "faults", number(timeline.faults().size()), "");
            fact(out, "leader changes", number(leaderChanges().size()), "");
            fact(out, "shard moves", number(moves().size()), "");
        }
        return out.append("</dl>\n").toString();
    }

    private static void fact(StringBuilder out, String name, String value, String note) {
        out.append("<div><dt>").append(name).append("</dt><dd>").append(value);
        if (!note.isEmpty()) {
            out.append("<small>").append(note).append("</small>");
        }
        out.append("</dd></div>\n");
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** The failing window as a section; nothing if there is none. */
    String window() {
        if (window.isEmpty()) {
            return "";
        }
        String before = verdict.anyStart()
                ? "Whatever the key held before, no order of them explains the answers."
                : "They are the key's first ones, and no order of them explains the answers.";
        StringBuilder out = new StringBuilder("<section id=\"failing\">\n<h2>The smallest failing window</h2>\n<p>");
        out.append(ReportText.count(window.all(), "operation")).append(" on <code>");
        out.append(ReportText.html(ReportText.shown(verdict.key(), 200))).append("</code> from ");
        out.append(span.moment(window.fromNs())).append(" on, ");
        out.append(ReportText.time(window.toNs() - window.fromNs())).append(" long. ");
        out.append(before).append("</p>\n");
        out.append("<div id=\"windowDrawing\"></div>\n");
        table(out);
        around(out);
        return out.append("</section>\n").toString();
    }

    private void table(StringBuilder out) {
        out.append("<div class=\"scroll\"><table>\n<thead><tr><th>order<th>process<th>called<th>took<th>operation");
        out.append("<th>answer<th>then the key holds<th>");
        out.append(window.rows().stream().anyMatch(ReportFacts::logged) ? "log" : "")
                .append("</tr></thead>\n<tbody>\n");
        for (ReportWindow.Row row : window.rows()) {
            Operation op = row.operation();
            out.append(row.stuck() ? "<tr class=\"stuck\">" : row.step() > 0 ? "<tr>" : "<tr class=\"loose\">");
            cell(out, row.stuck() ? "✗" : row.step() > 0 ? String.valueOf(row.step()) : "–");
            cell(out, "p" + op.process());
            cell(out, span.moment(op.startNs()));
            cell(out, op.endNs() == Operation.OPEN ? "never answered" : ReportText.time(op.endNs() - op.startNs()));
            cell(out, ReportText.call(op, window.charsMax()));
            cell(out, ReportText.answer(op, window.charsMax()) + (row.unused() ? " (not used)" : ""));
            String holds = row.holds() == null ? "" : row.holds();
            cell(out, row.stuck() ? "can’t follow" + (holds.isEmpty() ? "" : ": would find " + holds) : holds);
            cell(out, logged(row) ? "group " + op.groupId() + " #" + op.index() : "");
            out.append("</tr>\n");
        }
        out.append("</tbody></table></div>\n<p class=\"note\">");
        if (window.rows().size() < window.all()) {
            out.append("Shown are the ").append(window.rows().size());
            out.append(" operations nearest to the one that can’t follow. ");
        }
        out.append("Numbers: the longest order that explains the answers. ✗ can’t follow it");
        boolean loose = window.rows().stream().anyMatch(row -> row.step() == 0);
        out.append(loose ? "; – has no place in it." : ".");
        if (window.rows().stream().anyMatch(ReportWindow.Row::unused)) {
            out.append(
                    " Not used: it is a violation whatever the answers are that reach over the edges of the window.");
        }
        out.append("</p>\n");
    }

    private static boolean logged(ReportWindow.Row row) {
        Operation op = row.operation();
        return op.index() != Operation.NO_INDEX && op.groupId() != Operation.NO_GROUP;
    }

    private static void cell(StringBuilder out, String text) {
        out.append("<td>").append(ReportText.html(text));
    }

    /** What else happened at that time. */
    private void around(StringBuilder out) {
        if (timeline == null) {
            return;
        }
        long fromNs = window.fromNs() - BEFORE_NS;
        long toNs = window.toNs();
        List<Event> events = new ArrayList<>();
        for (Timeline.Trouble fault : timeline.faults()) {
            if (fault.fromNs() <= toNs && fault.toNs() >= fromNs) {
                String until = fault.toNs() >= timeline.endNs() ? "to the end" : "until " + span.moment(fault.toNs());
                events.add(new Event(fault.fromNs(), "fault: " + fault.text() + ", " + until));
            }
        }
        Stream.concat(leaderChanges().stream(), moves().stream())
                .filter(event -> event.atNs() <= toNs && event.atNs() >= fromNs)
                .forEach(events::add);
        rivals(events);
        events.sort(Comparator.comparingLong(Event::atNs));
        out.append("<h3>Around it</h3>\n");
        if (events.isEmpty()) {
            out.append(
                    "<p>No fault, no change of a leader and no move of a shard, and none in the second before.</p>\n");
            return;
        }
        List<String> lines = new ArrayList<>();
        for (Event event : events.subList(0, Math.min(AROUND_MAX, events.size()))) {
            lines.add(span.moment(event.atNs()) + "  " + ReportText.shown(event.text(), 300));
        }
        if (events.size() > AROUND_MAX) {
            lines.add("and " + (events.size() - AROUND_MAX) + " more");
        }
        out.append(list(lines));
    }

    /** Groups with two leaders at once while the window lasts: one of them does not know yet that it is none any more. */
    private void rivals(List<Event> events) {
        List<Timeline.Lead> near = timeline.leaders().stream()
                .filter(lead -> lead.node() != null && lead.fromNs() <= window.toNs() && lead.toNs() >= window.fromNs())
                .limit(100)
                .toList();
        for (Timeline.Lead old : near) {
            for (Timeline.Lead lead : near) {
                boolean atOnce = old.toNs() > lead.fromNs() && lead.toNs() > old.fromNs();
                if (atOnce && old.group().equals(lead.group()) && old.term() < lead.term()) {
                    events.add(new Event(
                            Math.max(old.fromNs(), lead.fromNs()),
                            "two leaders of " + old.group() + " at once: " + old.node() + " of term " + old.term()
                                    + " and " + lead.node() + " of term " + lead.term()));
                }
            }
        }
    }

    private record Event(long atNs, String text) {}

    private List<Event> leaderChanges() {
        Map<String, Timeline.Lead> last = new HashMap<>();
        List<Event> changes = new ArrayList<>();
        for (Timeline.Lead lead : byTime(timeline.leaders(), Timeline.Lead::fromNs)) {
            if (lead.node() == null) {
                continue;
            }
            Timeline.Lead before = last.put(lead.group(), lead);
            if (before != null && (!before.node().equals(lead.node()) || before.term() != lead.term())) {
                String who = before.node().equals(lead.node()) ? lead.node() : before.node() + " → " + lead.node();
                changes.add(
                        new Event(lead.fromNs(), "leader of " + lead.group() + ": " + who + ", term " + lead.term()));
            }
        }
        return changes;
    }

    private List<Event> moves() {
        Map<Integer, String> last = new HashMap<>();
        List<Event> moves = new ArrayList<>();
        for (Timeline.Owner owner : byTime(timeline.owners(), Timeline.Owner::fromNs)) {
            if (owner.group() == null) {
                continue;
            }
            String before = last.put(owner.shard(), owner.group());
            if (before != null && !Objects.equals(before, owner.group())) {
                String text = "shard " + owner.shard() + ": " + before + " → " + owner.group();
                moves.add(new Event(owner.fromNs(), text));
            }
        }
        return moves;
    }

    private static <T> List<T> byTime(List<T> rows, ToLongFunction<T> atNs) {
        return rows.stream().sorted(Comparator.comparingLong(atNs)).toList();
    }

    /** Lines as a list; nothing if there are none. */
    static String list(List<String> lines) {
        StringBuilder out = new StringBuilder();
        for (String line : lines) {
            out.append("<li>").append(ReportText.html(line)).append("\n");
        }
        return out.isEmpty() ? "" : "<ul>\n" + out + "</ul>\n";
    }
}
