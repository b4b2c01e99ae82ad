package kvctl.protocol;

import java.util.ArrayList;
import java.util.List;

/** Responses in bytes: a kind, then the record's fields in their order; lists as count and items. */
final class ResponseCodec {
    private static final int VALUE = 1;
    private static final int NOT_FOUND = 2;
    private static final int WRITTEN = 3;
    private static final int UNCHANGED = 4;
    private static final int PAGE = 5;
    private static final int MAP = 6;
    private static final int STATUS = 7;
    private static final int OK = 8;
    private static final int REFUSED = 9;
    private static final int RECONFIGURED = 10;
    private static final int CONFIGURATION = 11;
    private static final int SHARDS = 12;
    private static final int FAULTS = 13;
    private static final int PROBES = 14;

    private static final Response.Code[] CODES = Response.Code.values();

    private ResponseCodec() {}

    static void write(BytesWriter out, Response response) {
        if (response instanceof Response.Value value) {
            out.u8(VALUE);
            out.bytes(value.value());
            writeStand(out, value.version(), value.groupId(), value.index());
        } else if (response instanceof Response.NotFound notFound) {
            out.u8(NOT_FOUND);
            out.varint(notFound.groupId());
            out.varint(notFound.index());
        } else if (response instanceof Response.Written written) {
            out.u8(WRITTEN);
            writeStand(out, written.version(), written.groupId(), written.index());
        } else if (response instanceof Response.Unchanged unchanged) {
            out.u8(UNCHANGED);
            writeStand(out, unchanged.version(), unchanged.groupId(), unchanged.index());
        } else if (response instanceof Response.Page page) {
            writePage(out, page);
        } else if (response instanceof Response.MapReply reply) {
            out.u8(MAP);
            ShardMapCodec.write(out, reply.map());
        } else if (response instanceof Response.StatusReply reply) {
            out.u8(STATUS);
            writeStatus(out, reply.status());
        } else if (response instanceof Response.Reconfigured reply) {
            out.u8(RECONFIGURED);
            ConfigurationCodec.write(out, reply.before());
            ConfigurationCodec.write(out, reply.after());
            out.string(reply.why());
        } else if (response instanceof Response.ConfigurationReply reply) {
            out.u8(CONFIGURATION);
            ConfigurationCodec.write(out, reply.configuration());
            out.varint(reply.movesLeft());
        } else if (response instanceof Response.ShardsReply reply) {
            writeShards(out, reply);
        } else if (response instanceof Response.FaultsReply reply) {
            out.u8(FAULTS);
            FaultCodec.writeReply(out, reply);
        } else if (response instanceof Response.ProbesReply reply) {
            out.u8(PROBES);
            FaultCodec.writeProbes(out, reply);
        } else if (response instanceof Response.Ok) {
            out.u8(OK);
        } else if (response instanceof Response.Refused refused) {
            out.u8(REFUSED);
            out.u8(refused.code().code());
            out.string(refused.message());
            out.varint(refused.leaderId());
        } else {
            throw new IllegalArgumentException("no codec for " + response);
        }
    }

    static Response read(BytesReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case VALUE -> new Response.Value(in.bytes(), in.varint(), readId(in), in.varint());
            case NOT_FOUND -> new Response.NotFound(readId(in), in.varint());
            case WRITTEN -> new Response.Written(in.varint(), readId(in), in.varint());
            case UNCHANGED -> new Response.Unchanged(in.varint(), readId(in), in.varint());
            case PAGE -> new Response.Page(readRows(in), in.bool(), readId(in), in.varint());
            case MAP -> new Response.MapReply(ShardMapCodec.read(in));
            case STATUS -> new Response.StatusReply(readStatus(in));
            case OK -> new Response.Ok();
            case RECONFIGURED ->
                new Response.Reconfigured(ConfigurationCodec.read(in), ConfigurationCodec.read(in), in.string());
            case CONFIGURATION ->
                new Response.ConfigurationReply(ConfigurationCodec.read(in), in.varint(Limits.SHARDS_MAX));
            case SHARDS -> readShards(in);
            case FAULTS -> FaultCodec.readReply(in);
            case PROBES -> FaultCodec.readProbes(in);
            case REFUSED -> new Response.Refused(readCode(in), in.string(), readId(in));
            default -> throw new ProtocolException("unknown kind of response: " + kind);
        };
    }

    private static void writeStand(BytesWriter out, long version, int groupId, long index) {
        out.varint(version);
        out.varint(groupId);
        out.varint(index);
    }

    private static void writePage(BytesWriter out, Response.Page page) {
        out.u8(PAGE);
        out.varint(page.rows().size());
        for (Response.Row row : page.rows()) {
            out.bytes(row.key());
            out.bytes(row.value());
            out.varint(row.version());
        }
        out.bool(page.more());
        out.varint(page.groupId());
        out.varint(page.index());
    }

    private static List<Response.Row> readRows(BytesReader in) throws ProtocolException {
        int count = in.count(3);
        List<Response.Row> rows = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rows.add(new Response.Row(in.bytes(), in.bytes(), in.varint()));
        }
        return rows;
    }

    private static int readId(BytesReader in) throws ProtocolException {
        return in.varint(Integer.MAX_VALUE);
    }

    private static Response.Code readCode(BytesReader in) throws ProtocolException {
        int number = in.u8();
        for (Response.Code code : CODES) {
            if (code.code() == number) {
                return code;
            }
        }
        throw new ProtocolException("unknown code of a refusal: " + number);
    }

    private static void writeShards(BytesWriter out, Response.ShardsReply reply) {
        out.u8(SHARDS);
        out.varint(reply.shards().size());
        for (ShardStatus shard : reply.shards()) {
            out.varint(shard.shardId());
            out.varint(shard.groupId());
            out.string(shard.state());
            out.varint(shard.number());
            out.varint(shard.peerGroupId());
            out.varint(shard.keys());
            out.varint(shard.bytes());
            out.varint(shard.reads());
            out.varint(shard.writes());
            out.varint(shard.copiedBytes());
            out.varint(shard.totalBytes());
            out.string(shard.waitsFor());
        }
    }

    private static Response.ShardsReply readShards(BytesReader in) throws ProtocolException {
        int count = in.count(12);
        List<ShardStatus> shards = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            shards.add(new ShardStatus(
                    in.varint(Limits.SHARDS_MAX - 1),
                    readId(in),
                    in.string(),
                    in.varint(),
                    readId(in),
                    in.varint(),
                    in.varint(),
                    in.varint(),
                    in.varint(),
                    in.varint(),
                    in.varint(),
                    in.string()));
        }
        return new Response.ShardsReply(shards);
    }

    private static void writeStatus(BytesWriter out, NodeStatus status) {
        out.varint(status.nodeId());
        out.string(status.name());
        out.varint(status.pid());
        out.varint(status.uptimeMs());
        out.varint(status.incarnation());
        out.varint(status.dataBytes());
        out.varint(status.rssBytes());
        out.varint(status.freeBytes());
        out.varint(status.replicas().size());
        for (NodeStatus.Replica replica : status.replicas()) {
            out.varint(replica.groupId());
            out.string(replica.group());
            out.string(replica.role());
            out.varint(replica.term());
            out.varint(replica.leaderId());
            out.varint(replica.commitIndex());
            out.varint(replica.lastApplied());
            out.varint(replica.lastLogIndex());
            out.varint(replica.firstLogIndex());
            out.varint(replica.logBytes());
            out.varint(replica.keys());
            out.varint(replica.peers().size());
            for (NodeStatus.Peer peer : replica.peers()) {
                out.varint(peer.nodeId());
                out.varint(peer.matchIndex());
                out.bool(peer.alive());
            }
        }
        out.varint(status.faults().size());
        status.faults().forEach(out::string);
    }

    private static NodeStatus readStatus(BytesReader in) throws ProtocolException {
        return new NodeStatus(
                readId(in),
                in.string(),
                in.varint(),
                in.varint(),
                in.varint(),
                in.varint(),
                in.varint(),
                in.varint(),
                readReplicas(in),
                readTexts(in));
    }

    private static List<String> readTexts(BytesReader in) throws ProtocolException {
        int count = in.count(1);
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            texts.add(in.string());
        }
        return texts;
    }

    private static List<NodeStatus.Replica> readReplicas(BytesReader in) throws ProtocolException {
        int count = in.count(12);
        List<NodeStatus.Replica> replicas = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            replicas.add(new NodeStatus.Replica(
                    readId(in),
                    in.string(),
                    in.string(),
                    in.varint(),
                    readId(in),
                    in.varint(),
                    in.varint(),
                    in.varint(),
                    in.varint(),
                    in.varint(),
                    in.varint(),
                    readPeers(in)));
        }
        return replicas;
    }

    private static List<NodeStatus.Peer> readPeers(BytesReader in) throws ProtocolException {
        int count = in.count(3);
        List<NodeStatus.Peer> peers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            peers.add(new NodeStatus.Peer(readId(in), in.varint(), in.bool()));
        }
        return peers;
    }
}
