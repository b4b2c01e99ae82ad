package kvctl.protocol;

/**
 * The bytes from the other side are not what this protocol says. The only exception that decoding throws; the
 * connection it came from is not to be used any more (HAZARDS A6). The message is one line for a human.
 */
public final class ProtocolException extends Exception {
    public ProtocolException(String message) {
        super(message);
    }
}
