package kvctl.cli.bench;

import java.nio.charset.StandardCharsets;
import java.util.List;
import kvctl.cli.CliException;
import kvctl.protocol.Limits;

/**
 * What a load does.
 *
 * @param clients loops, each with one request under way
 * @param connections clients of the protocol ({@link kvctl.client.KvClient}) that the loops share
 * @param readPercent how many of 100 requests are reads, by chance; the others are puts
 * @param keys how many keys there are
 * @param keyBytes length of a key, with its prefix
 * @param valueBytes length of a value
 * @param requests how many are sent in all; 0: as many as the time allows
 * @param durationMs how long requests are sent; 0: until all are
 * @param warmupMs load before the measurement
 * @param seed of keys, values and the mix
 * @param prefix of all keys
 * @param shards only keys of these; empty: of all
 * @param fill every key is put once, in order, instead of keys by chance
 */
record Plan(
        int clients,
        int connections,
        int readPercent,
        int keys,
        int keyBytes,
        int valueBytes,
        long requests,
        long durationMs,
        long warmupMs,
        long seed,
        String prefix,
        List<Integer> shards,
        boolean fill) {
    static final int CLIENTS_MAX = 16_384;
    static final int CONNECTIONS_MAX = 64;
    static final int KEYS_MAX = 1_000_000;

    /** More would only wait inside of the connection. */
    static final int CLIENTS_PER_CONNECTION_MAX = Limits.SESSION_WINDOW;

    /** @throws CliException (usage) if a value is out of its bounds or two do not fit together */
    Plan {
        within("--clients", clients, 1, CLIENTS_MAX);
        within("--connections", connections, 1, CONNECTIONS_MAX);
        within("--keys", keys, 1, KEYS_MAX);
        within("--key-size", keyBytes, 1, Limits.KEY_MAX_BYTES);
        within("--value-size", valueBytes, 0, Limits.VALUE_MAX_BYTES);
        shards = List.copyOf(shards);
        if (clients > (long) connections * CLIENTS_PER_CONNECTION_MAX) {
            throw CliException.usage(
                    "--clients " + clients + " is too many for --connections " + connections + ": one carries "
                            + CLIENTS_PER_CONNECTION_MAX + ".",
                    null);
        }
        if (prefixBytes(prefix).length >= keyBytes) {
            throw CliException.usage(
                    "--key-size " + keyBytes + " leaves no room behind --prefix '" + prefix + "'.", null);
        }
        if (requests == 0 && durationMs == 0) {
            throw CliException.usage("--duration is more than nothing.", null);
        }
    }

    byte[] prefixBytes() {
        return prefixBytes(prefix);
    }

    private static byte[] prefixBytes(String prefix) {
        return prefix.getBytes(StandardCharsets.UTF_8);
    }

    private static void within(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw CliException.usage(option + " is " + least + " to " + most + ", not " + value + ".", null);
        }
    }

    /** Reads percent of {@code 95/5}. */
    static int readPercent(String mix) {
        int slash = mix.indexOf('/');
        int reads = slash < 0 ? -1 : number(mix.substring(0, slash));
        int writes = slash < 0 ? -1 : number(mix.substring(slash + 1));
        if (reads < 0 || writes < 0 || reads + writes != 100) {
            throw CliException.usage(
                    "'" + mix + "' is not right for --mix: it takes percent of reads and writes, 100 together.",
                    "for example --mix 95/5");
        }
        return reads;
    }

    /** The shards of {@code 1,2,5}. */
    static List<Integer> shards(String text) {
        List<Integer> shards = new java.util.ArrayList<>();
        for (String each : text.split(",", -1)) {
            int shard = number(each.strip());
            if (shard < 0) {
                throw CliException.usage(
                        "'" + text + "' is not right for --shards: it takes numbers with commas.",
                        "for example --shards 1,2,5");
            }
            if (!shards.contains(shard)) {
                shards.add(shard);
            }
        }
        return shards;
    }

    /** At most four digits; -1 if it is something else. */
    private static int number(String text) {
        return text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : -1;
    }
}
