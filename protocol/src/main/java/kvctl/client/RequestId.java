package kvctl.client;

import kvctl.protocol.Request;

/**
 * Names one write, so that another process can repeat it without applying it twice (HAZARDS E1). As text: three
 * hexadecimal numbers, as in {@code 19a2b3c4d5e-7c1e9a0b12345678-1}. It is valid for the same key only.
 */
public record RequestId(long sessionMs, long sessionRandom, long seq) {
    static RequestId of(Request.Tag tag) {
        return new RequestId(tag.sessionMs(), tag.sessionRandom(), tag.seq());
    }

    /**
     * Reads what {@link #toString} wrote.
     *
     * @throws KvException with BAD_REQUEST if it is something else
     */
    public static RequestId parse(String text) {
        String[] parts = text.split("-", -1);
        try {
            if (parts.length == 3) {
                RequestId id = new RequestId(
                        Long.parseUnsignedLong(parts[0], 16),
                        Long.parseUnsignedLong(parts[1], 16),
                        Long.parseUnsignedLong(parts[2], 16));
                if (id.seq > 0) {
                    return id;
                }
            }
        } catch (NumberFormatException notANumber) {
            // Said below.
        }
        throw KvException.definite(
                KvException.Code.BAD_REQUEST,
                "Request id '" + text + "' is not one that kvctl printed (like 19a2b3c4d5e-7c1e9a0b12345678-1).");
    }

    /** The client that repeats it can't know which earlier answers arrived. */
    Request.Tag tag() {
        return new Request.Tag(sessionMs, sessionRandom, seq, 1);
    }

    @Override
    public String toString() {
        return Long.toHexString(sessionMs) + "-" + Long.toHexString(sessionRandom) + "-" + Long.toHexString(seq);
    }
}
