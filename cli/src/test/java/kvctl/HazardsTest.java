package kvctl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kvctl.TestSources.TestMethod;
import org.junit.jupiter.api.Test;

/**
 * Every hazard of the list ({@code hazards.txt}) has a test that bears its id, or a reason in a module's README why there is
 * none.
 */
class HazardsTest {
    private static final int HAZARDS = 110;
    /** Can only grow: a reason in place of a test that was there is no way round it. */
    private static final int TESTED = 96;

    private static final Pattern LISTED = Pattern.compile("^([A-Z]\\d+) \\S.*", Pattern.MULTILINE);
    private static final Pattern OF_NAME = Pattern.compile("\\G([A-Z]\\d+)_");
    private static final Pattern OF_JAVADOC = Pattern.compile("HAZARDS ((?:[A-Z]\\d+(?:, )?)+)");
    private static final Pattern ID = Pattern.compile("[A-Z]\\d+");
    private static final Pattern SECTION =
            Pattern.compile("^## Hazards without a test\\n(.*?)(?=^## |\\z)", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern REASON = Pattern.compile("^- ((?:[A-Z]\\d+(?:, )?)+): \\S.{20,}", Pattern.MULTILINE);

    @Test
    void everyHazardHasATestOrAReason() throws IOException {
        List<String> listed = listed();
        Map<String, TestMethod> tests = new TreeMap<>();
        for (TestMethod test : TestSources.read()) {
            idsOf(test).forEach(id -> tests.putIfAbsent(id, test));
        }
        TreeSet<String> reasons = reasons();
        long tested = listed.stream().filter(tests::containsKey).count();
        System.out.printf(
                "hazards: %d of %d have a test (%d) or a reason (%d)%n",
                listed.stream()
                        .filter(id -> tests.containsKey(id) || reasons.contains(id))
                        .count(),
                listed.size(),
                tested,
                reasons.size());
        assertThat(listed).hasSize(HAZARDS).doesNotHaveDuplicates();
        assertThat(listed)
                .as("hazards with neither a test nor a reason")
                .allMatch(id -> tests.containsKey(id) || reasons.contains(id));
        assertThat(reasons).as("reasons for what is not listed").isSubsetOf(listed);
        assertThat(reasons)
                .as("reasons for what has a test: to be dropped")
                .doesNotContainAnyElementsOf(tests.keySet());
        assertThat(tests)
                .as("tests of what is not listed")
                .allSatisfy((id, test) -> assertThat(listed).as("%s", test).contains(id));
        assertThat(tested).isGreaterThanOrEqualTo(TESTED);
    }

    private static List<String> listed() throws IOException {
        try (InputStream list = HazardsTest.class.getResourceAsStream("hazards.txt")) {
            return LISTED.matcher(new String(list.readAllBytes(), UTF_8))
                    .results()
                    .map(line -> line.group(1))
                    .toList();
        }
    }

    /** Those that its name begins with, and those behind the word HAZARDS in its Javadoc. */
    private static TreeSet<String> idsOf(TestMethod test) {
        TreeSet<String> ids = new TreeSet<>();
        OF_NAME.matcher(test.name()).results().forEach(id -> ids.add(id.group(1)));
        Matcher lists = OF_JAVADOC.matcher(test.javadoc());
        while (lists.find()) {
            ID.matcher(lists.group(1)).results().forEach(id -> ids.add(id.group()));
        }
        return ids;
    }

    /** From the READMEs of all modules. */
    private static TreeSet<String> reasons() throws IOException {
        TreeSet<String> ids = new TreeSet<>();
        for (String module : List.of("raft", "protocol", "storage", "node", "cli")) {
            Path readme = TestSources.ROOT.resolve(module).resolve("README.md");
            Matcher section = SECTION.matcher(Files.readString(readme));
            while (section.find()) {
                Matcher reason = REASON.matcher(section.group(1));
                while (reason.find()) {
                    ID.matcher(reason.group(1)).results().forEach(id -> ids.add(id.group()));
                }
            }
        }
        return ids;
    }

    @Test
    void anIdCountsOnlyWhereATestBearsIt() {
        List<TestMethod> found = TestSources.in("X", """
                /** Of a class: HAZARDS A1. */
                class X {
                    // R2 in a comment, and "R3_inAString"

                    /** Holds up (HAZARDS D4, D5). S1 is a server. */
                    @Tag("slow")
                    @Test
                    void R1_E2_twoOfThem() {}

                    /** HAZARDS A2. */
                    private void A3_noTest() {}

                    @ParameterizedTest(name = "{0}")
                    @MethodSource("all")
                    void plain(int n) {}

                    @Test
                    @Disabled
                    void A4_isOff() {}

                    @TestFactory
                    Stream<DynamicTest> A5_made() {}
                }
                """);
        assertThat(found).extracting(TestMethod::name).containsExactly("R1_E2_twoOfThem", "plain", "A5_made");
        assertThat(idsOf(found.get(0))).containsExactly("D4", "D5", "E2", "R1");
        assertThat(idsOf(found.get(1))).isEmpty();
        assertThat(idsOf(found.get(2))).containsExactly("A5");
    }
}
