package kvctl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import kvctl.TestSources.TestMethod;
import org.junit.jupiter.api.Test;

/** Every row of the fault matrix ({@code fault-matrix.txt}) is shown where it says, by tests and scripts that are there. */
class FaultMatrixTest {
    private static final int ROWS = 23;
    private static final int ROWS_LATER = 1;
    /** Can only grow. */
    private static final int IN_PROCESSES = 20;

    private static final Path SCRIPTS = TestSources.ROOT.resolve("examples/faults");
    private static final int REASON_CHARS = 30;

    /** @param lines words by what stands before them: sim, nodes, process, script; or text: holds, none, later */
    private record Row(String fault, Map<String, List<String>> lines) {
        List<String> words(String kind) {
            return lines.getOrDefault(kind, List.of());
        }

        @Override
        public String toString() {
            return fault;
        }

        boolean isLater() {
            return lines.containsKey("later");
        }

        boolean isInSimulation() {
            return !words("sim").isEmpty();
        }

        boolean isInProcesses() {
            return !words("process").isEmpty() || !words("script").isEmpty();
        }
    }

    @Test
    void everyRowIsShownWhereItSays() throws IOException {
        List<Row> all = rows();
        List<Row> rows = all.stream().filter(row -> !row.isLater()).toList();
        TreeSet<String> scripts = new TreeSet<>();
        rows.forEach(row -> scripts.addAll(row.words("script")));
        long inProcesses = rows.stream().filter(Row::isInProcesses).count();
        long withReason =
                rows.stream().filter(row -> row.lines.containsKey("none")).count();
        System.out.printf(
                "fault matrix: %d of %d rows in simulation, %d of %d in real processes, %d scripts%n",
                rows.stream().filter(Row::isInSimulation).count(),
                rows.size(),
                inProcesses,
                rows.size() - withReason,
                scripts.size());
        assertThat(all).hasSize(ROWS);
        assertThat(all.size() - rows.size()).isLessThanOrEqualTo(ROWS_LATER);
        assertThat(rows).allMatch(Row::isInSimulation);
        assertThat(rows).allMatch(row -> row.isInProcesses() != row.lines.containsKey("none"));
        assertThat(rows).as("rows without what must hold").allMatch(row -> row.lines.containsKey("holds"));
        assertThat(all).as("reasons that say nothing").allMatch(FaultMatrixTest::saysWhy);
        assertThat(inProcesses).isGreaterThanOrEqualTo(IN_PROCESSES);
        assertThat(scripts).as("scripts in rows, and scripts that are there").isEqualTo(scriptsThatAreThere());
    }

    private static boolean saysWhy(Row row) {
        return Stream.of("later", "none")
                .filter(row.lines::containsKey)
                .allMatch(kind -> String.join(" ", row.words(kind)).length() > REASON_CHARS);
    }

    @Test
    void everyTestOfARowIsThere() throws IOException {
        Map<String, TestMethod> tests = new TreeMap<>();
        TestSources.read().forEach(test -> tests.put(test.toString(), test));
        for (Row row : rows()) {
            for (String kind : List.of("sim", "nodes", "process")) {
                for (String name : row.words(kind)) {
                    assertThat(tests).as("%s, %s", row.fault, kind).containsKey(name);
                    TestMethod test = tests.get(name);
                    boolean fits = switch (kind) {
                        case "sim" -> test.packageName().endsWith(".sim");
                        case "process" -> test.className().endsWith("IT");
                        default -> !test.packageName().endsWith(".sim");
                    };
                    assertThat(fits).as("%s, %s: %s", row.fault, kind, name).isTrue();
                }
            }
        }
    }

    private static TreeSet<String> scriptsThatAreThere() throws IOException {
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            TreeSet<String> names = new TreeSet<>();
            files.forEach(file -> names.add(file.getFileName().toString()));
            return names;
        }
    }

    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        try (InputStream matrix = FaultMatrixTest.class.getResourceAsStream("fault-matrix.txt")) {
            for (String line : new String(matrix.readAllBytes(), UTF_8).split("\n")) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                if (!line.startsWith(" ")) {
                    rows.add(new Row(line, new TreeMap<>()));
                    continue;
                }
                String[] words = line.strip().split(" +");
                rows.get(rows.size() - 1)
                        .lines
                        .computeIfAbsent(words[0], kind -> new ArrayList<>())
                        .addAll(List.of(words).subList(1, words.length));
            }
        }
        return rows;
    }
}
