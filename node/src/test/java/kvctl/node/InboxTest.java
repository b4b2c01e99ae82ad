package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import kvctl.protocol.Request;
import kvctl.raft.Message;
import org.junit.jupiter.api.Test;

class InboxTest {
    private final Inbox inbox = new Inbox(3, 100, 2, 1000);
    private final List<Mail> mails = new ArrayList<>();
    private final List<Call> calls = new ArrayList<>();

    private static Mail vote(long term) {
        return new Mail(2, 1, new Message.RequestVoteReply(term, true), null, 5);
    }

    private static Mail append(long term, int bytes) {
        return new Mail(2, 1, new Message.AppendEntries(term, 2, 0, 0, List.of(), 0, 0, 0), null, bytes);
    }

    private static Call call(int bytes) {
        return new Call(null, 1, new Request.GetMap(), Long.MAX_VALUE, bytes);
    }

    private List<Long> drainedTerms(int maxCount, long maxBytes) {
        mails.clear();
        calls.clear();
        inbox.drain(mails, calls, maxCount, maxBytes);
        return mails.stream().map(mail -> mail.message().term()).toList();
    }

    @Test
    void A3_votesAndAnswersOvertakeEntries() {
        inbox.offer(List.of(append(1, 10), append(2, 10), vote(3)));
        assertThat(drainedTerms(10, 1000)).containsExactly(3L, 1L, 2L);
    }

    @Test
    void aHeartbeatNeverOvertakesTheEntriesBeforeIt() {
        inbox.offer(List.of(append(1, 90), append(2, 5)));
        assertThat(drainedTerms(10, 1000)).containsExactly(1L, 2L);
    }

    @Test
    void aDrainTakesAboutAsManyBytesAsItIsAllowed() {
        inbox.offer(List.of(append(1, 30), append(2, 30), append(3, 30)));
        assertThat(drainedTerms(10, 40)).containsExactly(1L, 2L);
        assertThat(drainedTerms(10, 40)).containsExactly(3L);
    }

    @Test
    void A10_whatWaitsOfANodeThatWasCutOffIsForgottenAndItsRoomIsFree() {
        Mail other = new Mail(3, 1, new Message.RequestVoteReply(9, true), null, 5);
        inbox.offer(List.of(append(1, 90), append(2, 20), vote(3), other));
        inbox.forget(nodeId -> nodeId == 2);
        inbox.offer(List.of(append(4, 90), append(5, 20)));
        assertThat(drainedTerms(10, 1000)).containsExactly(9L, 4L, 5L);
    }

    @Test
    void A1_everyLaneIsBounded() {
        IntStream.range(0, 10).forEach(i -> inbox.offer(List.of(vote(i), append(i, 60))));
        assertThat(drainedTerms(10, Long.MAX_VALUE)).containsExactly(0L, 1L, 2L, 0L, 1L);
        assertThat(inbox.offer(call(10))).isTrue();
        assertThat(inbox.offer(call(10))).isTrue();
        assertThat(inbox.offer(call(10))).isFalse();
        drainedTerms(10, Long.MAX_VALUE);
        assertThat(calls).hasSize(2);
        assertThat(inbox.offer(call(5000))).as("one big one still fits").isTrue();
        assertThat(inbox.offer(call(1))).isFalse();
    }

    @Test
    void roomComesBackWhenCallsAreTaken() {
        assertThat(inbox.offer(call(900))).isTrue();
        assertThat(inbox.offer(call(900))).isTrue();
        drainedTerms(1, Long.MAX_VALUE);
        assertThat(calls).hasSize(1);
        assertThat(inbox.offer(call(50))).isTrue();
    }

    @Test
    void D3_anInterruptEndsTheWaitAndIsForgotten() {
        Thread.currentThread().interrupt();
        inbox.await(60_000);
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void aWakeBeforeTheWaitIsNotLost() {
        inbox.wake();
        inbox.await(60_000);
        inbox.offer(List.of(vote(1)));
        inbox.await(60_000);
        assertThat(drainedTerms(10, 100)).containsExactly(1L);
    }
}
