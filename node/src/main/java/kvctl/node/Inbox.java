package kvctl.node;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;
import kvctl.raft.Message;

/**
 * What waits for the loop: many threads put in, the loop takes out. Everything is bounded (HAZARDS A1); what does not
 * fit is not taken, the caller says so to whoever sent it.
 *
 * <p>Three lanes, served in this order (HAZARDS A3). <b>Control</b>: votes, answers, whatever is small and order-free.
 * <b>Log</b>: AppendEntries with or without entries and snapshot chunks, in the order they came, because a heartbeat
 * that overtakes the entries before it looks like a gap. <b>Calls</b>: requests of clients; they never delay the others.
 */
final class Inbox {
    private final int maxControl;
    private final long maxLogBytes;
    private final int maxCalls;
    private final long maxCallBytes;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final ArrayDeque<Mail> control = new ArrayDeque<>();
    private final ArrayDeque<Mail> log = new ArrayDeque<>();
    private final ArrayDeque<Call> calls = new ArrayDeque<>();
    private long logBytes;
    private long callBytes;
    private boolean woken;

    /** Bounds: control messages, bytes of the log lane, waiting calls and their bytes. */
    Inbox(int maxControl, long maxLogBytes, int maxCalls, long maxCallBytes) {
        this.maxControl = maxControl;
        this.maxLogBytes = maxLogBytes;
        this.maxCalls = maxCalls;
        this.maxCallBytes = maxCallBytes;
    }

    /** Takes messages of one frame; those over the bound are dropped, Raft sends again. */
    void offer(List<Mail> mails) {
        lock.lock();
        try {
            for (Mail mail : mails) {
                if (!mail.isBulk()) {
                    if (control.size() < maxControl) {
                        control.add(mail);
                    }
                } else if (logBytes < maxLogBytes) {
                    log.add(mail);
                    logBytes += mail.bytes();
                }
            }
            filled.signal();
        } finally {
            lock.unlock();
        }
    }

    /** False if there is no room: the call was not taken. */
    boolean offer(Call call) {
        lock.lock();
        try {
            if (calls.size() >= maxCalls || callBytes >= maxCallBytes) {
                return false;
            }
            calls.add(call);
            callBytes += call.bytes();
            filled.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Loses what waits of these nodes, which by now are cut off. */
    void forget(IntPredicate nodes) {
        lock.lock();
        try {
            control.removeIf(mail -> nodes.test(mail.from()));
            log.removeIf(mail -> nodes.test(mail.from()));
            logBytes = log.stream().mapToLong(Mail::bytes).sum();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the loop's waiting, now or the next time it would begin. */
    void wake() {
        lock.lock();
        try {
            woken = true;
            filled.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there is something, {@link #wake} is called, or {@code timeoutMs} is over. */
    void await(long timeoutMs) {
        lock.lock();
        try {
            long leftNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
            while (!woken && leftNanos > 0 && control.isEmpty() && log.isEmpty() && calls.isEmpty()) {
                leftNanos = filled.awaitNanos(leftNanos);
            }
            woken = false;
        } catch (InterruptedException e) {
            // Nobody may interrupt the loop: the disk's channel would be closed under it (HAZARDS D3). Catching has
            // cleared the flag, which is what counts; the loop just comes round early.
            woken = false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves one turn's worth to the lists: all control messages, then log messages up to about {@code maxBytes}, then
     * calls up to {@code maxCount} and about {@code maxBytes}.
     */
    void drain(List<Mail> mails, List<Call> taken, int maxCount, long maxBytes) {
        lock.lock();
        try {
            mails.addAll(control);
            control.clear();
            long left = maxBytes;
            while (left > 0 && !log.isEmpty()) {
                Mail mail = log.poll();
                logBytes -= mail.bytes();
                left -= mail.bytes();
                mails.add(mail);
            }
            left = maxBytes;
            while (left > 0 && taken.size() < maxCount && !calls.isEmpty()) {
                Call call = calls.poll();
                callBytes -= call.bytes();
                left -= call.bytes();
                taken.add(call);
            }
        } finally {
            lock.unlock();
        }
    }

    static boolean ordered(Message message) {
        return message instanceof Message.AppendEntries || message instanceof Message.InstallSnapshot;
    }
}
