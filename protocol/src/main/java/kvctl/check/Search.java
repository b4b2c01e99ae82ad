package kvctl.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * Looks for an order of one key's operations that the model can follow: Wing and Gong's search with Lowe's cache of
 * visited (set of done operations, state) pairs. Exponential in the worst case, so it gives up when its budget is spent.
 * Two things keep it short: unknown writes are put in only where nothing else fits, and writes whose versions were
 * told are put in by their versions only.
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

    /** An operation that was put next in the order, and what was before. */
    private record Choice(Event event, Register state, Taken taken, int branch) {}

    private record Visited(Taken taken, Register state) {
        /** Roughly. */
        int bytes() {
            return STATE_BYTES
                    + taken.bytes()
                    + (state.value() == null ? 0 : state.value().length());
        }
    }

    /** So many steps between two looks at the time. */
    private static final int STEPS_PER_LOOK = 1024;

    /** Of the objects that a remembered state is made of, without what they hold. */
    private static final int STATE_BYTES = 200;

    private final String key;
    private final List<Operation> operations;
    private final Budget budget;
    private final Event head = new Event(-1, null);

    /** The numbers of the operations: first those that need not happen, then, from a new word on, the others by start. */
    private Operation[] byId;

    private int optionalWords;

    /** For each operation the write with the next lower version, which must be done before; -1: none. */
    private int[] writtenBefore;

    private final List<Choice> choices = new ArrayList<>();
    private final Set<Visited> visited = new HashSet<>();
    private long visitedBytes;
    private List<Operation> longest = List.of();
    private Operation stuckAt;

    Search(String key, List<Operation> operations, Budget budget) {
        this.key = key;
        this.operations = operations;
        this.budget = budget;
    }

    /** @param first state before all operations */
    Verdict run(Register first) {
        int answersLeft = link();
        Register state = first;
        Taken taken = new Taken(optionalWords);
        Event at = head.next;
        int branch = 0;
        boolean amongOptional = false;
        for (long steps = 0; answersLeft > 0; steps++) {
            String spent = spent(steps);
            if (spent != null) {
                return Verdict.unknown(key, spent);
            }
            if (at != null && at.call != null) {
                boolean eligible = at.call.ends() != amongOptional && follows(at, taken);
                List<Register> after = eligible ? state.step(at.call) : List.of();
                if (branch >= after.size()) {
                    at = at.next;
                    branch = 0;
                    continue;
                }
                Taken with = taken.with(at.id);
                Visited place = new Visited(with, after.get(branch));
                if (!visited.add(place)) {
                    branch++;
                    continue;
                }
                visitedBytes += place.bytes();
                choices.add(new Choice(at, state, taken, branch));
                state = after.get(branch);
                taken = with;
                answersLeft -= at.call.ends() ? 1 : 0;
                at.lift();
                at = head.next;
                branch = 0;
                amongOptional = false;
            } else if (!amongOptional) {
                amongOptional = true;
                at = head.next;
                branch = 0;
            } else {
                // An operation ends here that is not in the order yet: what was chosen last was wrong.
                remember(at);
                if (choices.isEmpty()) {
                    return violated();
                }
                Choice last = choices.remove(choices.size() - 1);
                at = last.event;
                at.unlift();
                state = last.state;
                taken = last.taken;
                answersLeft += at.call.ends() ? 1 : 0;
                branch = last.branch + 1;
                amongOptional = !at.call.ends();
            }
        }
        return Verdict.OK;
    }

    private boolean follows(Event event, Taken taken) {
        return writtenBefore[event.id] < 0 || taken.has(writtenBefore[event.id]);
    }

    /** Why the search has to stop; null: go on. */
    private String spent(long steps) {
        if (steps > budget.stepsMax()) {
            return "gave up '" + key + "' after " + budget.stepsMax() + " steps of the search";
        }
        if (visitedBytes > budget.bytesMax()) {
            return "gave up '" + key + "' after " + visited.size() + " states of the search, some "
                    + (visitedBytes >> 20) + " MiB";
        }
        return steps % STEPS_PER_LOOK == 0 && budget.expired().getAsBoolean()
                ? "gave up '" + key + "', the time is over"
                : null;
    }

    /** Makes the list of all starts and ends by time; at equal times starts come first, so that ties are concurrent. */
    private int link() {
        number();
        orderByVersions();
        List<Event> events = new ArrayList<>();
        int answers = 0;
        for (int id = 0; id < byId.length; id++) {
            if (byId[id] != null) {
                Event call = new Event(id, byId[id]);
                call.end = new Event(id, null);
                events.add(call);
                events.add(call.end);
                answers += byId[id].ends() ? 1 : 0;
            }
        }
        events.sort(Comparator.comparingLong(this::timeOf).thenComparing(event -> event.call == null));
        Event last = head;
        for (Event event : events) {
            last.next = event;
            event.previous = last;
            last = event;
        }
        return answers;
    }

    private void number() {
        List<Operation> optional = new ArrayList<>();
        List<Operation> others = new ArrayList<>();
        operations.forEach(op -> (op.ends() ? others : optional).add(op));
        others.sort(Comparator.comparingLong(Operation::startNs));
        optionalWords = (optional.size() + 63) / 64;
        byId = new Operation[optionalWords * 64 + others.size()];
        for (int i = 0; i < optional.size(); i++) {
            byId[i] = optional.get(i);
        }
        for (int i = 0; i < others.size(); i++) {
            byId[optionalWords * 64 + i] = others.get(i);
        }
    }

    private void orderByVersions() {
        TreeMap<Long, Integer> writers = new TreeMap<>();
        for (int id = 0; id < byId.length; id++) {
            Operation op = byId[id];
            if (op != null && op.effective() && op.version() != Operation.NOT_TOLD) {
                writers.put(op.version(), id);
            }
        }
        writtenBefore = new int[byId.length];
        Arrays.fill(writtenBefore, -1);
        int before = -1;
        for (int id : writers.values()) {
            writtenBefore[id] = before;
            before = id;
        }
    }

    private long timeOf(Event event) {
        return event.call != null ? event.call.startNs() : byId[event.id].endNs();
    }

    private void remember(Event at) {
        if (at != null && (stuckAt == null || choices.size() > longest.size())) {
            stuckAt = byId[at.id];
            longest = new ArrayList<>();
            choices.forEach(choice -> longest.add(choice.event.call));
        }
    }

    private Verdict violated() {
        List<Operation> shown = new ArrayList<>(longest);
        shown.add(stuckAt);
        return Verdict.violated(key, reason(key, operations.size(), shown), shown);
    }

    /** @param shown the longest order of the operations, and last one that can't follow */
    static String reason(String key, int operations, List<Operation> shown) {
        int last = shown.size() - 1;
        return "no order of the " + operations + " operations on '" + key + "' explains the answers; after " + last
                + " of them this one can't follow: " + shown.get(last);
    }
}
