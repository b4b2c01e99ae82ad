package kvctl.protocol;

/** What one frame holds. {@link Frames} has the bytes. */
public sealed interface Frame permits Hello, HelloReply, Frame.Ask, Frame.Answer, Frame.Peer, Frame.Failure {
    /**
     * A request.
     *
     * @param correlationId chosen by the client, comes back with the answer; unique among the requests that wait on a
     *     connection
     * @param timeLeftMs how long the client goes on waiting, from the sending; the node drops the request unproposed
     *     when it is over (HAZARDS A4)
     */
    record Ask(long correlationId, long timeLeftMs, Request request) implements Frame {}

    /** The answer to the request of that correlation id. Answers come in any order. */
    record Answer(long correlationId, Response response) implements Frame {}

    /** A frame between nodes; the reader stands behind the frame's kind. */
    record Peer(BytesReader body) implements Frame {}

    /** Last words before the connection is closed because of what came over it: one line for a human. */
    record Failure(String message) implements Frame {}
}
