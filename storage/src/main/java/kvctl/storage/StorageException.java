package kvctl.storage;

/**
 * The disk, or what it holds, can't be trusted or used. Fatal: the caller stops the node and never tries again
 * (HAZARDS D8). The message is one line for a user.
 */
public final class StorageException extends RuntimeException {
    public StorageException(String message) {
        super(message);
    }

    public StorageException(String message, Throwable cause) {
        super(message, cause);
    }
}
