package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import kvctl.protocol.Request;
import kvctl.raft.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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

    /** Threads of sockets put in, the loop takes out: each thing once, and what one thread put in stays in its order. */
    @Test
    @Timeout(30)
    void R17_whatManyThreadsHandOverComesOnceAndInTheirOrder() throws Exception {
        int threads = 4;
        int each = 3_000;
        Inbox wide = new Inbox(Integer.MAX_VALUE, Long.MAX_VALUE, 200, 100_000);
        List<Thread> producers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int from = i;
            producers.add(new Thread(() -> {
                for (int n = 0; n < each; n++) {
                    Mail mail = new Mail(from, 1, new Message.RequestVoteReply(n, true), null, 5);
                    wide.offer(List.of(mail, append(from * 1_000_000L + n, 10)));
                    while (!wide.offer(new Call(null, from * 1_000_000L + n, new Request.GetMap(), 0, 10))) {
                        Thread.yield();
                    }
                }
            }));
        }
        producers.forEach(Thread::start);
        long[] nextMail = new long[threads];
        long[] nextEntry = new long[threads];
        long[] nextCall = new long[threads];
        long left = 3L * threads * each;
        while (left > 0) {
            wide.await(10_000);
            mails.clear();
            calls.clear();
            wide.drain(mails, calls, 64, 2_000);
            left -= mails.size() + calls.size();
            for (Mail mail : mails) {
                long term = mail.message().term();
                if (mail.isBulk()) {
                    assertThat(term % 1_000_000).isEqualTo(nextEntry[(int) (term / 1_000_000)]++);
                } else {
                    assertThat(term).isEqualTo(nextMail[mail.from()]++);
                }
            }
            for (Call call : calls) {
                assertThat(call.correlationId() % 1_000_000)
                        .isEqualTo(nextCall[(int) (call.correlationId() / 1_000_000)]++);
            }
        }
        for (Thread producer : producers) {
            producer.join();
        }
        assertThat(left).isZero();
        assertThat(nextMail).containsOnly(each);
        assertThat(nextEntry).containsOnly(each);
        assertThat(nextCall).containsOnly(each);
        assertThat(wide.offer(call(100_000))).as("all room is free again").isTrue();
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
