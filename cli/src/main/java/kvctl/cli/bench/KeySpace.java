package kvctl.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import kvctl.cli.CliException;
import kvctl.protocol.Shards;

/** The keys of a load: the prefix and a number, all of one length, the same for every run with the same options. */
final class KeySpace {
    private KeySpace() {}

    /**
     * The first keys of the plan's shards.
     *
     * @param shardCount how many shards the cluster has
     * @throws CliException (usage) if there is no such shard, or there are not so many keys of that length
     */
    static byte[][] of(Plan plan, int shardCount) {
        byte[] prefix = plan.prefixBytes();
        boolean[] wanted = wanted(plan, prefix, shardCount);
        int digits = plan.keyBytes() - prefix.length;
        long numbers = (long) Math.pow(10, Math.min(digits, 18));
        List<byte[]> keys = new ArrayList<>(plan.keys());
        for (long number = 0; keys.size() < plan.keys(); number++) {
            if (number == numbers) {
                throw CliException.usage(
                        "--key-size " + plan.keyBytes() + " has room for " + keys.size() + " keys only, not for "
                                + plan.keys() + ".",
                        "use a greater --key-size, or fewer --keys");
            }
            byte[] key = key(prefix, plan.keyBytes(), number);
            if (wanted[Shards.of(key, shardCount)]) {
                keys.add(key);
            }
        }
        return keys.toArray(byte[][]::new);
    }

    private static boolean[] wanted(Plan plan, byte[] prefix, int shardCount) {
        boolean[] wanted = new boolean[shardCount];
        for (int shard : plan.shards()) {
            if (shard >= shardCount) {
                throw CliException.usage(
                        "There is no shard " + shard + "; shards are 0 to " + (shardCount - 1) + ".", null);
            }
            wanted[shard] = true;
        }
        if (plan.shards().isEmpty()) {
            java.util.Arrays.fill(wanted, true);
        }
        int only = Shards.ofPrefix(prefix, shardCount);
        if (only >= 0 && !wanted[only]) { // Else the search for keys would never end.
            throw CliException.usage(
                    "All keys with --prefix '" + plan.prefix() + "' are of shard " + only + ", none of "
                            + plan.shards().stream().map(String::valueOf).collect(Collectors.joining(", ")) + ".",
                    null);
        }
        return wanted;
    }

    private static byte[] key(byte[] prefix, int length, long number) {
        byte[] key = new byte[length];
        System.arraycopy(prefix, 0, key, 0, prefix.length);
        long rest = number;
        for (int i = length - 1; i >= prefix.length; i--) {
            key[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return key;
    }
}
