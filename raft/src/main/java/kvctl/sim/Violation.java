package kvctl.sim;

/** A property that does not hold: which one, when and how. Ends the run. */
public final class Violation extends RuntimeException {
    private final Property property;

    Violation(Property property, String what) {
        super(property + " (" + property.meaning() + "): " + what);
        this.property = property;
    }

    public Property property() {
        return property;
    }
}
