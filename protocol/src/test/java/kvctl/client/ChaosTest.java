package kvctl.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import kvctl.protocol.Response;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random trouble from a seed: every call ends once, and what the client says of a write is true for ever after. */
class ChaosTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 100, 200, 300, 400, 500, 600, 700, 800, 900})
    void E9_E10_whatTheClientSaysOfAWriteIsTrue(int firstSeed) {
        int[] seen = new int[3];
        for (int seed = firstSeed; seed < firstSeed + 30; seed++) {
            String outcomes = run(seed);
            for (int i = 0; i < 3; i++) {
                char wanted = "+-?".charAt(i);
                seen[i] += (int) outcomes.chars().filter(c -> c == wanted).count();
            }
        }
        assertThat(seen).doesNotContain(0);
    }

    /** One run; the outcome of each append: + done, - not applied, ? unknown. */
    static String run(long seed) {
        ToyCluster cluster = new ToyCluster(2, 1, 2, 3);
        VirtualTransport net = new VirtualTransport(cluster, seed);
        SplittableRandom dice = new SplittableRandom(seed ^ 0x5eed);
        KvClient client = KvClient.builder()
                .endpoints(List.of("127.0.0.1:1002", "127.0.0.1:1003"))
                .maxInFlight(20)
                .build(net);
        List<CompletableFuture<Result>> appends = new ArrayList<>();
        AtomicInteger completions = new AtomicInteger();
        for (int i = 0; i < 200; i++) {
            String element = i + ";";
            CompletableFuture<Result> append = client.appendAsync(key(i), element.getBytes(UTF_8));
            append.whenComplete((result, e) -> completions.incrementAndGet());
            appends.add(append);
            trouble(cluster, net, dice);
            net.runUntil(() -> false, dice.nextInt(100));
        }
        net.runUntil(() -> completions.get() == appends.size(), 60_000);
        assertThat(completions).as("seed %d", seed).hasValue(appends.size());

        heal(cluster, net);
        net.runUntil(() -> false, 10_000); // what a paused node still held is handled now
        String lists = list(net, client, 0) + list(net, client, 1);
        StringBuilder outcomes = new StringBuilder();
        for (int i = 0; i < appends.size(); i++) {
            int times = (";" + lists).split(";" + i + ";", -1).length - 1;
            KvException e = failureOf(appends.get(i));
            String what = "seed " + seed + ", append " + i + ", " + (e == null ? "done" : e.getMessage());
            if (e == null) {
                assertThat(times).as(what).isEqualTo(1);
            } else if (e.outcome() == KvException.Outcome.NOT_APPLIED) {
                assertThat(times).as(what).isZero();
            } else {
                assertThat(times).as(what).isLessThanOrEqualTo(1);
            }
            outcomes.append(e == null ? '+' : e.outcome() == KvException.Outcome.UNKNOWN ? '?' : '-');
        }
        assertThat(client.inFlight()).isZero();
        return outcomes.toString();
    }

    private static void trouble(ToyCluster cluster, VirtualTransport net, SplittableRandom dice) {
        VirtualTransport.Node node = net.node(1 + dice.nextInt(3));
        switch (dice.nextInt(30)) {
            case 0, 1 -> cluster.leaderId = dice.nextInt(4);
            case 2 -> net.kill(node);
            case 3 -> node.down = false;
            case 4 -> node.paused = !node.down;
            case 5, 6 -> net.resume(node);
            case 7, 8 -> net.cut(node);
            case 9 -> cluster.loseAnswers = true;
            case 10, 11 -> cluster.loseAnswers = false;
            case 12 -> refuseSometimes(cluster, dice.nextInt(1000));
            case 13, 14 -> cluster.trouble = (nodeId, request) -> null;
            case 15 -> net.delayMaxMs = 1 + dice.nextInt(600);
            case 16, 17 -> net.delayMaxMs = 3;
            case 18 -> cluster.floorMs = net.epochMs() - dice.nextInt(20_000);
            default -> {}
        }
    }

    private static void refuseSometimes(ToyCluster cluster, int seed) {
        SplittableRandom dice = new SplittableRandom(seed);
        Response.Code[] codes = {
            Response.Code.BUSY,
            Response.Code.EXPIRED,
            Response.Code.STOPPING,
            Response.Code.LOST_LEADERSHIP,
            Response.Code.WRONG_GROUP
        };
        cluster.trouble = (nodeId, request) -> dice.nextInt(3) > 0
                ? null
                : dice.nextInt(4) == 0
                        ? ToyCluster.SILENCE
                        : new Response.Refused(codes[dice.nextInt(codes.length)], "by chance", 0);
    }

    private static void heal(ToyCluster cluster, VirtualTransport net) {
        cluster.trouble = (nodeId, request) -> null;
        cluster.loseAnswers = false;
        cluster.leaderId = 1;
        net.delayMaxMs = 3;
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            net.node(nodeId).down = false;
            net.resume(net.node(nodeId));
        }
    }

    private static String list(VirtualTransport net, KvClient client, int i) {
        CompletableFuture<Result> get = client.getAsync(key(i));
        net.runUntil(get::isDone, 60_000);
        byte[] value = get.join().value();
        return value == null ? "" : new String(value, UTF_8);
    }

    private static byte[] key(int i) {
        return ("key" + i % 2).getBytes(UTF_8);
    }

    private static KvException failureOf(CompletableFuture<Result> future) {
        try {
            future.join();
            return null;
        } catch (java.util.concurrent.CompletionException e) {
            return KvClient.failure(e);
        }
    }
}
