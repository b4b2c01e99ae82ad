package kvctl.node;

import static kvctl.node.TestCluster.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import kvctl.client.KvClient;
import kvctl.client.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SnapshotCatchUpTest {
    @TempDir
    Path directory;

    @Test
    void S6_aNodeThatMissedTheDroppedLogCatchesUpByASnapshotAndThenCounts() throws Exception {
        String settings = "{ heartbeat: 50ms, election: 300ms, snapshot: { entries: 1000, bytes: 1MiB } }";
        try (TestCluster cluster = new TestCluster(directory, 3, "{ g1: [n1, n2, n3] }", settings)) {
            cluster.startAll();
            try (KvClient client = cluster.client(20_000)) {
                client.put("early", "1");
                cluster.stop(3);
                List<CompletableFuture<Result>> puts = new ArrayList<>();
                for (int i = 0; i < 5000; i++) {
                    puts.add(client.putAsync(bytes("k" + i % 700), bytes("v" + i)));
                }
                puts.forEach(client::await);
                int leader = cluster.awaitLeader(1);
                await("log dropped").until(() -> cluster.replica(leader, 1).firstLogIndex() > 1000);

                cluster.start(3);
                await().atMost(Duration.ofSeconds(30))
                        .untilAsserted(() -> assertThat(cluster.replica(3, 1).lastApplied())
                                .isEqualTo(cluster.replica(leader, 1).commitIndex()));
                assertThat(cluster.replica(3, 1).keys()).isEqualTo(701);

                cluster.stop(leader);
                assertThat(client.get("early")).isEqualTo("1");
                assertThat(client.get("k699")).isEqualTo("v4899");
                client.put("late", "2");
            }
            assertThat(cluster.fatal).isEmpty();
        }
    }
}
