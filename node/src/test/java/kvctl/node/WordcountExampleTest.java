package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The shipped script is what its text and its generator say, counted here another way. */
class WordcountExampleTest {
    private static final Path EXAMPLES = Path.of("..", "examples");

    @Test
    void scriptExpectsTheTextsWords() throws IOException {
        String text = Files.readString(EXAMPLES.resolve("wordcount.txt"));
        Map<String, Integer> words = new TreeMap<>();
        for (String word : text.toLowerCase(Locale.ROOT).replace("'", "").split("[^a-z0-9]+")) {
            words.merge(word, 1, Integer::sum);
        }
        List<String> script = Files.readAllLines(EXAMPLES.resolve("wordcount.kv"));

        Map<String, Integer> expected = new TreeMap<>();
        Map<String, Integer> appended = new TreeMap<>();
        for (String line : script) {
            String[] parts = line.split(" ");
            if (line.startsWith("expect get word:")) {
                assertThat(parts[3]).matches("I+");
                expected.put(parts[2].substring(5), parts[3].length());
            } else if (line.startsWith("append word:")) {
                appended.merge(parts[1].substring(5), 1, Integer::sum);
            }
        }
        assertThat(expected).isEqualTo(words);
        assertThat(appended).isEqualTo(words);
        assertThat(script.stream()
                        .filter(line -> line.startsWith("put line:"))
                        .map(line -> line.substring(14))
                        .toList())
                .isEqualTo(text.lines()
                        .filter(line -> !line.isEmpty())
                        .map(line -> "\"" + line + "\"")
                        .toList());
        assertThat(script.stream().map(line -> line.split(" ")[0]).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder("#", "put", "append", "expect");
    }
}
