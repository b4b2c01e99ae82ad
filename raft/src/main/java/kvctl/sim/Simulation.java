package kvctl.sim;

import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * Virtual time and the one queue of everything that is going to happen, ordered by (time, sequence). Time jumps from
 * event to event. The same seed gives the same run, event by event, on every machine: {@link Trace#hash()} proves it.
 * One thread uses a simulation; different simulations share nothing.
 */
public final class Simulation {
    private final long seed;
    private final EventQueue queue = new EventQueue();
    private final Trace trace = new Trace();
    private Runnable afterEach = () -> {};
    private long nowUs;
    private long events;

    public Simulation(long seed) {
        this.seed = seed;
    }

    public long seed() {
        return seed;
    }

    public long nowUs() {
        return nowUs;
    }

    /** Number of events that have happened. */
    public long events() {
        return events;
    }

    public Trace trace() {
        return trace;
    }

    /**
     * The dice of one subsystem. Each name has its own sequence, so that another draw in one subsystem does not shift
     * those of the others.
     */
    public RandomGenerator random(String subsystem) {
        long mixed = seed;
        for (int i = 0; i < subsystem.length(); i++) {
            mixed = Trace.mix(mixed, subsystem.charAt(i));
        }
        return new SplittableRandom(mixed);
    }

    /** Runs {@code action} in {@code delayUs} of virtual time, after everything already due at that instant. */
    public void after(long delayUs, Runnable action) {
        queue.add(nowUs + Math.max(0, delayUs), action);
    }

    /**
     * Runs {@code action} again and again until {@code over}, at random times with that mean between them; never if the mean
     * is 0.
     */
    public void repeat(RandomGenerator random, int meanMs, BooleanSupplier over, Runnable action) {
        if (meanMs > 0) {
            after(exponential(random, meanMs * 1000L), () -> {
                if (!over.getAsBoolean()) {
                    action.run();
                    repeat(random, meanMs, over, action);
                }
            });
        }
    }

    /** Called after every event: the place for checks. */
    public void afterEach(Runnable check) {
        afterEach = check;
    }

    /** Lets the next event happen. Returns false if there is none. */
    public boolean step() {
        if (queue.isEmpty()) {
            return false;
        }
        nowUs = queue.nextUs();
        events++;
        queue.remove().run();
        afterEach.run();
        return true;
    }

    /** Lets {@code us} of virtual time pass. */
    public void runFor(long us) {
        runUntil(() -> false, us);
    }

    /** Runs until {@code goal} holds, {@code limitUs} at most; returns whether it holds. */
    public boolean runUntil(BooleanSupplier goal, long limitUs) {
        long endUs = nowUs + limitUs;
        while (!goal.getAsBoolean()) {
            if (queue.isEmpty() || queue.nextUs() > endUs) {
                nowUs = endUs;
                return goal.getAsBoolean();
            }
            step();
        }
        return true;
    }

    /** A draw from an exponential distribution, the same on every platform. */
    public static long exponential(RandomGenerator random, long mean) {
        return mean <= 0 ? 0 : (long) (-mean * StrictMath.log(1 - random.nextDouble()));
    }
}
