package kvctl.node.meta;

/** Where notes to other nodes go. Never blocks; what can't be sent is dropped, whoever needs the answer asks again. */
public interface Notes {
    void send(int toNodeId, Note note);
}
