package kvctl.node;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.CorruptedFrameException;
import java.util.ArrayList;
import java.util.List;
import kvctl.raft.Entry;
import kvctl.raft.Invariant;
import kvctl.raft.Message;
import kvctl.raft.Message.AppendEntries;
import kvctl.raft.Message.AppendEntriesReply;
import kvctl.raft.Message.InstallSnapshot;
import kvctl.raft.Message.InstallSnapshotReply;
import kvctl.raft.Message.PreVote;
import kvctl.raft.Message.PreVoteReply;
import kvctl.raft.Message.RequestVote;
import kvctl.raft.Message.RequestVoteReply;
import kvctl.raft.Message.TimeoutNow;

/**
 * Raft messages as bytes. A peer frame holds, behind its kind byte, any number of {@code varint groupId | u8 kind |
 * fields in the record's order}. Numbers are varints of at most 9 bytes (never negative), booleans one byte 0 or 1.
 * Entries follow prevLogIndex without a gap, so their indexes are not sent.
 *
 * <p>Reading is strict: whatever this class would not have written is refused as a whole with
 * {@link CorruptedFrameException}, and the connection is closed (HAZARDS A6). Nothing is allocated for a length that
 * the frame does not hold. Stateless; safe for use by many threads.
 */
final class PeerCodec {
    private static final int PRE_VOTE = 1;
    private static final int PRE_VOTE_REPLY = 2;
    private static final int REQUEST_VOTE = 3;
    private static final int REQUEST_VOTE_REPLY = 4;
    private static final int APPEND_ENTRIES = 5;
    private static final int APPEND_ENTRIES_REPLY = 6;
    private static final int INSTALL_SNAPSHOT = 7;
    private static final int INSTALL_SNAPSHOT_REPLY = 8;
    private static final int TIMEOUT_NOW = 9;

    private PeerCodec() {}

    static void write(ByteBuf out, int groupId, Message message) {
        number(out, groupId);
        if (message instanceof AppendEntries m) {
            out.writeByte(APPEND_ENTRIES);
            appendEntries(out, m);
        } else if (message instanceof AppendEntriesReply m) {
            out.writeByte(APPEND_ENTRIES_REPLY);
            numbers(out, m.term(), m.matchIndex(), m.conflictTerm(), m.conflictIndex(), m.round());
            out.writeBoolean(m.success()).writeBoolean(m.counts());
        } else if (message instanceof PreVote m) {
            out.writeByte(PRE_VOTE);
            numbers(out, m.term(), m.candidateId(), m.lastLogIndex(), m.lastLogTerm());
        } else if (message instanceof PreVoteReply m) {
            out.writeByte(PRE_VOTE_REPLY);
            numbers(out, m.term());
            out.writeBoolean(m.voteGranted());
        } else if (message instanceof RequestVote m) {
            out.writeByte(REQUEST_VOTE);
            numbers(out, m.term(), m.candidateId(), m.lastLogIndex(), m.lastLogTerm());
            out.writeBoolean(m.transfer());
        } else if (message instanceof RequestVoteReply m) {
            out.writeByte(REQUEST_VOTE_REPLY);
            numbers(out, m.term());
            out.writeBoolean(m.voteGranted());
        } else if (message instanceof InstallSnapshot m) {
            out.writeByte(INSTALL_SNAPSHOT);
            installSnapshot(out, m);
        } else if (message instanceof InstallSnapshotReply m) {
            out.writeByte(INSTALL_SNAPSHOT_REPLY);
            numbers(out, m.term(), m.transferId(), m.nextOffset(), m.round());
            out.writeBoolean(m.counts());
        } else if (message instanceof TimeoutNow m) {
            out.writeByte(TIMEOUT_NOW);
            numbers(out, m.term(), m.leaderId(), m.lastLogIndex());
        } else {
            throw new IllegalArgumentException("no wire form for " + message.getClass());
        }
    }

    /** Reads all messages of a frame's body; {@code from} is written into each. */
    static List<Mail> readAll(ByteBuf in, int from) {
        List<Mail> mails = new ArrayList<>();
        while (in.isReadable()) {
            int begin = in.readerIndex();
            int groupId = smallNumber(in);
            Message message = readMessage(in);
            mails.add(new Mail(from, groupId, message, in.readerIndex() - begin));
        }
        return mails;
    }

    private static Message readMessage(ByteBuf in) {
        int kind = in.isReadable() ? in.readByte() : 0;
        return switch (kind) {
            case PRE_VOTE -> new PreVote(number(in), smallNumber(in), number(in), number(in));
            case PRE_VOTE_REPLY -> new PreVoteReply(number(in), bool(in));
            case REQUEST_VOTE -> new RequestVote(number(in), smallNumber(in), number(in), number(in), bool(in));
            case REQUEST_VOTE_REPLY -> new RequestVoteReply(number(in), bool(in));
            case APPEND_ENTRIES -> readAppendEntries(in);
            case APPEND_ENTRIES_REPLY -> {
                long term = number(in);
                long matchIndex = number(in);
                long conflictTerm = number(in);
                long conflictIndex = number(in);
                long round = number(in);
                boolean success = bool(in);
                yield new AppendEntriesReply(term, success, matchIndex, conflictTerm, conflictIndex, round, bool(in));
            }
            case INSTALL_SNAPSHOT -> readInstallSnapshot(in);
            case INSTALL_SNAPSHOT_REPLY ->
                new InstallSnapshotReply(number(in), number(in), number(in), number(in), bool(in));
            case TIMEOUT_NOW -> new TimeoutNow(number(in), smallNumber(in), number(in));
            default -> throw new CorruptedFrameException("unknown raft message kind " + kind);
        };
    }

    private static void appendEntries(ByteBuf out, AppendEntries m) {
        numbers(out, m.term(), m.leaderId(), m.prevLogIndex(), m.prevLogTerm());
        numbers(
                out,
                m.leaderCommit(),
                m.leaderLastIndex(),
                m.round(),
                m.entries().size());
        long index = m.prevLogIndex();
        for (Entry entry : m.entries()) {
            index++;
            Invariant.check(entry.index() == index, "entries to send have a gap", entry.index(), index);
            number(out, entry.term());
            out.writeByte(entry.kind().code());
            bytes(out, entry.command());
        }
    }

    private static AppendEntries readAppendEntries(ByteBuf in) {
        long term = number(in);
        int leaderId = smallNumber(in);
        long prevLogIndex = number(in);
        long prevLogTerm = number(in);
        long leaderCommit = number(in);
        long leaderLastIndex = number(in);
        long round = number(in);
        int count = smallNumber(in);
        // An entry takes 3 bytes at least: a count that can't be true costs no memory.
        if (count > in.readableBytes() / 3) {
            throw new CorruptedFrameException("frame ends before its entries do");
        }
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 1; i <= count; i++) {
            long entryTerm = number(in);
            entries.add(new Entry(prevLogIndex + i, entryTerm, entryKind(in), bytes(in)));
        }
        return new AppendEntries(
                term, leaderId, prevLogIndex, prevLogTerm, entries, leaderCommit, leaderLastIndex, round);
    }

    private static Entry.Kind entryKind(ByteBuf in) {
        need(in, 1);
        try {
            return Entry.Kind.of(in.readUnsignedByte());
        } catch (IllegalArgumentException e) {
            throw new CorruptedFrameException(e.getMessage());
        }
    }

    private static void installSnapshot(ByteBuf out, InstallSnapshot m) {
        numbers(out, m.term(), m.leaderId(), m.lastIncludedIndex(), m.lastIncludedTerm(), m.transferId(), m.offset());
        bytes(out, m.data());
        out.writeBoolean(m.done());
        out.writeInt(m.digest());
        number(out, m.round());
    }

    private static InstallSnapshot readInstallSnapshot(ByteBuf in) {
        long term = number(in);
        int leaderId = smallNumber(in);
        long lastIncludedIndex = number(in);
        long lastIncludedTerm = number(in);
        long transferId = number(in);
        long offset = number(in);
        byte[] data = bytes(in);
        boolean done = bool(in);
        need(in, Integer.BYTES);
        int digest = in.readInt();
        return new InstallSnapshot(
                term,
                leaderId,
                lastIncludedIndex,
                lastIncludedTerm,
                transferId,
                offset,
                data,
                done,
                digest,
                number(in));
    }

    private static void numbers(ByteBuf out, long... values) {
        for (long value : values) {
            number(out, value);
        }
    }

    private static void number(ByteBuf out, long value) {
        Invariant.check(value >= 0, "a negative number has no wire form");
        long rest = value;
        while (rest > 0x7f) {
            out.writeByte((int) (rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        out.writeByte((int) rest);
    }

    private static long number(ByteBuf in) {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            need(in, 1);
            byte b = in.readByte();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                if (b == 0 && shift > 0) {
                    throw new CorruptedFrameException("number is longer than it must be");
                }
                return value;
            }
        }
        throw new CorruptedFrameException("number is longer than 9 bytes");
    }

    private static int smallNumber(ByteBuf in) {
        long value = number(in);
        if (value > Integer.MAX_VALUE) {
            throw new CorruptedFrameException("number " + value + " is too big for its field");
        }
        return (int) value;
    }

    private static boolean bool(ByteBuf in) {
        need(in, 1);
        byte b = in.readByte();
        if (b != 0 && b != 1) {
            throw new CorruptedFrameException("boolean is " + b);
        }
        return b == 1;
    }

    private static void bytes(ByteBuf out, byte[] value) {
        number(out, value.length);
        out.writeBytes(value);
    }

    private static byte[] bytes(ByteBuf in) {
        int length = smallNumber(in);
        need(in, length);
        byte[] value = new byte[length];
        in.readBytes(value);
        return value;
    }

    private static void need(ByteBuf in, int bytes) {
        if (in.readableBytes() < bytes) {
            throw new CorruptedFrameException("frame ends inside a field");
        }
    }
}
