package kvctl.raft;

import static kvctl.raft.Bench.append;
import static kvctl.raft.Bench.one;
import static kvctl.raft.Bench.only;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kvctl.raft.Bench.Answer;
import kvctl.raft.Message.AppendEntries;
import kvctl.raft.Message.AppendEntriesReply;
import org.junit.jupiter.api.Test;

/** Linearizable reads: Raft paper §8, thesis §6.4; HAZARDS R3, C1-C4. */
class ReadPaperTest {

    /** "A leader must check whether it has been deposed before processing a read-only request." (§8) */
    @Test
    void aReadWaitsForAMajorityThatAnswersAfterItsArrival() {
        Bench bench = new Bench(5).start().lead();
        bench.ack(2, 1);
        bench.ack(3, 1);
        Answer read = bench.read();
        assertThat(read.answers).isZero();
        bench.ack(2, 1);
        assertThat(read.answers).isZero();
        bench.ack(3, 1);
        assertThat(read.isDone()).isTrue();
    }

    /** "A leader has the Leader Completeness Property, but at the start of its term it may not know which are committed." (§8) */
    @Test
    void C1_R3_aReadWaitsForTheTermsNoop() {
        Bench bench = new Bench(3).log(1).term(1, 0).start().lead();
        Answer read = bench.read();
        bench.ack(2, 1);
        bench.pass(Bench.HEARTBEAT_MS);
        assertThat(read.answers).as("commit index 0 may be old").isZero();
        bench.ack(2, 2);
        bench.turn();
        bench.ack(2, 2);
        assertThat(read.isDone()).isTrue();
        assertThat(read.index).isEqualTo(2);
    }

    @Test
    void C2_lateAnswersToAnOlderRoundDoNotConfirmANewerRead() {
        Bench bench = new Bench(3).start().lead();
        bench.ack(2, 1);
        long before = bench.lastRound();
        Answer read = bench.read();
        bench.ack(2, 1, before);
        bench.ack(3, 1, before);
        assertThat(read.answers).isZero();
        bench.ack(3, 1);
        assertThat(read.isDone()).isTrue();
    }

    @Test
    void C2_anAnswerOfAnotherTermConfirmsNothing() {
        Bench bench = new Bench(3).start().lead();
        bench.ack(2, 1);
        Answer read = bench.read();
        bench.receive(2, new Message.AppendEntriesReply(0, true, 1, 0, 0, bench.lastRound(), true));
        assertThat(read.answers).isZero();
    }

    /**
     * Found by the simulator: a server leads term 4 and again term 5. A late message of term 4, of a high round, is refused in
     * term 5; taken for an answer of that round, it confirmed reads of the deposed leader ever after.
     */
    @Test
    void C2_theRefusalOfAnOldTermsMessageConfirmsNothing() {
        Bench follower = new Bench(3).term(5, 0).start();
        AppendEntries late = new AppendEntries(4, 2, 0, 0, List.of(), 0, 0, 93);
        AppendEntriesReply refusal = one(AppendEntriesReply.class, follower.receive(2, late));
        assertThat(refusal.term()).isEqualTo(5);
        assertThat(refusal.round()).isZero();

        Bench leader = new Bench(3).start().lead();
        leader.ack(2, 1);
        leader.receive(3, new AppendEntriesReply(1, false, 0, 0, 0, 0, true));
        Answer read = leader.read();
        assertThat(read.answers).isZero();
        leader.ack(3, 1);
        assertThat(read.isDone()).isTrue();
    }

    @Test
    void C3_readsFailWhenLeadershipIsLost() {
        Bench bench = new Bench(3).start().lead();
        bench.ack(2, 1);
        Answer read = bench.read();
        bench.receive(2, append(2, 0, 0, List.of(), 0));
        assertThat(read.failure).isEqualTo(Waiter.Failure.NOT_LEADER);
        assertThat(read.answers).isEqualTo(1);
    }

    @Test
    void C4_aReadIsServedOnlyWhenItsIndexIsApplied() {
        RaftConfig.Limits oneByOne =
                new RaftConfig.Limits(1 << 20, 64, 8 << 20, 1 << 20, 10, 1, 10_000, 16 << 20, 1_000, 256 << 10);
        Bench bench = new Bench(3, oneByOne).start().lead();
        bench.ack(2, 1);
        bench.hold();
        bench.propose("a");
        bench.propose("b");
        bench.propose("c");
        bench.go().turn();
        bench.ack(2, 4);
        Answer read = bench.read();
        bench.ack(2, 4);
        for (int i = 0; i < 10 && !read.isDone(); i++) {
            bench.turn();
        }
        assertThat(read.isDone()).isTrue();
        assertThat(bench.machine.applied).containsExactly("a", "b", "c");
    }

    @Test
    void readsThatWaitTogetherShareOneRound() {
        Bench bench = new Bench(3).start().lead();
        bench.ack(2, 1);
        bench.ack(3, 1);
        int before = bench.sent.size();
        bench.hold();
        List<Answer> reads = List.of(bench.read(), bench.read(), bench.read());
        bench.go().turn();
        assertThat(only(AppendEntries.class, bench.sent.subList(before, bench.sent.size())))
                .hasSize(2);
        bench.ack(2, 1);
        assertThat(reads).allMatch(Answer::isDone);
    }

    @Test
    void A1_waitingReadsAreBounded() {
        RaftConfig.Limits limits =
                new RaftConfig.Limits(1 << 20, 64, 8 << 20, 1 << 20, 2, 8 << 20, 10_000, 16 << 20, 1_000, 256 << 10);
        Bench bench = new Bench(3, limits).start().lead();
        bench.read();
        bench.read();
        assertThat(bench.read().failure).isEqualTo(Waiter.Failure.TOO_BUSY);
    }

    @Test
    void aFollowerRefusesAndTheOnlyMemberNeedsNobody() {
        assertThat(new Bench(3).start().read().failure).isEqualTo(Waiter.Failure.NOT_LEADER);
        Bench alone = new Bench(1).start();
        alone.pass(Bench.ELECTION_MIN_MS);
        assertThat(alone.read().isDone()).isTrue();
    }
}
