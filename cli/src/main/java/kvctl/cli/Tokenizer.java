package kvctl.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * The one grammar of command lines in the REPL, in {@code -e}, in scripts and on stdin.
 *
 * <p>Words are separated by blanks. A bare word is literal: backslashes, {@code !}, {@code |}, {@code $} and quotes inside
 * it stand for themselves. A word that begins with {@code '} goes to the next {@code '} and everything in it is literal.
 * A word that begins with {@code "} knows {@code \n \t \r \0 \\ \" \xHH} (a byte) and backslash-u with four hex digits;
 * both kinds of quotes may also follow {@code --option=}. {@code #} at the beginning of a word starts a comment.
 * A backslash at the end of a line, and an open quote, continue on the next line. The bare word {@code \|} ends the
 * command: the rest of the line is for the shell.
 *
 * <p>A byte written as {@code \xHH} that is not ASCII becomes the lone surrogate U+DCHH, which {@link Bytes#of} turns
 * back into that byte.
 */
final class Tokenizer {
    /**
     * One word.
     *
     * @param text what it stands for
     * @param start where it begins in the source, from 0
     * @param end where it ends, exclusive
     * @param quote the quote that it is written with, 0 if it is bare
     */
    record Token(String text, int start, int end, char quote) {}

    /** Why more input is needed, or not. */
    enum State {
        /** The command is whole. */
        COMPLETE,
        /** A quote is open. */
        OPEN_QUOTE,
        /** The last line ends with a backslash. */
        CONTINUED,
        /** There is an error; {@code problem} says which. */
        BAD
    }

    /**
     * @param problem what is wrong, null unless {@code BAD}
     * @param problemAt where, from 0
     * @param comment where the comment begins, -1 if there is none
     * @param pipe the shell's part behind {@code \|}, null if there is none
     */
    record Line(State state, List<Token> tokens, String problem, int problemAt, int comment, String pipe) {
        String[] words() {
            String[] words = new String[tokens.size()];
            for (int i = 0; i < words.length; i++) {
                words[i] = tokens.get(i).text();
            }
            return words;
        }
    }

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private int at;
    private State state = State.COMPLETE;
    private String problem;
    private int problemAt = -1;
    private int comment = -1;
    private String pipe;

    private Tokenizer(String source) {
        this.source = source;
    }

    /** Splits a command, which may hold line feeds where it was continued. Never throws. */
    static Line split(String source) {
        Tokenizer tokenizer = new Tokenizer(source);
        tokenizer.run();
        return new Line(
                tokenizer.state,
                List.copyOf(tokenizer.tokens),
                tokenizer.problem,
                tokenizer.problemAt,
                tokenizer.comment,
                tokenizer.pipe);
    }

    private void run() {
        while (state == State.COMPLETE) {
            skipBlanks();
            if (at == source.length() || state != State.COMPLETE) {
                return;
            }
            if (source.charAt(at) == '#') {
                comment = at;
                int end = source.indexOf('\n', at);
                at = end < 0 ? source.length() : end;
                continue;
            }
            if (isPipe()) {
                pipe = source.substring(at + 2).strip();
                if (pipe.isEmpty()) {
                    bad("a shell command is missing behind \\|", at);
                }
                return;
            }
            readWord();
        }
    }

    private boolean isPipe() {
        return source.startsWith("\\|", at) && (at + 2 == source.length() || isBlank(source.charAt(at + 2)));
    }

    private void skipBlanks() {
        while (at < source.length()) {
            if (isBlank(source.charAt(at))) {
                at++;
            } else if (isContinuation()) {
                continueLine();
            } else {
                return;
            }
        }
    }

    /** A backslash at the end of a line. */
    private boolean isContinuation() {
        return source.charAt(at) == '\\' && (at + 1 == source.length() || source.charAt(at + 1) == '\n');
    }

    private void continueLine() {
        if (at + 1 == source.length()) {
            state = State.CONTINUED;
        }
        at = Math.min(source.length(), at + 2);
    }

    private void readWord() {
        int start = at;
        word.setLength(0);
        char quote = source.charAt(at);
        if (quote == '\'' || quote == '"') {
            readQuoted(quote);
        } else {
            quote = 0;
            readBare();
        }
        if (state == State.COMPLETE || state == State.CONTINUED || state == State.OPEN_QUOTE) {
            tokens.add(new Token(word.toString(), start, Math.min(at, source.length()), quote));
        }
    }

    private void readBare() {
        int start = at;
        while (at < source.length() && !isBlank(source.charAt(at)) && state == State.COMPLETE) {
            char c = source.charAt(at);
            if (isContinuation()) {
                continueLine();
            } else if ((c == '\'' || c == '"') && followsOption(start)) {
                readQuoted(c);
            } else {
                word.append(c);
                at++;
            }
        }
    }

    private boolean followsOption(int start) {
        return source.startsWith("--", start) && source.charAt(at - 1) == '=' && source.indexOf('=', start) == at - 1;
    }

    private void readQuoted(char quote) {
        int open = at++;
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == quote) {
                at++;
                if (at < source.length() && !isBlank(source.charAt(at))) {
                    bad("a blank is missing behind the closing quote", at);
                }
                return;
            }
            if (c == '\\' && quote == '"') {
                if (!readEscape()) {
                    return;
                }
            } else {
                word.append(c);
                at++;
            }
        }
        state = State.OPEN_QUOTE;
        problemAt = open;
    }

    private boolean readEscape() {
        if (at + 1 == source.length()) {
            at++;
            state = State.OPEN_QUOTE;
            return false;
        }
        char kind = source.charAt(at + 1);
        switch (kind) {
            case 'n' -> word.append('\n');
            case 't' -> word.append('\t');
            case 'r' -> word.append('\r');
            case '0' -> word.append('\0');
            case '\\', '"' -> word.append(kind);
            case '\n' -> {}
            case 'x' -> {
                return readHex(2);
            }
            case 'u' -> {
                return readHex(4);
            }
            default -> {
                bad("unknown escape \\" + kind + " (known: \\n \\t \\r \\0 \\\\ \\\" \\xHH \\uHHHH)", at);
                return false;
            }
        }
        at += 2;
        return true;
    }

    private boolean readHex(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int place = at + 2 + i;
            int digit = place < source.length() ? Character.digit(source.charAt(place), 16) : -1;
            if (digit < 0 || source.charAt(place) > 'f') {
                bad("\\" + source.charAt(at + 1) + " needs " + digits + " hex digits", at);
                return false;
            }
            value = value * 16 + digit;
        }
        if (digits == 4 && Character.isLowSurrogate((char) value) != endsWithHighSurrogate()) {
            bad("half a character: \\u" + Integer.toHexString(value) + " and its neighbour are no pair", at);
            return false;
        }
        word.append(digits == 2 && value >= 0x80 ? (char) (0xdc00 + value) : (char) value);
        at += 2 + digits;
        if (digits == 4 && Character.isHighSurrogate((char) value) && !source.startsWith("\\u", at)) {
            bad("half a character: its other half must follow", at - 2 - digits);
            return false;
        }
        return true;
    }

    private boolean endsWithHighSurrogate() {
        return word.length() > 0 && Character.isHighSurrogate(word.charAt(word.length() - 1));
    }

    private void bad(String what, int where) {
        state = State.BAD;
        problem = what;
        problemAt = where;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }
}
