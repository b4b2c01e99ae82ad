package kvctl.node.meta;

/** A change that can't be made, with the line for whoever asked for it. Never leaves the package. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    Refusal(String message) {
        super(message, null, false, false);
    }

    /** @throws Refusal with the message if the condition is false */
    static void unless(boolean condition, String message) throws Refusal {
        if (!condition) {
            throw new Refusal(message);
        }
    }

    /** A name as it may stand in a line: short and printable, whatever the client sent. */
    static String quoted(String name) {
        StringBuilder text = new StringBuilder("'");
        name.codePoints()
                .limit(64)
                .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : c)
                .forEach(text::appendCodePoint);
        return text.append(name.codePointCount(0, name.length()) > 64 ? "...'" : "'")
                .toString();
    }
}
