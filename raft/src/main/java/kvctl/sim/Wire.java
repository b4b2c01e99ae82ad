package kvctl.sim;

import java.util.List;
import kvctl.raft.Entry;
import kvctl.raft.Message;

/** What simulated links know of a message: its size, a digest of its content, and a line for people. */
final class Wire {
    /** Frame, group, sender and fixed fields: about what the real codec needs. */
    private static final int HEADER_BYTES = 48;

    private Wire() {}

    static long sizeBytes(Message message) {
        if (message instanceof Message.AppendEntries append) {
            long size = HEADER_BYTES;
            for (Entry entry : append.entries()) {
                size += entry.sizeBytes();
            }
            return size;
        }
        return message instanceof Message.InstallSnapshot install ? HEADER_BYTES + install.data().length : HEADER_BYTES;
    }

    static long digest(Entry entry) {
        long digest =
                Trace.mix(Trace.mix(entry.index(), entry.term()), entry.kind().code());
        return Trace.mix(digest, entry.command());
    }

    static long digest(Message message) {
        if (message instanceof Message.AppendEntries m) {
            long digest = mix(1, m.term(), m.leaderId(), m.prevLogIndex(), m.prevLogTerm(), m.leaderCommit());
            digest = mix(digest, m.leaderLastIndex(), m.round(), m.entries().size());
            return m.entries().isEmpty()
                    ? digest
                    : Trace.mix(digest, digest(m.entries().get(m.entries().size() - 1)));
        }
        if (message instanceof Message.AppendEntriesReply m) {
            long digest = mix(2, m.term(), m.success() ? 1 : 0, m.matchIndex(), m.conflictTerm(), m.conflictIndex());
            return mix(digest, m.round(), m.counts() ? 1 : 0);
        }
        if (message instanceof Message.InstallSnapshot m) {
            long digest = mix(3, m.term(), m.lastIncludedIndex(), m.lastIncludedTerm(), m.transferId(), m.offset());
            return Trace.mix(mix(digest, m.done() ? 1 : 0, m.digest(), m.round()), m.data());
        }
        if (message instanceof Message.InstallSnapshotReply m) {
            return mix(4, m.term(), m.transferId(), m.nextOffset(), m.round(), m.counts() ? 1 : 0);
        }
        if (message instanceof Message.PreVote m) {
            return mix(5, m.term(), m.candidateId(), m.lastLogIndex(), m.lastLogTerm());
        }
        if (message instanceof Message.RequestVote m) {
            return mix(6, m.term(), m.candidateId(), m.lastLogIndex(), m.lastLogTerm(), m.transfer() ? 1 : 0);
        }
        if (message instanceof Message.PreVoteReply m) {
            return mix(7, m.term(), m.voteGranted() ? 1 : 0);
        }
        if (message instanceof Message.RequestVoteReply m) {
            return mix(8, m.term(), m.voteGranted() ? 1 : 0);
        }
        Message.TimeoutNow m = (Message.TimeoutNow) message;
        return mix(9, m.term(), m.leaderId(), m.lastLogIndex());
    }

    private static long mix(long digest, long... values) {
        long mixed = digest;
        for (long value : values) {
            mixed = Trace.mix(mixed, value);
        }
        return mixed;
    }

    /** As the paper would write it, index:term for a place in a log. */
    static String text(Message message) {
        if (message instanceof Message.AppendEntries m) {
            return "AppendEntries t" + m.term() + " prev " + m.prevLogIndex() + ":" + m.prevLogTerm()
                    + (m.entries().isEmpty() ? " heartbeat" : " + " + text(m.entries())) + " commit "
                    + m.leaderCommit();
        }
        if (message instanceof Message.AppendEntriesReply m) {
            return "AppendEntriesReply t" + m.term()
                    + (m.success()
                            ? " match " + m.matchIndex()
                            : " refused, ends at " + m.matchIndex() + ", conflict " + m.conflictIndex() + ":"
                                    + m.conflictTerm())
                    + (m.counts() ? "" : ", does not count");
        }
        if (message instanceof Message.InstallSnapshot m) {
            return "InstallSnapshot t" + m.term() + " of " + m.lastIncludedIndex() + ":" + m.lastIncludedTerm()
                    + " bytes " + m.offset() + ".." + (m.offset() + m.data().length) + (m.done() ? " end" : "");
        }
        if (message instanceof Message.InstallSnapshotReply m) {
            return "InstallSnapshotReply t" + m.term() + " wants byte " + m.nextOffset();
        }
        if (message instanceof Message.PreVote m) {
            return "PreVote for t" + m.term() + " log ends at " + m.lastLogIndex() + ":" + m.lastLogTerm();
        }
        if (message instanceof Message.RequestVote m) {
            return "RequestVote t" + m.term() + " log ends at " + m.lastLogIndex() + ":" + m.lastLogTerm()
                    + (m.transfer() ? " by transfer" : "");
        }
        if (message instanceof Message.PreVoteReply m) {
            return "PreVoteReply t" + m.term() + (m.voteGranted() ? " yes" : " no");
        }
        if (message instanceof Message.RequestVoteReply m) {
            return "RequestVoteReply t" + m.term() + (m.voteGranted() ? " granted" : " refused");
        }
        Message.TimeoutNow m = (Message.TimeoutNow) message;
        return "TimeoutNow t" + m.term() + " log ends at " + m.lastLogIndex();
    }

    /** index:term of the entries, the middle of a long run left out. */
    static String text(List<Entry> entries) {
        Entry first = entries.get(0);
        Entry last = entries.get(entries.size() - 1);
        return first.index() + ":" + first.term()
                + (entries.size() == 1 ? "" : ".." + last.index() + ":" + last.term());
    }
}
