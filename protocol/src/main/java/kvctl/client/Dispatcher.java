package kvctl.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;

/**
 * Brings calls to their answers: finds the node, sends, sends again, gives up. Runs on the transport's loop and has no
 * threads, clocks or dice of its own, so the simulator runs it as it is.
 *
 * <p>A call is at one place at a time ({@link Call.State}), but may have several sendings open, at different nodes, all
 * with the same tag; the first real answer wins. A sending stays "exposed" until it is refused definitely; a write
 * that is
 * given up while one is exposed is unknown (HAZARDS E10, E11). Every call has a time at which it is looked at again,
 * and one wake-up serves them all.
 */
final class Dispatcher implements Nodes.Events {
    /**
     * A group's waiting calls are sent at most this often because of a new leader; else two confused nodes make a
     * storm.
     */
    private static final long LEADER_NEWS_MS = 20;

    private final Transport transport;
    private final ClientConfig config;
    private final Nodes nodes;
    private final Routes routes;
    private final Runnable finished;
    private final List<Call> active = new ArrayList<>();
    private final ArrayDeque<Call> queued = new ArrayDeque<>();
    private final Map<Integer, Session> sessions = new TreeMap<>();
    private final Map<Integer, Long> leaderNewsMs = new TreeMap<>();
    private long wakeAtMs = Long.MAX_VALUE;
    private int nextRotation;
    private long refreshedMs = Long.MIN_VALUE / 2;
    private boolean refreshing;
    private boolean admitting;
    private boolean closed;

    /** @param finished runs after each call that is done */
    Dispatcher(Transport transport, ClientConfig config, Runnable finished) {
        this.transport = transport;
        this.config = config;
        this.finished = finished;
        this.nodes = new Nodes(transport, config, this);
        this.routes = new Routes(nodes);
        this.nextRotation = transport.random().nextInt(1 << 16);
    }

    ShardMap map() {
        return nodes.map();
    }

    void submit(Call call) {
        long nowMs = transport.nowMs();
        call.startedMs = nowMs;
        call.deadlineMs = nowMs + call.timeoutMs;
        call.nextMs = call.deadlineMs;
        call.rotation = nextRotation++ & 0xffff;
        if (closed) {
            finish(call, null, Failures.closed(call));
        } else if (active.size() >= config.maxInFlight()) {
            queued.add(call);
            wakeBy(call.deadlineMs);
        } else {
            admit(call);
        }
    }

    private void admit(Call call) {
        call.slot = active.size();
        active.add(call);
        route(call);
    }

    /** Decides where the call goes now, and sends it there. */
    private void route(Call call) {
        long nowMs = transport.nowMs();
        if (call.fixedAddress != null) {
            sendOrPark(call, nodes.at(call.fixedAddress), nowMs);
        } else if (nodes.map() == null) {
            await(call, Call.State.NO_MAP, call.deadlineMs);
            nodes.seekMap(nowMs);
            wakeBy(nowMs + ClientConfig.NEXT_ENDPOINT_MS);
        } else {
            String missing = routes.locate(call);
            NodeLink target = missing != null || call.groupId == Call.NOBODY ? null : routes.choose(call, nowMs);
            if (missing != null) {
                finish(call, null, Failures.of(call, KvException.Code.BAD_REQUEST, missing));
            } else if (target != null) {
                sendOrPark(call, target, nowMs);
            } else {
                lookElsewhere(call, nowMs);
                backOff(call, nowMs);
            }
        }
    }

    private void sendOrPark(Call call, NodeLink node, long nowMs) {
        if (node.state == NodeLink.State.OPEN) {
            send(call, node);
            return;
        }
        if (node.state == NodeLink.State.IDLE) {
            nodes.connect(node, nowMs);
            wakeBy(nowMs + config.requestTimeoutMs());
        }
        await(call, Call.State.PARKED, call.fixed() ? call.deadlineMs : nowMs + config.silentMs());
        node.parked.add(call);
        call.parkedAt = node;
    }

    private void send(Call call, NodeLink node) {
        if (call.write && call.tag == null && !openSession(call)) {
            return;
        }
        if (call.request == null) {
            call.request = call.intent.apply(call.tag);
        }
        long nowMs = transport.nowMs();
        Call.Attempt attempt = nodes.send(node, call, Math.max(0, call.deadlineMs - nowMs));
        if (attempt == null) {
            call.lastRefusal = "too much waits to be sent to " + node.name;
            call.lastWasBusy = true;
            backOff(call, nowMs);
            return;
        }
        call.open.add(attempt);
        call.attempts++;
        call.exposed += call.write || call.change ? 1 : 0;
        await(call, Call.State.SENT, call.fixed() ? call.deadlineMs : nowMs + config.silentMs());
    }

    /** Gives the write its tag; false: the window of the shard's session is full, the call waits there. */
    private boolean openSession(Call call) {
        Session session = sessions.get(call.shardId);
        if (session == null || session.retired()) {
            session = new Session(transport.epochMs(), transport.random().nextLong());
            sessions.put(call.shardId, session);
        }
        if (!session.hasRoom()) {
            session.waiting.add(call);
            await(call, Call.State.WINDOW, call.deadlineMs);
            return false;
        }
        call.session = session;
        call.tag = session.nextTag();
        return true;
    }

    /** The only way to another state but DONE; wherever the call waited before, it does not any more. */
    private void await(Call call, Call.State state, long untilMs) {
        unpark(call);
        call.state = state;
        call.nextMs = Math.min(untilMs, call.deadlineMs);
        wakeBy(call.nextMs);
    }

    private static void unpark(Call call) {
        if (call.parkedAt != null) {
            call.parkedAt.parked.remove(call);
            call.parkedAt = null;
        }
    }

    private void backOff(Call call, long nowMs) {
        long waitMs = Math.min(ClientConfig.BACKOFF_MAX_MS, ClientConfig.BACKOFF_MS << Math.min(call.backoffs++, 10));
        if (call.wrongGroups > 0) {
            routes.alternate(call);
        }
        // Jitter: half to one and a half, so that those who failed together do not come back together (HAZARDS A4).
        rest(call, nowMs + waitMs / 2 + transport.random().nextLong(waitMs + 1));
    }

    private void rest(Call call, long untilMs) {
        call.hops = 0;
        await(call, Call.State.BACKOFF, untilMs);
    }

    @Override
    public void answered(Call.Attempt attempt, Response response) {
        Call call = attempt.call;
        call.open.remove(attempt);
        if (response instanceof Response.Refused refused) {
            refused(attempt, refused);
            return;
        }
        NodeLink node = attempt.node;
        Result result = new Result(response, call.shardId, node.nodeId, node.name, call.attempts, call.tag);
        int groupId = result.groupId() == Result.NO_GROUP ? attempt.groupId : result.groupId();
        if (response instanceof Response.MapReply reply) {
            nodes.learn(reply.map());
        } else if (groupId != Call.NO_GROUP) {
            nodes.setLeader(groupId, node.nodeId);
        }
        finish(call, result, null);
    }

    private void refused(Call.Attempt attempt, Response.Refused refused) {
        Call call = attempt.call;
        NodeLink node = attempt.node;
        long nowMs = transport.nowMs();
        if ((call.write || call.change) && refused.code().definite()) {
            call.exposed--;
        }
        if (attempt.groupId != call.groupId && !refused.code().equals(Response.Code.SESSION_EXPIRED)) {
            return; // The call has gone on to another group, and waits for that one.
        }
        call.lastWasWrongGroup = refused.code() == Response.Code.WRONG_GROUP;
        call.lastRefusal = node.name + ": " + refused.message();
        call.lastWasBusy = refused.code() == Response.Code.BUSY;
        if (call.fixed()) {
            finish(call, null, Failures.refused(call, node, refused));
            return;
        }
        switch (refused.code()) {
            case BAD_REQUEST, FORBIDDEN, CONFLICT -> finish(call, null, Failures.refused(call, node, refused));
            case NOT_LEADER -> notLeader(call, node, refused.leaderId(), nowMs);
            case SESSION_EXPIRED -> sessionExpired(call);
            case WRONG_GROUP -> wrongGroup(call, nowMs);
            case LOST_LEADERSHIP, STOPPING -> {
                nodes.forgetLeader(call.groupId, node);
                backOff(call, nowMs);
            }
            default -> backOff(call, nowMs);
        }
    }

    /** The shard has moved, or is between two groups: the other one is asked at once, then both in turn. */
    private void wrongGroup(Call call, long nowMs) {
        refreshMap(nowMs);
        boolean first = call.wrongGroups++ == 0;
        if (routes.alternate(call) && first) {
            route(call);
            return;
        }
        long waitMs = Math.min(
                ClientConfig.WRONG_GROUP_MAX_MS, ClientConfig.WRONG_GROUP_MS << Math.min(call.wrongGroups - 1, 10));
        rest(call, nowMs + waitMs / 2 + transport.random().nextLong(waitMs / 2 + 1));
    }

    private void notLeader(Call call, NodeLink node, int hint, long nowMs) {
        nodes.forgetLeader(call.groupId, node);
        // The node may have meant the group that owns the shard as far as it knows, which is another one.
        boolean member = call.groupId == Call.NO_GROUP || nodes.isMember(call.groupId, hint);
        if (hint != 0 && !member) {
            refreshMap(nowMs);
        }
        NodeLink hinted = hint == node.nodeId || !member ? null : nodes.byId(hint);
        boolean good = Routes.isGood(hinted, nowMs);
        boolean knownIsGood = Routes.isGood(nodes.byId(nodes.leader(call.groupId)), nowMs);
        // A leader that somebody else named or that answered stays until it denies itself.
        boolean news = good && !knownIsGood && nodes.setLeader(call.groupId, hint);
        NodeLink leader = nodes.byId(nodes.leader(call.groupId));
        if ((good || knownIsGood) && call.hops < 3 && Routes.usable(call, leader, nowMs)) {
            call.hops++;
            sendOrPark(call, leader, nowMs);
        } else {
            backOff(call, nowMs);
        }
        if (news) {
            wakeGroup(call.groupId, nowMs);
        }
    }

    /** Sends the group's waiting calls now: there is a new leader. */
    private void wakeGroup(int groupId, long nowMs) {
        Long lastMs = leaderNewsMs.get(groupId);
        if (lastMs != null && nowMs < lastMs + LEADER_NEWS_MS) {
            return;
        }
        leaderNewsMs.put(groupId, nowMs);
        for (Call call : List.copyOf(active)) {
            if (call.state == Call.State.BACKOFF && call.groupId == groupId) {
                route(call);
            }
        }
    }

    /**
     * The session was pushed out. If this was the only sending, the write has not happened and gets a new name; else
     * nobody knows (HAZARDS E4).
     */
    private void sessionExpired(Call call) {
        call.exposed--;
        if (call.exposed > 0) {
            call.exposed++;
            finish(call, null, Failures.sessionExpired(call));
            return;
        }
        Session old = call.session;
        if (!old.retired()) {
            old.retire();
            // The floor of the table may lie ahead of this clock: go on in growing steps until past it.
            long aheadMs = 1000L << Math.min(call.backoffs, 22);
            long sessionMs = Math.max(transport.epochMs(), old.sessionMs + aheadMs);
            sessions.put(call.shardId, new Session(sessionMs, transport.random().nextLong()));
            releaseWindow(old);
        }
        call.session = null;
        call.tag = null;
        call.request = null;
        backOff(call, transport.nowMs());
    }

    /** Nobody of the shard's group is there: it may have left for good, with its shards where the map does not say. */
    private void lookElsewhere(Call call, long nowMs) {
        if (call.shardId >= 0) {
            refreshMap(nowMs);
        }
    }

    /** Asks one node after the other for its map, but not all calls ask at once. */
    private void refreshMap(long nowMs) {
        if (refreshing || nowMs < refreshedMs + ClientConfig.REFRESH_MS) {
            return;
        }
        refreshing = true;
        refreshedMs = nowMs;
        Call.Builder builder = new Call.Builder("map", tag -> new Request.GetMap());
        builder.timeoutMs = 2 * config.silentMs();
        Call refresh = new Call(this, builder);
        refresh.internal = true;
        refresh.startedMs = nowMs;
        refresh.deadlineMs = nowMs + refresh.timeoutMs;
        refresh.rotation = nextRotation++ & 0xffff;
        admit(refresh);
    }

    @Override
    public void mapChanged(ShardMap before) {
        for (Call call : List.copyOf(active)) {
            if (call.state == Call.State.NO_MAP) {
                route(call);
            } else if (call.shardId >= 0 && before != null) {
                follow(call, before);
            }
        }
    }

    /** Sends a waiting call to its shard's new owner, or to the group that the shard is on its way to. */
    private void follow(Call call, ShardMap before) {
        ShardMap map = nodes.map();
        boolean waits =
                call.state == Call.State.BACKOFF || call.state == Call.State.PARKED || call.state == Call.State.SENT;
        if (map.shardGroups()[call.shardId] != before.shardGroups()[call.shardId]) {
            call.atTarget = false;
            call.wrongGroups = 0;
        } else if (call.state == Call.State.BACKOFF
                && (call.wrongGroups > 0 || call.groupId == Call.NOBODY)
                && map.movingTo()[call.shardId] != before.movingTo()[call.shardId]) {
            call.atTarget = true;
        } else {
            return;
        }
        if (waits) {
            route(call); // With a sending still open at the old owner: the tag is the same, so both may come through.
        }
    }

    @Override
    public void opened(NodeLink node) {
        while (node.state == NodeLink.State.OPEN && !node.parked.isEmpty()) {
            Call call = node.parked.poll();
            call.parkedAt = null;
            send(call, node);
        }
    }

    @Override
    public void closed(NodeLink node, List<Call> parked, List<Call.Attempt> open) {
        nodes.forgetLeader(node);
        for (Call call : parked) {
            call.parkedAt = null;
            elsewhere(call);
        }
        for (Call.Attempt attempt : open) {
            Call call = attempt.call;
            call.open.remove(attempt);
            if (call.state == Call.State.SENT) {
                elsewhere(call);
            }
        }
        if (nodes.map() == null) {
            giveUpIfHopeless();
            nodes.seekMap(transport.nowMs());
        }
    }

    private void elsewhere(Call call) {
        long nowMs = transport.nowMs();
        if (call.fixed()) {
            finish(call, null, Failures.atDeadline(call, nodes, nowMs));
        } else if (call.hops < 3) {
            call.hops++;
            route(call);
        } else {
            backOff(call, nowMs);
        }
    }

    /** Ends the calls for which every endpoint has said what no waiting will change. */
    private void giveUpIfHopeless() {
        for (Call call : List.copyOf(active)) {
            if (call.state != Call.State.NO_MAP) {
                continue;
            }
            boolean hopeless = true;
            for (NodeLink endpoint : nodes.endpoints()) {
                boolean no = endpoint.problemKind == Transport.Closed.UNWANTED
                        || config.giveUpWhenAllRefuse() && endpoint.problemKind == Transport.Closed.REFUSED;
                hopeless &= no && endpoint.state == NodeLink.State.IDLE && endpoint.failedMs >= call.startedMs;
            }
            if (hopeless) {
                finish(call, null, Failures.atDeadline(call, nodes, transport.nowMs()));
            }
        }
    }

    private void wakeBy(long atMs) {
        if (atMs < wakeAtMs) {
            wakeAtMs = atMs;
            transport.wakeAt(atMs);
        }
    }

    /** Looks after everything whose time has come. */
    void wake() {
        long nowMs = transport.nowMs();
        wakeAtMs = Long.MAX_VALUE;
        for (Call call : List.copyOf(active)) {
            if (call.state != Call.State.DONE && call.nextMs <= nowMs) {
                due(call, nowMs);
            }
        }
        for (Iterator<Call> i = queued.iterator(); i.hasNext(); ) {
            Call call = i.next();
            if (call.deadlineMs <= nowMs) {
                i.remove();
                finish(call, null, Failures.neverTaken(call));
            }
        }
        for (NodeLink node : List.copyOf(nodes.all())) {
            if (node.state == NodeLink.State.CONNECTING) {
                long untilMs = node.connectStartedMs + config.requestTimeoutMs();
                if (untilMs <= nowMs) {
                    nodes.drop(node, "did not answer the hello");
                } else {
                    wakeBy(untilMs);
                }
            }
        }
        if (nodes.map() == null && !active.isEmpty()) {
            nodes.seekMap(nowMs);
            wakeBy(nowMs + ClientConfig.NEXT_ENDPOINT_MS);
        }
        active.forEach(call -> wakeBy(call.nextMs));
        queued.forEach(call -> wakeBy(call.deadlineMs));
    }

    private void due(Call call, long nowMs) {
        if (call.deadlineMs <= nowMs) {
            List<Call.Attempt> open = List.copyOf(call.open);
            finish(call, null, Failures.atDeadline(call, nodes, nowMs));
            for (Call.Attempt attempt : open) {
                NodeLink node = attempt.node;
                if (node.state == NodeLink.State.OPEN && node.heardMs + config.requestTimeoutMs() <= nowMs) {
                    nodes.drop(node, "did not answer");
                }
            }
            return;
        }
        boolean silent = call.state == Call.State.PARKED;
        if (silent) {
            suspect(call.parkedAt, nowMs);
        }
        for (Call.Attempt attempt : call.open) {
            if (attempt.node.heardMs + config.silentMs() <= nowMs) {
                suspect(attempt.node, nowMs);
                silent = true;
            }
        }
        if (silent) {
            lookElsewhere(call, nowMs);
        }
        if (call.wrongGroups > 0 && call.state != Call.State.BACKOFF) {
            routes.alternate(call); // This group is silent; the other one may serve the shard.
        }
        route(call);
    }

    private void suspect(NodeLink node, long nowMs) {
        node.suspectUntilMs = nowMs + 2 * config.silentMs();
    }

    /** Completes the call; exactly one of result and failure is given. */
    private void finish(Call call, Result result, KvException failure) {
        call.state = Call.State.DONE;
        for (Call.Attempt attempt : call.open) {
            attempt.node.open.remove(attempt.correlationId);
        }
        call.open.clear();
        unpark(call);
        if (call.slot >= 0) {
            Call last = active.remove(active.size() - 1);
            if (last != call) {
                active.set(call.slot, last);
                last.slot = call.slot;
            }
        }
        if (call.session != null) {
            settle(call, failure);
        }
        if (call.internal) {
            refreshing = false;
        } else {
            finished.run();
        }
        if (failure == null) {
            call.future.complete(result);
        } else {
            call.future.completeExceptionally(failure);
        }
        admitQueued();
    }

    private void admitQueued() {
        if (admitting) {
            return; // The loop below goes on; a call that ends at once must not add to the stack.
        }
        admitting = true;
        while (!closed && !queued.isEmpty() && active.size() < config.maxInFlight()) {
            admit(queued.poll());
        }
        admitting = false;
    }

    /** A write's number is free, unless the outcome is unknown: then somebody may still repeat it by its request id. */
    private void settle(Call call, KvException failure) {
        if (failure != null && failure.outcome() == KvException.Outcome.UNKNOWN) {
            call.session.retire();
        } else {
            call.session.answered(call.tag.seq());
        }
        releaseWindow(call.session);
    }

    private void releaseWindow(Session session) {
        while (!session.waiting.isEmpty() && (session.retired() || session.hasRoom())) {
            Call call = session.waiting.poll();
            if (call.state == Call.State.WINDOW) {
                route(call);
            }
        }
    }

    /** Ends every call; {@code failure} makes the exception of one. */
    void close(BiFunction<Call, KvException, KvException> failure) {
        closed = true;
        List<Call> rest = new ArrayList<>(active);
        rest.addAll(queued);
        queued.clear();
        for (Call call : rest) {
            if (call.state != Call.State.DONE) {
                finish(call, null, failure.apply(call, Failures.closed(call)));
            }
        }
    }
}
