package kvctl.node;

import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.raft.Waiter;

/**
 * One request of a client on its way through the node: made by the door it came in by, passed once through the inbox to
 * the loop, answered exactly once.
 */
public final class Call implements Waiter {
    /** Where the answer goes: a connection, or a test. Called by the loop's thread. */
    public interface Door {
        /** Exactly once per call. */
        void answer(Call call, Response response);

        /** True if so many answers wait to be read that large ones must be refused. */
        boolean isFull();
    }

    private final Door door;
    private final long correlationId;
    private final Request request;
    private final long deadlineMs;
    private final int bytes;
    private Router router;
    private int groupId;

    /**
     * @param correlationId the client's name for the request
     * @param deadlineMs when the client gives up, on the clock that {@link Core#take} gets
     * @param bytes what the request counts against bounds
     */
    public Call(Door door, long correlationId, Request request, long deadlineMs, int bytes) {
        this.door = door;
        this.correlationId = correlationId;
        this.request = request;
        this.deadlineMs = deadlineMs;
        this.bytes = bytes;
    }

    /** The client's name for the request. */
    public long correlationId() {
        return correlationId;
    }

    public Request request() {
        return request;
    }

    long deadlineMs() {
        return deadlineMs;
    }

    int bytes() {
        return bytes;
    }

    int groupId() {
        return groupId;
    }

    /** Before the call waits for a group: who completes it. */
    Call waitsFor(Router newRouter, int newGroupId) {
        router = newRouter;
        groupId = newGroupId;
        return this;
    }

    boolean isDoorFull() {
        return door.isFull();
    }

    void answer(Response response) {
        door.answer(this, response);
    }

    @Override
    public void done(long index, Object reply) {
        router.done(this, reply);
    }

    @Override
    public void failed(Failure why) {
        router.failed(this, why);
    }
}
