package kvctl.check;

import java.io.IOException;

/** A text is not a history. The message is one line for a human, with line and column from 1. */
public final class HistoryFormatException extends IOException {
    private static final long serialVersionUID = 1;

    HistoryFormatException(int line, int column, String message) {
        super("line " + line + ", column " + column + ": " + message);
    }
}
