package kvctl.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import kvctl.node.fault.Faults;
import kvctl.node.meta.Note;
import kvctl.node.meta.Room;
import kvctl.raft.RaftStatus;
import kvctl.storage.Storage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that touches replicas, state machines and the disk (HAZARDS R17). Everybody else talks to it by the
 * {@link Inbox}. Each round is the turn of DESIGN §3: drain, step, send early, save, send late, apply, answer. Between
 * rounds it sleeps until the next timer or input; it never polls.
 *
 * <p>It is never interrupted: an interrupt would close the disk's file under it (HAZARDS D3). Whatever it does not
 * expect stops the node (HAZARDS R18, D8).
 */
final class NodeLoop {
    private static final Logger LOG = LoggerFactory.getLogger(NodeLoop.class);

    private static final int CALLS_PER_TURN = 1024;
    private static final long BYTES_PER_TURN = 4 << 20;
    private static final long LONGEST_SLEEP_MS = 1000;

    private static final long TIMER_GRID_MS = 20;
    private static final long WATCH_EVERY_MS = 20;
    private static final long MAINTAIN_EVERY_MS = 1000;
    private static final long HAND_OVER_MS = 500;

    private final Inbox inbox;
    private final Core core;
    private final Storage storage;
    private final Links links;
    private final Consumer<Throwable> fatal;
    private final Thread thread;
    private final CountDownLatch ended = new CountDownLatch(1);

    private final List<Mail> mails = new ArrayList<>();
    private final List<Call> calls = new ArrayList<>();
    private final Map<Integer, RaftStatus> seen = new TreeMap<>();
    private Room.Level seenRoom = Room.Level.ENOUGH;
    private long watchedMs = Long.MIN_VALUE / 2;
    private long maintainedMs = Long.MIN_VALUE / 2;
    private final long phaseMs = realMs();
    private final Faults faults;
    private final ReplicaClock clock;
    private volatile boolean stopping;

    /**
     * What the loop collects for during a turn, and when to write it out.
     *
     * @param messages writes what was sent to peers
     * @param answers writes what was answered to clients
     */
    record Links(Runnable messages, Runnable answers) {}

    /**
     * @param faults of the clock, and where probes arrive
     * @param fatal gets what ended the loop against its will; the loop has ended then, nothing was closed
     */
    NodeLoop(Inbox inbox, Core core, Storage storage, Links links, Faults faults, Consumer<Throwable> fatal) {
        this.inbox = inbox;
        this.core = core;
        this.storage = storage;
        this.links = links;
        this.faults = faults;
        this.clock = new ReplicaClock(realMs(), faults::clock);
        this.fatal = fatal;
        this.thread = new Thread(this::run);
    }

    /** Monotonic clock of this process in ms; deadlines of calls are on it. */
    static long realMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    void start(String name) {
        thread.setName(name);
        thread.start();
    }

    /** Asks the loop to hand over leadership where that is quick, fail all waiters and end. Returns at once. */
    void stop() {
        stopping = true;
        inbox.wake();
    }

    /** True if the loop ended in time. */
    boolean awaitEnd(long timeoutMs) {
        try {
            return ended.await(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void run() {
        try {
            while (!stopping) {
                turn();
            }
            leave();
        } catch (Throwable e) {
            fatal.accept(e);
        } finally {
            ended.countDown();
        }
    }

    private void turn() {
        long before = clock.read(realMs(), 0);
        long dueMs = core.nextDeadlineMs();
        long wakeMs = Math.min(onGrid(core.nextTimerMs()), dueMs < core.nextTimerMs() ? dueMs : Long.MAX_VALUE);
        long sleepMs = dueMs <= before ? 0 : Math.min(wakeMs - before, LONGEST_SLEEP_MS);
        if (sleepMs > 0) {
            inbox.await(sleepMs);
        }
        long realMs = realMs();
        long now = clock.read(realMs, sleepMs);
        inbox.drain(mails, calls, CALLS_PER_TURN, BYTES_PER_TURN);
        for (Mail mail : mails) {
            if (mail.note() == null) {
                core.receive(mail.groupId(), mail.from(), mail.message(), now);
            } else if (mail.note() instanceof Note.Probe probe) {
                faults.probeArrived(mail.from(), probe.number());
            } else {
                core.receive(mail.from(), mail.note(), now);
            }
        }
        for (Call call : calls) {
            core.take(call, realMs, now);
        }
        mails.clear();
        calls.clear();

        core.prepare(now);
        links.messages().run();
        core.save();
        core.finish(clock.read(realMs(), 0));
        links.messages().run();
        links.answers().run();
        if (now - watchedMs >= WATCH_EVERY_MS) {
            watchedMs = now;
            watch();
        }
        if (now - maintainedMs >= MAINTAIN_EVERY_MS) {
            maintainedMs = now;
            core.maintain(now);
        }
    }

    /**
     * Timers fire on a coarse grid, so that the heartbeats of all groups led here fall into one turn and into one frame
     * per peer; otherwise an idle node would wake for each group. The grid's phase differs from node to node.
     */
    private long onGrid(long dueMs) {
        return dueMs > Long.MAX_VALUE - TIMER_GRID_MS ? dueMs : dueMs + Math.floorMod(phaseMs - dueMs, TIMER_GRID_MS);
    }

    /** Logs what changed for people: roles, terms, leaders, snapshots; never single requests. */
    private void watch() {
        boolean leadersChanged = false;
        for (int groupId : core.groups()) {
            RaftStatus now = core.status(groupId);
            RaftStatus before = seen.put(groupId, now);
            if (before == null) {
                LOG.info(
                        "{}: replica starts, term {}, log {}..{}, applied {}{}",
                        core.name(groupId),
                        now.currentTerm(),
                        now.firstLogIndex(),
                        now.lastLogIndex(),
                        now.lastApplied(),
                        now.forgetful() ? ", forgetful: copies, does not vote" : "");
                continue;
            }
            if (before.role() != now.role()
                    || before.currentTerm() != now.currentTerm()
                    || before.leaderId() != now.leaderId()) {
                leadersChanged = true;
                LOG.info(
                        "{}: {} in term {}, leader {}",
                        core.name(groupId),
                        now.role(),
                        now.currentTerm(),
                        core.nodeName(now.leaderId()));
            }
            if (before.forgetful() && !now.forgetful()) {
                LOG.info("{}: has caught up, votes again", core.name(groupId));
            }
            if (now.firstLogIndex() > before.firstLogIndex()) {
                LOG.info(
                        "{}: log now begins at {}, applied {}",
                        core.name(groupId),
                        now.firstLogIndex(),
                        now.lastApplied());
            }
        }
        Room.Level room = core.room();
        if (room != seenRoom) {
            seenRoom = room;
            LOG.warn(
                    "disk: {}",
                    switch (room) {
                        case ENOUGH -> "has room again, writes are taken";
                        case LITTLE -> "nearly full, nothing but deletes is taken";
                        case NONE -> "full, no writes are taken";
                    });
        }
        for (int groupId : List.copyOf(seen.keySet())) {
            if (!core.groups().contains(groupId)) {
                seen.remove(groupId);
                LOG.info("group {}: is no more, its replica was deleted", groupId);
            }
        }
        if (leadersChanged) {
            core.refreshMap();
        }
    }

    private void leave() {
        List<Integer> led = core.handOver(clock.read(realMs(), 0));
        long until = realMs() + HAND_OVER_MS;
        while (realMs() < until && led.stream().anyMatch(core::leads)) {
            turn();
        }
        core.stop();
        inbox.drain(mails, calls, Integer.MAX_VALUE, Long.MAX_VALUE);
        calls.forEach(core::refuseAtStop);
        links.messages().run();
        links.answers().run();
        storage.close();
        LOG.info("stopped");
    }
}
