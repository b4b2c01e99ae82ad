package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.ContextInitializer;
import ch.qos.logback.core.joran.spi.JoranException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class NodeLogTest {
    private static final int LINES = 10_000;

    @TempDir
    Path directory;

    @AfterEach
    void logAsOtherTestsDo() throws JoranException {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        new ContextInitializer(context).autoConfig();
    }

    private static Thread daemon(Runnable body) {
        Thread thread = new Thread(body);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** The log is a pipe that nobody reads, as a disk that hangs: ten thousand lines are lost rather than waited for. */
    @Test
    void C12_whoLogsNeverWaitsForWhoWrites() throws Exception {
        Path pipe = directory.resolve("node.log");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        AtomicBoolean over = new AtomicBoolean();
        try (RandomAccessFile both = new RandomAccessFile(pipe.toFile(), "rw")) {
            NodeLog.open(directory);
            Logger log = LoggerFactory.getLogger("kvctl.test");
            Thread logging = daemon(() -> {
                for (int i = 0; i < LINES; i++) {
                    log.info("{} and so on, and so on, and so on, and so on, and so on", i);
                }
            });
            logging.join(20_000);
            assertThat(logging.isAlive()).as("still logging").isFalse();
            Thread reading = daemon(() -> readAll(both, over));
            NodeLog.close();
            over.set(true);
            both.write('\n');
            reading.join();
        }
    }

    private static void readAll(RandomAccessFile pipe, AtomicBoolean over) {
        byte[] some = new byte[1 << 16];
        try {
            while (!over.get()) {
                assertThat(pipe.read(some)).isPositive();
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
