package kvctl.raft;

import static java.nio.charset.StandardCharsets.UTF_8;
import static kvctl.raft.Bench.append;
import static kvctl.raft.Bench.entries;
import static kvctl.raft.Bench.one;
import static kvctl.raft.Bench.only;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import kvctl.raft.Bench.Answer;
import kvctl.raft.Bench.Sent;
import kvctl.raft.Message.AppendEntries;
import kvctl.raft.Message.AppendEntriesReply;
import kvctl.raft.Message.PreVoteReply;
import kvctl.raft.Message.RequestVoteReply;
import org.junit.jupiter.api.Test;

/** Log replication, sentence by sentence: Raft paper §5.3, §5.4.2, §5.5; thesis §10.2; HAZARDS R2 to R9, R16, A1. */
class ReplicationPaperTest {

    /** "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel." (§5.3) */
    @Test
    void aCommandGoesToAllFollowersAtOnce() {
        Bench bench = new Bench(3).start().lead();
        bench.ack(2, 1);
        bench.ack(3, 1);
        int before = bench.sent.size();
        bench.propose("a");
        List<AppendEntries> sent = only(AppendEntries.class, bench.sent.subList(before, bench.sent.size()));
        assertThat(sent).hasSize(2).allSatisfy(append -> {
            assertThat(append.prevLogIndex()).isEqualTo(1);
            assertThat(append.prevLogTerm()).isEqualTo(1);
            assertThat(append.entries())
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.index()).isEqualTo(2));
        });
    }

    /** "A log entry is committed once the leader has replicated it on a majority of the servers." (§5.3) */
    @Test
    void aMajorityCommitsAndTheClientHearsTheResult() {
        Bench bench = new Bench(5).start().lead();
        Answer answer = bench.propose("a");
        bench.ack(2, 2);
        assertThat(answer.answers).isZero();
        bench.ack(3, 2);
        assertThat(answer.reply).isEqualTo("a");
        assertThat(answer.index).isEqualTo(2);
        assertThat(bench.machine.applied).containsExactly("a");
    }

    /** "The leader includes [the highest committed index] in future AppendEntries RPCs so that the others find out." (§5.3) */
    @Test
    void followersLearnTheCommitIndex() {
        Bench bench = new Bench(3).start();
        bench.receive(2, append(1, 0, 0, entries(1, 1, 1), 1));
        assertThat(bench.machine.applied).containsExactly("1:1");
        bench.receive(2, append(1, 2, 1, List.of(), 2));
        assertThat(bench.machine.applied).containsExactly("1:1", "2:1");
    }

    /** "If the follower does not find an entry with the same index and term, then it refuses the new entries." (§5.3) */
    @Test
    void aGapOrAnotherTermIsRefusedWithWhereToGoOn() {
        Bench bench = new Bench(3).log(1, 1, 2, 2).term(2, 0).start();
        AppendEntriesReply gap = one(AppendEntriesReply.class, bench.receive(2, append(4, 9, 4, entries(10, 4), 0)));
        assertThat(gap.success()).isFalse();
        assertThat(gap.conflictIndex()).as("the last it has").isEqualTo(4);
        AppendEntriesReply other = one(AppendEntriesReply.class, bench.receive(2, append(4, 4, 1, entries(5, 4), 0)));
        assertThat(other.success()).isFalse();
        assertThat(other.conflictIndex()).as("the last that can be of term 1").isEqualTo(2);
        assertThat(bench.savedTerms()).containsExactly(1L, 1L, 2L, 2L);
    }

    /** "Conflicting entries in follower logs will be overwritten with entries from the leader's log." (§5.3) */
    @Test
    void conflictingEntriesAreOverwritten() {
        Bench bench = new Bench(3).log(1, 2, 2, 2).term(2, 0).start();
        AppendEntriesReply reply = one(AppendEntriesReply.class, bench.receive(2, append(3, 1, 1, entries(2, 3), 0)));
        assertThat(reply.success()).isTrue();
        assertThat(reply.matchIndex()).isEqualTo(2);
        assertThat(bench.savedTerms()).containsExactly(1L, 3L);
    }

    /** "If the follower or candidate crashes ... Raft RPCs are idempotent, so this causes no harm." (§5.5) */
    @Test
    void R4_lateAndDuplicateAppendsChangeNothing() {
        Bench bench = new Bench(3).start();
        AppendEntries first = append(1, 0, 0, entries(1, 1), 0);
        bench.receive(2, first);
        bench.receive(2, append(1, 1, 1, entries(2, 1, 1), 0));
        bench.order.clear();
        AppendEntriesReply again = one(AppendEntriesReply.class, bench.receive(2, first));
        assertThat(again.matchIndex()).as("what was acknowledged stays so").isEqualTo(3);
        assertThat(bench.savedTerms()).hasSize(3);
        assertThat(bench.order).as("nothing to save").noneMatch(Store.Save.class::isInstance);
    }

    /** Figure 8: "raft never commits log entries from previous terms by counting replicas." (§5.4.2) */
    @Test
    void R2_anEntryOfAnEarlierTermIsCommittedOnlyBehindOneOfThisTerm() {
        Bench bench = new Bench(5).log(1, 2).term(3, 0).start().lead();
        assertThat(bench.status().currentTerm()).isEqualTo(4);
        bench.ack(2, 2);
        bench.ack(3, 2);
        bench.ack(4, 2);
        assertThat(bench.status().commitIndex())
                .as("2:2 is on four of five disks")
                .isZero();
        bench.ack(2, 3);
        bench.ack(3, 3);
        assertThat(bench.status().commitIndex()).isEqualTo(3);
    }

    @Test
    void R3_aLeaderBeginsItsTermWithANoop() {
        Bench bench = new Bench(3).log(1).term(1, 0).start().lead();
        assertThat(bench.savedTerms()).containsExactly(1L, 2L);
        bench.ack(2, 2);
        assertThat(bench.machine.applied).as("no client was needed").containsExactly("1:1");
    }

    @Test
    void R5_commitGoesNoFurtherThanWhatTheMessageProved() {
        Bench bench = new Bench(3).log(1, 1, 1).term(1, 0).start();
        bench.receive(2, append(2, 1, 1, List.of(), 3));
        assertThat(bench.status().commitIndex())
                .as("2 and 3 may be overwritten yet")
                .isEqualTo(1);
        bench.receive(2, append(2, 1, 1, entries(2, 2), 3));
        assertThat(bench.status().commitIndex()).isEqualTo(2);
        assertThat(bench.machine.applied).containsExactly("1:1", "2:2");
    }

    @Test
    void R5_aHeartbeatWithAHighCommitDoesNotMakeAnEmptyLogCommit() {
        Bench bench = new Bench(3).start();
        bench.receive(2, append(2, 0, 0, List.of(), 7));
        assertThat(bench.status().commitIndex()).isZero();
    }

    @Test
    void R6_entriesAreOnDiskBeforeTheyAreAcknowledged() {
        Bench bench = new Bench(3).start();
        bench.receive(2, append(1, 0, 0, entries(1, 1, 1), 0));
        assertThat(bench.order.get(0)).isInstanceOf(Store.Save.class);
        assertThat(bench.order.get(1)).isInstanceOf(AppendEntriesReply.class);
        bench.failsToSave = true;
        int sent = bench.sent.size();
        assertThatThrownBy(() -> bench.receive(2, append(1, 2, 1, entries(3, 1), 0)))
                .hasMessageContaining("disk failed");
        assertThat(bench.sent).hasSize(sent);
    }

    @Test
    void R7_aLeaderCountsItsOwnCopyOnlyWhenItIsOnDisk() {
        Bench bench = new Bench(1).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        bench.order.clear();
        Answer answer = new Answer();
        bench.turn.propose(Bench.GROUP, "a".getBytes(UTF_8), answer);
        bench.turn.prepare(bench.nowMs);
        assertThat(bench.status().commitIndex())
                .as("one member, and its disk has not answered")
                .isEqualTo(1);
        bench.turn.save();
        bench.turn.finish(bench.nowMs);
        assertThat(answer.isDone()).isTrue();
    }

    /** The follower's disk was the faster one: with the leader's it would be a majority, but that has not answered. */
    @Test
    void R7_anAcknowledgementThatComesBeforeTheLeadersOwnSaveDoesNotCommit() {
        Bench bench = new Bench(3).start().lead();
        bench.ack(2, 1);
        Answer answer = new Answer();
        bench.turn.propose(Bench.GROUP, "a".getBytes(UTF_8), answer);
        bench.turn.prepare(bench.nowMs);
        bench.turn.receive(
                Bench.GROUP, 2, new AppendEntriesReply(1, true, 2, 0, 0, bench.lastRound(), true), bench.nowMs);
        assertThat(bench.status().commitIndex()).isEqualTo(1);
        bench.turn.save();
        bench.turn.finish(bench.nowMs);
        assertThat(bench.status().commitIndex()).isEqualTo(2);
        assertThat(answer.isDone()).isTrue();
    }

    /** Thesis §10.2.1: "the leader can write to its disk in parallel with replicating". */
    @Test
    void entriesLeaveBeforeTheLeadersOwnSave() {
        Bench bench = new Bench(3).start().lead();
        bench.ack(2, 1);
        bench.ack(3, 1);
        bench.order.clear();
        bench.propose("a");
        assertThat(bench.order.get(0)).isInstanceOf(AppendEntries.class);
        assertThat(bench.order.get(bench.order.size() - 1)).isInstanceOf(Store.Save.class);
    }

    @Test
    void aNewLeadersFirstEntriesWaitForItsTermOnDisk() {
        Bench bench = new Bench(3).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        bench.hold();
        bench.receive(2, new PreVoteReply(1, true));
        bench.go().turn();
        bench.order.clear();
        bench.receive(2, new RequestVoteReply(1, true));
        assertThat(bench.order.get(0))
                .as("the term was saved with the candidacy")
                .isInstanceOf(AppendEntries.class);
        assertThat(bench.savedHardState()).isEqualTo(new HardState(1, 1));
    }

    @Test
    void R9_backingUpTakesOneQuestionPerTerm() {
        Bench bench = new Bench(3)
                .log(1, 1, 1, 4, 4, 5, 5, 6, 6, 6)
                .term(7, 0)
                .start()
                .lead();
        List<Long> follower = new ArrayList<>(List.of(1L, 1L, 1L, 2L, 2L, 2L, 3L, 3L, 3L, 3L, 3L));
        int questions = 0;
        List<Sent> sent = List.copyOf(bench.sent);
        while (true) {
            AppendEntries question = null;
            for (Sent message : sent) {
                if (message.to() == 2 && message.message() instanceof AppendEntries append) {
                    question = append;
                }
            }
            questions++;
            int prev = (int) question.prevLogIndex();
            if (prev == 0 || prev <= follower.size() && follower.get(prev - 1) == question.prevLogTerm()) {
                assertThat(prev).as("the logs are equal up to here").isEqualTo(3);
                break;
            }
            int conflict = Math.min(prev, follower.size());
            while (conflict > 0 && follower.get(conflict - 1) > question.prevLogTerm()) {
                conflict--;
            }
            long conflictTerm = conflict == 0 ? 0 : follower.get(conflict - 1);
            sent = bench.receive(
                    2,
                    new AppendEntriesReply(8, false, follower.size(), conflictTerm, conflict, question.round(), true));
        }
        assertThat(questions).isLessThanOrEqualTo(4);
    }

    /** The simulator's first safety finding: what was proven under one leader says nothing about the next one's log. */
    @Test
    void R6_aCandidateThatBecomesAFollowerAcknowledgesOnlyWhatTheNewLeaderProved() {
        Bench bench = new Bench(3).start();
        bench.receive(2, append(1, 0, 0, entries(1, 1, 1, 1, 1), 0));
        bench.pass(Bench.ELECTION_MAX_MS);
        bench.receive(3, new PreVoteReply(2, true));
        assertThat(bench.status().role()).isEqualTo(RaftStatus.Role.CANDIDATE);
        AppendEntriesReply reply = one(AppendEntriesReply.class, bench.receive(2, append(2, 1, 1, entries(2, 2), 0)));
        assertThat(reply.matchIndex()).isEqualTo(2);
    }

    // --- waiters ---

    @Test
    void R16_aProposalThatIsOverwrittenIsReportedAsUnknown() {
        Bench bench = new Bench(3).start().lead();
        Answer lost = bench.propose("a");
        bench.receive(2, append(2, 1, 1, entries(2, 2), 2));
        assertThat(lost.failure).isEqualTo(Waiter.Failure.LOST_LEADERSHIP);
        assertThat(lost.failure.definite()).isFalse();
        assertThat(lost.answers).isEqualTo(1);
        assertThat(bench.machine.applied).containsExactly("2:2");
    }

    /** Found by the simulator: a leader paused, and woke to a new leader's snapshot and entries in one batch. */
    @Test
    void R16_aProposalThatASnapshotSkipsIsReportedAsUnknown() {
        Bench bench = new Bench(3).start().lead();
        Answer lost = bench.propose("a");
        byte[] state = "x,y".getBytes(UTF_8);
        CRC32C digest = new CRC32C();
        digest.update(state, 0, state.length);
        bench.hold();
        bench.receive(2, new Message.InstallSnapshot(2, 2, 5, 2, 1, 0, state, true, (int) digest.getValue(), 1));
        bench.receive(2, append(2, 5, 2, entries(6, 2), 6));
        bench.go().turn();
        assertThat(bench.machine.applied).containsExactly("x", "y", "6:2");
        assertThat(lost.failure).isEqualTo(Waiter.Failure.LOST_LEADERSHIP);
        assertThat(lost.answers).isEqualTo(1);
    }

    @Test
    void R16_aFollowerRefusesDefinitely() {
        Bench bench = new Bench(3).start();
        Answer refused = bench.propose("a");
        assertThat(refused.failure).isEqualTo(Waiter.Failure.NOT_LEADER);
        assertThat(refused.failure.definite()).isTrue();
    }

    @Test
    void A9_stoppingAnswersEverybodyOnce() {
        Bench bench = new Bench(3).start().lead();
        Answer proposal = bench.propose("a");
        Answer read = bench.read();
        bench.turn.stop();
        bench.turn.stop();
        assertThat(proposal.failure).isEqualTo(Waiter.Failure.STOPPED);
        assertThat(proposal.answers).isEqualTo(1);
        assertThat(read.failure).isEqualTo(Waiter.Failure.STOPPED);
        assertThat(read.answers).isEqualTo(1);
    }

    // --- bounds ---

    @Test
    void A1_uncommittedEntriesAreBoundedAlsoAcrossTerms() {
        RaftConfig.Limits limits =
                new RaftConfig.Limits(1 << 20, 64, 8 << 20, 100, 10, 8 << 20, 10_000, 16 << 20, 1_000, 256 << 10);
        Bench bench = new Bench(3, limits).start().lead();
        assertThat(bench.propose("a").failure).isNull();
        assertThat(bench.propose("b").failure).isNull();
        assertThat(bench.propose("c").failure).isEqualTo(Waiter.Failure.TOO_BUSY);
        bench.pass(2 * Bench.ELECTION_MAX_MS);
        bench.lead();
        assertThat(bench.propose("d").failure).as("the old tail still counts").isEqualTo(Waiter.Failure.TOO_BUSY);
        bench.ack(2, bench.status().lastLogIndex());
        assertThat(bench.propose("e").failure).isNull();
    }

    @Test
    void A1_messagesInFlightAreBoundedAndGoOnWithTheAnswers() {
        RaftConfig.Limits limits =
                new RaftConfig.Limits(1, 2, 8 << 20, 1 << 20, 10, 8 << 20, 10_000, 16 << 20, 1_000, 256 << 10);
        Bench bench = new Bench(3, limits).start().lead();
        bench.ack(2, 1);
        int before = bench.sent.size();
        for (String command : List.of("a", "b", "c", "d")) {
            bench.propose(command);
        }
        assertThat(entriesTo(bench, 2, before)).containsExactly(2L, 3L);
        before = bench.sent.size();
        bench.ack(2, 2);
        assertThat(entriesTo(bench, 2, before)).containsExactly(4L);
    }

    private static List<Long> entriesTo(Bench bench, int to, int from) {
        return bench.sent.subList(from, bench.sent.size()).stream()
                .filter(sent -> sent.to() == to && sent.message() instanceof AppendEntries)
                .flatMap(sent -> ((AppendEntries) sent.message()).entries().stream())
                .map(Entry::index)
                .toList();
    }

    /** Found by the simulator: a window full of lost messages must not hide that their entries are dropped meanwhile. */
    @Test
    void S6_aFollowerWhoseMessagesAreLostGetsASnapshotWhenItsEntriesAreDropped() {
        RaftConfig.Limits limits =
                new RaftConfig.Limits(1, 1, 8 << 20, 1 << 20, 10, 8 << 20, 2, 16 << 20, 0, 256 << 10);
        Bench bench = new Bench(3, limits).start().lead();
        bench.ack(2, 1);
        bench.ack(3, 1);
        for (int i = 2; i < 10; i++) {
            bench.propose("c" + i);
            bench.ack(3, i);
        }
        bench.pass(Bench.HEARTBEAT_MS);
        assertThat(bench.sent).anyMatch(sent -> sent.to() == 2 && sent.message() instanceof Message.InstallSnapshot);
    }
}
