package kvctl.cli;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The streams of a command. Standard output holds the result and nothing else; notes, progress, timing and errors go to
 * standard error. Text is UTF-8 whatever the locale says. One thread at a time.
 */
public final class Console {
    /** Nobody reads standard output any more ({@code scan | head}): the command ends quietly. */
    static final class Closed extends RuntimeException {
        Closed(IOException cause) {
            super(cause);
        }
    }

    private final InputStream in;
    private final OutputStream err;
    private final Map<String, String> env;
    private final Terminals terminals;
    private OutputStream out;
    private boolean outIsTty;
    private boolean midLine;
    private boolean needsBreak;
    private String color = "auto";
    private boolean isProcess;
    private int width;
    private int height;

    /** Which of the three streams are terminals. */
    public record Terminals(boolean in, boolean out, boolean err) {
        public static final Terminals NONE = new Terminals(false, false, false);
    }

    public Console(InputStream in, OutputStream out, OutputStream err, Terminals terminals, Map<String, String> env) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.terminals = terminals;
        this.outIsTty = terminals.out();
        this.env = env;
    }

    /** The streams of the process. */
    static Console system() {
        Terminals terminals = Tty.detect();
        OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
        OutputStream err = new FileOutputStream(FileDescriptor.err);
        if (Tty.IS_WINDOWS && (terminals.out() || terminals.err())) {
            out = terminals.out() ? WindowsAnsi.out(out) : out;
            err = terminals.err() ? WindowsAnsi.err(err) : err;
        }
        // Buffered, because FileInputStream's own readNBytes asks a pipe for its position, which a pipe has not.
        InputStream in = new BufferedInputStream(new FileInputStream(FileDescriptor.in));
        Console console = new Console(in, out, err, terminals, System.getenv());
        console.isProcess = true;
        return console;
    }

    public InputStream in() {
        return in;
    }

    public Map<String, String> env() {
        return env;
    }

    public boolean inIsTty() {
        return terminals.in();
    }

    public boolean outIsTty() {
        return outIsTty;
    }

    public boolean errIsTty() {
        return terminals.err();
    }

    /** Whether a human sits there who can answer a question. */
    public boolean interactive() {
        return terminals.in() && terminals.err();
    }

    /** Writes bytes of the result. */
    public void write(byte[] bytes) {
        write(bytes, 0, bytes.length);
    }

    void write(byte[] bytes, int offset, int length) {
        if (length == 0) {
            return;
        }
        try {
            if (needsBreak) {
                out.write('\n');
                needsBreak = false;
            }
            out.write(bytes, offset, length);
            midLine = bytes[offset + length - 1] != '\n';
        } catch (IOException e) {
            throw new Closed(e);
        }
    }

    /** Writes text of the result. */
    public void print(String text) {
        write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes one line of the result; on a terminal it is shown at once. */
    public void line(String text) {
        print(text + "\n");
        if (outIsTty) {
            flush();
        }
    }

    /** Writes one line to standard error, after what stands before it on standard output. */
    public void note(String text) {
        if (midLine && outIsTty) {
            print("\n");
        }
        flush();
        try {
            err.write((text + "\n").getBytes(StandardCharsets.UTF_8));
            err.flush();
        } catch (IOException e) {
            // Nobody reads standard error: there is nobody to tell.
        }
    }

    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new Closed(e);
        }
    }

    /** A writer over standard output, for libraries that want one. */
    PrintWriter outWriter() {
        return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
    }

    PrintWriter errWriter() {
        return new PrintWriter(new OutputStreamWriter(err, StandardCharsets.UTF_8), true);
    }

    /** Where results go, whether it is a terminal, and whether the last line there is still open. */
    record Target(OutputStream stream, boolean isTty, boolean midLine, boolean needsBreak) {
        Target(OutputStream stream, boolean isTty) {
            this(stream, isTty, false, false);
        }
    }

    Target target() {
        return new Target(out, outIsTty, midLine, needsBreak);
    }

    /**
     * Sends the result elsewhere ({@code \o FILE}, {@code CMD \| less}) until {@link #restore}.
     *
     * @return where it went before
     */
    Target redirect(Target to) {
        flush();
        Target before = target();
        restore(to);
        return before;
    }

    /** As {@link #redirect}, but what is not yet written is dropped with its stream. */
    void restore(Target to) {
        out = to.stream();
        outIsTty = to.isTty();
        midLine = to.midLine();
        needsBreak = to.needsBreak();
    }

    /**
     * Called between the commands of a script. A value that was written as it is, without a line feed, gets one if more
     * follows, so that two values do not run together.
     */
    void separate() {
        needsBreak = midLine && !outIsTty;
    }

    /** Columns of the terminal; 0 if unknown. */
    public int width() {
        return width > 0 ? width : number("COLUMNS");
    }

    /** Lines of the terminal; 0 if unknown. */
    public int height() {
        return height > 0 ? height : number("LINES");
    }

    /** The REPL knows the size of its terminal. */
    void size(int columns, int lines) {
        width = columns;
        height = lines;
    }

    private int number(String name) {
        String value = env.getOrDefault(name, "");
        return value.length() < 5 && !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Integer.parseInt(value)
                : 0;
    }

    /** Whether these streams are the process's own, so that a child process may inherit them. */
    boolean mayFork() {
        return isProcess;
    }

    /** {@code --color}: auto, always or never. */
    void color(String choice) {
        color = choice;
    }

    public boolean colorsOut() {
        return colors(outIsTty);
    }

    public boolean colorsErr() {
        return colors(terminals.err());
    }

    /** Precedence: --color, NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR, CLICOLOR=0, TERM=dumb, terminal or not. */
    private boolean colors(boolean isTty) {
        if (color.equals("always") || color.equals("never")) {
            return color.equals("always");
        }
        if (!env.getOrDefault("NO_COLOR", "").isEmpty()) {
            return false;
        }
        if (forced("CLICOLOR_FORCE") || forced("FORCE_COLOR")) {
            return true;
        }
        return isTty && !"0".equals(env.get("CLICOLOR")) && !"dumb".equals(env.get("TERM"));
    }

    private boolean forced(String name) {
        String value = env.getOrDefault(name, "");
        return !value.isEmpty() && !value.equals("0");
    }

    /** Text for standard output in a colour, or as it is if colours are off. */
    public String paint(Ink ink, String text) {
        return colorsOut() ? ink.on(text) : text;
    }

    /** Text for standard error in a colour, or as it is if colours are off. */
    public String paintErr(Ink ink, String text) {
        return colorsErr() ? ink.on(text) : text;
    }
}
