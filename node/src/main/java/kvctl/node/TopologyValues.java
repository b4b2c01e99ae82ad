package kvctl.node;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How single values of a topology are written. Each throws IllegalArgumentException with the end of a sentence. */
final class TopologyValues {
    static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    static final String NAME_RULE = "1 to 63 of A-Z a-z 0-9 . _ - beginning with a letter or a digit";

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:%-]{1,253}");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})\\s*([kmgKMG]i?[bB]?|[bB])?");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s)");

    private TopologyValues() {}

    static String name(String text) {
        if (!NAME.matcher(text).matches()) {
            throw new IllegalArgumentException("must be a name of " + NAME_RULE + ", not '" + text + "'.");
        }
        return text;
    }

    static String host(String text) {
        if (!HOST.matcher(text).matches()) {
            throw new IllegalArgumentException("must be a host name or address, not '" + text + "'.");
        }
        return text;
    }

    static int wholeNumber(String text, int min, int max) {
        return Math.toIntExact(between(text, min, max, "must be a whole number from " + min + " to " + max));
    }

    static boolean yesOrNo(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("must be true or false, not '" + text + "'.");
        };
    }

    /** {@code 128m}, {@code 16MiB}, {@code 65536}; a letter always means a power of 1024, as for the JVM. */
    static long bytes(String text, long min, long max) {
        String rule = "must be a size from " + bytesText(min) + " to " + bytesText(max);
        Matcher m = SIZE.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(rule + " (as 16MiB or 128m), not '" + text + "'.");
        }
        String unit = m.group(2) == null ? "" : m.group(2).toLowerCase(Locale.ROOT);
        if (unit.length() == 2 && unit.endsWith("b")) {
            String whole = unit.substring(0, 1).toUpperCase(Locale.ROOT);
            throw new IllegalArgumentException(rule + ", not '" + text + "'. Write " + m.group(1) + whole + "iB.");
        }
        int shift = unit.isEmpty() ? 0 : Math.max(0, 10 * ("kmg".indexOf(unit.charAt(0)) + 1));
        long number = Long.parseLong(m.group(1));
        if (number > Long.MAX_VALUE >> shift) {
            throw new IllegalArgumentException(rule + ", not '" + text + "'.");
        }
        return inRange(number << shift, min, max, rule, text);
    }

    static int durationMs(String text, int minMs, int maxMs) {
        String rule = "must be a time from " + minMs + "ms to " + maxMs + "ms";
        Matcher m = DURATION.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(rule + " (as 300ms or 2s), not '" + text + "'.");
        }
        long unitMs = m.group(2).equals("s") ? 1000 : 1;
        return (int) inRange(Long.parseLong(m.group(1)) * unitMs, minMs, maxMs, rule, text);
    }

    /** The shortest exact form that {@link #bytes} reads. */
    static String bytesText(long bytes) {
        String[] units = {"", "KiB", "MiB", "GiB"};
        int unit = 0;
        while (unit < 3 && bytes != 0 && bytes % 1024 == 0) {
            bytes /= 1024;
            unit++;
        }
        return bytes + units[unit];
    }

    private static long between(String text, long min, long max, String rule) {
        try {
            return inRange(Long.parseLong(text), min, max, rule, text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(rule + ", not '" + text + "'.", e);
        }
    }

    private static long inRange(long number, long min, long max, String rule, String text) {
        if (number < min || number > max) {
            throw new IllegalArgumentException(rule + ", not " + text + ".");
        }
        return number;
    }
}
