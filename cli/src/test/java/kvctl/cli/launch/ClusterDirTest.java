package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterDirTest {
    @TempDir
    Path temp;

    @Test
    void namesThatCouldLeaveTheDirectoryAreRefused() {
        for (String name : List.of("", ".", "..", "../x", "a/b", "-x", "a b", "x".repeat(64))) {
            assertThatThrownBy(() -> ClusterDir.of(temp, name)).isInstanceOf(kvctl.cli.CliException.class);
        }
        assertThat(ClusterDir.of(temp, "demo-2.x").name()).isEqualTo("demo-2.x");
    }

    @Test
    void endpointsComeBackAsTheyWereWritten() throws IOException {
        ClusterDir dir = ClusterDir.of(temp.resolve("with space"), "demo");
        Endpoints written = endpoints(7, "n1", "n=2 \u00fc");
        dir.write(written);
        assertThat(dir.endpoints()).isEqualTo(written);
        assertThat(dir.endpoints().node("n1").address()).isEqualTo("127.0.0.1:7101");
        assertThat(new Endpoints.Node(1, "x", "::1", 7).address()).isEqualTo("[::1]:7");
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        ClusterDir dir = ClusterDir.of(temp, "demo");
        ClusterDir.writeAtomically(dir.endpointsFile(), "nodes=2\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
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
    void howItWasBroughtUpIsKeptUntilItIsBroughtDown() throws IOException {
        ClusterDir dir = ClusterDir.of(temp, "demo");
        assertThat(dir.launch()).isEmpty();
        Launch attached = new Launch(Optional.of(ProcessRef.self()), List.of("-Xlog:gc", "-Da=b c"));
        dir.write(attached);
        assertThat(dir.launch()).contains(attached);
        dir.write(new Launch(Optional.empty(), List.of()));
        assertThat(dir.launch()).contains(new Launch(Optional.empty(), List.of()));
        dir.forgetLaunch();
        assertThat(dir.launch()).isEmpty();
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
