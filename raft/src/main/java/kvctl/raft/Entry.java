package kvctl.raft;

import java.util.Objects;

/**
 * One entry of the replicated log (Raft paper, Figure 2). Immutable by agreement: nobody changes {@code command} after
 * the entry is made, so it travels from the client's frame to the disk and to the peers without a copy.
 *
 * @param index position in the log; the first entry of a group has index 1
 * @param term term of the leader that made the entry
 * @param kind what the entry is for
 * @param command bytes for the state machine; empty unless {@code kind} is {@link Kind#COMMAND}
 */
public record Entry(long index, long term, Kind kind, byte[] command) {
    /** Bytes that an entry costs in memory and on a wire beyond its command; used by every limit in bytes. */
    public static final int OVERHEAD_BYTES = 32;

    private static final byte[] NOTHING = new byte[0];

    /** What an entry is for. The codes are stored on disk and sent to peers: never reuse one. */
    public enum Kind {
        /** The empty entry of a new leader (paper §8, HAZARDS R3). */
        NOOP(0),
        /** A command of a client, given to the state machine. */
        COMMAND(1);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        /** @throws IllegalArgumentException for a code that no version has used */
        public static Kind of(int code) {
            return switch (code) {
                case 0 -> NOOP;
                case 1 -> COMMAND;
                default -> throw new IllegalArgumentException("unknown entry kind " + code);
            };
        }
    }

    public Entry {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(command);
    }

    public static Entry noop(long index, long term) {
        return new Entry(index, term, Kind.NOOP, NOTHING);
    }

    public static Entry command(long index, long term, byte[] command) {
        return new Entry(index, term, Kind.COMMAND, command);
    }

    /** Size that counts against limits, in bytes. */
    public int sizeBytes() {
        return OVERHEAD_BYTES + command.length;
    }

    @Override
    public String toString() {
        return index + ":" + term + (kind == Kind.NOOP ? "(noop)" : "(" + command.length + "B)");
    }
}
