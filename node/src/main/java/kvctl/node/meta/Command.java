package kvctl.node.meta;

import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Change;
import kvctl.protocol.ConfigurationCodec;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;

/** What is in an entry of the controller's log. Bytes: a kind (1), then the fields in their order. */
sealed interface Command {
    /** Longest command in bytes; a join of 256 groups of 9 nodes has less than half of it. */
    int MAX_BYTES = 64 << 10;

    /** Asks for the next configuration. */
    record Reconfigure(RequestId id, long expectedNumber, Change change) implements Command {}

    /** A shard has arrived where configuration {@code number} wants it. */
    record Moved(int shardId, long number) implements Command {}

    /**
     * Steers moves.
     *
     * @param paused null: as it is
     * @param bytesPerS 0: as fast as it goes; negative: as it is
     */
    record Steer(Boolean paused, long bytesPerS) implements Command {}

    /** Names one request, so that its repeat is recognised. */
    record RequestId(long ms, long random) {}

    /**
     * @throws IllegalArgumentException with a line for the user if it is too long, or has a number that no command may
     *     have: in the log it would stop every replica
     */
    static byte[] encode(Command command) {
        BytesWriter out = new BytesWriter();
        if (command instanceof Reconfigure reconfigure) {
            out.u8(Kind.RECONFIGURE);
            out.u64(reconfigure.id().ms());
            out.u64(reconfigure.id().random());
            out.u64(reconfigure.expectedNumber());
            ConfigurationCodec.writeChange(out, reconfigure.change());
        } else if (command instanceof Moved moved) {
            out.u8(Kind.MOVED);
            out.varint(moved.shardId());
            out.varint(moved.number());
        } else if (command instanceof Steer steer) {
            out.u8(Kind.STEER);
            out.bool(steer.paused() != null);
            out.bool(Boolean.TRUE.equals(steer.paused()));
            out.u64(steer.bytesPerS());
        }
        if (out.size() > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "A change has at most " + MAX_BYTES + " bytes, not " + out.size() + "; make several of it.");
        }
        byte[] bytes = out.toBytes();
        try {
            decode(bytes);
        } catch (IllegalStateException e) {
            throw new IllegalArgumentException("A number of the change is out of its range.", e);
        }
        return bytes;
    }

    /** @throws IllegalStateException if the bytes are not what {@link #encode} writes: the log is damaged or too new */
    static Command decode(byte[] bytes) {
        try {
            BytesReader in = new BytesReader(bytes);
            Command command = read(in);
            in.end();
            return command;
        } catch (ProtocolException e) {
            throw new IllegalStateException("an entry holds no command of this version: " + e.getMessage(), e);
        }
    }

    private static Command read(BytesReader in) throws ProtocolException {
        int kind = in.u8();
        switch (kind) {
            case Kind.RECONFIGURE -> {
                RequestId id = new RequestId(in.u64(), in.u64());
                return new Reconfigure(id, in.u64(), ConfigurationCodec.readChange(in));
            }
            case Kind.MOVED -> {
                return new Moved(in.varint(Limits.SHARDS_MAX - 1), in.varint());
            }
            case Kind.STEER -> {
                boolean changesPaused = in.bool();
                boolean paused = in.bool();
                return new Steer(changesPaused ? paused : null, in.u64());
            }
            default -> throw new ProtocolException("unknown kind " + kind);
        }
    }

    /** The codes are in logs on disk: never reuse one. */
    final class Kind {
        static final int RECONFIGURE = 1;
        static final int MOVED = 2;
        static final int STEER = 3;

        private Kind() {}
    }
}
