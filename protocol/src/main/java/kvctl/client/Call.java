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

    /** No group owns the shard; the call waits until one does. */
    static final int NOBODY = -2;

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

        /** The group that was to answer; the call may be at another one by now. */
        final int groupId;

        Attempt(Call call, NodeLink node, long correlationId) {
            this.call = call;
            this.node = node;
            this.correlationId = correlationId;
            this.groupId = call.groupId;
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

    /** Changes something without a tag: once sent it may be carried out, and a repeat has the same id. */
    final boolean change;

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

    /** Sendings of a write or change that were not refused definitely: with one, no answer means unknown. */
    int exposed;

    int attempts;
    int backoffs;
    int hops;
    int rotation;

    /** How often a group said that it does not serve the shard, since the shard has this owner. */
    int wrongGroups;

    /** At the group that takes the shard over, not at its owner. */
    boolean atTarget;

    NodeLink parkedAt;
    final List<Attempt> open = new ArrayList<>(1);

    /** The last refusal, for the message at the deadline. */
    String lastRefusal;

    boolean lastWasBusy;
    boolean lastWasWrongGroup;

    Call(Dispatcher dispatcher, Builder builder) {
        this.dispatcher = dispatcher;
        this.verb = builder.verb;
        this.key = builder.key;
        this.fixedShard = builder.shardId;
        this.fixedGroup = builder.groupId;
        this.fixedNode = builder.nodeId;
        this.fixedAddress = builder.address;
        this.write = builder.write;
        this.change = builder.change;
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

    /** For the group where the call is now. */
    boolean hasOpenAttemptAt(NodeLink node) {
        for (int i = 0; i < open.size(); i++) {
            if (open.get(i).node == node && open.get(i).groupId == groupId) {
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
        boolean change;
        RequestId requestId;

        /** At most; the client's own limit holds in any case. */
        long timeoutMs = Long.MAX_VALUE;

        Builder(String verb, Function<Request.Tag, Request> intent) {
            this.verb = verb;
            this.intent = intent;
        }
    }
}
