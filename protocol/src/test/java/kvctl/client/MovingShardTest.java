package kvctl.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import kvctl.client.KvException.Code;
import kvctl.client.KvException.Outcome;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.Shards;
import org.junit.jupiter.api.Test;

/** Calls find their shard wherever it is, in virtual time. */
class MovingShardTest {
    private static final int SHARDS = 4;

    private final ToyCluster cluster = new ToyCluster(SHARDS, 1, 2, 3, 4, 5, 6);
    private final VirtualTransport net = new VirtualTransport(cluster, 1);
    private final int shard = Shards.of(b("k"), SHARDS);
    private final KvClient client;

    MovingShardTest() {
        cluster.members(1, 1, 2, 3);
        cluster.addGroup(2, 4, 4, 5, 6);
        cluster.addGroup(0, 1, 1, 2, 3);
        client = client(net);
    }

    private static KvClient client(Transport transport) {
        return KvClient.builder()
                .endpoints(List.of("127.0.0.1:1001", "127.0.0.1:1004"))
                .build(transport);
    }

    @Test
    void G13_aShardThatFlipsBetweenGroupsAnswersEachCallOnce() {
        List<KvClient> clients = List.of(client, client(net.another()), client(net.another()));
        flipEvery50Ms(net.nowMs + 60_000);
        List<CompletableFuture<Result>> appends = new ArrayList<>();
        int before = net.sent;
        List<Long> tookMs = new ArrayList<>();
        for (int i = 0; i < 1500; i++) {
            List<CompletableFuture<Result>> round = new ArrayList<>();
            for (int c = 0; c < clients.size(); c++) {
                KvClient one = clients.get(c);
                round.add(one.appendAsync(b("k"), b(i + "." + c + ";")));
                round.add(one.getAsync(b("k")));
                round.add(one.scan(b("k"), b(""), 1).next().thenApply(rows -> null));
            }
            long startMs = net.nowMs;
            round.forEach(net::result);
            tookMs.add(net.nowMs - startMs);
            for (int c = 0; c < clients.size(); c++) {
                appends.add(round.get(3 * c));
            }
            net.runUntil(() -> false, net.random.nextInt(50));
        }
        String[] elements = new String(net.result(client.getAsync(b("k"))).value(), UTF_8).split(";");
        assertThat(elements).hasSize(4500).doesNotHaveDuplicates();
        Set<Integer> groups = new HashSet<>();
        appends.forEach(append -> groups.add(append.join().groupId()));
        assertThat(groups).containsExactlyInAnyOrder(1, 2);
        tookMs.sort(null);
        // Nobody serves the shard for 20 of 50 ms, and nodes may be a whole flip behind with their maps.
        assertThat(tookMs.get(750)).isLessThan(20);
        assertThat(tookMs.get(1350)).isLessThan(150);
        assertThat(net.sent - before).as("sendings of 18,000 calls").isBetween(18_000, 60_000);
    }

    /** Copied, frozen, installed, told: each takes a while, and the map is always a bit behind. */
    private void flipEvery50Ms(long untilMs) {
        if (net.nowMs > untilMs) {
            return;
        }
        cluster.mapsBehind.put(1 + net.random.nextInt(6), net.random.nextInt(3));
        cluster.startMove(shard, 3 - cluster.owner(shard));
        net.at(10, () -> cluster.freeze(shard));
        net.at(30, () -> cluster.install(shard));
        net.at(40, () -> cluster.finishMove(shard));
        net.at(50, () -> flipEvery50Ms(untilMs));
    }

    @Test
    void theTargetIsAskedAtOnceWhenTheOwnerServesNoMore() {
        cluster.startMove(shard, 2);
        connectToAll();
        cluster.freeze(shard);
        cluster.install(shard); // The map still names the owner.
        int before = net.sent;
        Result result = net.result(client.putAsync(b("k"), b("1")));
        assertThat(result.groupId()).isEqualTo(2);
        assertThat(result.attempts()).isEqualTo(2);
        assertThat(net.sent - before).isEqualTo(3); // The owner, the target, and a look at the map.
    }

    @Test
    void E2_theRepeatAtTheOtherGroupHasTheSameName() {
        Set<Request.Tag> tags = new HashSet<>();
        cluster.trouble = (nodeId, request) -> {
            if (request instanceof Request.Write write) {
                tags.add(write.tag());
            }
            return null;
        };
        cluster.startMove(shard, 2);
        cluster.loseAnswers = true;
        CompletableFuture<Result> append = client.appendAsync(b("k"), b("1"));
        net.runUntil(() -> cluster.applied == 1, 1000);
        cluster.loseAnswers = false;
        cluster.freeze(shard);
        cluster.install(shard);
        net.cut(net.node(1));
        assertThat(net.result(append).node()).isEqualTo("n4");
        assertThat(tags).hasSize(1);
        assertThat(cluster.applied).isEqualTo(1);
    }

    @Test
    void anOwnerThatIsSilentIsLeftAsSoonAsTheMapNamesAnother() {
        connectToAll();
        net.node(1).paused = true;
        CompletableFuture<Result> put = client.putAsync(b("k"), b("1"));
        net.runUntil(() -> false, 20);
        cluster.give(shard, 2);
        long startMs = net.nowMs;
        net.result(client.mapAsync());
        assertThat(net.result(put).groupId()).isEqualTo(2);
        assertThat(net.nowMs - startMs).isLessThan(30);
    }

    @Test
    void aMoveThatEndsIsNoticedWhileCallsWait() {
        cluster.startMove(shard, 2);
        cluster.freeze(shard);
        CompletableFuture<Result> put = client.putAsync(b("k"), b("1"));
        net.at(1000, () -> cluster.install(shard));
        long startMs = net.nowMs;
        assertThat(net.result(put).groupId()).isEqualTo(2);
        assertThat(net.nowMs - startMs).isBetween(1000L, 1000L + 2 * ClientConfig.WRONG_GROUP_MAX_MS + 10);
    }

    @Test
    void aShardOnItsWayIsNotTakenForAnError() {
        cluster.startMove(shard, 2);
        cluster.freeze(shard);
        AtomicInteger maps = new AtomicInteger();
        cluster.trouble = (nodeId, request) -> {
            maps.addAndGet(request instanceof Request.GetMap ? 1 : 0);
            return null;
        };
        int before = net.sent;
        List<CompletableFuture<Result>> gets = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            gets.add(client.getAsync(b("k")));
        }
        KvException e = net.failure(client.putAsync(b("k"), b("1")));
        gets.forEach(get -> assertThat(net.failure(get)).hasMessageContaining("is moving from g1 to g2"));
        assertThat(e.code()).isEqualTo(Code.NO_LEADER);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(e.getMessage())
                .matches("Shard " + shard + " is moving from g1 to g2 \\(last answer: n\\d: shard " + shard
                        + " is not here\\)\\. Waited 2\\.0 s\\.");
        assertThat(e.hint()).contains("kvctl migrations");
        assertThat(net.sent - before).isLessThan(21 * 100); // Up to 50 ms apart for each call,
        assertThat(maps).hasValueLessThan(2000 / 50 + 2); // and one look at the map for all.
        assertThat(net.failure(client.page(shard, b(""), b(""), 1))).hasMessageContaining("is moving from g1 to g2");
    }

    @Test
    void E10_aWriteWhoseShardLeftAfterItWasSentIsUnknown() {
        AtomicInteger puts = new AtomicInteger();
        cluster.trouble = (nodeId, request) ->
                request instanceof Request.Put && puts.incrementAndGet() == 1 ? ToyCluster.SILENCE : null;
        cluster.startMove(shard, 2);
        CompletableFuture<Result> put = client.putAsync(b("k"), b("1"));
        net.runUntil(() -> puts.get() == 1, 1000);
        cluster.freeze(shard);
        net.cut(net.node(1));
        assertThat(net.failure(put).code()).isEqualTo(Code.UNKNOWN);
    }

    @Test
    void aShardWithoutOwnerIsWaitedForAndThenNamed() {
        cluster.removeGroup(2);
        for (int s = 0; s < SHARDS; s++) {
            cluster.give(s, 0);
        }
        cluster.removeGroup(1);
        KvException e = net.failure(client.putAsync(b("k"), b("1")));
        assertThat(e.code()).isEqualTo(Code.NO_LEADER);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(e).hasMessage("Shard " + shard + " belongs to no group: there is none yet. Waited 2.0 s.");
        assertThat(e.hint()).contains("kvctl join GROUP NODE...");

        CompletableFuture<Result> put = client.putAsync(b("k"), b("1"));
        net.at(1000, () -> {
            cluster.addGroup(2, 4, 4, 5, 6);
            cluster.startMove(shard, 2);
        });
        net.at(1200, () -> cluster.install(shard));
        long startMs = net.nowMs;
        assertThat(net.result(put).groupId()).isEqualTo(2);
        assertThat(net.nowMs - startMs).isLessThan(1300);
    }

    @Test
    void aGroupThatIsGoneFromTheMapIsLeft() {
        connectToAll();
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            net.kill(net.node(nodeId));
        }
        CompletableFuture<Result> put = client.putAsync(b("k"), b("1"));
        net.runUntil(() -> false, 300);
        for (int s = 0; s < SHARDS; s++) {
            cluster.give(s, 2);
        }
        cluster.removeGroup(1);
        net.result(client.mapAsync());
        long startMs = net.nowMs;
        assertThat(net.result(put).groupId()).isEqualTo(2);
        assertThat(net.nowMs - startMs).isLessThan(20);
    }

    @Test
    void aGroupThatEndedUnseenIsFoundOutByTheMap() {
        connectToAll();
        for (int s = 0; s < SHARDS; s++) {
            cluster.give(s, 2);
        }
        cluster.removeGroup(1);
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            net.kill(net.node(nodeId));
        }
        long startMs = net.nowMs;
        assertThat(net.result(client.putAsync(b("k"), b("1"))).groupId()).isEqualTo(2);
        assertThat(net.nowMs - startMs).isLessThan(100);
    }

    @Test
    void aGroupThatEndedInSilenceIsFoundOutByTheMap() {
        connectToAll();
        for (int s = 0; s < SHARDS; s++) {
            cluster.give(s, 2);
        }
        cluster.removeGroup(1);
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            net.node(nodeId).paused = true;
        }
        assertThat(net.result(client.putAsync(b("k"), b("1"))).groupId()).isEqualTo(2);
    }

    @Test
    void theControllerIsGroupZeroAndNotNobody() {
        cluster.addGroup(0, 5, 5, 6);
        List<Request> seen = new ArrayList<>();
        cluster.controller = request -> {
            seen.add(request);
            return reconfigured();
        };
        cluster.loseAnswers = true;
        CompletableFuture<Response.Reconfigured> change = client.reconfigureAsync(new Change.Move(1, "g2"), 0, false);
        net.runUntil(() -> seen.size() == 1, 1000);
        cluster.loseAnswers = false;
        net.cut(net.node(5));
        assertThat(net.result(change).after().number()).isEqualTo(2);
        assertThat(seen).hasSizeGreaterThan(1);
        assertThat(Set.copyOf(seen)).as("one change has one id").hasSize(1);
        seen.clear();
        net.result(client.reconfigureAsync(new Change.Move(1, "g2"), 0, false));
        net.result(client.reconfigureAsync(new Change.Move(1, "g2"), 0, false));
        assertThat(Set.copyOf(seen)).as("two changes have two ids").hasSize(2);
    }

    @Test
    void aChangeWithoutAnAnswerMayStillBeCarriedOut() {
        cluster.loseAnswers = true;
        KvException e = net.failure(client.reconfigureAsync(new Change.Leave(List.of("g2")), 0, false));
        assertThat(e.code()).isEqualTo(Code.UNKNOWN);
        assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(e).hasMessage("leave timed out after 2.0 s; it may still be carried out.");
        assertThat(e.hint()).contains("kvctl query");
        KvException plan = net.failure(client.reconfigureAsync(new Change.Leave(List.of("g2")), 0, true));
        assertThat(plan.code()).as("a plan changes nothing").isEqualTo(Code.TIMED_OUT);
        cluster.addGroup(0, 0, 1, 2, 3);
        assertThat(net.failure(client.reconfigureAsync(new Change.Leave(List.of("g2")), 0, false)))
                .hasMessageStartingWith("The controller has no leader: 3 of 3 replicas answer");
    }

    @Test
    void G3_aChangeThatIsRefusedFailsAtOnceAsAConflict() {
        cluster.controller =
                request -> new Response.Refused(Response.Code.CONFLICT, "The newest configuration is 4, not 3.", 0);
        long startMs = net.nowMs;
        KvException e = net.failure(client.reconfigureAsync(new Change.Leave(List.of("g2")), 3, false));
        assertThat(e.code()).isEqualTo(Code.CONFLICT);
        assertThat(e.code().exitCode()).isEqualTo(7);
        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(e).hasMessage("The newest configuration is 4, not 3.");
        assertThat(net.nowMs - startMs).isLessThan(50);
    }

    @Test
    void aClusterWithoutAControllerSaysSo() {
        cluster.removeGroup(0);
        assertThat(net.failure(client.configurationAsync(0)))
                .hasMessage("This cluster has no controller: its shards can't be moved.");
    }

    private static Response reconfigured() {
        Configuration before = new Configuration(1, new int[SHARDS], List.of());
        return new Response.Reconfigured(before, new Configuration(2, new int[SHARDS], List.of()), "");
    }

    /** And learns who leads. */
    private void connectToAll() {
        net.result(client.putAsync(b("k"), b("0")));
        for (int nodeId = 1; nodeId <= 6; nodeId++) {
            net.result(client.statusAsync(nodeId));
        }
        net.runUntil(() -> false, 100);
    }

    private static byte[] b(String text) {
        return text.getBytes(UTF_8);
    }
}
