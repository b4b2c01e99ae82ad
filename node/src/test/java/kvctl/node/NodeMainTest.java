package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import kvctl.client.KvClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node as a process: its end, its exit code, and the one line it says when it can't start. */
@Timeout(120)
class NodeMainTest {
    @TempDir
    Path directory;

    private Path topology;
    private Path data;
    private int port;
    private NodeProcess node;

    @BeforeEach
    void prepare() throws IOException {
        port = TestCluster.freePorts(1).get(0);
        topology = write("topology.yaml", port);
        data = directory.resolve("solo").resolve("data");
    }

    @AfterEach
    void killWhatIsLeft() throws InterruptedException {
        if (node != null) {
            node.kill();
        }
    }

    private Path write(String file, int port) throws IOException {
        String yaml = "cluster: test\nnodes:\n  solo: { port: %d }\ngroups: { g1: [solo] }\n".formatted(port);
        return Files.writeString(directory.resolve(file), yaml);
    }

    private KvClient client() {
        return KvClient.builder()
                .endpoints(java.util.List.of("127.0.0.1:" + port))
                .requestTimeoutMs(30_000)
                .build();
    }

    @Test
    void D2_whatWasAcknowledgedSurvivesKillAndAnOrderlyEnd() throws Exception {
        node = NodeProcess.start(topology, "solo", data);
        try (KvClient client = client()) {
            client.put("a", "1");
            node.kill();
            node = NodeProcess.start(topology, "solo", data);
            assertThat(client.get("a")).isEqualTo("1");
            client.put("a", "2");
            node.terminate();
            assertThat(node.awaitExit()).isEqualTo(128 + 15);
            node = NodeProcess.start(topology, "solo", data);
            assertThat(client.get("a")).isEqualTo("2");
        }
        Path log = directory.resolve("solo/log/node.log");
        assertThat(log)
                .content()
                .contains("ready: solo listens at 127.0.0.1:" + port)
                .contains("stopped");
    }

    @Test
    void aNodeDoesNotOutliveItsLauncher() throws Exception {
        Process launcher = new ProcessBuilder("sleep", "1000").start();
        long startMs = launcher.info().startInstant().orElseThrow().toEpochMilli();
        node = NodeProcess.start(topology, "solo", data, launcher.pid() + ":" + startMs);
        try (KvClient client = client()) {
            client.put("a", "1");
            assertThat(node.isAlive()).isTrue();
        }
        launcher.destroyForcibly().waitFor();
        assertThat(node.awaitExit()).isZero();
    }

    @Test
    void aTakenPortIsOneLineAndExitCode8() throws Exception {
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThat(taken.isBound()).isTrue();
            node = NodeProcess.start(topology, "solo", data);
            assertThat(node.awaitExit()).isEqualTo(NodeMain.UNUSABLE);
        }
        assertThat(node.errorLines()).singleElement().asString().contains("Port " + port + " for solo is in use");
    }

    @Test
    void D15_lockedDataIsOneLineAndExitCode8() throws Exception {
        node = NodeProcess.start(topology, "solo", data);
        try (KvClient client = client()) {
            client.put("a", "1");
            Path elsewhere = write("elsewhere.yaml", TestCluster.freePorts(1).get(0));
            NodeProcess second = NodeProcess.start(elsewhere, "solo", data);
            assertThat(second.awaitExit()).isEqualTo(NodeMain.UNUSABLE);
            assertThat(second.errorLines()).singleElement().asString().contains("locked");
            assertThat(client.get("a")).isEqualTo("1");
        }
    }

    @Test
    void aWrongTopologyIsExitCode8() throws Exception {
        Files.writeString(topology, "cluster: test\nnodez: {}\n");
        node = NodeProcess.start(topology, "solo", data);
        assertThat(node.awaitExit()).isEqualTo(NodeMain.UNUSABLE);
        assertThat(node.errorLines()).anySatisfy(line -> assertThat(line).contains("topology.yaml:2:1"));
    }

    @Test
    void aLauncherIsKnownByPidAndStartTime() {
        ProcessHandle self = ProcessHandle.current();
        long startMs = self.info().startInstant().orElseThrow().toEpochMilli();
        assertThat(NodeMain.isAlive(self.pid() + ":" + startMs)).isTrue();
        assertThat(NodeMain.isAlive(self.pid() + ":0")).isTrue();
        assertThat(NodeMain.isAlive(self.pid() + ":" + (startMs - 60_000))).isFalse();
        assertThat(NodeMain.isAlive("999999999:0")).isFalse();
    }
}
