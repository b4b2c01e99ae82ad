package kvctl.cli.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import kvctl.protocol.Shards;
import org.junit.jupiter.api.Test;

/** Keys and values of a load. */
final class KeySpaceTest {
    private static final int SHARDS = 16;

    @Test
    void keysAreDifferentAndOfOneLength() {
        assertThat(texts(plan("bench:", 16, 1000)))
                .hasSize(1000)
                .doesNotHaveDuplicates()
                .allMatch(key -> key.length() == 16 && key.startsWith("bench:"))
                .startsWith("bench:0000000000", "bench:0000000001");
    }

    @Test
    void onlyKeysOfTheShardsAskedFor() {
        byte[][] keys = KeySpace.of(plan("bench:", 16, 500, 2, 11), SHARDS);
        assertThat(keys).hasDimensions(500, 16);
        assertThat(Arrays.stream(keys).map(key -> Shards.of(key, SHARDS)).distinct())
                .containsExactlyInAnyOrder(2, 11);
        assertThat(Stream.of(keys).map(key -> new String(key, UTF_8))).doesNotHaveDuplicates();
    }

    @Test
    void aShardThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> KeySpace.of(plan("bench:", 16, 10, 3, 16), SHARDS))
                .hasMessage("There is no shard 16; shards are 0 to 15.");
    }

    @Test
    void tooShortKeysAreRefused() {
        assertThat(texts(plan("bench:", 8, 100))).hasSize(100);
        assertThatThrownBy(() -> KeySpace.of(plan("bench:", 8, 101), SHARDS))
                .hasMessage("--key-size 8 has room for 100 keys only, not for 101.");
        assertThatThrownBy(() -> KeySpace.of(plan("bench:", 8, 100, 1), SHARDS))
                .hasMessageStartingWith("--key-size 8 has room for ");
    }

    @Test
    void aPrefixThatIsBoundToAnotherShardIsRefused() {
        int own = Shards.of("{a}".getBytes(UTF_8), SHARDS);
        int other = (own + 1) % SHARDS;
        assertThat(KeySpace.of(plan("{a}", 16, 10, own), SHARDS)).hasDimensions(10, 16);
        assertThatThrownBy(() -> KeySpace.of(plan("{a}", 16, 10, other), SHARDS))
                .hasMessageStartingWith("All keys with --prefix '{a}' are of shard " + own);
    }

    @Test
    void valuesComeFromTheSeed() {
        assertThat(values(1)).containsExactly(values(1)).allMatch(value -> value.matches("[a-z0-5]{100}"));
        assertThat(values(1)).doesNotContainAnyElementsOf(List.of(values(2)));
        assertThat(new Values(1, 0).next(new SplittableRandom(1))).isEmpty();
    }

    private static String[] values(long seed) {
        Values values = new Values(seed, 100);
        SplittableRandom random = new SplittableRandom(9); // The same places in different letters.
        return Stream.generate(() -> new String(values.next(random), UTF_8))
                .limit(10)
                .toArray(String[]::new);
    }

    private static List<String> texts(Plan plan) {
        return Stream.of(KeySpace.of(plan, SHARDS))
                .map(key -> new String(key, UTF_8))
                .toList();
    }

    private static Plan plan(String prefix, int keyBytes, int keys, Integer... shards) {
        return new Plan(1, 1, 50, keys, keyBytes, 100, 1, 0, 0, 1, prefix, List.of(shards), false);
    }
}
