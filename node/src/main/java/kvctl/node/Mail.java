package kvctl.node;

import kvctl.node.meta.Note;
import kvctl.raft.Message;

/**
 * What another node sent, as it waits for the loop: a message of one of its replicas, or a note.
 *
 * @param from node id that the sender proved in its hello
 * @param groupId of the message
 * @param message null if it is a note
 * @param note null if it is a message
 * @param bytes its size on the wire; what the inbox counts against its bound
 */
public record Mail(int from, int groupId, Message message, Note note, int bytes) {
    /** In the lane of the log: large, or not to overtake what is. */
    boolean isBulk() {
        return note == null ? Inbox.ordered(message) : note instanceof Note.Piece || note instanceof Note.MapNews;
    }
}
