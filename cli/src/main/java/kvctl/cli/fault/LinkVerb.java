package kvctl.cli.fault;

import java.util.List;
import java.util.Locale;
import kvctl.protocol.Fault;

/** Faults of links that take nothing but a link, or a link and a chance. */
public enum LinkVerb {
    CUT(
            "Cut links: no byte crosses.",
            List.of("  kvctl cut 'n1>n2'       one way", "  kvctl cut n1-n2,n3", "  kvctl cut 'leader(g1)>all'")),
    CLOG(
            "Hold back what links carry, and deliver it when they are healed.",
            List.of("  kvctl clog 'n1>n2' --for 5s", "  kvctl clog n1-n2")),
    DROP(
            "Lose some of the messages of links.",
            List.of("  kvctl drop n1-n2 10%", "  kvctl drop all 5% --seed 42 --for 1m")),
    DUPLICATE(
            "Deliver some of the messages of links twice.",
            List.of("  kvctl duplicate n1-n2 50%", "  kvctl duplicate all 10%"));

    private final String header;
    private final List<String> examples;

    LinkVerb(String header, List<String> examples) {
        this.header = header;
        this.examples = examples;
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public String header() {
        return header;
    }

    public List<String> examples() {
        return examples;
    }

    boolean takesChance() {
        return this == DROP || this == DUPLICATE;
    }

    Fault rule(int from, int to, int chance) {
        return switch (this) {
            case CUT -> new Fault.Cut(from, to);
            case CLOG -> new Fault.Clog(from, to);
            case DROP -> new Fault.Drop(from, to, chance);
            case DUPLICATE -> new Fault.Duplicate(from, to, chance);
        };
    }
}
