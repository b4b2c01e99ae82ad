package kvctl.raft;

import static kvctl.raft.Bench.append;
import static kvctl.raft.Bench.entries;
import static kvctl.raft.Bench.one;
import static kvctl.raft.Bench.only;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import kvctl.raft.Bench.Answer;
import kvctl.raft.Bench.Sent;
import kvctl.raft.Message.AppendEntries;
import kvctl.raft.Message.AppendEntriesReply;
import kvctl.raft.Message.PreVote;
import kvctl.raft.Message.PreVoteReply;
import kvctl.raft.Message.RequestVote;
import kvctl.raft.Message.RequestVoteReply;
import kvctl.raft.Message.TimeoutNow;
import kvctl.raft.RaftStatus.Role;
import org.junit.jupiter.api.Test;

/** Elections, sentence by sentence: Raft paper §5.1, §5.2, §5.4.1; thesis §3.10, §4.2.3, §9.6; HAZARDS R1, R10 to R14, R19, M7, D4. */
class ElectionPaperTest {
    private static final RequestVote VOTE = new RequestVote(2, 2, 5, 1, false);

    /** "When servers start up, they begin as followers." (§5.2) */
    @Test
    void serversStartAsFollowers() {
        assertThat(new Bench(3).start().status().role()).isEqualTo(Role.FOLLOWER);
    }

    /** "If a server receives a request with a stale term number, it rejects the request." (§5.1) */
    @Test
    void staleRequestsAreRejectedWithTheNewerTerm() {
        Bench bench = new Bench(3).term(5, 0).start();
        AppendEntriesReply append = one(AppendEntriesReply.class, bench.receive(2, append(4, 0, 0, entries(1, 4), 0)));
        assertThat(append.success()).isFalse();
        assertThat(append.term()).isEqualTo(5);
        assertThat(one(RequestVoteReply.class, bench.receive(2, VOTE))).isEqualTo(new RequestVoteReply(5, false));
    }

    /** "If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state." (§5.1) */
    @Test
    void aLeaderStepsDownForANewerTerm() {
        Bench bench = new Bench(3).start().lead();
        bench.receive(3, new AppendEntriesReply(9, false, 0, 0, 0, 0, true));
        assertThat(bench.status().role()).isEqualTo(Role.FOLLOWER);
        assertThat(bench.status().currentTerm()).isEqualTo(9);
        assertThat(bench.savedHardState()).isEqualTo(new HardState(9, 0));
    }

    /** "If a follower receives no communication over a period of time called the election timeout", it asks (§5.2, §9.6). */
    @Test
    void aFollowerThatHearsNobodyAsksBeforeItStands() {
        Bench bench = new Bench(3).log(1, 1).term(1, 0).start();
        assertThat(bench.pass(Bench.ELECTION_MIN_MS - 1)).isEmpty();
        List<Sent> asked = bench.pass(1);
        assertThat(only(PreVote.class, asked)).containsExactly(new PreVote(2, 1, 2, 1), new PreVote(2, 1, 2, 1));
        assertThat(bench.status().currentTerm()).as("asking changes no term").isEqualTo(1);
        List<Sent> stood = bench.receive(3, new PreVoteReply(2, true));
        assertThat(only(RequestVote.class, stood)).hasSize(2).allMatch(vote -> vote.term() == 2);
        assertThat(bench.status().votedFor()).isEqualTo(1);
    }

    /** "A candidate wins an election if it receives votes from a majority of the servers in the full cluster." (§5.2) */
    @Test
    void aMajorityElectsAndTheLeaderSendsAtOnce() {
        Bench bench = new Bench(5).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        bench.receive(2, new PreVoteReply(1, true));
        bench.receive(3, new PreVoteReply(1, true));
        bench.receive(2, new RequestVoteReply(1, true));
        assertThat(bench.status().role()).isEqualTo(Role.CANDIDATE);
        bench.receive(2, new RequestVoteReply(1, true));
        assertThat(bench.status().role()).as("one voter has one vote").isEqualTo(Role.CANDIDATE);
        List<Sent> sent = bench.receive(3, new RequestVoteReply(1, true));
        assertThat(bench.status().role()).isEqualTo(Role.LEADER);
        assertThat(only(AppendEntries.class, sent)).hasSize(4);
    }

    @Test
    void theOnlyMemberElectsItself() {
        Bench bench = new Bench(1).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        assertThat(bench.status().role()).isEqualTo(Role.LEADER);
        assertThat(bench.propose("a").isDone()).isTrue();
    }

    /** "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis." (§5.2) */
    @Test
    void oneVotePerTermAlsoAfterARestart() {
        Bench bench = new Bench(5).start();
        assertThat(one(RequestVoteReply.class, bench.receive(2, new RequestVote(1, 2, 0, 0, false)))
                        .voteGranted())
                .isTrue();
        assertThat(one(RequestVoteReply.class, bench.receive(3, new RequestVote(1, 3, 0, 0, false)))
                        .voteGranted())
                .isFalse();
        bench.start();
        assertThat(one(RequestVoteReply.class, bench.receive(3, new RequestVote(1, 3, 0, 0, false)))
                        .voteGranted())
                .isFalse();
        assertThat(one(RequestVoteReply.class, bench.receive(2, new RequestVote(1, 2, 0, 0, false)))
                        .voteGranted())
                .as("the same candidate may ask again")
                .isTrue();
    }

    /** "The voter denies its vote if its own log is more up-to-date than that of the candidate." (§5.4.1) */
    @Test
    void staleCandidateIsRefused() {
        Bench bench = new Bench(3).log(1, 1, 2).term(2, 0).start();
        assertThat(grants(bench, 3, 3, 1)).as("longer log of an older term").isFalse();
        assertThat(grants(bench, 4, 2, 2)).as("shorter log of the same term").isFalse();
        assertThat(grants(bench, 5, 3, 2)).as("equal log").isTrue();
        assertThat(grants(bench, 6, 1, 3)).as("shorter log of a newer term").isTrue();
    }

    private static boolean grants(Bench bench, long term, long lastLogIndex, long lastLogTerm) {
        return one(RequestVoteReply.class, bench.receive(2, new RequestVote(term, 2, lastLogIndex, lastLogTerm, false)))
                .voteGranted();
    }

    /** "If the leader's term is at least as large as the candidate's current term, then the candidate returns to follower." (§5.2) */
    @Test
    void aCandidateYieldsToTheLeaderOfItsTerm() {
        Bench bench = new Bench(3).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        bench.receive(2, new PreVoteReply(1, true));
        assertThat(bench.status().role()).isEqualTo(Role.CANDIDATE);
        bench.receive(3, append(1, 0, 0, List.of(), 0));
        assertThat(bench.status().role()).isEqualTo(Role.FOLLOWER);
        assertThat(bench.status().leaderId()).isEqualTo(2);
    }

    // --- hazards ---

    @Test
    void R1_aVoteIsOnDiskBeforeItLeaves() {
        Bench bench = new Bench(3).start();
        bench.receive(2, new RequestVote(1, 2, 0, 0, false));
        assertThat(bench.order).hasSize(2);
        assertThat(bench.order.get(0)).isInstanceOf(Store.Save.class);
        assertThat(bench.order.get(1)).isEqualTo(new RequestVoteReply(1, true));
        assertThat(bench.savedHardState()).isEqualTo(new HardState(1, 2));
    }

    @Test
    void R1_aCandidatesTermIsOnDiskBeforeItAsksForVotes() {
        Bench bench = new Bench(3).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        bench.order.clear();
        bench.receive(2, new PreVoteReply(1, true));
        assertThat(bench.order.get(0)).isInstanceOf(Store.Save.class);
        assertThat(bench.order.get(1)).isInstanceOf(RequestVote.class);
    }

    @Test
    void R1_aFailedSaveSendsNothing() {
        Bench bench = new Bench(3).start();
        bench.failsToSave = true;
        assertThatThrownBy(() -> bench.receive(2, new RequestVote(1, 2, 0, 0, false)))
                .hasMessageContaining("disk failed");
        assertThat(bench.sent).isEmpty();
    }

    @Test
    void R10_aFollowerWithALiveLeaderRefusesVotes() {
        Bench bench = new Bench(3).start();
        bench.receive(2, append(1, 0, 0, List.of(), 0));
        assertThat(only(RequestVoteReply.class, bench.receive(3, new RequestVote(7, 3, 9, 6, false))))
                .isEmpty();
        assertThat(bench.status().currentTerm()).isEqualTo(1);
        assertThat(one(PreVoteReply.class, bench.receive(3, new PreVote(2, 3, 9, 6)))
                        .voteGranted())
                .isFalse();
        bench.nowMs += Bench.ELECTION_MIN_MS;
        assertThat(one(PreVoteReply.class, bench.receive(3, new PreVote(2, 3, 9, 6)))
                        .voteGranted())
                .isTrue();
    }

    @Test
    void R10_aLeaderThatHearsNoMajorityStepsDown() {
        Bench bench = new Bench(5).start().lead();
        bench.pass(Bench.ELECTION_MAX_MS / 2);
        bench.ack(2, 1);
        bench.pass(Bench.ELECTION_MAX_MS / 2 + 1);
        assertThat(bench.status().role()).as("itself and one of four").isEqualTo(Role.FOLLOWER);
        assertThat(bench.status().currentTerm()).as("the term stays").isEqualTo(1);
    }

    @Test
    void R10_aLeaderThatHearsAMajorityStays() {
        Bench bench = new Bench(5).start().lead();
        for (int i = 0; i < 20; i++) {
            bench.pass(Bench.ELECTION_MAX_MS / 2);
            bench.ack(2, 1);
            bench.ack(3, 1);
        }
        assertThat(bench.status().role()).isEqualTo(Role.LEADER);
    }

    /** etcd-io/raft calls it a free stuck candidate: its term is ahead, so the leader's messages are refused. */
    @Test
    void R11_aMemberWhoseTermIsAheadBringsTheLeaderIntoItsTerm() {
        Bench bench = new Bench(3).start().lead();
        bench.receive(3, new AppendEntriesReply(4, false, 0, 0, 0, 0, true));
        assertThat(bench.status().currentTerm()).isEqualTo(4);
        bench.lead();
        assertThat(bench.status().currentTerm()).isEqualTo(5);
    }

    @Test
    void R11_aRefusedPreVoteTellsTheTermAndALosingCandidateDoesNotHang() {
        Bench bench = new Bench(3).start();
        bench.pass(Bench.ELECTION_MIN_MS);
        bench.receive(2, new PreVoteReply(6, false));
        assertThat(bench.status().currentTerm()).isEqualTo(6);
        assertThat(bench.status().role()).isEqualTo(Role.FOLLOWER);
        List<Sent> again = bench.pass(Bench.ELECTION_MAX_MS);
        assertThat(only(PreVote.class, again))
                .allMatch(preVote -> preVote.term() == 7)
                .hasSize(2);
    }

    @Test
    void R13_onlyTheLeaderAndAGrantedVoteResetTheElectionTimer() {
        Bench bench = new Bench(3).log(1, 1, 1).term(1, 0).start();
        bench.nowMs += Bench.ELECTION_MIN_MS - 1;
        bench.receive(2, new RequestVote(2, 2, 0, 0, false));
        bench.receive(3, new RequestVote(3, 3, 0, 0, false));
        bench.receive(2, append(1, 3, 1, List.of(), 0));
        assertThat(only(PreVote.class, bench.pass(1)))
                .as("losers do not put it off")
                .isNotEmpty();

        Bench granted = new Bench(3).start();
        granted.nowMs += Bench.ELECTION_MIN_MS - 1;
        granted.receive(2, new RequestVote(2, 2, 0, 0, false));
        assertThat(only(PreVote.class, granted.pass(1))).isEmpty();
    }

    @Test
    void R14_leadershipGoesOverOnlyToAFollowerThatHasCaughtUp() {
        Bench bench = new Bench(3).start().lead();
        bench.ack(2, 1);
        bench.propose("a");
        bench.turn.transferLeadership(Bench.GROUP, 2, bench.nowMs);
        assertThat(only(TimeoutNow.class, bench.turn())).isEmpty();
        Answer paused = bench.propose("b");
        assertThat(paused.failure).isEqualTo(Waiter.Failure.TOO_BUSY);
        assertThat(only(TimeoutNow.class, bench.ack(2, 2))).containsExactly(new TimeoutNow(1, 1, 2));
        assertThat(only(TimeoutNow.class, bench.ack(2, 2))).as("once").isEmpty();
        bench.pass(Bench.ELECTION_MAX_MS / 2);
        bench.ack(2, 2);
        bench.pass(Bench.ELECTION_MAX_MS / 2);
        bench.ack(2, 2);
        assertThat(bench.propose("c").failure)
                .as("given up after an election timeout")
                .isNull();
    }

    @Test
    void R14_timeoutNowIsFencedByTermAndLastIndex() {
        Bench bench = new Bench(3).log(1, 1).term(1, 0).start();
        assertThat(bench.receive(2, new TimeoutNow(1, 2, 1)))
                .as("log ends elsewhere")
                .isEmpty();
        bench.receive(2, append(2, 2, 1, List.of(), 0));
        assertThat(bench.receive(3, new TimeoutNow(1, 3, 2)))
                .as("of an old term")
                .isEmpty();
        List<Sent> stood = bench.receive(2, new TimeoutNow(2, 2, 2));
        assertThat(only(RequestVote.class, stood)).hasSize(2).allMatch(RequestVote::transfer);
    }

    @Test
    void R14_aVoteByTransferIsGivenAlthoughTheLeaderLives() {
        Bench bench = new Bench(3).start();
        bench.receive(2, append(1, 0, 0, List.of(), 0));
        assertThat(one(RequestVoteReply.class, bench.receive(3, new RequestVote(2, 3, 0, 0, true)))
                        .voteGranted())
                .isTrue();
    }

    @Test
    void R19_aStrangerHasNoSay() {
        Bench bench = new Bench(3).start();
        assertThat(bench.receive(4, new RequestVote(9, 4, 9, 9, false))).isEmpty();
        assertThat(bench.receive(1, new RequestVote(9, 1, 9, 9, false))).isEmpty();
        assertThat(bench.status().currentTerm()).isZero();
    }

    /** Its members would be whom the message says they are: two majorities that know nothing of each other. */
    @Test
    void M7_aMessageForAGroupThatIsNotHereMakesNoReplica() {
        Bench bench = new Bench(3).start();
        int elsewhere = Bench.GROUP + 1;
        for (Message message : List.of(
                new RequestVote(9, 2, 9, 9, false),
                new PreVote(9, 2, 9, 9),
                append(9, 0, 0, entries(1, 9), 1),
                new Message.InstallSnapshot(9, 2, 5, 9, 1, 0, new byte[] {1}, true, 0, 1),
                new TimeoutNow(9, 2, 0))) {
            bench.turn.receive(elsewhere, 2, message, bench.nowMs);
            assertThat(bench.turn()).isEmpty();
        }
        assertThat(bench.turn.groups()).containsExactly(Bench.GROUP);
        assertThat(bench.order).as("nothing saved").isEmpty();
        Answer refused = new Answer();
        bench.turn.propose(elsewhere, new byte[1], refused);
        assertThat(refused.failure).isEqualTo(Waiter.Failure.NOT_LEADER);
    }

    // --- a replica whose disk is older than its promises ---

    @Test
    void D4_aForgetfulReplicaNeitherVotesNorCampaignsNorCounts() {
        Bench bench = new Bench(3).term(3, 2).forgetful().start();
        assertThat(only(PreVote.class, bench.pass(10 * Bench.ELECTION_MAX_MS))).isEmpty();
        assertThat(grants(bench, 9, 99, 8)).isFalse();
        assertThat(one(PreVoteReply.class, bench.receive(2, new PreVote(10, 2, 99, 8)))
                        .voteGranted())
                .isFalse();
        AppendEntriesReply reply = one(AppendEntriesReply.class, bench.receive(2, append(9, 0, 0, entries(1, 9), 0)));
        assertThat(reply.success()).isTrue();
        assertThat(reply.counts()).isFalse();
    }

    @Test
    void D4_itCountsAgainWhenItHoldsWhatALaterLeaderHeldAtFirstContact() {
        Bench bench = new Bench(3).log(1).term(3, 2).forgetful().start();
        bench.receive(2, new AppendEntries(5, 2, 1, 1, entries(2, 1), 0, 3, 1));
        assertThat(bench.recovered).as("holds 2 of 3").isFalse();
        bench.receive(2, new AppendEntries(5, 2, 2, 1, entries(3, 5), 0, 3, 1));
        assertThat(bench.recovered).isTrue();
        AppendEntriesReply reply = one(AppendEntriesReply.class, bench.receive(2, append(5, 3, 5, List.of(), 0)));
        assertThat(reply.counts()).as("not before that is durable").isFalse();
        reply = one(AppendEntriesReply.class, bench.receive(2, append(5, 3, 5, List.of(), 0)));
        assertThat(reply.counts()).isTrue();
    }

    /** The schedule that the simulator found: an old message of the fenced term's leader, whose log was still short then. */
    @Test
    void D4_anOldMessageOfTheFencedTermDoesNotMakeItCount() {
        Bench bench = new Bench(3).log(3).term(3, 2).forgetful().start();
        bench.receive(2, new AppendEntries(3, 2, 1, 3, List.of(), 0, 1, 1));
        assertThat(bench.recovered).isFalse();
    }

    @Test
    void D4_aForgetfulReplicaIsNoPartOfALeadersMajority() {
        Bench bench = new Bench(3).start().lead();
        Answer answer = bench.propose("a");
        long round = bench.lastRound();
        bench.receive(2, new AppendEntriesReply(1, true, 2, 0, 0, round, false));
        assertThat(answer.isDone()).isFalse();
        bench.ack(3, 2);
        assertThat(answer.isDone()).isTrue();
    }
}
