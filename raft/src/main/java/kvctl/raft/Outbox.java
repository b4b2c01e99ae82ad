package kvctl.raft;

/** Where messages to other nodes go. Never blocks; what can't be sent is dropped, Raft sends again. */
public interface Outbox {
    void send(int groupId, int to, Message message);
}
