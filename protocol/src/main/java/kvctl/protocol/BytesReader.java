package kvctl.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what {@link BytesWriter} wrote, from a part of an array. Whatever the bytes are, a method gives a value or
 * throws
 * {@link ProtocolException}, and allocates no more than the bytes at hand justify. Every value has one form only: an
 * overlong varint is refused. Not thread-safe.
 */
public final class BytesReader {
    private final byte[] bytes;
    private final int to;
    private int at;

    public BytesReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    /** Reads {@code bytes[from..to)}, which must not change meanwhile. */
    public BytesReader(byte[] bytes, int from, int to) {
        if (from < 0 || to < from || to > bytes.length) {
            throw new IllegalArgumentException("no such part: " + from + ".." + to + " of " + bytes.length);
        }
        this.bytes = bytes;
        this.at = from;
        this.to = to;
    }

    public int remaining() {
        return to - at;
    }

    /** Refuses bytes after the last field. */
    public void end() throws ProtocolException {
        if (at != to) {
            throw new ProtocolException((to - at) + " bytes too many at the end of a message");
        }
    }

    public int u8() throws ProtocolException {
        need(1);
        return bytes[at++] & 0xff;
    }

    public boolean bool() throws ProtocolException {
        int value = u8();
        if (value > 1) {
            throw new ProtocolException("neither true nor false: " + value);
        }
        return value == 1;
    }

    public int u32() throws ProtocolException {
        need(4);
        int value = ByteBuffer.wrap(bytes, at, 4).getInt();
        at += 4;
        return value;
    }

    public long u64() throws ProtocolException {
        need(8);
        long value = ByteBuffer.wrap(bytes, at, 8).getLong();
        at += 8;
        return value;
    }

    public long varint() throws ProtocolException {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            int next = u8();
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                if (next == 0 && shift > 0 || shift == 63 && next > 1) {
                    throw new ProtocolException("a number is written longer than it is");
                }
                return value;
            }
            if (shift == 63) {
                throw new ProtocolException("a number has more than 64 bits");
            }
        }
    }

    /** A varint from 0 to {@code max}. */
    public int varint(int max) throws ProtocolException {
        long value = varint();
        if (value < 0 || value > max) {
            throw new ProtocolException("number " + Long.toUnsignedString(value) + " is over " + max);
        }
        return (int) value;
    }

    /** A varint that is the number of items to follow, each of at least {@code itemMinBytes} bytes. */
    public int count(int itemMinBytes) throws ProtocolException {
        long value = varint();
        if (value < 0 || value > remaining() / itemMinBytes) {
            throw new ProtocolException(
                    Long.toUnsignedString(value) + " items announced, " + remaining() + " bytes left");
        }
        return (int) value;
    }

    /** Length as a varint, then that many bytes, copied. */
    public byte[] bytes() throws ProtocolException {
        int length = count(1);
        at += length;
        return Arrays.copyOfRange(bytes, at - length, at);
    }

    /** Exactly {@code length} bytes, copied. */
    public byte[] raw(int length) throws ProtocolException {
        need(length);
        at += length;
        return Arrays.copyOfRange(bytes, at - length, at);
    }

    /** Length as a varint, then UTF-8. */
    public String string() throws ProtocolException {
        int length = count(1);
        at += length;
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, at - length, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ProtocolException("a text is not UTF-8");
        }
    }

    /** Appends what is left to {@code out} and stays where it is. */
    void copyTo(BytesWriter out) {
        out.raw(bytes, at, to - at);
    }

    private void need(int length) throws ProtocolException {
        if (length < 0 || to - at < length) {
            throw new ProtocolException("a message ends " + (length - (to - at)) + " bytes too early");
        }
    }
}
