package kvctl.node.fault;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * What is under way on one directed link that has faults. Keeps the order except for what is held back so that others
 * overtake it. Bounded in bytes, for itself and all together; what does not fit is lost (HAZARDS A1). For one thread.
 *
 * @param <T> a message, a request or an answer
 */
public final class Held<T> {
    /** Most bytes on one link. */
    public static final long MAX_BYTES = 4 << 20;

    /** Most bytes in a node. */
    static final long ALL_MAX_BYTES = 4 * MAX_BYTES;

    private static final int OVERHEAD_BYTES = 64;

    private record Item<T>(T what, int bytes, long dueMs, long number) {}

    private final AtomicLong allBytes;
    private final ArrayDeque<Item<T>> inOrder = new ArrayDeque<>();
    private final PriorityQueue<Item<T>> late = new PriorityQueue<>(
            Comparator.comparingLong((Item<T> item) -> item.dueMs).thenComparing(Item::number));
    private long bytes;
    private long lastDueMs = Long.MIN_VALUE;
    private long taken;

    /** @param faults that it obeys; its room is shared with all others of these */
    public Held(Faults faults) {
        this.allBytes = faults.heldBytes();
    }

    public boolean isEmpty() {
        return inOrder.isEmpty() && late.isEmpty();
    }

    /** How many things are held. */
    public int size() {
        return inOrder.size() + late.size();
    }

    /** Puts a thing on its way, or loses it, or sends it twice, as the rules and their dice say. */
    public void take(LinkRules rules, T what, int size, long nowMs) {
        if (rules.cut()) {
            rules.hitCut();
            return;
        }
        if (rules.loses()) {
            return;
        }
        for (int copies = 1 + rules.duplicates(); copies > 0; copies--) {
            long dueMs = nowMs + rules.delayMs();
            long heldBackMs = rules.heldBackMs();
            add(rules, new Item<>(what, size + OVERHEAD_BYTES, dueMs + heldBackMs, taken++), heldBackMs > 0);
        }
    }

    private void add(LinkRules rules, Item<T> item, boolean heldBack) {
        if (bytes + item.bytes > MAX_BYTES || allBytes.get() + item.bytes > ALL_MAX_BYTES) {
            rules.hitFull();
            return;
        }
        if (rules.clogged()) {
            rules.hitClog();
        }
        bytes += item.bytes;
        allBytes.addAndGet(item.bytes);
        if (heldBack) {
            late.add(item);
            return;
        }
        lastDueMs = Math.max(lastDueMs, item.dueMs);
        inOrder.add(new Item<>(item.what, item.bytes, lastDueMs, item.number));
    }

    /**
     * Hands over what is due, in the order in which it is due.
     *
     * @param rules null if there are none any more: everything is handed over
     */
    public void release(LinkRules rules, long nowMs, Consumer<T> to) {
        if (rules != null && rules.cut()) {
            clear(); // What is under way when a link is cut does not arrive.
            return;
        }
        if (rules != null && rules.clogged()) {
            return;
        }
        for (Item<T> next = poll(rules == null ? Long.MAX_VALUE : nowMs);
                next != null;
                next = poll(rules == null ? Long.MAX_VALUE : nowMs)) {
            to.accept(next.what);
        }
        if (inOrder.isEmpty()) {
            lastDueMs = Long.MIN_VALUE;
        }
    }

    private Item<T> poll(long nowMs) {
        Item<T> first = inOrder.peek();
        Item<T> other = late.peek();
        boolean takeLate = other != null && (first == null || other.dueMs < first.dueMs);
        Item<T> next = takeLate ? other : first;
        if (next == null || next.dueMs > nowMs) {
            return null;
        }
        bytes -= next.bytes;
        allBytes.addAndGet(-next.bytes);
        return takeLate ? late.poll() : inOrder.poll();
    }

    /** Loses everything. */
    public void clear() {
        allBytes.addAndGet(-bytes);
        bytes = 0;
        inOrder.clear();
        late.clear();
    }

    /** When something is due; {@code Long.MAX_VALUE} if nothing is, or only a heal can release it. */
    public long nextDueMs(LinkRules rules) {
        if (rules == null || rules.clogged()) {
            return Long.MAX_VALUE;
        }
        long first = inOrder.isEmpty() ? Long.MAX_VALUE : inOrder.peek().dueMs;
        return late.isEmpty() ? first : Math.min(first, late.peek().dueMs);
    }
}
