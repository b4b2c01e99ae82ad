package kvctl.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import kvctl.client.KvException.Code;
import kvctl.client.KvException.Outcome;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import org.junit.jupiter.api.Test;

/** The client's logic in virtual time. */
class KvClientTest {
    private final ToyCluster cluster = new ToyCluster(4, 1, 2, 3);
    private final VirtualTransport net = new VirtualTransport(cluster, 1);
    private final KvClient client = KvClient.builder()
            .endpoints(List.of("127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003"))
            .build(net);

    @Test
    void aLeaderThatMovedIsFoundByTheHint() {
        net.result(client.putAsync(b("a"), b("1")));
        cluster.leaderId = 3;
        int before = net.sent;
        assertThat(net.result(client.getAsync(b("a"))).node()).isEqualTo("n3");
        assertThat(net.sent - before).isEqualTo(2);
        assertThat(net.result(client.getAsync(b("a"))).attempts()).isEqualTo(1);
    }

    @Test
    void E2_aLostAnswerIsRepeatedUnderTheSameName() {
        cluster.loseAnswers = true;
        CompletableFuture<Result> append = client.appendAsync(b("a"), b("1"));
        net.runUntil(() -> cluster.applied == 1, 1000);
        cluster.loseAnswers = false;
        net.cut(net.node(1));
        Result result = net.result(append);
        assertThat(result.attempts()).isGreaterThanOrEqualTo(2);
        assertThat(cluster.applied).isEqualTo(1);
        assertThat(cluster.repeats).isEqualTo(1);
    }

    @Test
    void A8_aPausedLeaderIsGoneAroundOnceAnotherLeads() {
        net.result(client.putAsync(b("a"), b("1")));
        net.node(1).paused = true;
        CompletableFuture<Result> append = client.appendAsync(b("a"), b("2"));
        net.at(300, () -> cluster.leaderId = 2);
        long startMs = net.nowMs;
        assertThat(net.result(append).node()).isEqualTo("n2");
        assertThat(net.nowMs - startMs).isLessThan(900);
        net.resume(net.node(1));
        net.runUntil(() -> false, 100);
        assertThat(cluster.applied).isEqualTo(2);
    }

    @Test
    void E11_aWriteWithoutAnAnswerIsUnknownAndCanBeRepeatedByItsId() {
        cluster.loseAnswers = true;
        KvException e = net.failure(client.appendAsync(b("k"), b("1")));
        assertThat(e.code()).isEqualTo(Code.UNKNOWN);
        assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
        RequestId id = e.requestId().orElseThrow();
        assertThat(e).hasMessage("append 'k' timed out after 2.0 s; it may still be applied (request " + id + ").");
        assertThat(e.hint()).contains("repeat with --request-id " + id + " (applied at most once), or kvctl get k");
        cluster.loseAnswers = false;
        net.result(client.appendAsync(b("k"), b("x"))); // must not push the id out of the window
        KvClient other = KvClient.builder().endpoints(List.of("127.0.0.1:1001")).build(net);
        net.result(other.appendAsync(b("k"), b("1"), RequestId.parse(id.toString())));
        assertThat(new String(net.result(client.getAsync(b("k"))).value(), UTF_8))
                .isEqualTo("1x");
    }

    @Test
    void theSessionOfAnUnknownWriteIsLeftAlone() {
        List<Request.Tag> tags = new ArrayList<>();
        cluster.trouble = (nodeId, request) -> {
            if (request instanceof Request.Write write) {
                tags.add(write.tag());
            }
            return null;
        };
        net.result(client.putAsync(b("k"), b("1")));
        cluster.loseAnswers = true;
        Request.Tag lost = tagOf(net.failure(client.putAsync(b("k"), b("2"))));
        cluster.loseAnswers = false;
        tags.clear();
        net.result(client.putAsync(b("k"), b("3")));
        assertThat(tags.get(0).sessionRandom()).isNotEqualTo(lost.sessionRandom());
        assertThat(tags.get(0).seq()).isEqualTo(1);
    }

    @Test
    void E10_aWriteThatWasOnlyRefusedIsNotApplied() {
        cluster.leaderId = 0;
        KvException e = net.failure(client.putAsync(b("k"), b("1")));
        assertThat(e.code()).isEqualTo(Code.NO_LEADER);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(e.getMessage())
                .matches("Shard \\d has no leader: 3 of 3 replicas answer \\(last answer: n\\d: not the leader\\)\\."
                        + " Waited 2\\.0 s\\.");
    }

    @Test
    void E10_lostLeadershipIsUnknownUnlessTheRepeatIsAnswered() {
        cluster.trouble = (nodeId, request) ->
                request instanceof Request.Put ? new Response.Refused(Response.Code.LOST_LEADERSHIP, "lost", 0) : null;
        CompletableFuture<Result> put = client.putAsync(b("k"), b("1"));
        net.runUntil(() -> false, 100);
        cluster.trouble = (nodeId, request) -> null;
        assertThat(net.result(put).done()).isTrue();

        cluster.trouble = (nodeId, request) -> new Response.Refused(Response.Code.LOST_LEADERSHIP, "lost", 0);
        assertThat(net.failure(client.putAsync(b("k"), b("1"))).outcome()).isEqualTo(Outcome.UNKNOWN);
        cluster.leaderId = 0;
        assertThat(net.failure(client.getAsync(b("k"))).outcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @Test
    void aLostQuorumIsNamedWithItsReplicas() {
        net.result(client.putAsync(b("k"), b("1")));
        cluster.leaderId = 0;
        net.kill(net.node(1));
        net.kill(net.node(3));
        KvException e = net.failure(client.putAsync(b("k"), b("2")));
        assertThat(e.code()).isEqualTo(Code.NO_QUORUM);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(e.getMessage())
                .matches("Shard \\d has no quorum: 1 of 3 replicas answer \\(n2 up; n1, n3 refused the connection\\)\\."
                        + " Waited 2\\.0 s\\.");
    }

    @Test
    void aClusterThatIsGoneIsUnreachable() {
        net.result(client.putAsync(b("k"), b("1")));
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            net.kill(net.node(nodeId));
        }
        net.runUntil(() -> false, 10);
        KvException e = net.failure(client.putAsync(b("k"), b("2")));
        assertThat(e.code()).isEqualTo(Code.UNREACHABLE);
        assertThat(e.getMessage())
                .matches("Shard \\d can't be reached: n1, n2, n3 refused the connection\\. Waited 2\\.0 s\\.");
    }

    @Test
    void E4_aSessionThatWasPushedOutIsReplacedIfTheWriteWasNeverSentBefore() {
        net.result(client.putAsync(b("k"), b("1")));
        cluster.floorMs = net.epochMs() + 50_000; // somebody's clock is ahead by 50 s
        assertThat(net.result(client.putAsync(b("k"), b("2"))).done()).isTrue();
        assertThat(cluster.applied).isEqualTo(2);
    }

    @Test
    void E4_aRepeatIntoAForgottenSessionIsUnknown() {
        AtomicInteger puts = new AtomicInteger();
        cluster.trouble = (nodeId, request) ->
                request instanceof Request.Put && puts.incrementAndGet() == 1 ? ToyCluster.SILENCE : null;
        CompletableFuture<Result> put = client.putAsync(b("k"), b("1"));
        net.runUntil(() -> puts.get() == 1, 1000);
        cluster.floorMs = net.epochMs() + 50_000;
        net.cut(net.node(1));
        KvException e = net.failure(put);
        assertThat(e.code()).isEqualTo(Code.UNKNOWN);
        assertThat(cluster.applied).isZero();
        assertThat(net.failure(client.putAsync(b("k"), b("1"), new RequestId(1, 2, 3)))
                        .code())
                .isEqualTo(Code.UNKNOWN);
    }

    @Test
    void E3_aSessionHasNoMoreThanItsWindowOpen() {
        List<Request.Tag> tags = new ArrayList<>();
        cluster.trouble = (nodeId, request) -> {
            if (request instanceof Request.Append append) {
                tags.add(append.tag());
                return append.tag().seq() == 1 && tags.size() <= 5000 ? ToyCluster.SILENCE : null;
            }
            return null;
        };
        KvClient wide = KvClient.builder()
                .endpoints(List.of("127.0.0.1:1001"))
                .maxInFlight(5000)
                .requestTimeoutMs(20_000)
                .silentMs(10_000)
                .build(net);
        List<CompletableFuture<Result>> appends = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            appends.add(wide.appendAsync(b("k"), b("x")));
        }
        net.runUntil(() -> false, 5_000);
        assertThat(tags).hasSize(Limits.SESSION_WINDOW).allMatch(tag -> tag.answeredBelow() == 1);
        cluster.trouble = (nodeId, request) -> null;
        net.cut(net.node(1));
        appends.forEach(net::result);
        assertThat(cluster.applied).isEqualTo(3000);
    }

    @Test
    void A1_moreRequestsThanTheLimitWaitAndThenFailAsBusy() {
        KvClient small = KvClient.builder()
                .endpoints(List.of("127.0.0.1:1001"))
                .maxInFlight(2)
                .maxWaiting(5)
                .build(net);
        List<CompletableFuture<Result>> gets = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            gets.add(small.getAsync(b("k")));
        }
        assertThat(net.failure(gets.get(5)).code()).isEqualTo(Code.BUSY);
        gets.subList(0, 5).forEach(net::result);
    }

    @Test
    void A4_aBusyNodeIsAskedLessAndLessOften() {
        cluster.trouble = (nodeId, request) -> new Response.Refused(Response.Code.BUSY, "too many proposals", 0);
        int before = net.sent;
        KvException e = net.failure(client.putAsync(b("k"), b("1")));
        assertThat(e.code()).isEqualTo(Code.BUSY);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(net.sent - before).isBetween(5, 20);
    }

    @Test
    void aBadRequestIsNotRepeated() {
        cluster.trouble = (nodeId, request) -> new Response.Refused(Response.Code.BAD_REQUEST, "No such thing.", 0);
        KvException e = net.failure(client.getAsync(b("k")));
        assertThat(e.code()).isEqualTo(Code.BAD_REQUEST);
        assertThat(e).hasMessage("No such thing.");
        assertThat(net.failure(client.statusAsync(9))).hasMessage("There is no node 9.");
    }

    @Test
    void aWrongGroupMakesTheClientAskForTheMap() {
        AtomicInteger maps = new AtomicInteger();
        cluster.trouble = (nodeId, request) -> {
            if (request instanceof Request.GetMap) {
                maps.incrementAndGet();
            }
            return request instanceof Request.Get && maps.get() == 0
                    ? new Response.Refused(Response.Code.WRONG_GROUP, "not mine", 0)
                    : null;
        };
        assertThat(net.result(client.getAsync(b("k"))).value()).isNull();
        assertThat(maps).hasValue(1);
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        assertThat(ChaosTest.run(5)).isEqualTo(ChaosTest.run(5));
    }

    @Test
    void requestIdsAreReadAsTheyAreWritten() {
        RequestId id = new RequestId(1_700_000_000_000L, -7, 12);
        assertThat(RequestId.parse(id.toString())).isEqualTo(id);
        for (String wrong : List.of("", "7c1e", "1-2", "1-2-0", "1-2-x", "1-2-3-4", "1--3")) {
            assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(
                                    KvException.class, () -> RequestId.parse(wrong))
                            .code())
                    .isEqualTo(Code.BAD_REQUEST);
        }
    }

    private Request.Tag tagOf(KvException e) {
        return e.requestId().orElseThrow().tag();
    }

    private static byte[] b(String text) {
        return text.getBytes(UTF_8);
    }
}
