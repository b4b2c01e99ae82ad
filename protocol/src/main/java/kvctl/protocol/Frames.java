package kvctl.protocol;

import java.util.zip.CRC32C;

/**
 * A frame in bytes: {@code u32 length of the body | u32 CRC32C of the body | body}, numbers big-endian. The body's
 * first
 * byte is its kind. A length is at most 16 MiB, so a frame's first byte is 0 or 1, which tells this protocol from HTTP,
 * RESP and TLS on the same port.
 */
public final class Frames {
    /** Bytes before the body. */
    public static final int HEADER_BYTES = 8;

    public static final int HELLO = 1;
    public static final int HELLO_REPLY = 2;
    public static final int ASK = 3;
    public static final int ANSWER = 4;
    public static final int PEER = 5;
    public static final int FAILURE = 6;

    /** Stands behind the kind in every hello: the letters kvct. */
    private static final int MAGIC = 0x6b766374;

    private Frames() {}

    /** Starts a frame in {@code out}; its body is written next, then {@link #end} is called with what this returns. */
    public static int begin(BytesWriter out, int kind) {
        int start = out.size();
        out.u64(0);
        out.u8(kind);
        return start;
    }

    /**
     * Fills in length and checksum of the frame begun at {@code start}.
     *
     * @throws IllegalArgumentException if the body is over the limit; the writer is then as before {@code begin}
     */
    public static void end(BytesWriter out, int start) {
        int length = out.size() - start - HEADER_BYTES;
        if (length > Limits.FRAME_MAX_BYTES) {
            out.truncate(start);
            throw new IllegalArgumentException(tooLong(length, Limits.FRAME_MAX_BYTES));
        }
        out.setU32(start, length);
        out.setU32(start + 4, crc(out.array(), start + HEADER_BYTES, length));
    }

    /** Appends a whole frame to {@code out}. */
    public static void write(BytesWriter out, Frame frame) {
        if (frame instanceof Frame.Ask ask) {
            int start = begin(out, ASK);
            out.varint(ask.correlationId());
            out.varint(ask.timeLeftMs());
            RequestCodec.write(out, ask.request());
            end(out, start);
        } else if (frame instanceof Frame.Answer answer) {
            int start = begin(out, ANSWER);
            out.varint(answer.correlationId());
            ResponseCodec.write(out, answer.response());
            end(out, start);
        } else if (frame instanceof Frame.Peer peer) {
            int start = begin(out, PEER);
            peer.body().copyTo(out);
            end(out, start);
        } else if (frame instanceof Frame.Failure failure) {
            int start = begin(out, FAILURE);
            out.string(failure.message());
            end(out, start);
        } else if (frame instanceof Hello hello) {
            int start = begin(out, HELLO);
            writeHello(out, hello);
            end(out, start);
        } else {
            int start = begin(out, HELLO_REPLY);
            writeReply(out, (HelloReply) frame);
            end(out, start);
        }
    }

    /** Length of the body that a header announces, checked against {@code maxBytes}. */
    public static int bodyLength(byte[] bytes, int at, int maxBytes) throws ProtocolException {
        return checkLength(new BytesReader(bytes, at, at + 4).u32(), maxBytes);
    }

    static int checkLength(int length, int maxBytes) throws ProtocolException {
        if (length < 1 || length > maxBytes) {
            throw new ProtocolException(tooLong(Integer.toUnsignedLong(length), maxBytes));
        }
        return length;
    }

    private static String tooLong(long length, int maxBytes) {
        return "frame of " + length + " bytes; allowed are 1 to " + maxBytes;
    }

    /** Reads a body that stands at {@code at}, with its header before it, after checking its checksum. */
    public static Frame read(byte[] bytes, int at, int length) throws ProtocolException {
        int expected = new BytesReader(bytes, at - 4, at).u32();
        if (crc(bytes, at, length) != expected) {
            throw new ProtocolException("frame of " + length + " bytes has a wrong checksum");
        }
        return readBody(new BytesReader(bytes, at, at + length));
    }

    private static Frame readBody(BytesReader in) throws ProtocolException {
        int kind = in.u8();
        if (kind == PEER) {
            return new Frame.Peer(in);
        }
        if (kind == HELLO) {
            return readHello(in);
        }
        Frame frame = switch (kind) {
            case HELLO_REPLY -> readReply(in);
            case ASK -> new Frame.Ask(in.varint(), in.varint(), RequestCodec.read(in));
            case ANSWER -> new Frame.Answer(in.varint(), ResponseCodec.read(in));
            case FAILURE -> new Frame.Failure(in.string());
            default -> throw new ProtocolException("unknown kind of frame: " + kind);
        };
        in.end();
        return frame;
    }

    private static void writeHello(BytesWriter out, Hello hello) {
        out.u32(MAGIC);
        out.u8(hello.role().ordinal());
        out.string(hello.clusterId());
        out.varint(hello.nodeId());
        out.string(hello.name());
        out.varint(hello.incarnation());
        out.varint(hello.minVersion());
        out.varint(hello.maxVersion());
        if (hello.at() != 0) {
            out.varint(hello.at()); // Left out by all others, whose hello so is what it always was.
        }
    }

    private static Hello readHello(BytesReader in) throws ProtocolException {
        if (in.u32() != MAGIC) {
            throw new ProtocolException("not a kvctl hello");
        }
        Hello.Role role = Hello.Role.values()[in.varint(Hello.Role.values().length - 1)];
        return new Hello(
                role,
                in.string(),
                in.varint(Integer.MAX_VALUE),
                in.string(),
                in.varint(),
                in.varint(Integer.MAX_VALUE),
                in.varint(Integer.MAX_VALUE),
                in.remaining() > 0 ? in.varint(Integer.MAX_VALUE) : 0);
    }

    private static void writeReply(BytesWriter out, HelloReply reply) {
        if (reply instanceof HelloReply.Refused refused) {
            out.bool(false);
            out.u8(refused.code().ordinal());
            out.string(refused.message());
            return;
        }
        HelloReply.Accepted accepted = (HelloReply.Accepted) reply;
        out.bool(true);
        out.varint(accepted.version());
        out.string(accepted.clusterId());
        out.varint(accepted.nodeId());
        out.string(accepted.name());
        out.varint(accepted.incarnation());
        out.bool(accepted.map() != null);
        if (accepted.map() != null) {
            ShardMapCodec.write(out, accepted.map());
        }
    }

    private static HelloReply readReply(BytesReader in) throws ProtocolException {
        if (!in.bool()) {
            HelloReply.Code[] codes = HelloReply.Code.values();
            return new HelloReply.Refused(codes[in.varint(codes.length - 1)], in.string());
        }
        return new HelloReply.Accepted(
                in.varint(Integer.MAX_VALUE),
                in.string(),
                in.varint(Integer.MAX_VALUE),
                in.string(),
                in.varint(),
                in.bool() ? ShardMapCodec.read(in) : null);
    }

    private static int crc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }
}
