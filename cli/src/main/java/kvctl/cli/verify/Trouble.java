package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.List;

/** Faults in force that are healed together. */
final class Trouble {
    private final Lab lab;
    private final String text;
    private final List<String> away;
    private final List<String> commands;
    private final long sinceNs;
    private final List<String> ids = new ArrayList<>();
    private List<String> between = List.of();

    Trouble(Lab lab, String text, List<String> away, List<String> commands) {
        this.lab = lab;
        this.text = text;
        this.away = List.copyOf(away);
        this.commands = List.copyOf(commands);
        this.sinceNs = System.nanoTime();
    }

    /** As {@code kvctl faults} lists them, while they are in force. */
    List<String> ids() {
        return ids;
    }

    List<String> commands() {
        return commands;
    }

    /** It has to be made again when one of these was started again. */
    void between(List<String> nodes) {
        between = List.copyOf(nodes);
    }

    List<String> between() {
        return between;
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
        lab.heal(this);
    }
}
