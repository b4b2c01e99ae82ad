package kvctl.client;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;

/** What a user is told when a call fails: what happened, where, what to do; one line. */
final class Failures {
    private static final int KEY_SHOWN = 40;

    private Failures() {}

    static KvException of(Call call, KvException.Code code, String message) {
        if (call.write && call.exposed > 0) {
            return unknown(call, open(message) + "; it may still be applied");
        }
        if (call.change && call.exposed > 0) {
            return unknownChange(call, open(message));
        }
        return KvException.definite(code, message);
    }

    static KvException refused(Call call, NodeLink node, Response.Refused refused) {
        KvException.Code code = switch (refused.code()) {
            case BAD_REQUEST, FORBIDDEN -> KvException.Code.BAD_REQUEST;
            case BUSY -> KvException.Code.BUSY;
            case CONFLICT -> KvException.Code.CONFLICT;
            case NOT_LEADER, WRONG_GROUP, LOST_LEADERSHIP -> KvException.Code.NO_LEADER;
            case EXPIRED, SESSION_EXPIRED -> KvException.Code.TIMED_OUT;
            case STOPPING -> KvException.Code.UNREACHABLE;
        };
        boolean byTheCluster = code == KvException.Code.BAD_REQUEST || code == KvException.Code.CONFLICT;
        return of(call, code, byTheCluster ? refused.message() : node.name + ": " + refused.message());
    }

    static KvException sessionExpired(Call call) {
        String what = call.repeated
                ? " can't be repeated: the nodes no longer know its request id; it may have been applied."
                : " was sent again after its session had been pushed out; it may have been applied.";
        return new KvException(
                KvException.Code.UNKNOWN, KvException.Outcome.UNKNOWN, what(call) + what, readHint(call), null);
    }

    static KvException closed(Call call) {
        return of(call, KvException.Code.CLOSED, "The client was closed before " + what(call) + " was answered.");
    }

    static KvException neverTaken(Call call) {
        return of(
                call,
                KvException.Code.BUSY,
                what(call) + " waited " + seconds(call.timeoutMs) + " in this client behind other requests.");
    }

    /** The time is over, or the only node that could answer is not there. */
    static KvException atDeadline(Call call, Nodes nodes, long nowMs) {
        if (call.write && call.exposed > 0) {
            return unknown(
                    call,
                    what(call) + " timed out after " + seconds(nowMs - call.startedMs) + "; it may still be applied");
        }
        if (call.change && call.exposed > 0) {
            return unknownChange(call, what(call) + " timed out after " + seconds(nowMs - call.startedMs));
        }
        if (call.fixed()) {
            NodeLink node = call.fixedAddress != null ? nodes.at(call.fixedAddress) : nodes.byId(call.fixedNode);
            if (node != null) {
                return KvException.definite(codeOf(node), oneNode(node, call, nowMs));
            }
        }
        if (nodes.map() == null) {
            return noMap(call, nodes, nowMs);
        }
        if (call.groupId == Call.NO_GROUP) {
            return KvException.definite(
                    KvException.Code.UNREACHABLE, "No node answered " + what(call) + ". " + waited(call, nowMs));
        }
        if (nodes.group(call.groupId) == null) {
            return nobody(call, nodes, nowMs);
        }
        return call.lastWasWrongGroup && call.shardId >= 0
                ? notServed(call, nodes, nowMs)
                : noLeader(call, nodes, nowMs);
    }

    /** The shard has no owner, or its owner is gone from the map since the call was there. */
    private static KvException nobody(Call call, Nodes nodes, long nowMs) {
        if (call.shardId < 0) {
            return KvException.definite(KvException.Code.BAD_REQUEST, name(call) + " is gone from the map.");
        }
        boolean none = nodes.map().dataGroups().isEmpty();
        return new KvException(
                KvException.Code.NO_LEADER,
                KvException.Outcome.NOT_APPLIED,
                name(call) + " belongs to no group" + (none ? ": there is none yet" : "") + ". " + waited(call, nowMs),
                none ? "kvctl join GROUP NODE..." : "kvctl shards",
                null);
    }

    /** Whoever was asked last does not serve the shard: it is on its way, or the map is behind. */
    private static KvException notServed(Call call, Nodes nodes, long nowMs) {
        ShardMap.Group owner = nodes.group(nodes.map().shardGroups()[call.shardId]);
        ShardMap.Group target = nodes.group(nodes.map().movingTo()[call.shardId]);
        boolean moves = target != null && target.groupId() != ShardMap.NO_GROUP;
        boolean owned = owner != null && owner.groupId() != ShardMap.NO_GROUP;
        String what = moves
                ? " is moving " + (owned ? "from " + owner.name() + " " : "") + "to " + target.name()
                : " is not served by " + (owned ? owner.name() : "any group");
        return new KvException(
                KvException.Code.NO_LEADER,
                KvException.Outcome.NOT_APPLIED,
                name(call) + what + " (last answer: " + call.lastRefusal + "). " + waited(call, nowMs),
                moves ? "kvctl migrations" : "kvctl shards",
                null);
    }

    private static KvException unknownChange(Call call, String message) {
        return new KvException(
                KvException.Code.UNKNOWN,
                KvException.Outcome.UNKNOWN,
                message + "; it may still be carried out.",
                call.verb.equals("migrate") ? "kvctl migrations" : "kvctl query",
                null);
    }

    private static String open(String message) {
        return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
    }

    private static String name(Call call) {
        return call.shardId >= 0
                ? "Shard " + call.shardId
                : call.groupId == ShardMap.CONTROLLER ? "The controller" : "Group " + call.groupId;
    }

    private static KvException unknown(Call call, String message) {
        if (call.tag == null) {
            throw new IllegalStateException("exposed without a tag");
        }
        RequestId id = RequestId.of(call.tag);
        return new KvException(
                KvException.Code.UNKNOWN,
                KvException.Outcome.UNKNOWN,
                message + " (request " + id + ").",
                "repeat with --request-id " + id + " (applied at most once), or " + readHint(call),
                id);
    }

    private static String readHint(Call call) {
        return "kvctl get " + shown(call.key);
    }

    private static KvException noMap(Call call, Nodes nodes, long nowMs) {
        List<NodeLink> endpoints = nodes.endpoints();
        boolean unwanted = false;
        for (NodeLink endpoint : endpoints) {
            unwanted |= endpoint.problemKind == Transport.Closed.UNWANTED;
        }
        KvException.Code code = unwanted ? KvException.Code.WRONG_CLUSTER : KvException.Code.UNREACHABLE;
        if (endpoints.size() == 1) {
            return KvException.definite(code, oneNode(endpoints.get(0), call, nowMs));
        }
        return KvException.definite(
                code,
                "None of " + endpoints.size() + " nodes answers: " + problems(endpoints) + ". " + waited(call, nowMs));
    }

    private static KvException.Code codeOf(NodeLink node) {
        if (node.problemKind == Transport.Closed.UNWANTED) {
            return KvException.Code.WRONG_CLUSTER;
        }
        boolean gone = node.problem != null && node.state == NodeLink.State.IDLE;
        return gone ? KvException.Code.UNREACHABLE : KvException.Code.TIMED_OUT;
    }

    private static String oneNode(NodeLink node, Call call, long nowMs) {
        if (node.problem != null && node.state == NodeLink.State.IDLE) {
            return node.nameAndAddress() + " " + node.problem + ".";
        }
        return node.nameAndAddress() + " did not answer within " + seconds(nowMs - call.startedMs) + ".";
    }

    private static KvException noLeader(Call call, Nodes nodes, long nowMs) {
        List<NodeLink> answering = new ArrayList<>();
        List<NodeLink> down = new ArrayList<>();
        List<Integer> replicas = nodes.group(call.groupId).nodeIds();
        for (int nodeId : replicas) {
            NodeLink node = nodes.byId(nodeId);
            if (node == null) {
                continue;
            }
            boolean silent = call.hasOpenAttemptAt(node) && node.heardMs < nowMs - call.timeoutMs / 2;
            if (node.state == NodeLink.State.OPEN && node.heardMs >= call.startedMs && !silent) {
                answering.add(node);
            } else if (node.problem != null || node.state == NodeLink.State.CONNECTING || silent) {
                down.add(node);
            }
        }
        String shard = name(call);
        String waited = waited(call, nowMs);
        if (down.size() == replicas.size()) {
            return KvException.definite(
                    KvException.Code.UNREACHABLE, shard + " can't be reached: " + problems(down) + ". " + waited);
        }
        if (replicas.size() - down.size() <= replicas.size() / 2) {
            String up = answering.isEmpty() ? "" : names(answering) + " up; ";
            return KvException.definite(
                    KvException.Code.NO_QUORUM,
                    shard + " has no quorum: " + (replicas.size() - down.size()) + " of " + replicas.size()
                            + " replicas answer (" + up + problems(down) + "). " + waited);
        }
        if (call.lastWasBusy) {
            return KvException.definite(
                    KvException.Code.BUSY,
                    shard + " takes no more now (" + call.lastRefusal.replaceAll("\\.$", "") + "). " + waited);
        }
        if (!call.open.isEmpty()) {
            String name = call.open.get(0).node.name;
            return KvException.definite(
                    KvException.Code.TIMED_OUT,
                    what(call) + " timed out after " + seconds(nowMs - call.startedMs) + ": " + name
                            + " did not answer.");
        }
        String last = call.lastRefusal == null ? "" : " (last answer: " + call.lastRefusal + ")";
        return KvException.definite(
                KvException.Code.NO_LEADER,
                shard + " has no leader: " + answering.size() + " of " + replicas.size() + " replicas answer" + last
                        + ". " + waited);
    }

    /** "2 of 3 refused the connection (n1, n5)" for each kind of problem. */
    private static String problems(List<NodeLink> nodes) {
        Map<String, List<NodeLink>> byProblem = new LinkedHashMap<>();
        for (NodeLink node : nodes) {
            String problem = node.problem == null ? "did not answer" : node.problem;
            byProblem.computeIfAbsent(problem, p -> new ArrayList<>()).add(node);
        }
        StringJoiner all = new StringJoiner("; ");
        byProblem.forEach((problem, having) -> all.add(names(having) + " " + problem));
        return all.toString();
    }

    private static String names(List<NodeLink> nodes) {
        StringJoiner names = new StringJoiner(", ");
        nodes.forEach(node -> names.add(node.name));
        return names.toString();
    }

    private static String what(Call call) {
        return call.key == null ? call.verb : call.verb + " '" + shown(call.key) + "'";
    }

    private static String waited(Call call, long nowMs) {
        return "Waited " + seconds(nowMs - call.startedMs) + ".";
    }

    private static String seconds(long ms) {
        return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
    }

    /** Text as it is, cut when long; what is no text or can't be printed as {@code \xHH}. */
    static String shown(byte[] key) {
        StringBuilder out = new StringBuilder();
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(key))
                    .toString();
        } catch (CharacterCodingException e) {
            text = new String(key, StandardCharsets.ISO_8859_1);
        }
        for (int i = 0; i < text.length() && i < KEY_SHOWN; i++) {
            char c = text.charAt(i);
            if (c < ' ' || c >= 0x7f && c < 0xa0) {
                out.append(String.format("\\x%02x", (int) c));
            } else {
                out.append(c);
            }
        }
        return text.length() > KEY_SHOWN ? out + "..." : out.toString();
    }
}
