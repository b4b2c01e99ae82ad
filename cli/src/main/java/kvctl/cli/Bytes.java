package kvctl.cli;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Keys and values are bytes; these are the ways to show them. */
final class Bytes {
    static final String HEX = "0123456789abcdef";

    private Bytes() {}

    /** The UTF-8 bytes of the text; a lone surrogate U+DC80..U+DCFF stands for the byte 80..ff (see {@link Tokenizer}). */
    static byte[] of(String text) {
        boolean plain = true;
        for (int i = 0; i < text.length() && plain; i++) {
            plain = !Character.isSurrogate(text.charAt(i));
        }
        if (plain) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length() * 2);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0xdc80 && c <= 0xdcff) {
                out.write(c - 0xdc00);
            } else {
                int end = i + Character.charCount(text.codePointAt(i));
                out.writeBytes(text.substring(i, end).getBytes(StandardCharsets.UTF_8));
                i = end - 1;
            }
        }
        return out.toByteArray();
    }

    /** The reverse: bytes that are not UTF-8 become lone surrogates. */
    static String text(byte[] bytes) {
        String utf8 = utf8OrNull(bytes);
        if (utf8 != null) {
            return utf8;
        }
        StringBuilder out = new StringBuilder(bytes.length);
        for (int at = 0; at < bytes.length; ) {
            int length = characterLength(bytes, at);
            if (length == 0) {
                out.append((char) (0xdc00 + (bytes[at] & 0xff)));
                at++;
            } else {
                out.append(new String(bytes, at, length, StandardCharsets.UTF_8));
                at += length;
            }
        }
        return out.toString();
    }

    /** The text, or null if the bytes are not valid UTF-8. */
    static String utf8OrNull(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /**
     * Text that is safe on a terminal: control characters and bytes that are not UTF-8 become {@code \xHH}.
     *
     * @param lines whether line feeds and tabs stay as they are
     */
    static String shown(byte[] bytes, boolean lines) {
        StringBuilder out = new StringBuilder(bytes.length);
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
            int at = rest.position();
            int length = characterLength(bytes, at);
            int c = length == 0 ? -1 : new String(bytes, at, length, StandardCharsets.UTF_8).codePointAt(0);
            boolean plain =
                    c >= 0 && (!Character.isISOControl(c) || lines && (c == '\n' || c == '\t')) && !invisible(c);
            int taken = Math.max(1, length);
            if (plain) {
                out.appendCodePoint(c);
            } else {
                for (int i = 0; i < taken; i++) {
                    escape(out, bytes[at + i]);
                }
            }
            rest.position(at + taken);
        }
        return out.toString();
    }

    /** Characters that change how their neighbours are shown: a terminal should not obey a stored value. */
    private static boolean invisible(int c) {
        return c == 0x2028 || c == 0x2029 || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0xfeff;
    }

    static void escape(StringBuilder out, byte b) {
        out.append("\\x").append(HEX.charAt((b >> 4) & 15)).append(HEX.charAt(b & 15));
    }

    /** Length of the valid UTF-8 character at this place; 0 if there is none. */
    private static int characterLength(byte[] bytes, int at) {
        int b = bytes[at] & 0xff;
        int length =
                b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;
        if (length < 2) {
            return length;
        }
        if (at + length > bytes.length) {
            return 0;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, at, length));
            return length;
        } catch (CharacterCodingException e) {
            return 0;
        }
    }
}
