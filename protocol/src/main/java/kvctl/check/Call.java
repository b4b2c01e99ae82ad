package kvctl.check;

/**
 * What a client asks for, as it is known when it is sent; the methods make an {@link Operation} of it once its end is
 * known.
 *
 * @param process who calls; one process does one thing at a time, and ends with an unknown outcome (HAZARDS §4)
 * @param argument value to write, null if none
 * @param expectedVersion of a cas, 0: no such key; {@link Operation#NOT_TOLD} if it expects a value, or is no cas
 * @param expectedValue of a cas that expects a value, as foreign registers have it; else null
 * @param startNs when it was called, by the recorder's one monotonic clock
 */
public record Call(
        int process,
        Operation.Kind kind,
        String key,
        String argument,
        long expectedVersion,
        String expectedValue,
        long startNs) {
    public static Call get(int process, String key, long startNs) {
        return plain(process, Operation.Kind.GET, key, null, startNs);
    }

    public static Call put(int process, String key, String argument, long startNs) {
        return plain(process, Operation.Kind.PUT, key, argument, startNs);
    }

    public static Call append(int process, String key, String argument, long startNs) {
        return plain(process, Operation.Kind.APPEND, key, argument, startNs);
    }

    public static Call delete(int process, String key, long startNs) {
        return plain(process, Operation.Kind.DELETE, key, null, startNs);
    }

    /** Writes if the key has this version; 0: if there is no such key. */
    public static Call cas(int process, String key, long expectedVersion, String argument, long startNs) {
        return new Call(process, Operation.Kind.CAS, key, argument, expectedVersion, null, startNs);
    }

    /** Writes if the key has this value. */
    public static Call casValue(int process, String key, String expectedValue, String argument, long startNs) {
        return new Call(process, Operation.Kind.CAS, key, argument, Operation.NOT_TOLD, expectedValue, startNs);
    }

    private static Call plain(int process, Operation.Kind kind, String key, String argument, long startNs) {
        return new Call(process, kind, key, argument, Operation.NOT_TOLD, null, startNs);
    }

    /** A get was answered; value null: no such key. */
    public Operation read(long endNs, String value, long version) {
        return answered(endNs, value, version, false);
    }

    /** A write took effect, under this version. */
    public Operation written(long endNs, long version) {
        return answered(endNs, null, version, true);
    }

    /** A cas or delete definitely did not take effect, because it found this version (0: no such key). */
    public Operation unchanged(long endNs, long version) {
        return answered(endNs, null, version, false);
    }

    /** It had no effect and will have none, and tells nothing about the key. */
    public Operation failed(long endNs) {
        return new Operation(
                this,
                endNs,
                Operation.Outcome.FAILED,
                null,
                Operation.NOT_TOLD,
                false,
                Operation.NO_GROUP,
                Operation.NO_INDEX);
    }

    /** It may have taken effect, or may do so at any later time. */
    public Operation unknown() {
        return unknownUntil(Operation.OPEN);
    }

    /** As {@link #unknown}, but its effect was seen by then. */
    Operation unknownUntil(long endNs) {
        return new Operation(
                this,
                endNs,
                Operation.Outcome.UNKNOWN,
                null,
                Operation.NOT_TOLD,
                false,
                Operation.NO_GROUP,
                Operation.NO_INDEX);
    }

    private Operation answered(long endNs, String value, long version, boolean effective) {
        return new Operation(
                this, endNs, Operation.Outcome.DONE, value, version, effective, Operation.NO_GROUP, Operation.NO_INDEX);
    }
}
