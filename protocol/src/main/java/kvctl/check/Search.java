package kvctl.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * Looks for an order of one key's operations that the model can follow: Wing and Gong's search with Lowe's cache of
 * visited (set of done operations, state) pairs. Exponential in the worst case, so it gives up after a number of steps.
 * Two things keep it short: unknown writes are put in only where nothing else fits, and writes whose versions were
 * told are
 * put in by their versions only.
 */
final class Search {
    /** One end of an operation in the list of events that are left. */
    private static final class Event {
        final int id;
        final Operation call;
        Event end;
        Event previous;
        Event next;

        /** @param call null: this is the end of the operation */
        Event(int id, Operation call) {
            this.id = id;
            this.call = call;
        }

        /** Takes start and end of an operation out of the list. */
        void lift() {
            previous.next = next;
            next.previous = previous;
            end.previous.next = end.next;
            if (end.next != null) {
                end.next.previous = end.previous;
            }
        }

        void unlift() {
            end.previous.next = end;
            if (end.next != null) {
                end.next.previous = end;
            }
            previous.next = this;
            next.previous = this;
        }
    }

    /** An operation that was put next in the order, and how to go back. */
    private record Choice(Event event, Register before, int branch) {}

    private record Visited(Bits done, Register state) {}

    private final String key;
    private final List<Operation> operations;
    private final long stepsMax;
    private final Event head = new Event(-1, null);

    /** For each operation the write with the next lower version, which must be done before; -1: none. */
    private final int[] writtenBefore;

    private final List<Choice> choices = new ArrayList<>();
    private List<Operation> longest = List.of();
    private Operation stuckAt;

    Search(String key, List<Operation> operations, long stepsMax) {
        this.key = key;
        this.operations = operations;
        this.stepsMax = stepsMax;
        this.writtenBefore = new int[operations.size()];
    }

    Verdict run() {
        int answersLeft = link();
        Register state = Register.INITIAL;
        Set<Visited> visited = new HashSet<>();
        Bits done = new Bits(new long[(operations.size() + 63) / 64]);
        Event at = head.next;
        int branch = 0;
        boolean amongUnknown = false;
        for (long steps = 0; answersLeft > 0; steps++) {
            if (steps > stepsMax) {
                return Verdict.unknown(key, "gave up after " + stepsMax + " steps of the search");
            }
            if (at != null && at.call != null) {
                boolean eligible =
                        at.call.done() != amongUnknown && (writtenBefore[at.id] < 0 || done.has(writtenBefore[at.id]));
                List<Register> after = eligible ? state.step(at.call) : List.of();
                if (branch < after.size()) {
                    Bits with = done.with(at.id);
                    if (visited.add(new Visited(with, after.get(branch)))) {
                        choices.add(new Choice(at, state, branch));
                        state = after.get(branch);
                        done = with;
                        answersLeft -= at.call.done() ? 1 : 0;
                        at.lift();
                        at = head.next;
                        branch = 0;
                        amongUnknown = false;
                    } else {
                        branch++;
                    }
                } else {
                    at = at.next;
                    branch = 0;
                }
                continue;
            }
            if (!amongUnknown) {
                amongUnknown = true;
                at = head.next;
                branch = 0;
                continue;
            }
            // An operation ends here that is not in the order yet: what was chosen last was wrong.
            remember(at);
            if (choices.isEmpty()) {
                return violated();
            }
            Choice last = choices.remove(choices.size() - 1);
            last.event.unlift();
            state = last.before;
            done = done.without(last.event.id);
            answersLeft += last.event.call.done() ? 1 : 0;
            at = last.event;
            branch = last.branch + 1;
            amongUnknown = !at.call.done();
        }
        return Verdict.OK;
    }

    /** Makes the list of all starts and ends by time; at equal times starts come first, so that ties are concurrent. */
    private int link() {
        List<Event> events = new ArrayList<>();
        int answers = 0;
        for (int i = 0; i < operations.size(); i++) {
            Event call = new Event(i, operations.get(i));
            call.end = new Event(i, null);
            events.add(call);
            events.add(call.end);
            answers += operations.get(i).done() ? 1 : 0;
        }
        orderByVersions();
        events.sort((a, b) -> {
            int byTime = Long.compare(timeOf(a), timeOf(b));
            return byTime != 0 ? byTime : Boolean.compare(a.call == null, b.call == null);
        });
        Event last = head;
        for (Event event : events) {
            last.next = event;
            event.previous = last;
            last = event;
        }
        return answers;
    }

    private void orderByVersions() {
        TreeMap<Long, Integer> writers = new TreeMap<>();
        for (int i = 0; i < operations.size(); i++) {
            if (operations.get(i).effective() && operations.get(i).version() != Operation.NOT_TOLD) {
                writers.put(operations.get(i).version(), i);
            }
        }
        Arrays.fill(writtenBefore, -1);
        int before = -1;
        for (int id : writers.values()) {
            writtenBefore[id] = before;
            before = id;
        }
    }

    private long timeOf(Event event) {
        Operation operation = operations.get(event.id);
        return event.call != null ? operation.startNs() : operation.done() ? operation.endNs() : Operation.OPEN;
    }

    private void remember(Event at) {
        if (at != null && (stuckAt == null || choices.size() > longest.size())) {
            stuckAt = operations.get(at.id);
            longest = new ArrayList<>();
            choices.forEach(choice -> longest.add(choice.event.call));
        }
    }

    private Verdict violated() {
        List<Operation> shown = new ArrayList<>(longest);
        shown.add(stuckAt);
        return Verdict.violated(
                key,
                "no order of the " + operations.size() + " operations on '" + key + "' explains the answers; after "
                        + longest.size() + " of them this one can't follow: " + stuckAt,
                shown);
    }

    /** A set of operations; never changes. */
    private static final class Bits {
        private final long[] words;
        private final int hash;

        Bits(long[] words) {
            this.words = words;
            this.hash = Arrays.hashCode(words);
        }

        boolean has(int id) {
            return (words[id / 64] & 1L << id) != 0;
        }

        Bits with(int id) {
            long[] copy = words.clone();
            copy[id / 64] |= 1L << id;
            return new Bits(copy);
        }

        Bits without(int id) {
            long[] copy = words.clone();
            copy[id / 64] &= ~(1L << id);
            return new Bits(copy);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bits bits && Arrays.equals(words, bits.words);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }
}
