package kvctl.cli;

/**
 * Where a command stands in a script, for error messages.
 *
 * @param source name of the file, {@code -e} or {@code stdin}
 * @param line of the command's first line, from 1
 * @param text of the command
 * @param parsed its tokens
 * @param at the place in the text that the error is about, from 0
 */
record Position(String source, int line, String text, Tokenizer.Line parsed, int at) {
    /** The same command, but the error is about this word. */
    Position pointTo(String word) {
        for (Tokenizer.Token token : parsed.tokens()) {
            if (token.text().equals(word)) {
                return new Position(source, line, text, parsed, token.start());
            }
        }
        return this;
    }

    /** {@code file:line:column}, both from 1. */
    @Override
    public String toString() {
        int row = line;
        int lineStart = 0;
        for (int i = text.indexOf('\n'); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) {
            row++;
            lineStart = i + 1;
        }
        return source + ":" + row + ":" + (at - lineStart + 1);
    }
}
