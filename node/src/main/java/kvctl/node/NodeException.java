package kvctl.node;

/** The node can't run as it was asked to. The message is one line for a user. */
public final class NodeException extends RuntimeException {
    public NodeException(String message) {
        super(message);
    }
}
