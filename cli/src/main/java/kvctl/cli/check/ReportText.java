package kvctl.cli.check;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import kvctl.check.Operation;

/** Words of a report: keys, values and times as people can read them. Stateless. */
final class ReportText {
    private ReportText() {}

    /**
     * A key or value: as UTF-8 if it is, without anything that could act instead of being seen (control characters, marks
     * that turn the direction of writing, broken surrogates), and without its middle if it is long.
     *
     * @param charsMax at least 40
     */
    static String shown(String recorded, int charsMax) {
        String text = utf8(recorded);
        if (text.length() <= charsMax) {
            return visible(text);
        }
        int head = charsMax / 3;
        int tail = charsMax - head - 30; // The end tells more: that is where appends go.
        String left = String.format(Locale.ROOT, "…[%,d characters in all]…", text.length());
        return visible(text.substring(0, head)) + left + visible(text.substring(text.length() - tail));
    }

    /** Bytes are recorded as ISO-8859-1; foreign histories have texts. */
    private static String utf8(String recorded) {
        if (recorded.chars().anyMatch(c -> c > 0xff)) {
            return recorded;
        }
        try {
            byte[] bytes = recorded.getBytes(StandardCharsets.ISO_8859_1);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return recorded;
        }
    }

    private static String visible(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL -> out.append(control(c));
                case Character.FORMAT,
                        Character.SURROGATE,
                        Character.PRIVATE_USE,
                        Character.UNASSIGNED,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR -> out.append(String.format("\\u{%x}", c));
                default -> out.appendCodePoint(c);
            }
        });
        return out.toString();
    }

    private static String control(int c) {
        return switch (c) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> String.format("\\x%02x", c);
        };
    }

    /** Safe between tags and in quoted attributes. */
    static String html(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    /** A length of time in the unit that suits it. */
    static String time(long ns) {
        double size = Math.abs((double) ns);
        if (size >= 1e9) {
            return String.format(Locale.ROOT, "%.3f s", ns / 1e9);
        }
        if (size >= 1e6) {
            return String.format(Locale.ROOT, "%.3f ms", ns / 1e6);
        }
        return size >= 1e3 ? String.format(Locale.ROOT, "%.1f µs", ns / 1e3) : ns + " ns";
    }

    /** A moment, from the beginning of the run, in the unit that suits the run. */
    static String moment(long ns, long runNs) {
        if (runNs < 1_000_000) {
            return String.format(Locale.ROOT, "%,d ns", ns);
        }
        return runNs < 1_000_000_000
                ? String.format(Locale.ROOT, "%.6f ms", ns / 1e6)
                : String.format(Locale.ROOT, "%.6f s", ns / 1e9);
    }

    /** What was called: {@code cas v3 "x"}. */
    static String call(Operation op, int charsMax) {
        String argument = op.argument() == null ? "" : " " + quoted(op.argument(), charsMax);
        String expected = expected(op, charsMax);
        return op.kind().name().toLowerCase(Locale.ROOT) + (expected == null ? "" : " " + expected) + argument;
    }

    /** What a cas expects; null for others. */
    static String expected(Operation op, int charsMax) {
        if (op.kind() != Operation.Kind.CAS) {
            return null;
        }
        String value = op.call().expectedValue();
        return value == null ? "v" + op.call().expectedVersion() : quoted(value, charsMax);
    }

    /** What was answered: {@code "x" v7}. */
    static String answer(Operation op, int charsMax) {
        if (op.outcome() != Operation.Outcome.DONE) {
            return op.outcome() == Operation.Outcome.FAILED ? "failed" : "unknown";
        }
        String version = op.version() == Operation.NOT_TOLD ? "" : "v" + op.version();
        if (op.kind() == Operation.Kind.GET) {
            return op.value() == null ? "no such key" : (quoted(op.value(), charsMax) + " " + version).strip();
        }
        String done = op.effective() ? "done" : "not done";
        return version.isEmpty() ? done : done + ", " + version;
    }

    static String quoted(String value, int charsMax) {
        return '"' + shown(value, charsMax) + '"';
    }

    /** {@code 1 operation}, {@code 2,000 operations}. */
    static String count(long count, String one) {
        return String.format(Locale.ROOT, "%,d %s%s", count, one, count == 1 ? "" : "s");
    }
}
