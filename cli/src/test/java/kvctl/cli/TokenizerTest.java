package kvctl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import kvctl.cli.Tokenizer.State;
import org.junit.jupiter.api.Test;

final class TokenizerTest {
    @Test
    void bareWordsAreLiteral() {
        assertThat(words("put k C:\\dir\\file!!$HOME|x")).containsExactly("put", "k", "C:\\dir\\file!!$HOME|x");
        assertThat(words("put k it's")).containsExactly("put", "k", "it's");
        assertThat(words("put k a\"b\"")).containsExactly("put", "k", "a\"b\"");
    }

    @Test
    void singleQuotesKeepEverything() {
        assertThat(words("put k 'a \\n \"b\" # c'")).containsExactly("put", "k", "a \\n \"b\" # c");
        assertThat(words("put k ''")).containsExactly("put", "k", "");
    }

    @Test
    void doubleQuotesKnowEscapes() {
        assertThat(words("\"a\\n\\t\\r\\0\\\\\\\"\\x41\\u00e9\"")).containsExactly("a\n\t\r\0\\\"Aé");
        assertThat(Bytes.of(words("\"\\xff\\xc3\\xa9\"").get(0))).containsExactly(0xff, 0xc3, 0xa9);
        assertThat(words("\"\\ud83d\\ude00\"")).containsExactly("😀");
    }

    @Test
    void badEscapesAreNamedWithTheirPlace() {
        assertBad("put k \"a\\q\"", 8, "unknown escape \\q");
        assertBad("put k \"\\xg1\"", 7, "\\x needs 2 hex digits");
        assertBad("put k \"\\u12\"", 7, "\\u needs 4 hex digits");
        assertBad("put k \"\\ud83d\"", 7, "half a character");
        assertBad("put k \"\\ude00\"", 7, "half a character");
        assertBad("put k 'a'b", 9, "a blank is missing behind the closing quote");
    }

    @Test
    void quotesMayFollowAnOption() {
        assertThat(words("scan --from='a b' --limit=\"3\"")).containsExactly("scan", "--from=a b", "--limit=3");
        assertThat(words("put k x='a")).containsExactly("put", "k", "x='a");
    }

    @Test
    void commentsBeginOnlyWhereAWordBegins() {
        assertThat(words("get a # b")).containsExactly("get", "a");
        assertThat(words("get a#b")).containsExactly("get", "a#b");
        assertThat(words("# all")).isEmpty();
        assertThat(Tokenizer.split("get a # b").comment()).isEqualTo(6);
    }

    @Test
    void openQuotesAndBackslashesContinue() {
        assertThat(Tokenizer.split("put k 'a").state()).isEqualTo(State.OPEN_QUOTE);
        assertThat(Tokenizer.split("put k \"a\\").state()).isEqualTo(State.OPEN_QUOTE);
        assertThat(Tokenizer.split("put k \\").state()).isEqualTo(State.CONTINUED);
        assertThat(words("put k 'a\nb'")).containsExactly("put", "k", "a\nb");
        assertThat(words("put k \\\n v")).containsExactly("put", "k", "v");
        assertThat(words("put k v\\\nw")).containsExactly("put", "k", "vw");
    }

    @Test
    void pipeLeavesTheRestToTheShell() {
        Tokenizer.Line line = Tokenizer.split("scan a \\| grep 'x' | wc -l");
        assertThat(line.words()).containsExactly("scan", "a");
        assertThat(line.pipe()).isEqualTo("grep 'x' | wc -l");
        assertThat(words("put k a|b")).containsExactly("put", "k", "a|b");
        assertThat(words("put k '\\|'")).containsExactly("put", "k", "\\|");
        assertThat(Tokenizer.split("scan \\|").problem()).contains("missing");
    }

    @Test
    void tokensKnowTheirPlaces() {
        List<Tokenizer.Token> tokens = Tokenizer.split("put  'a b'  c").tokens();
        assertThat(tokens).extracting(Tokenizer.Token::start).containsExactly(0, 5, 12);
        assertThat(tokens).extracting(Tokenizer.Token::end).containsExactly(3, 10, 13);
    }

    /** Whatever words there are: quoted and joined, they come back. */
    @Test
    void quotedWordsComeBack() {
        for (long seed = 0; seed < 2_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<String> words = new ArrayList<>();
            int count = random.nextInt(1, 5);
            for (int i = 0; i < count; i++) {
                byte[] bytes = new byte[random.nextInt(0, 8)];
                String alphabet = "ab '\"\\#|\n\tx-=$!{}é€😀\u0000\u00ff";
                if (random.nextBoolean()) {
                    random.nextBytes(bytes);
                    words.add(Bytes.text(bytes));
                } else {
                    StringBuilder word = new StringBuilder();
                    for (int c = 0; c < bytes.length; c++) {
                        int[] points = alphabet.codePoints().toArray();
                        word.appendCodePoint(points[random.nextInt(points.length)]);
                    }
                    words.add(word.toString());
                }
            }
            String line = String.join(" ", words.stream().map(Words::quoted).toList());
            assertThat(words(line)).as("seed %d: %s", seed, line).isEqualTo(words);
        }
    }

    /** Whatever is typed: no exception, and places lie inside the text. */
    @Test
    void anyTextIsSplitOrRefused() {
        String alphabet = "ab '\"\\#|\nxu0f=-";
        for (long seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(0, 16);
            for (int i = 0; i < length; i++) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            Tokenizer.Line line = Tokenizer.split(text.toString());
            int end = 0;
            for (Tokenizer.Token token : line.tokens()) {
                assertThat(token.start()).as("seed %d", seed).isGreaterThanOrEqualTo(end);
                end = token.end();
                assertThat(end).as("seed %d", seed).isLessThanOrEqualTo(text.length());
            }
            assertThat(line.state() == State.BAD).as("seed %d", seed).isEqualTo(line.problem() != null);
        }
    }

    @Test
    void bytesSurviveText() {
        for (long seed = 0; seed < 2_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = new byte[random.nextInt(0, 12)];
            random.nextBytes(bytes);
            assertThat(Bytes.of(Bytes.text(bytes))).as("seed %d", seed).isEqualTo(bytes);
        }
    }

    private static List<String> words(String text) {
        Tokenizer.Line line = Tokenizer.split(text);
        assertThat(line.state()).as("%s: %s", text, line.problem()).isEqualTo(State.COMPLETE);
        return List.of(line.words());
    }

    private static void assertBad(String text, int at, String problem) {
        Tokenizer.Line line = Tokenizer.split(text);
        assertThat(line.state()).isEqualTo(State.BAD);
        assertThat(line.problemAt()).isEqualTo(at);
        assertThat(line.problem()).contains(problem);
    }
}
