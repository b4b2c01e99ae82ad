package kvctl.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShardsTest {
    /**
     * The hash decides where data lies, so it must never change: 0x78af5f94892f3950 is XXH3's published value of "abc".
     */
    @Test
    void theHashIsXxh3() {
        assertThat(of("abc", 4096)).isEqualTo((int) Long.remainderUnsigned(0x78af5f94892f3950L, 4096));
        assertThat(of("abc", 7)).isEqualTo((int) Long.remainderUnsigned(0x78af5f94892f3950L, 7));
    }

    @Test
    void theFirstTagThatIsNotEmptyDecides() {
        int shard = of("user1", 4096);
        assertThat(of("{user1}:name", 4096)).isEqualTo(shard);
        assertThat(of("a{user1}{other}", 4096)).isEqualTo(shard);
        assertThat(of("{}user1", 4096)).isEqualTo(hashOfWhole("{}user1"));
        assertThat(of("{user1", 4096)).isEqualTo(hashOfWhole("{user1"));
        assertThat(of("}user1{", 4096)).isEqualTo(hashOfWhole("}user1{"));
    }

    @Test
    void aPrefixWithAWholeTagNamesOneShard() {
        assertThat(Shards.ofPrefix("{user1}:".getBytes(UTF_8), 4096)).isEqualTo(of("user1", 4096));
        assertThat(Shards.ofPrefix("{user1".getBytes(UTF_8), 4096)).isEqualTo(-1);
        assertThat(Shards.ofPrefix("{}a".getBytes(UTF_8), 4096)).isEqualTo(-1);
        assertThat(Shards.ofPrefix(new byte[0], 16)).isEqualTo(-1);
        assertThat(Shards.ofPrefix(new byte[0], 1)).isZero();
    }

    @Test
    void keysSpreadEvenly() {
        int[] keys = new int[16];
        for (int i = 0; i < 16_000; i++) {
            keys[of("key" + i, 16)]++;
        }
        assertThat(java.util.Arrays.stream(keys)).allMatch(count -> count > 850 && count < 1150);
    }

    private static int hashOfWhole(String key) {
        long hash = com.dynatrace.hash4j.hashing.Hashing.xxh3_64().hashBytesToLong(key.getBytes(UTF_8));
        return (int) Long.remainderUnsigned(hash, 4096);
    }

    private static int of(String key, int shards) {
        return Shards.of(key.getBytes(UTF_8), shards);
    }
}
