package kvctl.cli.verify;

/**
 * One case of the catalogue.
 *
 * @param what it does, in a line
 * @param body null: it can't be seen from outside, and is simulated
 * @param test the simulated form, as {@code mvn test -Dtest=} takes it; null if there is none
 */
record Scenario(Suite suite, String name, Needs needs, String what, Body body, String test) {
    /** Does it. Ends without a word if all is as it must be. */
    interface Body {
        /** @throws Failed if it is not */
        void run(Lab lab);
    }

    static Scenario real(Suite suite, String name, Needs needs, String what, Body body) {
        return new Scenario(suite, name, needs, what, body, null);
    }

    static Scenario simulated(Suite suite, String name, String what, String test) {
        return new Scenario(suite, name, null, what, null, test);
    }

    boolean isReal() {
        return body != null;
    }

    /** Two suites may have a case of one name. */
    String fullName() {
        return suite.word() + "/" + name;
    }
}
