package kvctl.node.meta;

import kvctl.node.kv.ShardChunk;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.ShardMapCodec;

/** Notes in bytes: a kind, then the record's fields in their order. */
public final class NoteCodec {
    private static final int MAP_WANTED = 1;
    private static final int MAP_NEWS = 2;
    private static final int PULL = 3;
    private static final int PIECE = 4;
    private static final int ARRIVED = 5;
    private static final int PROBE = 6;
    private static final int ROOM_LEFT = 7;

    private NoteCodec() {}

    public static void write(BytesWriter out, Note note) {
        if (note instanceof Note.MapWanted wanted) {
            out.u8(MAP_WANTED);
            out.varint(wanted.revision());
        } else if (note instanceof Note.MapNews news) {
            out.u8(MAP_NEWS);
            ShardMapCodec.write(out, news.map());
        } else if (note instanceof Note.Pull pull) {
            out.u8(PULL);
            out.varint(pull.shardId());
            out.varint(pull.number());
            out.varint(pull.fromGroupId());
            out.varint(pull.toGroupId());
            out.varint(pull.askerId());
            out.bytes(pull.cursor());
        } else if (note instanceof Note.Piece piece) {
            out.u8(PIECE);
            out.varint(piece.shardId());
            out.varint(piece.number());
            out.varint(piece.toGroupId());
            out.varint(piece.leaderId());
            out.bool(piece.frozen());
            out.bool(piece.chunk() != null);
            if (piece.chunk() != null) {
                piece.chunk().write(out);
            }
        } else if (note instanceof Note.Arrived arrived) {
            out.u8(ARRIVED);
            out.varint(arrived.shardId());
            out.varint(arrived.number());
        } else if (note instanceof Note.Probe probe) {
            out.u8(PROBE);
            out.varint(probe.number());
        } else if (note instanceof Note.RoomLeft left) {
            out.u8(ROOM_LEFT);
            out.varint(left.level().ordinal());
        } else {
            throw new IllegalArgumentException("no codec for " + note);
        }
    }

    /** @throws ProtocolException if the bytes are no note */
    public static Note read(BytesReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case MAP_WANTED -> new Note.MapWanted(in.varint());
            case MAP_NEWS -> new Note.MapNews(ShardMapCodec.read(in));
            case PULL -> new Note.Pull(readShard(in), in.varint(), readId(in), readId(in), readId(in), in.bytes());
            case PIECE ->
                new Note.Piece(
                        readShard(in),
                        in.varint(),
                        readId(in),
                        readId(in),
                        in.bool(),
                        in.bool() ? ShardChunk.read(in) : null);
            case ARRIVED -> new Note.Arrived(readShard(in), in.varint());
            case PROBE -> new Note.Probe(in.varint());
            case ROOM_LEFT -> new Note.RoomLeft(Room.Level.values()[in.varint(Room.Level.values().length - 1)]);
            default -> throw new ProtocolException("unknown kind of note: " + kind);
        };
    }

    private static int readShard(BytesReader in) throws ProtocolException {
        return in.varint(Limits.SHARDS_MAX - 1);
    }

    private static int readId(BytesReader in) throws ProtocolException {
        return in.varint(Integer.MAX_VALUE);
    }
}
