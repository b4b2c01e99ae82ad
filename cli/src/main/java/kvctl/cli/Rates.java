package kvctl.cli;

import java.util.Locale;

/** Bytes per second as users write them: {@code 4MiB}, {@code 512KiB/s}, {@code 1.5M}, {@code 500000}, {@code off}. */
final class Rates {
    private Rates() {}

    /**
     * Reads a rate; K, M and G are powers of 1024 with and without {@code iB}.
     *
     * @return bytes per second; 0 for off
     * @throws CliException (usage) if the text is no rate
     */
    static long parse(String text) {
        String rest = text.trim().toLowerCase(Locale.ROOT);
        if (rest.equals("off")) {
            return 0;
        }
        rest = rest.endsWith("/s") ? rest.substring(0, rest.length() - 2) : rest;
        int end = rest.length();
        while (end > 0 && Character.isLetter(rest.charAt(end - 1))) {
            end--;
        }
        long factor = factor(rest.substring(end));
        String digits = rest.substring(0, end).strip();
        if (factor > 0 && digits.matches("[0-9]{1,12}(\\.[0-9]{1,6})?")) {
            double bytes = Double.parseDouble(digits) * factor;
            if (bytes >= 1 && bytes <= 1L << 50) {
                return Math.round(bytes);
            }
        }
        throw CliException.usage("'" + text + "' is not a rate.", "write for example 4MiB, 512KiB/s or off");
    }

    private static long factor(String unit) {
        return switch (unit) {
            case "", "b" -> 1;
            case "k", "kb", "kib" -> 1L << 10;
            case "m", "mb", "mib" -> 1L << 20;
            case "g", "gb", "gib" -> 1L << 30;
            default -> -1;
        };
    }
}
