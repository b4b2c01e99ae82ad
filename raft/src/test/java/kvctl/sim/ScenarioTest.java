package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The scenarios of src/test/resources/scenarios: see {@link Script} for their language. -Dkvctl.rewrite=true writes what
 * happens now into the files, to be read before it is committed.
 */
class ScenarioTest {
    private static final Path FOLDER = Path.of("src/test/resources/scenarios");
    private static final String DASHES = "----";

    @TestFactory
    Stream<DynamicTest> scenariosHappenAsWritten() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            List<Path> sorted = files.sorted().toList();
            assertThat(sorted).hasSizeGreaterThanOrEqualTo(5);
            return sorted.stream()
                    .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
        }
    }

    private static void check(Path file) throws IOException {
        String written = Files.readString(file);
        String happened = play(written.lines().toList());
        if (Boolean.getBoolean("kvctl.rewrite")) {
            Files.writeString(file, happened);
        } else {
            assertThat(happened).isEqualTo(written);
        }
    }

    /** Comments and blank lines stay; what stands between dashes and the next blank line is played anew. */
    private static String play(List<String> lines) {
        Script script = new Script();
        StringBuilder played = new StringBuilder();
        List<String> commands = new ArrayList<>();
        boolean inTrace = false;
        for (String line : lines) {
            if (inTrace && !line.isBlank()) {
                continue;
            }
            inTrace = line.equals(DASHES);
            played.append(line).append('\n');
            if (inTrace) {
                played.append(script.run(commands));
                commands.clear();
            } else if (!line.isBlank() && !line.startsWith("#")) {
                commands.add(line);
            }
        }
        return played.toString();
    }
}
