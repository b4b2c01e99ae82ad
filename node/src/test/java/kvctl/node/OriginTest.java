package kvctl.node;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OriginTest {
    private static final Topology TOPOLOGY = Topology.defaults("demo", 3, 2, 7101);

    @TempDir
    Path home;

    private Path data;

    @BeforeEach
    void aNodeRanHere() throws IOException {
        data = home.resolve("n1").resolve("data");
        Files.createDirectories(data);
        new Origin(data, TOPOLOGY).check();
        Files.createFile(data.resolve("promises"));
        new Origin(data, TOPOLOGY).record();
        new Origin(data, TOPOLOGY).check();
    }

    @Test
    void D11_anEmptiedDirectoryIsNoNewNode() throws IOException {
        Files.delete(data.resolve("promises"));
        assertThatThrownBy(() -> new Origin(data, TOPOLOGY).check())
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("is empty, but held this node's data before");
    }

    @Test
    void M11_otherGroupsOrShardsAreRefused() {
        assertThatThrownBy(() -> new Origin(data, Topology.defaults("demo", 5, 1, 7101)).check())
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("was made for other nodes, groups or shards");
        Topology moreShards = new Topology("demo", 32, TOPOLOGY.nodes(), TOPOLOGY.controller(), TOPOLOGY.groups());
        assertThatThrownBy(() -> new Origin(data, moreShards).check()).hasMessageContaining("now: shards 32");
    }

    @Test
    void M11_otherPortsAreTheSameNodes() {
        assertThatCode(() -> new Origin(data, Topology.defaults("demo", 3, 2, 9_101)).check())
                .doesNotThrowAnyException();
    }
}
