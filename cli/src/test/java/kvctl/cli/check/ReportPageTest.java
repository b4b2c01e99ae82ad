package kvctl.cli.check;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import kvctl.check.Call;
import kvctl.check.History;
import kvctl.check.Linearizability;
import kvctl.check.Operation;
import kvctl.check.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands in the page; how it looks and what it does in a browser is {@link ReportPageIT}'s. */
final class ReportPageTest {
    private static final String HOSTILE = "</script><script>document.title='{{data}}$1'</script>\u0000\u2028\"'\\<!--";

    @Test
    void saysTheEssentialsWithoutScript() throws Exception {
        ReportSamples run = ReportSamples.run(true, 20, 30_000);

        String page = ReportPage.page(run.verdict(), run.history(), run.timeline(), "seed 42");

        String still = page.substring(0, page.indexOf("<script"));
        assertThat(still)
                .contains("<h1>seed 42</h1>", "✗ not linearizable", "the later version was finished before")
                .contains("4 operations on <code>account:7</code> from 11.400000 s on, 13.000 ms long")
                .contains("<td>cas v127 &quot;balance=900&quot;<td>done, v128")
                .contains("<tr class=\"stuck\"><td>✗<td>p6")
                .contains("fault: isolate n1", "two leaders of g1 at once: n1 of term 3 and n2 of term 4")
                .doesNotContain("pause n2");
    }

    @Test
    void nothingThatWasRecordedEndsItsElement() throws Exception {
        List<Operation> operations = List.of(
                Call.put(1, HOSTILE, HOSTILE, 10).written(20, 1),
                Call.casValue(2, HOSTILE, HOSTILE, HOSTILE, 12).unknown(),
                Call.get(3, HOSTILE, 30).read(40, HOSTILE + "?", 2));
        History history = new History(operations);
        Timeline timeline = new Timeline(
                0,
                50,
                List.of(new Timeline.Trouble(HOSTILE, 5, 45)),
                List.of(new Timeline.Lead(HOSTILE, HOSTILE, 1, 0, 50)),
                List.of(new Timeline.Owner(1, HOSTILE, 0, 25), new Timeline.Owner(1, HOSTILE + 2, 25, 50)));

        String page = ReportPage.page(Linearizability.check(history), history, timeline, HOSTILE);

        assertThat(page).contains("not linearizable", "\\u003c/script\\u003e");
        assertThat(page.split("<script", -1)).as("the page's own two").hasSize(3);
        assertThat(page.split("</script", -1)).hasSize(3);
        assertThat(page).doesNotContain("<!--").doesNotContain("\u0000").doesNotContain("\u2028");
        assertThat(data(page)).doesNotContain("<", ">", "&").matches("[ -~]*");
    }

    @Test
    void everyPlaceIsFilledOnce() throws Exception {
        History history = new History(List.of(Call.put(1, "k", "{{left}}", 10).written(20, 1)));

        String page = ReportPage.page(Linearizability.check(history), history, null, "{{data}}");

        assertThat(page).contains("<h1>{{data}}</h1>").contains("\"{{left}}\"");
    }

    @Test
    void isNoLongerThanItMayBeAndKeepsTheViolatedKeyWhole() throws Exception {
        ReportSamples run = ReportSamples.run(true, 4_000, 400);
        Path file = Files.createTempFile(directory, "report", ".html");

        ReportPage.write(file, run.verdict(), run.history(), run.timeline(), "much");

        assertThat(run.history().operations()).hasSizeGreaterThan(100_000);
        assertThat(Files.size(file)).isBetween(2_500_000L, (long) ReportPage.BYTES_MAX);
        String page = Files.readString(file, UTF_8);
        for (Operation op : run.history().of("account:7")) {
            assertThat(data(page)).contains("," + (op.startNs() - run.timeline().startNs()) + ",");
        }
        assertThat(page).contains("other keys").doesNotContain("on the key itself");
    }

    @Test
    void neitherAHugeKeyNorATimelineWithoutEndMakeItLonger() throws Exception {
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            operations.add(Call.put(1, "k", "<".repeat(i % 500), i * 1_000_000L).written(i * 1_000_000L + 5, i + 1));
        }
        operations.add(Call.get(2, "k", 99_000_000_000L).read(99_000_000_001L, "nobody wrote this", 98_000));
        History history = new History(operations);
        Timeline.Trouble fault = new Timeline.Trouble("\u00ff<".repeat(500), 0, 1);
        Timeline timeline = new Timeline(0, 1, Collections.nCopies(50_000, fault), List.of(), List.of());

        Verdict verdict = violated("k", operations);
        String page = ReportPage.page(verdict, history, timeline, "");

        assertThat(page.getBytes(UTF_8)).hasSizeLessThan(ReportPage.BYTES_MAX);
        assertThat(page).contains("operations on the key itself", "nearest to the failing window are here");
        assertThat(page).contains("Of 50,000 faults only the first");
        assertThat(data(page)).contains("nobody wrote this");
    }

    @Test
    void aKeyThatDoesNotFitAnyMoreIsLeftOut() throws Exception {
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < 30_000; i++) {
            String key = "key " + i % 12;
            operations.add(Call.put(1, key, "<".repeat(150), i * 1_000L).written(i * 1_000L + 5, i + 1));
        }

        History history = new History(operations);
        String page = ReportPage.page(Linearizability.check(history), history, null, "");

        assertThat(page.getBytes(UTF_8)).hasSizeBetween(2_000_000, ReportPage.BYTES_MAX);
        assertThat(page).contains("Of 12 keys 1 are here");
    }

    @Test
    void ofOneKeyThatIsFineAndTooMuchItHasASample() throws Exception {
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            operations.add(Call.put(1, "k", "value " + i, i * 1_000L).written(i * 1_000L + 5, i + 1));
        }
        History history = new History(operations);

        String page = ReportPage.page(Linearizability.check(history), history, null, "");

        assertThat(page.getBytes(UTF_8)).hasSizeBetween(1_500_000, ReportPage.BYTES_MAX);
        assertThat(page)
                .contains("✓ linearizable")
                .containsPattern("Of 100,000 operations on &#39;k&#39; one in \\d is here");
    }

    @Test
    void anEmptyHistoryIsAPageToo() throws Exception {
        History history = new History(List.of());

        String page = ReportPage.page(Linearizability.check(history), history, null, "nothing");

        assertThat(page).contains("✓ linearizable", "There is no timeline").doesNotContain("id=\"failing\"");
        assertThat(data(page)).contains("\"keys\":[]");
    }

    @Test
    void anAnswerThatReachesOverTheEdgeIsSaidToBeUnused() {
        Call edge = Call.put(1, "k", "a", 10);
        Operation stuck = Call.get(2, "k", 30).read(40, "b", 2);
        List<Operation> window = List.of(edge.written(20, 7), stuck);
        Verdict verdict =
                new Verdict(Verdict.Kind.VIOLATED, "k", "why", List.of(edge.unknown(), stuck), window, true, counts());

        ReportWindow.Row first = ReportWindow.of(verdict).rows().get(0);

        assertThat(first.unused()).isTrue();
        assertThat(first.operation().version()).isEqualTo(7);
        assertThat(first.holds()).isEqualTo("\"a\"");
    }

    @Test
    void showsBytesAsPeopleReadThem() {
        assertThat(ReportText.shown(new String("grün".getBytes(UTF_8), ISO_8859_1), 100))
                .isEqualTo("grün");
        assertThat(ReportText.shown("\u00ff\n\u0001", 100)).isEqualTo("ÿ\\n\\x01");
        assertThat(ReportText.shown("a\u202eb\ud800", 100)).isEqualTo("a\\u{202e}b\\u{d800}");
        assertThat(ReportText.shown("x".repeat(1_000) + "end", 100))
                .hasSizeLessThan(105)
                .contains("…[1,003 characters in all]…")
                .endsWith("end");
    }

    @TempDir
    static Path directory;

    private static Verdict violated(String key, List<Operation> operations) {
        Operation last = operations.get(operations.size() - 1);
        return new Verdict(Verdict.Kind.VIOLATED, key, "bad", operations, List.of(last), false, counts());
    }

    private static Verdict.Counts counts() {
        return new Verdict.Counts(1, 1, 0, 0, 1, 0, 1, 0);
    }

    private static String data(String page) {
        int begin = page.indexOf("id=\"data\">") + 10;
        return page.substring(begin, page.indexOf("</script>", begin));
    }
}
