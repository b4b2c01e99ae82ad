package kvctl.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Streams in memory, and what came out of them. */
final class TestConsole {
    final ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    final ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    final Map<String, String> env = new HashMap<>();
    byte[] in = new byte[0];
    Console.Terminals terminals = Console.Terminals.NONE;

    /** Runs a command line as {@code main} does; the streams begin empty. */
    int run(String... args) {
        outBytes.reset();
        errBytes.reset();
        return Main.run(console(), args);
    }

    Console console() {
        return new Console(new ByteArrayInputStream(in), outBytes, errBytes, terminals, env);
    }

    void input(String text) {
        in = text.getBytes(StandardCharsets.UTF_8);
    }

    /** As if on a terminal that shows no colours. */
    void onTerminal() {
        terminals = new Console.Terminals(true, true, true);
        env.put("NO_COLOR", "1");
    }

    void piped() {
        terminals = Console.Terminals.NONE;
    }

    String out() {
        return outBytes.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return errBytes.toString(StandardCharsets.UTF_8);
    }
}
