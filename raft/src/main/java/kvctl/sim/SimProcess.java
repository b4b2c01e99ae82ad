package kvctl.sim;

import java.util.ArrayDeque;
import java.util.function.LongConsumer;

/**
 * A process and its loop, whatever runs in it: it starts, ends and pauses, takes inputs in turns, waits for its disk and
 * for its next deadline. Its clock may run fast or slow and begins anywhere.
 */
public abstract class SimProcess {
    /** Inputs handled before the timers are looked at (HAZARDS C9). */
    private static final int INBOX_BATCH = 256;
    /** What does not fit is dropped, as by a full socket. */
    private static final int INBOX_MAX = 4_096;

    private static final long TURN_US = 20;

    private enum Phase {
        /** No process. */
        DOWN,
        /** Waits for input or for its next deadline. */
        IDLE,
        /** Waits for its disk. */
        IN_TURN
    }

    private final Simulation simulation;
    private final int nodeId;
    private final String name;
    private final ArrayDeque<LongConsumer> inbox = new ArrayDeque<>();
    private Phase phase = Phase.DOWN;
    private boolean paused;
    /** The rest of a turn whose disk was ready while the process stood still. */
    private Runnable due;

    private int incarnation;
    /** The next turn is due then; later wake-ups are void. */
    private long wakeAtUs = Long.MAX_VALUE;

    private double clockRate = 1;
    private long clockOffsetMs;

    /** @param name for people */
    protected SimProcess(Simulation simulation, int nodeId, String name) {
        this.simulation = simulation;
        this.nodeId = nodeId;
        this.name = name;
    }

    /** Starts the process from what is on disk: {@link #begin}, what runs in it, {@link #begun}. */
    public abstract void start();

    /** One turn: {@link #takeInputs}, any number of {@link #await}, {@link #turnEnds}, {@link #sleepUntil}. */
    protected abstract void turn();

    public final int nodeId() {
        return nodeId;
    }

    /** For people. */
    public final String name() {
        return name;
    }

    public final boolean up() {
        return phase != Phase.DOWN;
    }

    public final boolean paused() {
        return paused;
    }

    /** Up, and its loop turns. */
    public final boolean runs() {
        return up() && !paused;
    }

    /** Counts the starts of the process. */
    public final int incarnation() {
        return incarnation;
    }

    // --- its clock ---

    /** The clock runs {@code rate} times as fast as the simulation's. Takes effect at the next start. */
    public final void clock(double rate, long offsetMs) {
        clockRate = rate;
        clockOffsetMs = offsetMs;
    }

    public final long nowMs() {
        return clockOffsetMs + (long) (simulation.nowUs() * clockRate / 1000);
    }

    private long simulatedUs(long ms) {
        return (long) StrictMath.ceil((ms - clockOffsetMs) * 1000 / clockRate);
    }

    // --- life ---

    protected final void begin() {
        phase = Phase.IDLE;
        paused = false;
        incarnation++;
    }

    /** What runs in it is there; its first turn is due. */
    protected final void begun() {
        note("start", 1);
        wake();
    }

    /** Nothing of it is left but its disk. */
    protected final void end(String what) {
        phase = Phase.DOWN;
        paused = false;
        due = null;
        inbox.clear();
        wakeAtUs = Long.MAX_VALUE;
        note(what, 2);
    }

    /** The process stands still; what arrives waits. */
    public final void pause() {
        paused = true;
        note("pause", 3);
    }

    public final void resume() {
        paused = false;
        note("resume", 4);
        if (due != null) {
            Runnable rest = due;
            due = null;
            rest.run();
        } else {
            wake();
        }
    }

    private void note(String what, int code) {
        simulation.trace().note(simulation.nowUs(), nodeId, code, () -> name + " " + what);
    }

    // --- the loop ---

    /** True if no message should be put into the inbox any more. */
    protected final boolean isFull() {
        return inbox.size() >= INBOX_MAX;
    }

    /** Does something inside the next turn, with the process's time; it is dropped if the process is down. */
    protected final void input(LongConsumer input) {
        if (up()) {
            inbox.add(input);
            wake(simulation.nowUs() + TURN_US);
        }
    }

    private void wake() {
        wake(simulation.nowUs());
    }

    private void wake(long atUs) {
        if (phase != Phase.IDLE || atUs >= wakeAtUs) {
            return;
        }
        wakeAtUs = atUs;
        int started = incarnation;
        simulation.after(atUs - simulation.nowUs(), () -> {
            if (started == incarnation && wakeAtUs == atUs && phase == Phase.IDLE) {
                wakeAtUs = Long.MAX_VALUE;
                if (!paused) {
                    turn();
                }
            }
        });
    }

    protected final void takeInputs() {
        long nowMs = nowMs();
        for (int i = 0; i < INBOX_BATCH && !inbox.isEmpty(); i++) {
            inbox.remove().accept(nowMs);
        }
    }

    /**
     * Goes on with the turn when the disk is ready.
     *
     * @param ready happens then, even if the process is paused
     * @param rest of the turn; if the process is paused, it comes after the pause
     */
    protected final void await(long diskUs, Runnable ready, Runnable rest) {
        phase = Phase.IN_TURN;
        int started = incarnation;
        simulation.after(diskUs, () -> {
            if (started == incarnation && up()) {
                ready.run();
                if (paused) {
                    due = rest;
                } else {
                    rest.run();
                }
            }
        });
    }

    /** From here on inputs may cause the next turn. */
    protected final void turnEnds() {
        phase = Phase.IDLE;
    }

    /** The next turn is due at that time of its clock, or at the next input if that is earlier. */
    protected final void sleepUntil(long dueMs) {
        long soonUs = simulation.nowUs() + TURN_US;
        wake(inbox.isEmpty() ? Math.max(soonUs, simulatedUs(dueMs)) : soonUs);
    }
}
