package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;
import kvctl.node.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpPlanTest {
    private static final UpPlan.Wish NOTHING = new UpPlan.Wish(null, null, null, null, null);

    @TempDir
    Path home;

    @Test
    void withoutAnyWishItIsThreeNodesOnFixedPorts() {
        UpPlan plan = UpPlan.of(home, NOTHING);
        assertThat(plan.dir().name()).isEqualTo("demo");
        assertThat(plan.known()).isFalse();
        assertThat(plan.topology().nodes()).extracting(Topology.Node::port).containsExactly(7101, 7102, 7103);
        assertThat(home).isEmptyDirectory();
    }

    @Test
    void aClusterThatWasUpKeepsItsPorts() throws IOException {
        UpPlan first = UpPlan.of(home, new UpPlan.Wish(null, null, 2, 1, 7300));
        first.record(new Launch(Optional.empty(), List.of()));
        UpPlan again = UpPlan.of(home, NOTHING);
        assertThat(again.known()).isTrue();
        assertThat(again.topology()).isEqualTo(first.topology());
        UpPlan sameShape = UpPlan.of(home, new UpPlan.Wish(null, null, 2, null, null));
        assertThat(sameShape.topology().nodes().get(1).port()).isEqualTo(7301);
        assertThat(sameShape.sameAsRecorded()).isTrue();
        UpPlan moved = UpPlan.of(home, new UpPlan.Wish(null, null, null, null, 7400));
        assertThat(moved.topology().nodes().get(1).port()).isEqualTo(7401);
        assertThat(moved.sameAsRecorded()).isFalse();
    }

    @Test
    void dataOfOtherMembersIsNotUsedForANewShape() throws IOException {
        UpPlan.of(home, NOTHING).record(new Launch(Optional.empty(), List.of()));
        assertThatThrownBy(() -> UpPlan.of(home, new UpPlan.Wish(null, null, 5, null, null)))
                .hasMessageContaining("Cluster 'demo' was made with other nodes")
                .satisfies(UpPlanTest::isConfig);
        assertThat(UpPlan.of(home, new UpPlan.Wish(null, "other", 5, null, null))
                        .known())
                .isFalse();
    }

    @Test
    void theFilesNameHoldsUnlessAnotherIsGiven() throws IOException {
        Path file = Files.writeString(
                home.resolve("t.yaml"), "cluster: filed\nnodes: {a: {port: 7201}}\ngroups: {g: [a]}\n");
        assertThat(UpPlan.of(home, new UpPlan.Wish(file, null, null, null, null))
                        .dir()
                        .name())
                .isEqualTo("filed");
        UpPlan named = UpPlan.of(home, new UpPlan.Wish(file, "mine", null, null, null));
        assertThat(named.dir().name()).isEqualTo("mine");
        assertThat(named.topology().cluster()).isEqualTo("mine");
        assertThatThrownBy(() -> UpPlan.of(home, new UpPlan.Wish(file, null, 3, null, null)))
                .satisfies(e -> assertThat(((CliException) e).code()).isEqualTo(ExitCode.USAGE));
    }

    @Test
    void mistakesInTheFileAreAllToldAtOnce() throws IOException {
        Path file = Files.writeString(
                home.resolve("t.yaml"), "cluster: x\nnodez: {}\nnodes: {a: {prot: 1}}\ngroups: {g: [a]}\n");
        assertThatThrownBy(() -> UpPlan.of(home, new UpPlan.Wish(file, null, null, null, null)))
                .hasMessageContaining("nodez")
                .hasMessageContaining("prot")
                .satisfies(UpPlanTest::isConfig);
    }

    @Test
    void aPortInUseNamesItsHolder() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            UpPlan plan = UpPlan.of(home, new UpPlan.Wish(null, null, 1, 1, socket.getLocalPort()));
            assertThatThrownBy(plan::checkFree)
                    .hasMessage(
                            "Port %d for n1 is in use by pid %d (java).",
                            socket.getLocalPort(), ProcessHandle.current().pid())
                    .satisfies(UpPlanTest::isConfig);
        }
    }

    @Test
    void onlyLoopbackIsListenedOn() throws IOException {
        for (String host : List.of("0.0.0.0", "192.0.2.7")) {
            Path file = Files.writeString(
                    home.resolve("t.yaml"),
                    "cluster: x\nnodes: {a: {port: 7201, host: " + host + "}}\ngroups: {g: [a]}\n");
            UpPlan plan = UpPlan.of(home, new UpPlan.Wish(file, null, null, null, null));
            assertThatThrownBy(plan::checkFree)
                    .hasMessageContaining(host + ":7201")
                    .satisfies(UpPlanTest::isConfig);
        }
    }

    @Test
    void aNodeProcessIsKnownByItsCommandLine() {
        String[] command = {
            "/usr/bin/java", "-Xmx1", "-jar", "/x/kvctl", "node", "run", "--node", "a b", "--data", "/d/x y"
        };
        assertThat(Leftover.dataDir(command)).contains(Path.of("/d/x y"));
        assertThat(Leftover.dataDir(new String[] {"vi", "node", "--data", "/d"}))
                .isEmpty();
        assertThat(Leftover.dataDir(new String[] {"kvctl", "node", "run", "--data"}))
                .isEmpty();
    }

    private static void isConfig(Throwable e) {
        assertThat(((CliException) e).code()).isEqualTo(ExitCode.CONFIG);
    }
}
