package kvctl.storage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import kvctl.raft.Entry;

/**
 * Bytes of the rows that are the storage's own; numbers are big-endian, so that keys sort as their numbers do. Every
 * record begins with a CRC32C that covers its key, too: a record that turns up under another key is damage (HAZARDS D5).
 * One thread uses an instance.
 */
final class Records {
    /** Before the command in a log record: CRC32C, kind, term. */
    static final int LOG_HEADER = 13;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final CRC32C crc = new CRC32C();
    private final byte[] scratch = new byte[8];

    static byte[] indexKey(long index) {
        byte[] key = new byte[8];
        LONG.set(key, 0, index);
        return key;
    }

    static long index(byte[] indexKey) {
        return (long) LONG.get(indexKey, 0);
    }

    byte[] log(Entry entry) {
        byte[] command = entry.command();
        byte[] value = new byte[LOG_HEADER + command.length];
        value[4] = (byte) entry.kind().code();
        LONG.set(value, 5, entry.term());
        System.arraycopy(command, 0, value, LOG_HEADER, command.length);
        INT.set(value, 0, crc(entry.index(), value, 4));
        return value;
    }

    /** @return null if the record is damaged */
    Entry log(long index, byte[] value) {
        if (value.length < LOG_HEADER || (int) INT.get(value, 0) != crc(index, value, 4)) {
            return null;
        }
        Entry.Kind kind = Entry.Kind.of(value[4]);
        return new Entry(index, (long) LONG.get(value, 5), kind, Arrays.copyOfRange(value, LOG_HEADER, value.length));
    }

    /** Key of a group's own row of one sort. */
    static byte[] groupKey(byte sort, int groupId) {
        byte[] key = new byte[5];
        key[0] = sort;
        INT.set(key, 1, groupId);
        return key;
    }

    static int groupId(byte[] groupKey) {
        return (int) INT.get(groupKey, 1);
    }

    /** A record of numbers; {@code about} is the id of what they are about, covered by the CRC32C. */
    byte[] numbers(long about, long... numbers) {
        byte[] value = new byte[4 + 8 * numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            LONG.set(value, 4 + 8 * i, numbers[i]);
        }
        INT.set(value, 0, crc(about, value, 4));
        return value;
    }

    /** @return null if the record is damaged */
    long[] numbers(long about, int count, byte[] value) {
        if (value.length != 4 + 8 * count || (int) INT.get(value, 0) != crc(about, value, 4)) {
            return null;
        }
        long[] numbers = new long[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (long) LONG.get(value, 4 + 8 * i);
        }
        return numbers;
    }

    byte[] identity(Identity identity, long incarnation) {
        byte[] cluster = identity.clusterId().getBytes(StandardCharsets.UTF_8);
        byte[] name = identity.nodeName().getBytes(StandardCharsets.UTF_8);
        byte[] value = new byte[4 + 4 + 4 + 8 + 4 + cluster.length + name.length];
        INT.set(value, 4, Fence.FORMAT);
        INT.set(value, 8, identity.nodeId());
        LONG.set(value, 12, incarnation);
        INT.set(value, 20, cluster.length);
        System.arraycopy(cluster, 0, value, 24, cluster.length);
        System.arraycopy(name, 0, value, 24 + cluster.length, name.length);
        INT.set(value, 0, crc(0, value, 4));
        return value;
    }

    /** @throws StorageException if an identity record is damaged or of a newer version */
    void checkFormat(byte[] value, String where) {
        int format = value.length < 8 || (int) INT.get(value, 0) != crc(0, value, 4) ? 0 : (int) INT.get(value, 4);
        if (format == 0) {
            throw new StorageException("the identity in " + where + " is damaged; restore or remove it");
        }
        if (format > Fence.FORMAT) {
            throw new StorageException(where + " was written in format " + format + ", this version knows up to "
                    + Fence.FORMAT + "; start the newer version");
        }
    }

    Identity identity(byte[] value) {
        int length = (int) INT.get(value, 20);
        return new Identity(
                new String(value, 24, length, StandardCharsets.UTF_8),
                new String(value, 24 + length, value.length - 24 - length, StandardCharsets.UTF_8),
                (int) INT.get(value, 8));
    }

    long incarnation(byte[] identityRecord) {
        return (long) LONG.get(identityRecord, 12);
    }

    /** CRC32C over a number and the bytes from {@code from} on. */
    int crc(long about, byte[] bytes, int from) {
        LONG.set(scratch, 0, about);
        crc.reset();
        crc.update(scratch, 0, 8);
        crc.update(bytes, from, bytes.length - from);
        return (int) crc.getValue();
    }
}
