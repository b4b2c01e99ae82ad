package kvctl.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import kvctl.protocol.Request;

/** One request of the user on its way. Only {@link Dispatcher} changes it, except for the future. */
final class Call implements Runnable {
    /** Any node may answer. */
    static final int NO_GROUP = -1;

    /** Where a call is. */
    enum State {
        /** Not yet taken up, because too many others are under way. */
        QUEUED,
        /** No map yet. */
        NO_MAP,
        /** Its session's window is full. */
        WINDOW,
        /** Waits for a connection. */
        PARKED,
        /** Sent at least once, and at least one answer may still come. */
        SENT,
        /** Waits to be sent again. */
        BACKOFF,
        /** The future is complete. */
        DONE
    }

    /**
     * One sending of it that has no answer yet. No record: it is looked for by identity, and a one-shot pays for
     * equals.
     */
    static final class Attempt {
        final Call call;
        final NodeLink node;
        final long correlationId;

        Attempt(Call call, NodeLink node, long correlationId) {
            this.call = call;
            this.node = node;
            this.correlationId = correlationId;
        }
    }

    final String verb;

    /** The key for messages; null if it has none. */
    final byte[] key;

    final int fixedShard;
    final int fixedGroup;

    /** Address that alone can answer; null: whoever leads. */
    final String fixedAddress;

    /** Id of the node that alone can answer; 0: whoever leads. */
    final int fixedNode;

    final boolean write;
    final Function<Request.Tag, Request> intent;
    final CompletableFuture<Result> future = new CompletableFuture<>();
    final long timeoutMs;

    private final Dispatcher dispatcher;

    State state = State.QUEUED;
    long startedMs;
    long deadlineMs;

    /** When the dispatcher looks at it again if nothing happens. */
    long nextMs;

    /** Place in the dispatcher's list. */
    int slot = -1;

    int shardId = -1;
    int groupId = NO_GROUP;
    Session session;
    Request.Tag tag;
    Request request;

    /** The name of the write was given by the user, who may have sent it before. */
    boolean repeated;

    /** The client's own; the user does not know of it. */
    boolean internal;

    /** Sendings that were not refused definitely: with one of them, a write without an answer is unknown. */
    int exposed;

    int attempts;
    int backoffs;
    int hops;
    int rotation;
    NodeLink parkedAt;
    final List<Attempt> open = new ArrayList<>(1);

    /** The last refusal, for the message at the deadline. */
    String lastRefusal;

    boolean lastWasBusy;

    Call(Dispatcher dispatcher, Builder builder) {
        this.dispatcher = dispatcher;
        this.verb = builder.verb;
        this.key = builder.key;
        this.fixedShard = builder.shardId;
        this.fixedGroup = builder.groupId;
        this.fixedNode = builder.nodeId;
        this.fixedAddress = builder.address;
        this.write = builder.write;
        this.intent = builder.intent;
        this.timeoutMs = builder.timeoutMs;
        if (builder.requestId != null) {
            this.tag = builder.requestId.tag();
            this.repeated = true;
            this.exposed = 1;
        }
    }

    /** Takes it up; on the transport's loop. */
    @Override
    public void run() {
        dispatcher.submit(this);
    }

    boolean fixed() {
        return fixedNode != 0 || fixedAddress != null;
    }

    boolean hasOpenAttemptAt(NodeLink node) {
        for (int i = 0; i < open.size(); i++) {
            if (open.get(i).node == node) {
                return true;
            }
        }
        return false;
    }

    /** What is asked, and of whom; the rest is the defaults. */
    static final class Builder {
        final String verb;
        final Function<Request.Tag, Request> intent;
        byte[] key;
        int shardId = -1;
        int groupId = NO_GROUP;
        int nodeId;
        String address;
        boolean write;
        RequestId requestId;
        long timeoutMs;

        Builder(String verb, Function<Request.Tag, Request> intent) {
            this.verb = verb;
            this.intent = intent;
        }
    }
}
