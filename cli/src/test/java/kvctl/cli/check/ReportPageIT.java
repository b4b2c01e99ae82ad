package kvctl.cli.check;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kvctl.check.Call;
import kvctl.check.History;
import kvctl.check.Linearizability;
import kvctl.check.Operation;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a browser; its pictures stay in {@code target/report}. */
@Tag("slow")
final class ReportPageIT {
    private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome");
    private static final Path PICTURES = Path.of("target", "report");

    @TempDir
    static Path directory;

    private static String browser;

    @BeforeAll
    static void findBrowser() throws Exception {
        for (String name : BROWSERS) {
            if (browser == null && exists(name)) {
                browser = name;
            }
        }
        assertThat(browser)
                .as("one of %s is installed (Debian: apt-get install chromium)", BROWSERS)
                .isNotNull();
        Files.createDirectories(PICTURES);
    }

    @Test
    void drawsAViolationAndTheRunAroundIt() throws Exception {
        ReportSamples run = ReportSamples.run(true, 60, 30_000);
        Path page = directory.resolve("violated.html");
        ReportPage.write(page, run.verdict(), run.history(), run.timeline(), "kvctl check, seed 42");

        String drawn = drawn(page);

        assertThat(drawn).containsPattern("data-drawn=\"\\d\\d keys, \\d{3,} marks, 4 in the window\"");
        assertThat(drawn).contains("<svg", "✗ would find", "two leaders of g1 at once");
        picture(page, "violated-light");
        picture(page, "violated-dark", "--blink-settings=preferredColorScheme=0", "--force-dark-mode");
    }

    @Test
    void drawsWhatThereIsOfAForeignOrEmptyHistory() throws Exception {
        ReportSamples run = ReportSamples.run(false, 60, 30_000);
        Path page = directory.resolve("ok.html");
        ReportPage.write(page, run.verdict(), run.history(), null, "another's");
        History nothing = new History(List.of());
        Path empty = directory.resolve("empty.html");
        ReportPage.write(empty, Linearizability.check(nothing), nothing, null, "nothing");

        assertThat(drawn(page)).containsPattern("data-drawn=\"\\d\\d keys, \\d{3,} marks, 0 in the window\"");
        assertThat(drawn(empty)).contains("data-drawn=\"0 keys, ");
        picture(page, "ok-light");
    }

    @Test
    void hostileKeysAndValuesStayText() throws Exception {
        String attack = "</script><script>document.documentElement.dataset.taken=1</script><img src=x"
                + " onerror=\"document.documentElement.dataset.taken=2\">\u0000\u0007'\"\\";
        History history = new History(List.of(
                Call.put(1, attack, attack, 1_000).written(2_000, 1),
                Call.get(2, attack, 3_000).read(4_000, attack + "?", 1)));
        Timeline timeline = new Timeline(
                0,
                5_000,
                List.of(new Timeline.Trouble(attack, 500, 4_500)),
                List.of(new Timeline.Lead(attack, attack, 1, 0, 5_000)),
                List.of());
        Path page = directory.resolve("hostile.html");
        ReportPage.write(page, Linearizability.check(history), history, timeline, attack);

        assertThat(drawn(page)).contains("data-drawn=\"1 keys, ").doesNotContain("data-taken");
    }

    @Test
    void opensAsMuchAsAPageMayHold() throws Exception {
        ReportSamples run = ReportSamples.run(true, 4_000, 400);
        List<Operation> operations = new ArrayList<>(run.history().operations());
        Path page = directory.resolve("much.html");
        ReportPage.write(page, run.verdict(), new History(operations), run.timeline(), "much");

        assertThat(drawn(page)).contains("marks, 4 in the window\"");
    }

    /** The page after its script has run. */
    private static String drawn(Path page) throws Exception {
        String whole = browse(page, "--dump-dom");
        String drawn = whole.substring(0, Math.max(0, whole.indexOf("<script type")));
        assertThat(drawn).isNotEmpty().doesNotContain("The drawing failed: ");
        return drawn;
    }

    private static void picture(Path page, String name, String... options) throws Exception {
        Path picture = PICTURES.resolve(name + ".png").toAbsolutePath();
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of("--window-size=1440,1700", "--hide-scrollbars", "--screenshot=" + picture));
        browse(page, words.toArray(String[]::new));
        assertThat(Files.size(picture)).as("bytes of " + picture).isGreaterThan(30_000);
    }

    private static String browse(Path page, String... options) throws Exception {
        // Containers and CI have no other user than root, for whom the browser has no sandbox.
        List<String> command = new ArrayList<>(List.of(browser, "--headless", "--no-sandbox", "--disable-gpu"));
        command.addAll(List.of("--disable-quic", "--no-first-run", "--disable-background-networking"));
        command.addAll(List.of("--disable-component-update", "--disable-sync"));
        command.add("--user-data-dir=" + directory.resolve("profile"));
        command.add("--virtual-time-budget=2000");
        command.addAll(List.of(options));
        command.add(page.toUri().toString());
        Path out = directory.resolve("out");
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(directory.resolve("errors").toFile())
                .start();
        assertThat(process.waitFor(120, SECONDS)).as("the browser ends").isTrue();
        return Files.readString(out, UTF_8);
    }

    private static boolean exists(String program) throws Exception {
        return new ProcessBuilder("sh", "-c", "command -v " + program + " >/dev/null")
                        .start()
                        .waitFor()
                == 0;
    }
}
