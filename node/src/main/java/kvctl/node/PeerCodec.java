package kvctl.node;

import java.util.ArrayList;
import java.util.List;
import kvctl.node.meta.Note;
import kvctl.node.meta.NoteCodec;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.ProtocolException;
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
 * fields in the record's order}. Numbers are varints, never negative.
 * Entries follow prevLogIndex without a gap, so their indexes are not sent.
 *
 * <p>Reading is strict: whatever this class would not have written is refused as a whole with
 * {@link ProtocolException}, and the connection is closed (HAZARDS A6). Nothing is allocated for a length that
 * the frame does not hold. Stateless; safe for use by many threads.
 */
public final class PeerCodec {
    private static final int PRE_VOTE = 1;
    private static final int PRE_VOTE_REPLY = 2;
    private static final int REQUEST_VOTE = 3;
    private static final int REQUEST_VOTE_REPLY = 4;
    private static final int APPEND_ENTRIES = 5;
    private static final int APPEND_ENTRIES_REPLY = 6;
    private static final int INSTALL_SNAPSHOT = 7;
    private static final int INSTALL_SNAPSHOT_REPLY = 8;
    private static final int TIMEOUT_NOW = 9;
    private static final int NOTE = 64;

    private PeerCodec() {}

    /** Puts a message of a group's replica behind what is there. */
    public static void write(BytesWriter out, int groupId, Message message) {
        number(out, groupId);
        if (message instanceof AppendEntries m) {
            out.u8(APPEND_ENTRIES);
            appendEntries(out, m);
        } else if (message instanceof AppendEntriesReply m) {
            out.u8(APPEND_ENTRIES_REPLY);
            numbers(out, m.term(), m.matchIndex(), m.conflictTerm(), m.conflictIndex(), m.round());
            out.bool(m.success());
            out.bool(m.counts());
        } else if (message instanceof PreVote m) {
            out.u8(PRE_VOTE);
            numbers(out, m.term(), m.candidateId(), m.lastLogIndex(), m.lastLogTerm());
        } else if (message instanceof PreVoteReply m) {
            out.u8(PRE_VOTE_REPLY);
            numbers(out, m.term());
            out.bool(m.voteGranted());
        } else if (message instanceof RequestVote m) {
            out.u8(REQUEST_VOTE);
            numbers(out, m.term(), m.candidateId(), m.lastLogIndex(), m.lastLogTerm());
            out.bool(m.transfer());
        } else if (message instanceof RequestVoteReply m) {
            out.u8(REQUEST_VOTE_REPLY);
            numbers(out, m.term());
            out.bool(m.voteGranted());
        } else if (message instanceof InstallSnapshot m) {
            out.u8(INSTALL_SNAPSHOT);
            installSnapshot(out, m);
        } else if (message instanceof InstallSnapshotReply m) {
            out.u8(INSTALL_SNAPSHOT_REPLY);
            numbers(out, m.term(), m.transferId(), m.nextOffset(), m.round());
            out.bool(m.counts());
        } else if (message instanceof TimeoutNow m) {
            out.u8(TIMEOUT_NOW);
            numbers(out, m.term(), m.leaderId(), m.lastLogIndex());
        } else {
            throw new IllegalArgumentException("no wire form for " + message.getClass());
        }
    }

    /** Notes are of no group; a zero stands in its place. */
    public static void write(BytesWriter out, Note note) {
        number(out, 0);
        out.u8(NOTE);
        NoteCodec.write(out, note);
    }

    /** Reads all messages and notes of a frame's body; {@code from} is written into each. */
    public static List<Mail> readAll(BytesReader in, int from) throws ProtocolException {
        List<Mail> mails = new ArrayList<>();
        while (in.remaining() > 0) {
            int before = in.remaining();
            int groupId = in.varint(Integer.MAX_VALUE);
            int kind = in.u8();
            if (kind == NOTE && groupId != 0) {
                throw new ProtocolException("a note is of no group");
            }
            Note note = kind == NOTE ? NoteCodec.read(in) : null;
            Message message = kind == NOTE ? null : readMessage(kind, in);
            mails.add(new Mail(from, groupId, message, note, before - in.remaining()));
        }
        return mails;
    }

    private static Message readMessage(int kind, BytesReader in) throws ProtocolException {
        return switch (kind) {
            case PRE_VOTE -> new PreVote(number(in), in.varint(Integer.MAX_VALUE), number(in), number(in));
            case PRE_VOTE_REPLY -> new PreVoteReply(number(in), in.bool());
            case REQUEST_VOTE ->
                new RequestVote(number(in), in.varint(Integer.MAX_VALUE), number(in), number(in), in.bool());
            case REQUEST_VOTE_REPLY -> new RequestVoteReply(number(in), in.bool());
            case APPEND_ENTRIES -> readAppendEntries(in);
            case APPEND_ENTRIES_REPLY -> {
                long term = number(in);
                long matchIndex = number(in);
                long conflictTerm = number(in);
                long conflictIndex = number(in);
                long round = number(in);
                boolean success = in.bool();
                yield new AppendEntriesReply(term, success, matchIndex, conflictTerm, conflictIndex, round, in.bool());
            }
            case INSTALL_SNAPSHOT -> readInstallSnapshot(in);
            case INSTALL_SNAPSHOT_REPLY ->
                new InstallSnapshotReply(number(in), number(in), number(in), number(in), in.bool());
            case TIMEOUT_NOW -> new TimeoutNow(number(in), in.varint(Integer.MAX_VALUE), number(in));
            default -> throw new ProtocolException("unknown raft message kind " + kind);
        };
    }

    private static void appendEntries(BytesWriter out, AppendEntries m) {
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
            out.u8(entry.kind().code());
            out.bytes(entry.command());
        }
    }

    private static AppendEntries readAppendEntries(BytesReader in) throws ProtocolException {
        long term = number(in);
        int leaderId = in.varint(Integer.MAX_VALUE);
        long prevLogIndex = number(in);
        long prevLogTerm = number(in);
        long leaderCommit = number(in);
        long leaderLastIndex = number(in);
        long round = number(in);
        int count = in.count(3);
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 1; i <= count; i++) {
            long entryTerm = number(in);
            entries.add(new Entry(prevLogIndex + i, entryTerm, entryKind(in), in.bytes()));
        }
        return new AppendEntries(
                term, leaderId, prevLogIndex, prevLogTerm, entries, leaderCommit, leaderLastIndex, round);
    }

    private static Entry.Kind entryKind(BytesReader in) throws ProtocolException {
        try {
            return Entry.Kind.of(in.u8());
        } catch (IllegalArgumentException e) {
            throw new ProtocolException(e.getMessage());
        }
    }

    private static void installSnapshot(BytesWriter out, InstallSnapshot m) {
        numbers(out, m.term(), m.leaderId(), m.lastIncludedIndex(), m.lastIncludedTerm(), m.transferId(), m.offset());
        out.bytes(m.data());
        out.bool(m.done());
        out.u32(m.digest());
        number(out, m.round());
    }

    private static InstallSnapshot readInstallSnapshot(BytesReader in) throws ProtocolException {
        long term = number(in);
        int leaderId = in.varint(Integer.MAX_VALUE);
        long lastIncludedIndex = number(in);
        long lastIncludedTerm = number(in);
        long transferId = number(in);
        long offset = number(in);
        byte[] data = in.bytes();
        boolean done = in.bool();
        int digest = in.u32();
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

    private static void numbers(BytesWriter out, long... values) {
        for (long value : values) {
            number(out, value);
        }
    }

    private static void number(BytesWriter out, long value) {
        Invariant.check(value >= 0, "a negative number has no wire form");
        out.varint(value);
    }

    private static long number(BytesReader in) throws ProtocolException {
        long value = in.varint();
        if (value < 0) {
            throw new ProtocolException("a term, index or count is negative");
        }
        return value;
    }
}
