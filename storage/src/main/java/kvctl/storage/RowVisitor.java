package kvctl.storage;

/** Takes rows in the unsigned order of their keys. The arrays belong to the storage: they are read, never changed. */
@FunctionalInterface
public interface RowVisitor {
    /** @return false to end the scan */
    boolean row(byte[] key, byte[] value);
}
