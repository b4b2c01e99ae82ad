package kvctl.cli;

import java.util.Locale;

/** Durations as users write and read them: {@code 500ms}, {@code 2s}, {@code 1.5s}, {@code 3m}, {@code 1h}. */
public final class Durations {
    private static final long MAX_MS = 24L * 3_600_000;

    private Durations() {}

    /**
     * Reads a duration; a number without unit means seconds.
     *
     * @return milliseconds, 0 to one day
     * @throws CliException (usage) if the text is no duration
     */
    public static long parseMs(String text) {
        String lower = text.trim().toLowerCase(Locale.ROOT);
        int end = lower.length();
        while (end > 0 && Character.isLetter(lower.charAt(end - 1))) {
            end--;
        }
        double factor = factor(lower.substring(end));
        if (factor > 0 && end > 0 && lower.substring(0, end).chars().allMatch(c -> c == '.' || c >= '0' && c <= '9')) {
            try {
                double ms = Double.parseDouble(lower.substring(0, end)) * factor;
                if (ms <= MAX_MS) {
                    return Math.round(ms);
                }
            } catch (NumberFormatException e) {
                // Falls through to the message below.
            }
        }
        throw CliException.usage("'" + text + "' is not a duration.", "write for example 500ms, 2s or 1m");
    }

    private static double factor(String unit) {
        return switch (unit) {
            case "ms" -> 1;
            case "", "s" -> 1_000;
            case "m", "min" -> 60_000;
            case "h" -> 3_600_000;
            default -> -1;
        };
    }

    /** Short text for humans: {@code 840 ms}, {@code 2.0 s}, {@code 3 m 20 s}. */
    public static String text(long ms) {
        if (ms < 1_000) {
            return ms + " ms";
        }
        if (ms < 60_000) {
            return ms / 1_000 + "." + ms % 1_000 / 100 + " s";
        }
        if (ms < 3_600_000) {
            return ms / 60_000 + " m " + ms % 60_000 / 1_000 + " s";
        }
        return ms / 3_600_000 + " h " + ms % 3_600_000 / 60_000 + " m";
    }
}
