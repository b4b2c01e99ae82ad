package kvctl.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes being written, in one array that grows. Fixed-width numbers are big-endian; varints are unsigned LEB128 (seven
 * bits per byte, low bits first), so a negative {@code long} takes ten bytes. Not thread-safe.
 */
public final class BytesWriter {
    private byte[] bytes;
    private int size;

    public BytesWriter() {
        this(256);
    }

    public BytesWriter(int capacity) {
        bytes = new byte[capacity];
    }

    public int size() {
        return size;
    }

    /** The array itself, good up to {@link #size()} and until the next write. */
    public byte[] array() {
        return bytes;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    /** Forgets everything from {@code newSize} on; the array stays. */
    public void truncate(int newSize) {
        size = newSize;
    }

    public void u8(int value) {
        room(1);
        bytes[size++] = (byte) value;
    }

    public void bool(boolean value) {
        u8(value ? 1 : 0);
    }

    public void u32(int value) {
        room(4);
        setU32(size, value);
        size += 4;
    }

    public void u64(long value) {
        u32((int) (value >>> 32));
        u32((int) value);
    }

    /** Overwrites four bytes that were written before. */
    public void setU32(int at, int value) {
        bytes[at] = (byte) (value >>> 24);
        bytes[at + 1] = (byte) (value >>> 16);
        bytes[at + 2] = (byte) (value >>> 8);
        bytes[at + 3] = (byte) value;
    }

    public void varint(long value) {
        room(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    /** Raw bytes without their length. */
    public void raw(byte[] source, int from, int length) {
        room(length);
        System.arraycopy(source, from, bytes, size, length);
        size += length;
    }

    /** Length as a varint, then the bytes. */
    public void bytes(byte[] value) {
        varint(value.length);
        raw(value, 0, value.length);
    }

    /** UTF-8, written as {@link #bytes(byte[])}. */
    public void string(String value) {
        bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), bytes.length * 2));
        }
    }
}
