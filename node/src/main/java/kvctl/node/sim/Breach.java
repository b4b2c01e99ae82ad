package kvctl.node.sim;

/** A rule that does not hold: which one, when and how. Ends the run. */
public final class Breach extends RuntimeException {
    private final Rule rule;

    Breach(Rule rule, String what) {
        this(rule, what, null);
    }

    Breach(Rule rule, String what, Throwable cause) {
        super(rule + " (" + rule.meaning() + "): " + what, cause);
        this.rule = rule;
    }

    public Rule rule() {
        return rule;
    }

    /** Throws unless the condition holds. */
    static void unless(boolean condition, Rule rule, String format, Object... args) {
        if (!condition) {
            throw new Breach(rule, format.formatted(args));
        }
    }
}
