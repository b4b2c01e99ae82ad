package kvctl.cli.launch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import kvctl.cli.Console;

/** Asks a human before something is lost. */
final class Question {
    private Question() {}

    /** Whether the answer is yes; no at once if nobody is there to answer. */
    static boolean yes(Console console, String question) {
        if (!console.interactive()) {
            return false;
        }
        console.note(question + " Type yes to go on:");
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int c = console.in().read();
                    c >= 0 && c != '\n';
                    c = console.in().read()) {
                line.write(c);
            }
            return line.toString(StandardCharsets.UTF_8)
                    .strip()
                    .toLowerCase(Locale.ROOT)
                    .equals("yes");
        } catch (IOException e) {
            return false;
        }
    }
}
