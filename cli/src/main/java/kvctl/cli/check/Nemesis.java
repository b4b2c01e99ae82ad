package kvctl.cli.check;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import kvctl.cli.ExitCode;

/**
 * Carries out a {@link Schedule} on a thread of its own, by running its commands as a user would. In the end it heals
 * everything, also when it is stopped early.
 */
final class Nemesis implements AutoCloseable {
    private static final List<String> HEAL_ALL = List.of("heal", "resume all", "start all --wait 0");

    private final Schedule schedule;
    private final Subject cluster;
    private final Consumer<String> told;
    private final Troubles troubles;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;
    private final long startNs;
    private int done;
    private String problem;

    /**
     * Starts it.
     *
     * @param cluster runs the commands, on a thread of its own
     * @param told what was done, for people
     * @param troubles where it is written down
     */
    Nemesis(Schedule schedule, Subject cluster, Consumer<String> told, Troubles troubles) {
        this.troubles = troubles;
        this.schedule = schedule;
        this.cluster = cluster;
        this.told = told;
        this.startNs = System.nanoTime();
        this.thread = new Thread(this::run, "kvctl-nemesis");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            for (Schedule.Episode episode : schedule.episodes()) {
                if (sleptUntil(episode.atMs())) {
                    return;
                }
                carryOut(episode);
            }
        } catch (RuntimeException e) {
            problem = e.toString();
        } finally {
            healAll();
        }
    }

    private void carryOut(Schedule.Episode episode) {
        long number = troubles.begin(episode.command(), System.nanoTime());
        boolean made = false;
        try {
            int code = cluster.run(episode.command()).code();
            made = code == 0;
            told.accept(episode.command() + (made ? "" : "   (exit code " + code + ")"));
            if (!made && code != ExitCode.CONFLICT.code()) {
                return; // A conflict, say with a change that is under way, is no failure of a nemesis.
            }
            synchronized (this) {
                done += made ? 1 : 0;
            }
            sleptUntil(episode.healAtMs());
            if (episode.heal() != null) {
                cluster.run(episode.heal());
            }
        } finally {
            if (made) {
                troubles.end(number, System.nanoTime());
            } else {
                troubles.forget(number);
            }
        }
    }

    private void healAll() {
        HEAL_ALL.forEach(cluster::run);
    }

    /** @return true if it was told to stop before */
    private boolean sleptUntil(long ms) {
        try {
            long leftNs = startNs + ms * 1_000_000 - System.nanoTime();
            return stop.await(Math.max(0, leftNs), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** Faults made so far. */
    synchronized int done() {
        return done;
    }

    /** Ends it, and waits until everything is healed. @throws IllegalStateException if it broke */
    @Override
    public void close() {
        stop.countDown();
        try {
            thread.join(TimeUnit.MINUTES.toMillis(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (problem != null) {
            throw new IllegalStateException("the nemesis broke: " + problem);
        }
    }
}
