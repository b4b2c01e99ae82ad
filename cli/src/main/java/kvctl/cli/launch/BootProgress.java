package kvctl.cli.launch;

import java.util.LinkedHashMap;
import java.util.Map;
import kvctl.cli.Console;
import kvctl.cli.Durations;
import kvctl.cli.Session;

/**
 * Shows on standard error how far a start is: a line for each node and each group. On a terminal the lines are redrawn in
 * place; elsewhere each step is one plain line. Says each step once.
 */
final class BootProgress {
    private final Console console;
    private final boolean inPlace;
    private final boolean quiet;
    private final long startNs = System.nanoTime();
    private final Map<String, String> steps = new LinkedHashMap<>();
    private final Map<String, String> lines = new LinkedHashMap<>();
    private int drawn;

    BootProgress(Session session) {
        this.console = session.console();
        this.inPlace = console.errIsTty() && !"dumb".equals(console.env().get("TERM"));
        this.quiet = session.settings().quiet();
    }

    long elapsedMs() {
        return (System.nanoTime() - startNs) / 1_000_000;
    }

    /** Says what the node or group has come to; nothing if that is known. */
    void say(String who, String step) {
        if (step.equals(steps.put(who, step)) || quiet) {
            return;
        }
        String line = line(who, step);
        if (!inPlace) {
            console.note(line);
            return;
        }
        lines.put(who, line);
        if (lines.size() >= console.height() && console.height() > 0) {
            console.note(line); // More lines than the terminal shows cannot be redrawn.
            return;
        }
        StringBuilder text = new StringBuilder();
        if (drawn > 0) {
            text.append("\u001b[").append(drawn).append('A');
        }
        lines.values().forEach(each -> text.append("\u001b[2K").append(each).append('\n'));
        drawn = lines.size();
        text.setLength(text.length() - 1);
        console.note(text.toString());
    }

    /** Says something that is no step. */
    void tell(String text) {
        console.note(text);
        drawn = 0;
    }

    private String line(String who, String step) {
        return String.format("%-10s %-40s %s", who, step, Durations.text(elapsedMs()));
    }
}
