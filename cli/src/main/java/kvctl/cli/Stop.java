package kvctl.cli;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;

/**
 * Ctrl-C, SIGTERM and the terminal's hang-up while a load runs: the first ends the load, which then says what it measured,
 * the second ends the process. In the REPL signals are the REPL's, and it cancels the session.
 */
public final class Stop implements AutoCloseable {
    private static final int HUNG_UP = 129;

    private final Session session;
    private final AtomicInteger code = new AtomicInteger();
    private final Map<String, Object> before = new TreeMap<>();

    public Stop(Session session) {
        this.session = session;
        if (!session.isRepl()) {
            take("INT", ExitCode.INTERRUPTED.code());
            take("TERM", ExitCode.TERMINATED.code());
            take("HUP", HUNG_UP);
        }
    }

    /** A terminal that closes often says so twice, and nobody is left there who could be impatient. */
    private void take(String signal, int exitCode) {
        before.put(signal, Signals.register(signal, () -> {
            if (!code.compareAndSet(0, exitCode) && exitCode != HUNG_UP) {
                Runtime.getRuntime().halt(exitCode);
            }
        }));
    }

    /** The exit code for how it was stopped; 0 if it was not. */
    public int code() {
        int signalled = code.get();
        return signalled == 0 && session.isCancelled() ? ExitCode.INTERRUPTED.code() : signalled;
    }

    public boolean isAsked() {
        return code() != 0;
    }

    @Override
    public void close() {
        before.forEach((signal, previous) -> {
            if (previous != null) {
                Signals.unregister(signal, previous);
            }
        });
    }
}
