package kvctl.cli.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the nemeses of one session have broken, and when: a check that runs beside them wants to know. Thread-safe. */
public final class Troubles {
    private final List<Timeline.Trouble> over = new ArrayList<>();
    private final Map<Long, Timeline.Trouble> inForce = new LinkedHashMap<>();
    private long begun;

    /** Returns what {@link #end} wants. */
    synchronized long begin(String command, long nowNs) {
        inForce.put(++begun, new Timeline.Trouble(command, nowNs, nowNs));
        return begun;
    }

    synchronized void end(long number, long nowNs) {
        Timeline.Trouble trouble = inForce.remove(number);
        over.add(new Timeline.Trouble(trouble.text(), trouble.fromNs(), nowNs));
    }

    /** It was not made after all. */
    synchronized void forget(long number) {
        inForce.remove(number);
    }

    /** What was in force between two times, in order; of what was in force before or after, the part between them. */
    synchronized List<Timeline.Trouble> between(long fromNs, long toNs) {
        List<Timeline.Trouble> all = new ArrayList<>(over);
        inForce.values().forEach(each -> all.add(new Timeline.Trouble(each.text(), each.fromNs(), toNs)));
        return all.stream()
                .filter(each -> each.toNs() >= fromNs && each.fromNs() <= toNs)
                .map(each ->
                        new Timeline.Trouble(each.text(), Math.max(fromNs, each.fromNs()), Math.min(toNs, each.toNs())))
                .sorted(Comparator.comparingLong(Timeline.Trouble::fromNs))
                .toList();
    }
}
