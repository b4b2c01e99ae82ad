package kvctl.client;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import kvctl.protocol.Hello;

/**
 * Connections on {@code java.nio}, all served by one thread, which is also the one on which the client lives. Per
 * turn of
 * its loop: run the tasks, write what waits (all requests of a connection together), wait, read. Every turn reads
 * through one big buffer, and parses as many frames as came.
 */
final class SocketTransport implements Transport {
    static final int BUFFER_BYTES = 256 << 10;

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean asleep = new AtomicBoolean();
    private final RandomGenerator random = new SplittableRandom(seed());
    private final List<SocketLink> dirty = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "kvctl-client");
    private ByteBuffer buffer;
    private Selector selector;
    private Runnable wake;
    private Consumer<Throwable> broken;
    private long wakeAtMs = Long.MAX_VALUE;
    private boolean stopping;
    private volatile boolean stopped;

    /** Real chance, since it names sessions; from the device if there is one, because SecureRandom starts slowly. */
    private static long seed() {
        try (InputStream device = new FileInputStream("/dev/urandom")) {
            return ByteBuffer.wrap(device.readNBytes(Long.BYTES)).getLong();
        } catch (IOException | BufferUnderflowException noDevice) {
            return new SecureRandom().nextLong();
        }
    }

    @Override
    public long nowMs() {
        return System.nanoTime() / 1_000_000;
    }

    @Override
    public long epochMs() {
        return System.currentTimeMillis();
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public void start(Runnable wakeUp, Consumer<Throwable> whenBroken) {
        wake = wakeUp;
        broken = whenBroken;
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("can't open a selector", e);
        }
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public boolean execute(Runnable task) {
        if (stopped) {
            return false;
        }
        tasks.add(task);
        // The loop looks for tasks once more after it has set "stopped": either it finds this one, or it is taken back
        // here.
        if (stopped && tasks.remove(task)) {
            return false;
        }
        if (asleep.get() && asleep.compareAndSet(true, false)) {
            selector.wakeup();
        }
        return true;
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread() == thread;
    }

    @Override
    public void wakeAt(long atMs) {
        wakeAtMs = atMs;
    }

    @Override
    public Link connect(String address, Hello hello, Listener listener) {
        return new SocketLink(this, address, hello, listener);
    }

    @Override
    public void stop() {
        stopping = true;
    }

    Selector selector() {
        return selector;
    }

    /** For one read or write at a time. */
    ByteBuffer buffer() {
        return buffer;
    }

    /** The link is flushed before the loop waits. */
    void flushLater(SocketLink link) {
        dirty.add(link);
    }

    private void run() {
        buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        Throwable failure = null;
        try {
            while (!stopping) {
                turn();
            }
        } catch (Throwable t) {
            failure = t;
        }
        stopped = true;
        if (failure != null) {
            broken.accept(failure);
        }
        Runnable task;
        while ((task = tasks.poll()) != null) {
            task.run();
        }
        for (SelectionKey key : selector.keys()) {
            ((SocketLink) key.attachment()).close();
        }
        try {
            selector.close();
        } catch (IOException e) {
            // Nothing is left to be saved.
        }
    }

    private void turn() throws IOException {
        runTasks();
        flush();
        if (stopping) {
            return; // A thread that sleeps in the selector keeps the process from ending.
        }
        long waitMs = Math.max(0, wakeAtMs - nowMs());
        asleep.set(true);
        if (!tasks.isEmpty() || !dirty.isEmpty() || waitMs == 0) {
            selector.selectNow();
        } else {
            selector.select(wakeAtMs == Long.MAX_VALUE ? 0 : Math.min(waitMs, TimeUnit.HOURS.toMillis(1)));
        }
        asleep.set(false);
        for (SelectionKey key : selector.selectedKeys()) {
            ((SocketLink) key.attachment()).ready();
        }
        selector.selectedKeys().clear();
        if (nowMs() >= wakeAtMs) {
            wakeAtMs = Long.MAX_VALUE;
            wake.run();
        }
    }

    private void runTasks() {
        // As many as there are now; what they add in turn waits until the sockets have had their turn.
        for (int i = 0; i < 10_000; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            task.run();
        }
    }

    private void flush() {
        for (int i = 0; i < dirty.size(); i++) {
            dirty.get(i).flush();
        }
        dirty.clear();
    }
}
