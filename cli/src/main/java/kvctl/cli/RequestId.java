package kvctl.cli;

import kvctl.protocol.Request;

/** A request's tag as users see and repeat it: {@code <session ms>-<random>-<seq>} in base 36. */
final class RequestId {
    private static final int BASE = 36;

    private RequestId() {}

    static String of(Request.Tag tag) {
        return Long.toString(tag.sessionMs(), BASE)
                + "-" + Long.toUnsignedString(tag.sessionRandom(), BASE)
                + "-" + Long.toString(tag.seq(), BASE);
    }

    /** @throws CliException if kvctl never printed such an id */
    static Request.Tag parse(String id) {
        String[] parts = id.split("-", -1);
        try {
            if (parts.length == 3) {
                long ms = Long.parseLong(parts[0], BASE);
                long seq = Long.parseLong(parts[2], BASE);
                if (ms >= 0 && seq > 0) {
                    // Answered below this one is nothing that we know of.
                    return new Request.Tag(ms, Long.parseUnsignedLong(parts[1], BASE), seq, 1);
                }
            }
        } catch (NumberFormatException e) {
            // Falls through to the message below.
        }
        throw CliException.usage(
                "'" + id + "' is no request id.", "copy it from the message about the unknown outcome");
    }
}
