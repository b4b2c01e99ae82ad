package kvctl.protocol;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;

/** Which shard a key belongs to: XXH3 (64 bit, seed 0) of the hashed part of the key, modulo the number of shards. */
public final class Shards {
    private static final Hasher64 XXH3 = Hashing.xxh3_64();

    private Shards() {}

    /**
     * Shard of a key.
     *
     * <p>The hashed part is the whole key, or what stands between the first <code>{</code> and the next <code>}</code>
     * if that is not empty; so <code>{user1}:name</code> and <code>{user1}:age</code> share a shard.
     *
     * @param shards number of shards, at least 1
     */
    public static int of(byte[] key, int shards) {
        int from = 0;
        int length = key.length;
        int open = indexOf(key, '{', 0);
        if (open >= 0) {
            int close = indexOf(key, '}', open + 1);
            if (close > open + 1) {
                from = open + 1;
                length = close - from;
            }
        }
        return (int) Long.remainderUnsigned(XXH3.hashBytesToLong(key, from, length), shards);
    }

    /** The one shard that can hold keys with this prefix, because the prefix holds a whole tag; -1: all of them can. */
    public static int ofPrefix(byte[] prefix, int shards) {
        if (shards == 1) {
            return 0;
        }
        int open = indexOf(prefix, '{', 0);
        int close = open < 0 ? -1 : indexOf(prefix, '}', open + 1);
        return close > open + 1 ? of(prefix, shards) : -1;
    }

    private static int indexOf(byte[] bytes, char wanted, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}
