package kvctl.cli.verify;

/** A case did not go as it must. */
final class Failed extends RuntimeException {
    private final String expected;
    private final String seen;
    private final String lookAt;
    private final boolean violated;

    /**
     * @param expected what the suite demands
     * @param seen what there was instead
     * @param lookAt commands that show more
     * @param violated a promise about data is broken, not only a time that was missed
     */
    Failed(String expected, String seen, String lookAt, boolean violated) {
        super("expected " + expected + "; seen: " + seen);
        this.expected = expected;
        this.seen = seen;
        this.lookAt = lookAt;
        this.violated = violated;
    }

    String expected() {
        return expected;
    }

    String seen() {
        return seen;
    }

    String lookAt() {
        return lookAt;
    }

    boolean violated() {
        return violated;
    }
}
