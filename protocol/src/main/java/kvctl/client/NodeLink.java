package kvctl.client;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the client knows of one node's address, and its connection there, if any. Only {@link Nodes} changes it. */
final class NodeLink {
    /** How far the connection is. */
    enum State {
        /** There is none. */
        IDLE,
        /** Connecting, or waiting for the answer to the hello. */
        CONNECTING,
        /** Requests can be sent. */
        OPEN
    }

    final String address;
    int nodeId;
    String name;

    State state = State.IDLE;
    Transport.Link link;

    /** Tells the events of this connection from those of an earlier one. */
    long generation;

    long nextCorrelationId = 1;
    final Map<Long, Call.Attempt> open = new LinkedHashMap<>();

    /** Calls to be sent when the connection is open. */
    final ArrayDeque<Call> parked = new ArrayDeque<>();

    long connectStartedMs;
    long heardMs = Long.MIN_VALUE;
    long failedMs = Long.MIN_VALUE;

    /** Not asked before this time if somebody else can be, because it was silent. */
    long suspectUntilMs = Long.MIN_VALUE;

    /** Completes "n1 ..."; null: nothing wrong with it. */
    String problem;

    Transport.Closed problemKind;

    NodeLink(String address) {
        this.address = address;
        this.name = address;
    }

    boolean refusedLately(long nowMs) {
        return state == State.IDLE && problem != null && nowMs < failedMs + ClientConfig.RECONNECT_MS;
    }

    boolean suspect(long nowMs) {
        return nowMs < suspectUntilMs;
    }

    /** Its name, and where it is if that is not the same. */
    String nameAndAddress() {
        return name.equals(address) ? address : name + " at " + address;
    }
}
