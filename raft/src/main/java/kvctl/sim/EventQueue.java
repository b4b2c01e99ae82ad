package kvctl.sim;

import java.util.Arrays;

/**
 * What is going to happen, ordered by time and, at one time, by the order in which it was added: a binary heap in arrays,
 * because a run passes millions of events. Both orders are in one number, so a run ends after 2.4 hours of virtual time or
 * a billion events, whichever comes first.
 */
final class EventQueue {
    private static final int SEQUENCE_BITS = 30;

    private long[] keys = new long[1024];
    private Runnable[] actions = new Runnable[1024];
    private int size;
    private long sequence;

    boolean isEmpty() {
        return size == 0;
    }

    /** Time of the next event; only if there is one. */
    long nextUs() {
        return keys[0] >>> SEQUENCE_BITS;
    }

    void add(long timeUs, Runnable action) {
        if (timeUs >>> (Long.SIZE - 1 - SEQUENCE_BITS) != 0 || sequence >>> SEQUENCE_BITS != 0) {
            throw new IllegalStateException("a run is too long: event " + sequence + " at " + timeUs + " us");
        }
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, 2 * size);
            actions = Arrays.copyOf(actions, 2 * size);
        }
        long key = timeUs << SEQUENCE_BITS | sequence++;
        int hole = size++;
        while (hole > 0) {
            int parent = (hole - 1) >>> 1;
            if (key >= keys[parent]) {
                break;
            }
            keys[hole] = keys[parent];
            actions[hole] = actions[parent];
            hole = parent;
        }
        keys[hole] = key;
        actions[hole] = action;
    }

    /** Takes the next event out; only if there is one. */
    Runnable remove() {
        Runnable next = actions[0];
        int last = --size;
        long key = keys[last];
        Runnable action = actions[last];
        actions[last] = null;
        int hole = 0;
        for (int child = 1; child < last; child = 2 * hole + 1) {
            if (child + 1 < last && keys[child + 1] < keys[child]) {
                child++;
            }
            if (key <= keys[child]) {
                break;
            }
            keys[hole] = keys[child];
            actions[hole] = actions[child];
            hole = child;
        }
        if (last > 0) {
            keys[hole] = key;
            actions[hole] = action;
        }
        return next;
    }
}
