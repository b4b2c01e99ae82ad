package kvctl.protocol;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@link Fault}s as text, and the bounds of their numbers. */
final class FaultText {
    private static final Pattern DURATION = Pattern.compile("([+-]?)(\\d{1,9})(ms|s|m|h)");
    private static final Pattern PERCENT = Pattern.compile("(\\d{1,3})(?:\\.(\\d{1,2}))?%");
    private static final Pattern RATE = Pattern.compile("(\\d{1,3})(?:\\.(\\d{1,3}))?");
    private static final List<String> UNITS = List.of("h", "m", "s");

    private FaultText() {}

    static Fault parse(String text, ToIntFunction<String> ids) {
        String[] words = text.strip().split("\\s+");
        if (words.length > 1 && (words[0].equals("disk") || words[0].equals("clock"))) {
            return ofNode(text, words, ids.applyAsInt(words[1]));
        }
        int arrow = words.length > 1 ? words[1].indexOf('>') : -1;
        if (arrow < 1 || arrow == words[1].length() - 1) {
            throw unknown(text);
        }
        int from = ids.applyAsInt(words[1].substring(0, arrow));
        int to = ids.applyAsInt(words[1].substring(arrow + 1));
        return switch (words[0] + ' ' + words.length) {
            case "cut 2" -> new Fault.Cut(from, to);
            case "clog 2" -> new Fault.Clog(from, to);
            case "drop 3" -> new Fault.Drop(from, to, chance(words[2]));
            case "duplicate 3" -> new Fault.Duplicate(from, to, chance(words[2]));
            case "reorder 4" -> new Fault.Reorder(from, to, chance(words[2]), durationMs(words[3]));
            case "delay 3" -> new Fault.Delay(from, to, durationMs(words[2]), 0);
            case "delay 5" -> {
                if (!words[3].equals("jitter")) {
                    throw unknown(text);
                }
                yield new Fault.Delay(from, to, durationMs(words[2]), durationMs(words[4]));
            }
            default -> throw unknown(text);
        };
    }

    private static Fault ofNode(String text, String[] words, int node) {
        String rest = String.join(" ", Arrays.asList(words).subList(2, words.length));
        if (words[0].equals("disk")) {
            return switch (words.length == 4 ? words[2] + " .." : rest) {
                case "slow .." -> new Fault.SlowDisk(node, durationMs(words[3]));
                case "full" -> new Fault.FullDisk(node);
                case "error" -> new Fault.FailingDisk(node);
                default -> throw unknown(text);
            };
        }
        if (words.length == 4 && words[2].equals("rate")) {
            return new Fault.ClockRate(node, decimal(RATE, words[3], 3, "a rate such as 1.5"));
        }
        if (words.length == 3 && (rest.startsWith("+") || rest.startsWith("-"))) {
            return new Fault.ClockJump(node, durationMs(rest));
        }
        throw unknown(text);
    }

    static String print(Fault fault, IntFunction<String> names) {
        if (fault instanceof Fault.OfLink link) {
            return ofLink(link, names.apply(link.from()) + '>' + names.apply(link.to()));
        }
        String name = names.apply(((Fault.OfNode) fault).node());
        if (fault instanceof Fault.SlowDisk slow) {
            return "disk " + name + " slow " + duration(slow.syncMs());
        } else if (fault instanceof Fault.FullDisk) {
            return "disk " + name + " full";
        } else if (fault instanceof Fault.FailingDisk) {
            return "disk " + name + " error";
        } else if (fault instanceof Fault.ClockJump jump) {
            return "clock " + name + ' ' + (jump.offsetMs() < 0 ? "-" : "+") + duration(Math.abs(jump.offsetMs()));
        }
        return "clock " + name + " rate " + fraction(((Fault.ClockRate) fault).permille(), 3);
    }

    private static String ofLink(Fault.OfLink fault, String link) {
        if (fault instanceof Fault.Cut) {
            return "cut " + link;
        } else if (fault instanceof Fault.Delay delay) {
            String jitter = delay.jitterMs() == 0 ? "" : " jitter " + duration(delay.jitterMs());
            return "delay " + link + ' ' + duration(delay.delayMs()) + jitter;
        } else if (fault instanceof Fault.Drop drop) {
            return "drop " + link + ' ' + percent(drop.chance());
        } else if (fault instanceof Fault.Duplicate duplicate) {
            return "duplicate " + link + ' ' + percent(duplicate.chance());
        } else if (fault instanceof Fault.Reorder reorder) {
            return "reorder " + link + ' ' + percent(reorder.chance()) + ' ' + duration(reorder.withinMs());
        }
        return "clog " + link;
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException("'" + text + "' is no fault. Try: cut n1>n2, delay n1>n2 80ms jitter 20ms,"
                + " drop n1>n2 10%, duplicate n1>n2 10%, reorder n1>n2 10% 50ms, clog n1>n2, disk n2 slow 50ms,"
                + " disk n2 full, disk n2 error, clock n1 +5s, clock n1 rate 1.5");
    }

    // --- numbers ---

    private static int durationMs(String text) {
        Matcher found = DURATION.matcher(text);
        if (!found.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no duration such as 80ms, 5s or 1m.");
        }
        long ms = Long.parseLong(found.group(2)) * unitMs(found.group(3));
        if (ms > Fault.MS_MAX) {
            throw new IllegalArgumentException("'" + text + "' is too long; 1h is the limit.");
        }
        return Math.toIntExact(found.group(1).equals("-") ? -ms : ms);
    }

    private static int unitMs(String unit) {
        return switch (unit) {
            case "h" -> 3_600_000;
            case "m" -> 60_000;
            case "s" -> 1000;
            default -> 1;
        };
    }

    private static String duration(int ms) {
        for (String unit : UNITS) {
            if (ms != 0 && ms % unitMs(unit) == 0) {
                return ms / unitMs(unit) + unit;
            }
        }
        return ms + "ms";
    }

    private static int chance(String text) {
        return decimal(PERCENT, text, 2, "a chance such as 10% or 0.5%");
    }

    private static String percent(int chance) {
        return fraction(chance, 2) + '%';
    }

    /** A decimal fraction as a whole number of its last possible digit. */
    private static int decimal(Pattern pattern, String text, int digits, String what) {
        Matcher found = pattern.matcher(text);
        if (!found.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not " + what + ".");
        }
        String behind = found.group(2) == null ? "" : found.group(2);
        return Integer.parseInt(found.group(1) + behind + "0".repeat(digits - behind.length()));
    }

    private static String fraction(int value, int digits) {
        int one = digits == 2 ? 100 : 1000;
        String text = String.format(Locale.ROOT, "%d.%0" + digits + "d", value / one, value % one);
        return text.replaceAll("\\.?0*$", "");
    }

    static void checkLink(int from, int to) {
        checkNode(from);
        checkNode(to);
        if (from == to) {
            throw new IllegalArgumentException("Node " + from + " has no link to itself.");
        }
    }

    static void checkNode(int node) {
        checkRange("A node's id", node, 1, Integer.MAX_VALUE);
    }

    static void checkChance(int chance) {
        checkRange("A chance in hundredths of a percent", chance, 1, Fault.CERTAIN);
    }

    static void checkRange(String what, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + " is " + min + " to " + max + ", not " + value + ".");
        }
    }
}
