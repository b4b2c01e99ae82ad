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

    /** The first line of what went wrong. */
    static String reason(Throwable e) {
        String text = e.getMessage() == null ? e.toString() : e.getMessage();
        return text.lines().findFirst().orElse(text);
    }
}
