package kvctl.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import org.jline.jansi.AnsiConsole;

/** Colours on Windows consoles. Loaded only there, because it loads JLine. */
final class WindowsAnsi {
    private WindowsAnsi() {}

    /** The console's stream if Jansi can drive it, else {@code plain}. */
    static OutputStream out(OutputStream plain) {
        PrintStream ansi = AnsiConsole.out();
        return ansi == null ? plain : ansi;
    }

    static OutputStream err(OutputStream plain) {
        PrintStream ansi = AnsiConsole.err();
        return ansi == null ? plain : ansi;
    }
}
