package kvctl.cli;

import java.io.IOException;
import java.io.OutputStream;

/** Shows long text in the user's pager. */
final class Pager {
    private static final int UNKNOWN_HEIGHT = 24;

    private Pager() {}

    /** Shows it if a human sits there, a pager is set ($KVCTL_PAGER, $PAGER) and the text is longer than the screen. */
    static boolean show(Console console, String text) {
        String command = console.env().getOrDefault("KVCTL_PAGER", console.env().getOrDefault("PAGER", ""));
        long lines = text.chars().filter(c -> c == '\n').count();
        int height = console.height() > 0 ? console.height() : UNKNOWN_HEIGHT;
        if (command.isEmpty()
                || lines < height
                || !console.outIsTty()
                || !console.interactive()
                || !console.mayFork()) {
            return false;
        }
        try {
            Process pager = new ProcessBuilder("sh", "-c", command)
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (OutputStream to = pager.getOutputStream()) {
                to.write(Bytes.of(text));
            } catch (IOException e) {
                // The user left the pager before the end.
            }
            pager.waitFor();
            return true;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
