package kvctl.node.kv;

import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;

/**
 * A write as it stands in the log.
 *
 * <p>Bytes: op (1), shard (varint), sessionMs (varint), sessionRandom (8), seq (varint), seq - answeredBelow (varint),
 * key (length as varint, bytes), of a cas the expected version (varint), then the value up to the end. About 20 bytes
 * beyond key and value.
 *
 * @param expectedVersion of a cas, otherwise 0
 * @param value empty for a delete
 */
record Command(Op op, int shardId, Request.Tag tag, byte[] key, long expectedVersion, byte[] value) {
    private static final byte[] NOTHING = new byte[0];

    /** What to do with the key. The codes are in logs on disk: never reuse one. */
    enum Op {
        /** Sets the value. */
        PUT(1),
        /** Puts the value behind the one that is there. */
        APPEND(2),
        /** Removes the key. */
        DELETE(3),
        /** Sets the value if the key has the expected version. */
        CAS(4);

        private static final Op[] BY_CODE = {null, PUT, APPEND, DELETE, CAS};

        private final int code;

        Op(int code) {
            this.code = code;
        }
    }

    /**
     * Checks a request and makes its command.
     *
     * @param shardId shard of the key
     * @throws IllegalArgumentException with a line for the user if the request breaks a limit; nothing was written
     */
    static byte[] encode(Request.Write write, int shardId) {
        byte[] key = write.key();
        if (key.length == 0 || key.length > Limits.KEY_MAX_BYTES) {
            throw new IllegalArgumentException(
                    "A key has 1 to " + Limits.KEY_MAX_BYTES + " bytes, not " + key.length + ".");
        }
        byte[] value = valueOf(write);
        if (value.length > Limits.VALUE_MAX_BYTES) {
            throw new IllegalArgumentException(tooLarge(value.length));
        }
        Request.Tag tag = write.tag();
        if (!sane(tag)) {
            throw new IllegalArgumentException("The write's tag makes no sense: " + tag + ".");
        }
        BytesWriter out = new BytesWriter(40 + key.length + value.length);
        out.u8(opOf(write).code);
        out.varint(shardId);
        out.varint(tag.sessionMs());
        out.u64(tag.sessionRandom());
        out.varint(tag.seq());
        out.varint(tag.seq() - tag.answeredBelow());
        out.bytes(key);
        if (write instanceof Request.Cas cas) {
            out.varint(cas.expectedVersion());
        }
        out.raw(value, 0, value.length);
        return out.toBytes();
    }

    /** @throws IllegalStateException if the bytes are not what {@link #encode} writes: the log is damaged or too new */
    static Command decode(byte[] bytes) {
        try {
            return read(new BytesReader(bytes));
        } catch (ProtocolException e) {
            throw new IllegalStateException("an entry holds no command of this version: " + e.getMessage(), e);
        }
    }

    private static Command read(BytesReader in) throws ProtocolException {
        int code = in.u8();
        Op op = code < Op.BY_CODE.length ? Op.BY_CODE[code] : null;
        if (op == null) {
            throw new ProtocolException("unknown operation " + code);
        }
        int shardId = in.varint(Limits.SHARDS_MAX - 1);
        long sessionMs = in.varint();
        long sessionRandom = in.u64();
        long seq = in.varint();
        Request.Tag tag = new Request.Tag(sessionMs, sessionRandom, seq, seq - in.varint());
        byte[] key = in.bytes();
        long expectedVersion = op == Op.CAS ? in.varint() : 0;
        byte[] value = in.remaining() == 0 ? NOTHING : in.raw(in.remaining());
        if (!sane(tag)
                || key.length == 0
                || key.length > Limits.KEY_MAX_BYTES
                || value.length > Limits.VALUE_MAX_BYTES
                || op == Op.DELETE && value.length > 0) {
            throw new ProtocolException("a field is out of its range");
        }
        return new Command(op, shardId, tag, key, expectedVersion, value);
    }

    static String tooLarge(long bytes) {
        return "The value has " + bytes + " bytes; the limit is " + Limits.VALUE_MAX_BYTES + ".";
    }

    /** Sessions begin after 1970, so (0, 0) is below all of them; nobody has the answers of writes yet to come. */
    private static boolean sane(Request.Tag tag) {
        return tag.sessionMs() > 0 && tag.seq() > 0 && tag.answeredBelow() >= 0 && tag.answeredBelow() <= tag.seq();
    }

    private static Op opOf(Request.Write write) {
        if (write instanceof Request.Put) {
            return Op.PUT;
        } else if (write instanceof Request.Append) {
            return Op.APPEND;
        } else if (write instanceof Request.Delete) {
            return Op.DELETE;
        } else if (write instanceof Request.Cas) {
            return Op.CAS;
        }
        throw new IllegalArgumentException("no command for " + write);
    }

    private static byte[] valueOf(Request.Write write) {
        if (write instanceof Request.Put put) {
            return put.value();
        } else if (write instanceof Request.Append append) {
            return append.value();
        } else if (write instanceof Request.Cas cas) {
            return cas.value();
        }
        return NOTHING;
    }
}
