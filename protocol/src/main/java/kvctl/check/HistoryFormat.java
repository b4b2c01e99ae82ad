package kvctl.check;

import java.io.IOException;
import java.io.Reader;

/** How a history is written down; {@code protocol/README.md} has both forms. Stateless. */
public enum HistoryFormat {
    /** Jepsen's events. */
    EDN {
        @Override
        public void write(History history, Appendable out) throws IOException {
            EdnHistory.write(history, out);
        }
    },
    /** Our own, a JSON object for each operation. */
    JSON {
        @Override
        public void write(History history, Appendable out) throws IOException {
            JsonHistory.write(history, out);
        }
    };

    /** Only {@link #JSON} keeps everything: EDN has no log indexes, and gives processes that went on another number. */
    public abstract void write(History history, Appendable out) throws IOException;

    /**
     * Reads a history in either form, to the end; which one is seen from its beginning. The caller closes the reader.
     *
     * @throws HistoryFormatException if it is none, with line and column
     */
    public static History read(Reader reader) throws IOException {
        Text text = new Text(reader);
        if (text.peek() == '\ufeff') {
            text.next();
        }
        while (text.peek() != Text.END && Character.isWhitespace(text.peek())) {
            text.next();
        }
        int ahead = 1;
        while (ahead < 1000 && text.peek(ahead) != Text.END && Character.isWhitespace(text.peek(ahead))) {
            ahead++;
        }
        boolean json = text.peek() == '{' && (text.peek(ahead) == '"' || text.peek(ahead) == '}');
        return json ? JsonHistory.read(text) : EdnHistory.read(text);
    }
}
