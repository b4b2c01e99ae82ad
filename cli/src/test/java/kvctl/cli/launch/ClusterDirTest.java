package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterDirTest {
    @TempDir
    Path temp;

    @Test
    void homeIsTheVariableElseTheXdgStateElseUnderTheUsersHome() {
        assertThat(ClusterDir.home(Map.of("KVCTL_HOME", "/a b/c", "XDG_STATE_HOME", "/x"))).isEqualTo(Path.of("/a b/c"));
        assertThat(ClusterDir.home(Map.of("KVCTL_HOME", "", "XDG_STATE_HOME", "/x"))).isEqualTo(Path.of("/x/kvctl"));
        assertThat(ClusterDir.home(Map.of("XDG_STATE_HOME", "relative")))
                .isEqualTo(Path.of(System.getProperty("user.home"), ".local", "state", "kvctl"));
    }

    @Test
    void namesThatCouldLeaveTheDirectoryAreRefused() {
        for (String name : List.of("", ".", "..", "../x", "a/b", "-x", "a b", "x".repeat(65))) {
            assertThatThrownBy(() -> ClusterDir.of(temp, name)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(ClusterDir.of(temp, "demo-2.x").name()).isEqualTo("demo-2.x");
    }

    @Test
    void endpointsComeBackAsTheyWereWritten() throws IOException {
        ClusterDir dir = ClusterDir.of(temp.resolve("with space"), "demo");
        Endpoints written = endpoints(7, "n 1", "nœud=2");
        dir.write(written);
        assertThat(dir.endpoints()).isEqualTo(written);
        assertThat(dir.endpoints().node("n 1").address()).isEqualTo("127.0.0.1:7101");
        assertThat(new Endpoints.Node(1, "x", "::1", 7).address()).isEqualTo("[::1]:7");
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        ClusterDir dir = ClusterDir.of(temp, "demo");
        ClusterDir.writeAtomically(dir.endpointsFile(), "nodes=2\n".getBytes());
        assertThatThrownBy(dir::endpoints)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(dir.endpointsFile().toString());
    }

    @Test
    void onlyTheUserMayReadWhatIsWritten() throws IOException {
        ClusterDir dir = ClusterDir.of(temp.resolve("home"), "demo");
        dir.write(endpoints(1, "n1"));
        dir.write("n1", new NodeRun(ProcessRef.self(), NodeRun.State.RUNNING, 5));
        try (Stream<Path> paths = Files.walk(temp.resolve("home"))) {
            for (Path path : paths.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .as("%s", path)
                        .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
            }
        }
    }

    @Test
    void replacingAFileLeavesNothingBeside() throws IOException {
        ClusterDir dir = ClusterDir.of(temp, "demo");
        dir.write(endpoints(1, "n1"));
        dir.write(endpoints(2, "n1"));
        assertThat(dir.endpoints().startedMs()).isEqualTo(2);
        try (Stream<Path> paths = Files.list(dir.root())) {
            assertThat(paths).containsExactly(dir.endpointsFile());
        }
    }

    @Test
    void freeFormNodeNamesBecomeDistinctFileNames() {
        assertThat(ClusterDir.fileName("New Delhi")).isEqualTo("New Delhi");
        assertThat(ClusterDir.fileName("..")).isEqualTo("%2E.");
        assertThat(ClusterDir.fileName("a/b")).isEqualTo("a%2Fb");
        assertThat(ClusterDir.fileName("a%2Fb")).isEqualTo("a%252Fb");
        assertThat(ClusterDir.fileName("München")).isEqualTo("München");
    }

    @Test
    void currentIsTheRunningClusterElseTheOneStartedLast() throws IOException {
        assertThat(ClusterDir.current(temp)).isEmpty();
        ClusterDir early = ClusterDir.of(temp, "early");
        ClusterDir late = ClusterDir.of(temp, "late");
        early.write(endpoints(1, "n1"));
        late.write(endpoints(2, "n1"));
        Files.createDirectories(ClusterDir.of(temp, "no-cluster-in-it").root());
        assertThat(ClusterDir.current(temp)).contains(late);

        early.write("n1", new NodeRun(ProcessRef.self(), NodeRun.State.RUNNING, 0));
        assertThat(ClusterDir.current(temp)).contains(early);

        late.write("n1", new NodeRun(ProcessRef.self(), NodeRun.State.RUNNING, 0));
        assertThat(ClusterDir.current(temp)).contains(late);
    }

    @Test
    void aLauncherThatIsGoneIsNoLauncher() throws IOException {
        ClusterDir dir = ClusterDir.of(temp, "demo");
        assertThat(dir.launcher()).isEmpty();
        dir.writeLauncher(Optional.of(ProcessRef.self()));
        assertThat(dir.launcher()).contains(ProcessRef.self());
        ProcessRef self = ProcessRef.self();
        dir.writeLauncher(Optional.of(new ProcessRef(self.pid(), self.startMs() - 60_000, "other boot/17")));
        assertThat(dir.launcher()).isEmpty();
    }

    @Test
    void onlyOneCommandAtATimeChangesACluster() throws IOException {
        ClusterDir dir = ClusterDir.of(temp, "demo");
        try (ClusterLock first = ClusterLock.take(dir, 0).orElseThrow()) {
            assertThat(first).isNotNull();
            assertThat(ClusterLock.take(dir, 30)).isEmpty();
        }
        try (ClusterLock again = ClusterLock.take(dir, 0).orElseThrow()) {
            assertThat(again).isNotNull();
        }
    }

    private static Endpoints endpoints(long startedMs, String... names) {
        List<Endpoints.Node> nodes = new java.util.ArrayList<>();
        for (String name : names) {
            nodes.add(new Endpoints.Node(nodes.size() + 1, name, "127.0.0.1", 7101 + nodes.size()));
        }
        return new Endpoints("c-1", 16, startedMs, nodes);
    }
}
