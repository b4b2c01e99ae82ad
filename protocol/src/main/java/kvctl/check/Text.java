package kvctl.check;

import java.io.IOException;
import java.io.Reader;

/** A text, character by character, and where in it one is. */
final class Text {
    static final int END = -1;

    private static final int NAME_CHARS_MAX = 1000;

    private final Reader reader;
    private final char[] buffer = new char[8192];
    private int from;
    private int to;
    private int line = 1;
    private int column = 1;

    Text(Reader reader) {
        this.reader = reader;
    }

    int line() {
        return line;
    }

    int column() {
        return column;
    }

    int peek() throws IOException {
        return peek(0);
    }

    /** The character so far ahead, less than half a buffer; {@link #END}. */
    int peek(int ahead) throws IOException {
        while (from + ahead >= to) {
            if (from > 0) {
                System.arraycopy(buffer, from, buffer, 0, to - from);
                to -= from;
                from = 0;
            }
            int count = reader.read(buffer, to, buffer.length - to);
            if (count <= 0) {
                return END;
            }
            to += count;
        }
        return buffer[from + ahead];
    }

    int next() throws IOException {
        int c = peek(0);
        if (c != END) {
            from++;
            column++;
            if (c == '\n') {
                line++;
                column = 1;
            }
        }
        return c;
    }

    /** Takes this character, or complains. */
    void expect(char wanted, String where) throws IOException {
        if (peek() != wanted) {
            throw error("'" + wanted + "' expected " + where + ", not " + shown(peek()));
        }
        next();
    }

    /** Takes characters up to one that ends a name or number. */
    String name(String ends) throws IOException {
        StringBuilder name = new StringBuilder();
        while (peek() != END && !Character.isWhitespace(peek()) && ends.indexOf(peek()) < 0) {
            name.append((char) next());
            if (name.length() > NAME_CHARS_MAX) {
                throw error("a name or number of more than " + NAME_CHARS_MAX + " characters");
            }
        }
        return name.toString();
    }

    /** Takes a string in quotes; both formats have the same escapes. */
    String quoted() throws IOException {
        int startLine = line;
        int startColumn = column;
        expect('"', "at the beginning of a string");
        StringBuilder string = new StringBuilder();
        for (int c = next(); c != '"'; c = next()) {
            if (c == END) {
                throw new HistoryFormatException(startLine, startColumn, "the string never ends");
            }
            string.append(c == '\\' ? escaped() : (char) c);
        }
        return string.toString();
    }

    private char escaped() throws IOException {
        int c = next();
        return switch (c) {
            case '"', '\\', '/' -> (char) c;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = Character.digit(next(), 16);
                    if (digit < 0) {
                        throw error("\\u needs four hexadecimal digits");
                    }
                    code = code * 16 + digit;
                }
                yield (char) code;
            }
            default -> throw error("\\" + (c == END ? "" : (char) c) + " means nothing in a string");
        };
    }

    HistoryFormatException error(String message) {
        return new HistoryFormatException(line, column, message);
    }

    static String shown(int c) {
        return c == END ? "the end" : "'" + (char) c + "'";
    }

    /** The string in quotes, for both formats; what is not plain ASCII is escaped. */
    static String quote(String string) {
        StringBuilder out = new StringBuilder(string.length() + 2).append('"');
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                default -> {
                    if (c >= ' ' && c < 0x7f) {
                        out.append(c);
                    } else {
                        out.append(String.format("\\u%04x", (int) c));
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}
