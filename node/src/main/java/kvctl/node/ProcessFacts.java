package kvctl.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What a process costs. Asking never waits: it returns the last known figures and, if these are older than
 * {@value #FRESH_MS} ms, has new ones fetched by a helper thread. Safe for use by many threads.
 */
final class ProcessFacts {
    private static final long FRESH_MS = 1000;
    private static final Path PROC_STATUS = Path.of("/proc/self/status");

    /** @param rssBytes 0 where it can't be read */
    private record Figures(long dataBytes, long rssBytes, long takenAtMs) {}

    private final Path dataDirectory;
    private final Executor helper;
    private final long startedMs;
    private final Supplier<List<String>> faults;
    private final AtomicBoolean refreshing = new AtomicBoolean();
    private volatile Figures figures = new Figures(0, 0, Long.MIN_VALUE / 2);

    /**
     * @param startedMs when the process started, on the clock of {@link NodeLoop#realMs}
     * @param faults ids of those in force
     */
    ProcessFacts(Path dataDirectory, Executor helper, long startedMs, Supplier<List<String>> faults) {
        this.faults = faults;
        this.dataDirectory = dataDirectory;
        this.helper = helper;
        this.startedMs = startedMs;
    }

    Core.Facts now() {
        long nowMs = NodeLoop.realMs();
        Figures known = figures(nowMs);
        long pid = ProcessHandle.current().pid();
        return new Core.Facts(pid, nowMs - startedMs, known.dataBytes(), known.rssBytes(), faults.get());
    }

    private Figures figures(long nowMs) {
        Figures known = figures;
        if (nowMs - known.takenAtMs() >= FRESH_MS && refreshing.compareAndSet(false, true)) {
            helper.execute(() -> {
                figures = new Figures(dataBytes(), rssBytes(), nowMs);
                refreshing.set(false);
            });
        }
        return known;
    }

    private long dataBytes() {
        try (Stream<Path> files = Files.walk(dataDirectory)) {
            return files.mapToLong(ProcessFacts::sizeOf).sum();
        } catch (IOException | UncheckedIOException e) {
            // A file was removed while we walked: the next time will do.
            return figures.dataBytes();
        }
    }

    private static long sizeOf(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    static long rssBytes() {
        try (Stream<String> lines = Files.lines(PROC_STATUS)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | UncheckedIOException | NumberFormatException e) {
            return 0;
        }
    }
}
