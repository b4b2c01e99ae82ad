package kvctl.sim;

import java.util.Properties;
import java.util.stream.LongStream;

/**
 * Seeds in a row.
 *
 * @param first the lowest one
 * @param count how many
 */
public record SeedRange(long first, long count) {
    /**
     * The seeds that whoever runs the tests asks for: {@code kvctl.seed} is one alone, else {@code kvctl.seeds} says how
     * many, and {@code kvctl.firstSeed} where to begin.
     */
    public static SeedRange asked(Properties properties, long usualCount) {
        String alone = properties.getProperty("kvctl.seed");
        if (alone != null) {
            return new SeedRange(Long.parseLong(alone), 1);
        }
        return new SeedRange(
                Long.parseLong(properties.getProperty("kvctl.firstSeed", "1")),
                Long.parseLong(properties.getProperty("kvctl.seeds", Long.toString(usualCount))));
    }

    public LongStream seeds() {
        return LongStream.range(first, first + count);
    }
}
