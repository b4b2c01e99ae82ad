package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import kvctl.client.Result;
import kvctl.protocol.ShardMap;

/**
 * The sharded store's scenarios of the MIT 6.5840 course under their names, written anew for the simulator, with their
 * bounds.
 */
class ShardKvScenariosTest {
    @Seeds
    void StaticShards(long seed) {
        MitShards c = new MitShards(seed, false, -1, 1, 10, 10);
        c.join(0, 1);
        c.settle();
        c.putAll();
        c.checkAll();
        c.shutdown(1);
        List<CompletableFuture<Result>> gets = new ArrayList<>();
        IntStream.range(0, MitShards.SHARDS).forEach(shard -> gets.add(c.load.get(MitShards.key(shard))));
        c.sleep(2_000);
        assertThat(gets.stream().filter(CompletableFuture::isDone))
                .as("half of the shards are served")
                .hasSize(5);
        c.start(1);
        for (int shard = 0; shard < MitShards.SHARDS; shard++) {
            c.check(MitShards.key(shard), c.await(gets.get(shard)));
        }
        c.checkAll();
        c.finish();
    }

    /** @param movesMs what the moves may take; a map that is lost on its way to a node is asked for after two seconds */
    private static void joinLeave(MitShards c, long movesMs) {
        c.join(0);
        c.putAll();
        c.checkAll();
        c.join(1);
        c.checkAll();
        c.appendAll(5);
        c.settle();
        c.leave(0);
        c.checkAll();
        c.appendAll(5);
        c.cluster.awaitComplete(movesMs);
        c.shutdown(0);
        c.checkAll();
        c.finish();
    }

    /** HAZARDS G11. */
    @Seeds
    void JoinLeave(long seed) {
        joinLeave(new MitShards(seed, false, -1, 1, 10, 10), 1_000);
    }

    @Seeds
    void Snapshot(long seed) {
        MitShards c = new MitShards(seed, false, 1_000, 1, 10, 10);
        c.join(0);
        for (int i = 0; i < 30; i++) {
            c.put("s" + i, 20);
        }
        c.checkAll();
        c.join(1, 2);
        c.settle();
        c.leave(0);
        c.checkAll();
        c.appendAll(20);
        c.settle();
        c.leave(1);
        c.settle();
        c.join(0);
        c.checkAll();
        c.appendAll(20);
        c.sleep(1_000);
        c.checkAll();
        c.checkLogs();
        c.settle();
        c.shutdown(0, 1, 2);
        c.start(0, 1, 2);
        c.checkAll();
        c.finish();
    }

    /** HAZARDS G1, G12. */
    @Seeds
    void MissChange(long seed) {
        MitShards c = new MitShards(seed, false, 1_000, 1, 10, 10);
        c.join(0);
        c.putAll();
        c.checkAll();
        c.join(1);
        c.settle();
        for (int missing = 0; missing < 2; missing++) {
            int away = missing;
            for (int group = 0; group < 3; group++) {
                c.cluster.crash(MitShards.nodesOf(group).get(away));
            }
            if (missing == 0) {
                c.join(2);
                c.settle();
                c.leave(1);
                c.settle();
                c.leave(0);
            } else {
                c.join(0, 1);
                c.settle();
                c.leave(2);
            }
            c.checkAll();
            c.appendAll(20);
            c.checkAll();
            for (int group = 0; group < 3; group++) {
                c.cluster.start(MitShards.nodesOf(group).get(away));
            }
            c.checkAll();
            c.settle();
        }
        c.finish();
    }

    /** Under load the group 101 joins and then 102, and 100 leaves. */
    private static void growAndLeave(MitShards c) {
        c.load.start();
        c.sleep(150);
        c.join(1);
        c.sleep(500);
        c.settle();
        c.join(2);
        c.sleep(500);
        c.settle();
        c.leave(0);
    }

    private static void concurrentlyRestarted(MitShards c) {
        c.join(0);
        c.putAll();
        growAndLeave(c);
        c.shutdown(0, 1, 2);
        c.sleep(100);
        c.start(0, 1, 2);
        c.sleep(100);
        c.settle();
        c.join(0);
        c.settle();
        c.leave(1);
        c.sleep(500);
        c.settle();
        c.join(1);
        c.sleep(1_000);
        c.checkLogs();
        c.finish();
    }

    @Seeds
    void Concurrent1(long seed) {
        concurrentlyRestarted(new MitShards(seed, false, 100, 10, 10, 10));
    }

    @Seeds
    void Concurrent2(long seed) {
        MitShards c = new MitShards(seed, false, -1, 10, 50, 10);
        c.join(1);
        c.settle();
        c.join(0, 2);
        c.putAll();
        c.load.start();
        c.leave(0);
        c.settle();
        c.leave(2);
        c.sleep(3_000);
        c.settle();
        c.join(0, 2);
        c.settle();
        c.leave(1);
        c.sleep(3_000);
        c.settle();
        c.join(1);
        c.settle();
        c.leave(0, 2);
        c.sleep(100);
        c.shutdown(1, 2);
        c.sleep(1_000);
        c.start(1, 2);
        c.sleep(3_000);
        c.finish();
    }

    @Seeds
    void Concurrent3(long seed) {
        MitShards c = new MitShards(seed, false, 300, 10, 20, 10);
        RandomGenerator dice = c.cluster.simulation().random("scenario");
        c.join(0);
        c.putAll();
        c.load.start();
        long endUs = c.cluster.simulation().nowUs() + 12_000_000;
        while (c.cluster.simulation().nowUs() < endUs) {
            c.settle();
            c.join(2, 1);
            c.sleep(dice.nextInt(900));
            c.shutdown(0, 1, 2);
            c.start(0, 1, 2);
            c.sleep(dice.nextInt(900));
            c.settle();
            c.leave(1, 2);
            c.sleep(dice.nextInt(900));
        }
        c.sleep(2_000);
        c.finish();
    }

    @Seeds
    void Unreliable1(long seed) {
        joinLeave(new MitShards(seed, true, 100, 1, 10, 10), MitShards.LIMIT_MS);
    }

    @Seeds
    void Unreliable2(long seed) {
        concurrentlyRestarted(new MitShards(seed, true, 100, 10, 0, 10));
    }

    @Seeds
    void Unreliable3(long seed) {
        MitShards c = new MitShards(seed, true, 100, new Load.Options(10, 10, 20, 0.45, 0.05));
        c.join(0);
        growAndLeave(c);
        c.sleep(500);
        c.settle();
        c.leave(1);
        c.sleep(500);
        c.settle();
        c.join(1, 0);
        c.sleep(3_000);
        c.finish();
    }

    /** HAZARDS G9. */
    @Seeds
    void Challenge1Delete(long seed) {
        MitShards c = new MitShards(seed, false, 1, 1, 10, 10);
        c.join(0);
        for (int i = 0; i < 30; i++) {
            c.put("d" + i, 1_000);
        }
        c.checkAll();
        for (int cycle = 0; cycle < 2; cycle++) {
            c.settle();
            c.join(1);
            c.sleep(300);
            c.settle();
            c.leave(0);
            c.sleep(300);
            c.settle();
            c.join(0);
            c.sleep(300);
            c.settle();
            c.leave(1);
            c.sleep(300);
            c.settle();
        }
        c.join(1, 2);
        c.settle();
        c.sleep(1_000);
        c.checkAll();
        c.sleep(8_000); // Groups that have ended are deleted some rows at a time, about every second.
        long bytes = c.cluster.servers().stream()
                .filter(server -> server.nodeId() > 3)
                .mapToLong(server -> server.storage().sizeBytes())
                .sum();
        assertThat(bytes).as("bytes of 30,000 on three servers each").isLessThanOrEqualTo(117_000);
        c.finish();
    }

    /** HAZARDS G10. */
    @Seeds
    void Challenge2Unaffected(long seed) {
        MitShards c = new MitShards(seed, true, 100, 1, 10, 10);
        c.join(0);
        c.putAll();
        c.join(1);
        c.settle();
        List<Integer> of101 = shardsOf(c, 1);
        assertThat(of101).hasSize(5);
        c.shutdown(0);
        c.cluster.reconfigure(KvCluster.leave(MitShards.name(0)), MitShards.LIMIT_MS);
        c.sleep(1_000);
        for (int shard : of101) {
            c.check(MitShards.key(shard));
            c.put(MitShards.key(shard), 20);
            c.check(MitShards.key(shard));
        }
        assertThat(c.cluster.map().moves()).as("the dead group's shards wait").isEqualTo(5);
        c.start(0);
        c.finish();
    }

    /** HAZARDS G10. */
    @Seeds
    void Challenge2Partial(long seed) {
        MitShards c = new MitShards(seed, true, 100, 1, 10, 10);
        c.join(0, 1, 2);
        c.settle();
        c.putAll();
        List<Integer> of102 = shardsOf(c, 2);
        assertThat(of102).isNotEmpty();
        c.shutdown(0);
        c.leave(0, 2);
        c.sleep(1_000);
        List<Integer> servedBy101 = shardsOf(c, 1);
        servedBy101.addAll(of102);
        for (int shard : servedBy101) {
            c.check(MitShards.key(shard));
            c.put(MitShards.key(shard), 20);
            c.check(MitShards.key(shard));
        }
        c.start(0);
        c.finish();
    }

    private static List<Integer> shardsOf(MitShards c, int group) {
        ShardMap map = c.cluster.map();
        List<Integer> shards = new ArrayList<>();
        for (int shard = 0; shard < map.shardGroups().length; shard++) {
            if (map.shardGroups()[shard] == c.cluster.groupId(MitShards.name(group))) {
                shards.add(shard);
            }
        }
        return shards;
    }
}
