package kvctl.node.fault;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import kvctl.protocol.Fault;
import kvctl.storage.DiskFaults;

/**
 * The faults of a node's disk. Whoever writes waits here as it would for a slow disk, and no longer than the fault is in
 * force; an interrupt neither shortens that nor is lost (HAZARDS D3). Safe for use by many threads.
 */
final class Disk implements DiskFaults {
    private static final Set<String> SYNCS = Set.of("sync", "syncPromises");

    /** Read without the lock, so that a healthy disk costs nothing. */
    private volatile List<Rule> rules = List.of();

    synchronized void obey(List<Rule> inForce) {
        rules = List.copyOf(inForce);
        notifyAll();
    }

    @Override
    public void before(String call) throws IOException {
        for (Rule rule : rules) {
            if (rule.fault() instanceof Fault.FailingDisk && SYNCS.contains(call)) {
                rule.hit();
                throw new IOException("Input/output error (injected fault)");
            } else if (rule.fault() instanceof Fault.SlowDisk slow && SYNCS.contains(call)) {
                rule.hit();
                waitFor(rule, slow.syncMs());
            }
        }
    }

    /** A full disk: nothing is left for new data. The little that a node must write still goes to its reserve (D12). */
    @Override
    public long freeBytes(long bytes) {
        for (Rule rule : rules) {
            if (rule.fault() instanceof Fault.FullDisk) {
                rule.hit();
                return 0;
            }
        }
        return bytes;
    }

    private synchronized void waitFor(Rule rule, long ms) {
        long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        boolean interrupted = false;
        for (long left = endNanos - System.nanoTime();
                left > 0 && rules.contains(rule);
                left = endNanos - System.nanoTime()) {
            try {
                wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
