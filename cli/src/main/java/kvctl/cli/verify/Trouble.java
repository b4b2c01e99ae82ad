package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.List;

/** Faults in force that are healed together. */
final class Trouble {
    private final Lab lab;
    private final String text;
    private final List<String> away;
    private final long sinceNs;
    private final List<String> ids = new ArrayList<>();

    Trouble(Lab lab, String text, List<String> away, long sinceNs) {
        this.lab = lab;
        this.text = text;
        this.away = List.copyOf(away);
        this.sinceNs = sinceNs;
    }

    void add(String id) {
        ids.add(id);
    }

    String text() {
        return text;
    }

    /** Nodes that are cut off. */
    List<String> away() {
        return away;
    }

    /** When it was asked for, by {@link System#nanoTime}. */
    long sinceNs() {
        return sinceNs;
    }

    void heal() {
        lab.heal(this, ids);
    }
}
