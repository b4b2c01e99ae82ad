package kvctl.cli.launch;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import kvctl.cli.ExitCode;
import org.jline.utils.Signals;

/**
 * Ctrl-C, the terminal's hang-up and SIGTERM while this process has nodes to look after. The first asks for an orderly
 * end, the second does not wait for it.
 */
final class Interrupts implements AutoCloseable {
    private final CountDownLatch first = new CountDownLatch(1);
    private final AtomicInteger code = new AtomicInteger();
    private final Map<String, Object> before = new LinkedHashMap<>();
    private final AtomicBoolean ending = new AtomicBoolean();
    private volatile Runnable onFirst = () -> {};

    /** @param onSecond ends everything at once */
    Interrupts(Runnable onSecond) {
        Map.of("INT", ExitCode.INTERRUPTED.code(), "TERM", ExitCode.TERMINATED.code(), "HUP", 129)
                .forEach((name, exitCode) -> {
                    Runnable handler = () -> {
                        if (code.compareAndSet(0, exitCode) && !ending.get()) {
                            first.countDown();
                            onFirst.run();
                        } else {
                            onSecond.run();
                        }
                    };
                    before.put(name, Signals.register(name, handler));
                });
    }

    /** Runs in the signal's thread, at once if the signal was there before. */
    void onFirst(Runnable action) {
        onFirst = action;
        if (code() != 0) {
            action.run();
        }
    }

    /** The orderly end has begun: whoever signals from now on has no patience. */
    void nextIsSecond() {
        ending.set(true);
    }

    /** What this process is to return; 0 if nothing came yet. */
    int code() {
        return code.get();
    }

    /** Waits for the first signal; true if it is there. */
    boolean await(long ms) throws InterruptedException {
        return first.await(ms, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        before.forEach((name, handler) -> {
            if (handler != null) {
                Signals.unregister(name, handler);
            }
        });
    }
}
