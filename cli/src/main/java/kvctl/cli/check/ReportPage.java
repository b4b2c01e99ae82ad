package kvctl.cli.check;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kvctl.check.History;
import kvctl.check.Verdict;

/**
 * A verdict as one HTML page: what was violated first, then the whole run, faults, leaders and shards on one time axis.
 * It needs no network and no other file, and says the essentials without JavaScript too. Stateless.
 */
final class ReportPage {
    /** A page opens at once, and can be sent to others, whatever the length of the run. */
    static final int BYTES_MAX = 3_000_000;

    private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");

    private ReportPage() {}

    /**
     * Writes the page, over one that is there.
     *
     * @param timeline null if nothing is known but the history
     * @throws IOException if the file can't be written
     */
    static void write(Path file, Verdict verdict, History history, Timeline timeline, String title) throws IOException {
        Files.writeString(file, page(verdict, history, timeline, title));
    }

    static String page(Verdict verdict, History history, Timeline timeline, String title) throws IOException {
        String template = template();
        ReportFacts facts = new ReportFacts(verdict, history, timeline);
        String head = ReportText.html(ReportText.shown(title, 200));
        String verdictPart = facts.verdict();
        String windowPart = facts.window();
        int taken = template.length() + 2 * head.length() + utf8Bytes(verdictPart) + utf8Bytes(windowPart) + 20_000;
        ReportData data = new ReportData(verdict, history, timeline, BYTES_MAX - taken);
        String json = data.json();
        Map<String, String> parts = Map.of(
                "title", head,
                "verdict", verdictPart,
                "window", windowPart,
                "left", ReportFacts.list(data.leftOut()),
                "data", json);
        // In one pass, so that nothing that was filled in is taken for a place.
        return PLACE.matcher(template).replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
    }

    private static int utf8Bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static String template() throws IOException {
        try (InputStream in = ReportPage.class.getResourceAsStream("report.html")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
