package kvctl.cli;

import java.util.ArrayList;
import java.util.List;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;

/** JLine's view of our own {@link Tokenizer}. */
final class ReplParser implements Parser {
    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
        if (context == ParseContext.ACCEPT_LINE || context == ParseContext.UNSPECIFIED) {
            Tokenizer.Line whole = Tokenizer.split(line);
            if (whole.state() == Tokenizer.State.OPEN_QUOTE || whole.state() == Tokenizer.State.CONTINUED) {
                throw new EOFError(-1, -1, "the command goes on", null);
            }
        }
        return new Line(line, cursor);
    }

    /** Nothing is eaten: a backslash is a character like others. */
    @Override
    public boolean isEscapeChar(char c) {
        return false;
    }

    /** The words up to the cursor; the one under the cursor is the last, and may be empty. */
    static final class Line implements CompletingParsedLine {
        private final String line;
        private final int cursor;
        private final List<String> words = new ArrayList<>();
        private final Tokenizer.Token last;

        Line(String line, int cursor) {
            this.line = line;
            this.cursor = cursor;
            String typed = line.substring(0, cursor);
            List<Tokenizer.Token> tokens =
                    typed.strip().equals("\\") // Not a line that goes on, but a command's beginning.
                            ? List.of(new Tokenizer.Token("\\", cursor - 1, cursor, (char) 0))
                            : Tokenizer.split(typed).tokens();
            Tokenizer.Token end = tokens.isEmpty() ? null : tokens.get(tokens.size() - 1);
            boolean inside = end != null && end.end() == cursor;
            last = inside ? end : null;
            tokens.forEach(token -> words.add(token.text()));
            if (!inside) {
                words.add("");
            }
        }

        @Override
        public String word() {
            return words.get(words.size() - 1);
        }

        @Override
        public int wordCursor() {
            return word().length();
        }

        @Override
        public int wordIndex() {
            return words.size() - 1;
        }

        @Override
        public List<String> words() {
            return words;
        }

        @Override
        public String line() {
            return line;
        }

        @Override
        public int cursor() {
            return cursor;
        }

        /** The candidate as it has to be typed here; a prefix of more to come keeps its quote open. */
        @Override
        public CharSequence escape(CharSequence candidate, boolean complete) {
            String text = candidate.toString();
            if (text.isEmpty() && !complete && last == null) {
                return text; // JLine deletes as many characters as this has before it shows its menu.
            }
            String quoted = Words.quoted(text);
            boolean isQuoted = !quoted.equals(text) || last != null && last.quote() != 0;
            if (!isQuoted) {
                return text;
            }
            String full = quoted.equals(text) ? "'" + text + "'" : quoted;
            return complete ? full : full.substring(0, full.length() - 1);
        }

        @Override
        public int rawWordCursor() {
            return last == null ? 0 : cursor - last.start();
        }

        @Override
        public int rawWordLength() {
            return rawWordCursor();
        }
    }
}
