package kvctl.cli;

/** The few colours in use. A colour never carries a meaning alone. */
public enum Ink {
    /** No colour. */
    PLAIN(""),
    /** Headings and names. */
    BOLD("1"),
    /** What may be overlooked. */
    DIM("2"),
    /** Failed, down. */
    RED("31"),
    /** Up, leading. */
    GREEN("32"),
    /** Warnings, faults. */
    YELLOW("33"),
    /** Words to type. */
    CYAN("36"),
    /** One more, to tell groups apart. */
    MAGENTA("35"),
    /** And another. */
    BLUE("34");

    private final String code;

    Ink(String code) {
        this.code = code;
    }

    String on(String text) {
        return code.isEmpty() ? text : "\u001b[" + code + "m" + text + "\u001b[0m";
    }
}
