package kvctl.cli;

import java.nio.charset.StandardCharsets;

/** Writes one JSON value. Small on purpose: a one-shot get should not load a JSON library to print a line. */
public final class Json {
    private final StringBuilder text = new StringBuilder();
    private boolean comma;

    /** Begins an object or an array. */
    public Json open(char bracket) {
        separate();
        text.append(bracket);
        comma = false;
        return this;
    }

    public Json close(char bracket) {
        text.append(bracket);
        comma = true;
        return this;
    }

    public Json name(String name) {
        text(name);
        text.append(':');
        comma = false;
        return this;
    }

    /** A string, or null. */
    public Json text(String value) {
        separate();
        if (value == null) {
            text.append("null");
        } else {
            quote(value);
        }
        comma = true;
        return this;
    }

    public Json number(long value) {
        return literal(Long.toString(value));
    }

    /** A number with at most three digits behind the point. */
    public Json number(double value) {
        return literal(Double.isFinite(value) ? Double.toString(Math.round(value * 1000) / 1000.0) : "null");
    }

    public Json bool(boolean value) {
        return literal(value ? "true" : "false");
    }

    /** Bytes: {@code "name":"text"} if they are UTF-8, else {@code "name_base64":"..."}. */
    public Json bytes(String name, byte[] value) {
        String utf8 = Bytes.utf8OrNull(value);
        if (utf8 != null) {
            return name(name).text(utf8);
        }
        return name(name + "_base64")
                .text(new String(java.util.Base64.getEncoder().encode(value), StandardCharsets.US_ASCII));
    }

    private Json literal(String value) {
        separate();
        text.append(value);
        comma = true;
        return this;
    }

    private void separate() {
        if (comma) {
            text.append(',');
        }
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"', '\\' -> text.append('\\').append(c);
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> {
                    if (c < 0x20 || c == 0x7f) {
                        text.append("\\u00").append(Bytes.HEX.charAt(c >> 4)).append(Bytes.HEX.charAt(c & 15));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        text.append('"');
    }

    /** What was written since the last call; the value goes on behind it. */
    String take() {
        String taken = text.toString();
        text.setLength(0);
        return taken;
    }

    /** Begins the next value of a sequence that no comma separates. */
    void restart() {
        comma = false;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
