package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import kvctl.protocol.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes on real sockets and disks. */
@Timeout(60)
class NodeTest {
    @TempDir
    Path directory;

    private TestCluster cluster;

    @BeforeEach
    void start() throws IOException {
        cluster = new TestCluster(directory, 3, 2).startAll();
    }

    @AfterEach
    void stop() {
        cluster.close();
        assertThat(cluster.fatal).isEmpty();
    }

    @Test
    void aPutIsReadBack() {
        assertThat(cluster.call(cluster.put("a", "1"))).isInstanceOf(Response.Written.class);
        assertThat(cluster.get("a")).isEqualTo("1");
        assertThat(cluster.get("b")).isNull();
    }

    @Test
    void valuesSurviveTheLeadersStopAndItsReturn() {
        cluster.call(cluster.put("a", "1"));
        int leader = cluster.awaitLeader(1);
        cluster.stop(leader);
        assertThat(cluster.get("a")).isEqualTo("1");
        cluster.call(cluster.put("a", "2"));
        cluster.start(leader);
        assertThat(cluster.get("a")).isEqualTo("2");
    }

    @Test
    void valuesSurviveTheStopOfAllNodes() {
        for (int i = 0; i < 20; i++) {
            cluster.call(cluster.put("k" + i, "v" + i));
        }
        List.of(1, 2, 3).forEach(cluster::stop);
        cluster.startAll();
        for (int i = 0; i < 20; i++) {
            assertThat(cluster.get("k" + i)).isEqualTo("v" + i);
        }
    }

    @Test
    void aSecondNodeOnTheSamePortIsRefusedInOneLine() {
        assertThatThrownBy(() -> Node.start(cluster.topology, "n1", directory.resolve("other"), e -> {}))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("Port " + cluster.node(1).port() + " for n1 is in use");
    }
}
