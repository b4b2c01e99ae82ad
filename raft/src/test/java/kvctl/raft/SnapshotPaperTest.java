package kvctl.raft;

import static java.nio.charset.StandardCharsets.UTF_8;
import static kvctl.raft.Bench.append;
import static kvctl.raft.Bench.entries;
import static kvctl.raft.Bench.one;
import static kvctl.raft.Bench.only;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.zip.CRC32C;
import kvctl.raft.Bench.Sent;
import kvctl.raft.Message.AppendEntries;
import kvctl.raft.Message.AppendEntriesReply;
import kvctl.raft.Message.InstallSnapshot;
import kvctl.raft.Message.InstallSnapshotReply;
import org.junit.jupiter.api.Test;

/** Snapshots: Raft paper §7; HAZARDS S3 to S12. */
class SnapshotPaperTest {
    private static final RaftConfig.Limits TINY =
            RaftConfig.Limits.DEFAULT.withSnapshots(3, 1 << 20, 1).withChunkBytes(4);

    /** One chunk of leader 2's snapshot of "x,y" up to {@code index}. */
    private static InstallSnapshot chunk(
            long index, long term, long transferId, String data, int offset, boolean done) {
        byte[] all = "x,y".getBytes(UTF_8);
        CRC32C digest = new CRC32C();
        digest.update(all, 0, all.length);
        return new InstallSnapshot(
                3,
                2,
                index,
                term,
                transferId,
                offset,
                data.getBytes(UTF_8),
                done,
                done ? (int) digest.getValue() : 0,
                1);
    }

    private static InstallSnapshot whole(long index, long term) {
        return chunk(index, term, 1, "x,y", 0, true);
    }

    @Test
    void S12_theLogsPrefixIsDroppedWhenItHasGrownInEntries() {
        Bench bench = new Bench(1, TINY).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        for (int i = 0; i < 20; i++) {
            bench.propose("c" + i);
        }
        bench.turn();
        assertThat(bench.savedTerms()).hasSizeLessThanOrEqualTo(4);
        assertThat(bench.savedStart().index()).isGreaterThanOrEqualTo(17);
        bench.start();
        assertThat(bench.status().lastApplied())
                .as("the state holds what the log has dropped")
                .isEqualTo(21);
    }

    /** A few large commands fill a disk, too. */
    @Test
    void S12_theLogsPrefixIsDroppedWhenItHasGrownInBytes() {
        int most = 1_000;
        Bench bench = new Bench(1, RaftConfig.Limits.DEFAULT.withSnapshots(1_000_000, most, 10)).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        String command = "x".repeat(300);
        for (int i = 0; i < 20; i++) {
            bench.propose(command);
            bench.turn();
            assertThat(bench.status().logBytes()).isLessThanOrEqualTo(most);
        }
        assertThat(bench.savedStart().index()).isGreaterThanOrEqualTo(18);
    }

    /** Entries 6 and later are dropped and nowhere else: a state that ends before them can't have been this replica's. */
    @Test
    void S8_aLogThatBeginsBehindTheStateIsRefusedAtTheStart() {
        Bench bench = new Bench(1, TINY).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        for (int i = 0; i < 20; i++) {
            bench.propose("c" + i);
        }
        bench.turn();
        bench.machine.index = bench.savedStart().index() - 1;
        assertThatThrownBy(bench::start).hasMessageContaining("state covers the dropped log");
        bench.machine.index++;
        bench.start();
        assertThat(bench.status().lastApplied()).isEqualTo(bench.savedStart().index());
    }

    /** "If existing log entry has same index and term as snapshot's last included entry, retain log entries following it." (Fig. 13) */
    @Test
    void S3_aMatchingSuffixIsKept() {
        Bench bench = new Bench(3).log(1, 1, 2, 2).term(2, 0).start();
        AppendEntriesReply reply = one(AppendEntriesReply.class, bench.receive(2, whole(2, 1)));
        assertThat(reply.success()).isTrue();
        assertThat(bench.savedTerms()).containsExactly(2L, 2L);
        assertThat(bench.savedStart()).isEqualTo(new Store.LogStart(2, 1));
        assertThat(bench.machine.applied).containsExactly("x", "y");
    }

    /** "Discard the entire log." (Fig. 13) */
    @Test
    void S3_anotherLogIsDropped() {
        Bench bench = new Bench(3).log(1, 1, 1, 1).term(2, 0).start();
        bench.receive(2, whole(2, 2));
        assertThat(bench.savedTerms()).isEmpty();
        assertThat(bench.status().lastLogIndex()).isEqualTo(2);
        assertThat(bench.status().commitIndex()).isEqualTo(2);
    }

    @Test
    void S4_anOldSnapshotIsIgnoredAndAnsweredAsSuccess() {
        Bench bench = new Bench(3).start();
        bench.receive(2, append(3, 0, 0, entries(1, 3, 3, 3), 3));
        assertThat(bench.machine.applied).hasSize(3);
        AppendEntriesReply reply = one(AppendEntriesReply.class, bench.receive(2, whole(2, 3)));
        assertThat(reply.success()).isTrue();
        assertThat(reply.matchIndex()).isEqualTo(3);
        assertThat(bench.machine.applied).as("no way back in time").hasSize(3);
    }

    @Test
    void S4_theSameSnapshotTwiceIsInstalledOnce() {
        Bench bench = new Bench(3).term(2, 0).start();
        bench.receive(2, whole(5, 2));
        bench.receive(2, append(3, 5, 2, entries(6, 3), 6));
        AppendEntriesReply reply = one(AppendEntriesReply.class, bench.receive(2, whole(5, 2)));
        assertThat(reply.matchIndex()).isEqualTo(6);
        assertThat(bench.machine.applied).containsExactly("x", "y", "6:3");
    }

    @Test
    void S5_aRestartInTheMiddleOfATransferBeginsItAgain() {
        Bench bench = new Bench(3).term(2, 0).start();
        InstallSnapshotReply half = one(InstallSnapshotReply.class, bench.receive(2, chunk(5, 2, 1, "x,", 0, false)));
        assertThat(half.nextOffset()).isEqualTo(2);
        bench.start();
        InstallSnapshotReply again = one(InstallSnapshotReply.class, bench.receive(2, chunk(5, 2, 1, "y", 2, true)));
        assertThat(again.nextOffset()).isZero();
        assertThat(bench.status().lastLogIndex()).isZero();
        bench.receive(2, whole(5, 2));
        assertThat(bench.machine.applied).containsExactly("x", "y");
    }

    /** A leader of term 2 whose log begins behind entry 18 or so. */
    private static Bench compactedLeader(RaftConfig.Limits limits) {
        Bench bench = new Bench(3, limits).start().lead();
        bench.ack(2, 1);
        for (int i = 2; i <= 20; i++) {
            bench.propose("c" + i);
            bench.ack(2, i);
        }
        bench.turn();
        return bench;
    }

    @Test
    void S6_aFollowerBehindTheLogGetsTheSnapshotInChunksAndThenTheRest() {
        Bench bench = compactedLeader(TINY);
        StringBuilder received = new StringBuilder();
        InstallSnapshot last = lastChunk(bench);
        while (!last.done()) {
            assertThat(last.offset()).isEqualTo(received.length());
            received.append(new String(last.data(), UTF_8));
            bench.receive(3, new InstallSnapshotReply(1, last.transferId(), received.length(), last.round(), true));
            last = lastChunk(bench);
        }
        received.append(new String(last.data(), UTF_8));
        assertThat(received.toString()).startsWith("c2,c3").endsWith("c" + last.lastIncludedIndex());
        bench.propose("more");
        List<Sent> rest = bench.ack(3, last.lastIncludedIndex());
        AppendEntries append = only(AppendEntries.class, rest).get(0);
        assertThat(append.prevLogIndex()).isEqualTo(last.lastIncludedIndex());
        assertThat(append.entries()).isNotEmpty();
    }

    /** One view of one index, read a chunk per turn, and everything else goes on in between. */
    @Test
    void S11_aTransferHoldsUpNeitherHeartbeatsNorApplies() {
        Bench bench = compactedLeader(TINY.withChunkBytes(1));
        InstallSnapshot last = lastChunk(bench);
        long index = last.lastIncludedIndex();
        String state = String.join(",", bench.machine.applied.subList(0, (int) index - 1));
        StringBuilder received = new StringBuilder();
        int turns = 0;
        while (!last.done()) {
            received.append(new String(last.data(), UTF_8));
            int before = bench.sent.size();
            bench.propose("later" + turns);
            bench.ack(2, 21 + turns);
            turns++;
            assertThat(bench.machine.applied).hasSize(19 + turns);
            bench.receive(3, new InstallSnapshotReply(1, last.transferId(), received.length(), last.round(), true));
            List<Sent> beat = bench.pass(Bench.HEARTBEAT_MS);
            assertThat(only(AppendEntries.class, beat)).as("to both followers").hasSize(2);
            List<Sent> since = bench.sent.subList(before, bench.sent.size());
            assertThat(only(InstallSnapshot.class, since))
                    .as("chunks in a turn")
                    .hasSize(1);
            last = lastChunk(bench);
            assertThat(last.lastIncludedIndex()).as("one view").isEqualTo(index);
        }
        received.append(new String(last.data(), UTF_8));
        assertThat(turns).isGreaterThan(5);
        assertThat(received).hasToString(state);
    }

    @Test
    void S6_aLostChunkIsSentAgainFromWhereTheFollowerIs() {
        Bench bench = compactedLeader(TINY);
        bench.receive(3, new AppendEntriesReply(1, false, 0, 0, 0, bench.lastRound(), true));
        InstallSnapshot first = lastChunk(bench);
        InstallSnapshot second = only(
                        InstallSnapshot.class,
                        bench.receive(3, new InstallSnapshotReply(1, first.transferId(), 4, first.round(), true)))
                .get(0);
        for (int i = 0; i < 2 * Bench.ELECTION_MAX_MS / Bench.HEARTBEAT_MS; i++) {
            bench.pass(Bench.HEARTBEAT_MS);
            bench.ack(2, 20);
        }
        InstallSnapshot again = lastChunk(bench);
        assertThat(again.transferId()).isEqualTo(first.transferId());
        assertThat(again.offset()).isEqualTo(second.offset());
        assertThat(again.data()).isEqualTo(second.data());
    }

    private static InstallSnapshot lastChunk(Bench bench) {
        List<InstallSnapshot> chunks = only(InstallSnapshot.class, bench.sent);
        return chunks.get(chunks.size() - 1);
    }

    @Test
    void S7_aFollowerThatReportsLessThanItAcknowledgedIsNotCountedForIt() {
        Bench bench = new Bench(3).start().lead();
        bench.ack(2, 1);
        bench.propose("a");
        bench.ack(2, 2);
        assertThat(bench.status().commitIndex()).isEqualTo(2);
        bench.pass(Bench.HEARTBEAT_MS);
        bench.receive(2, new AppendEntriesReply(1, false, 0, 0, 0, bench.lastRound(), true));
        RaftStatus.Peer peer = bench.status().peers().get(0);
        assertThat(peer.matchIndex()).isZero();
        bench.propose("b");
        bench.ack(2, 1);
        assertThat(bench.status().commitIndex()).as("3 is on the leader alone").isEqualTo(2);
    }

    @Test
    void S9_theTermAtTheSnapshotsIndexIsKnownAndOverlappingAppendsAreTrimmed() {
        Bench bench = new Bench(3).term(2, 0).start();
        bench.receive(2, whole(5, 2));
        for (long prev = 3; prev <= 6; prev++) {
            long prevTerm = prev <= 5 ? 2 : 3;
            AppendEntriesReply reply = one(
                    AppendEntriesReply.class, bench.receive(2, append(3, prev, prevTerm, entriesFrom(prev + 1, 7), 5)));
            assertThat(reply.success()).as("entries behind %d", prev).isTrue();
            assertThat(reply.matchIndex()).isEqualTo(7);
        }
        assertThat(bench.savedTerms()).containsExactly(3L, 3L);
    }

    private static List<Entry> entriesFrom(long first, long last) {
        long[] terms = new long[(int) (last - first + 1)];
        for (int i = 0; i < terms.length; i++) {
            terms[i] = first + i <= 5 ? 2 : 3;
        }
        return entries(first, terms);
    }

    @Test
    void S10_chunksOfAnotherTransferAreNotMixedIn() {
        Bench bench = new Bench(3).term(2, 0).start();
        bench.receive(2, chunk(5, 2, 1, "x,", 0, false));
        InstallSnapshotReply stray = one(InstallSnapshotReply.class, bench.receive(2, chunk(9, 2, 2, "z", 2, true)));
        assertThat(stray.nextOffset()).isZero();
        assertThat(bench.status().lastLogIndex()).isZero();
        bench.receive(2, chunk(5, 2, 1, "y", 2, true));
        assertThat(bench.machine.applied).containsExactly("x", "y");
    }

    @Test
    void S10_aWrongDigestIsNotInstalled() {
        Bench bench = new Bench(3).term(2, 0).start();
        InstallSnapshot wrong = new InstallSnapshot(3, 2, 5, 2, 1, 0, "x,z".getBytes(UTF_8), true, 4711, 1);
        assertThat(one(InstallSnapshotReply.class, bench.receive(2, wrong)).nextOffset())
                .isZero();
        assertThat(bench.status().lastLogIndex()).isZero();
        bench.receive(2, whole(5, 2));
        assertThat(bench.machine.applied).containsExactly("x", "y");
    }

    @Test
    void aSnapshotIsOnDiskBeforeItIsAcknowledged() {
        Bench bench = new Bench(3).term(3, 0).start();
        bench.receive(2, whole(5, 2));
        assertThat(bench.order.get(0)).isInstanceOf(Store.Save.class);
        assertThat(bench.order.get(1)).isInstanceOf(AppendEntriesReply.class);
    }

    /** Entries and the snapshot that covers some of them in one batch: only what is in the log then is acknowledged. */
    @Test
    void S3_aSnapshotInTheSameBatchAsEntriesDoesNotOverstateTheMatch() {
        Bench bench = new Bench(3).term(3, 0).start();
        bench.hold();
        bench.receive(2, append(3, 0, 0, entries(1, 2, 2, 2, 2, 2, 3, 3), 0));
        bench.receive(2, whole(5, 2));
        bench.go();
        List<AppendEntriesReply> replies = only(AppendEntriesReply.class, bench.turn());
        assertThat(replies)
                .allMatch(reply -> reply.matchIndex() <= bench.status().lastLogIndex());
    }
}
