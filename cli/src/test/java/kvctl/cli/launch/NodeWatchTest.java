package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import kvctl.cli.launch.NodeRun.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NodeWatchTest {
    @TempDir
    Path home;

    @Test
    void aNodeThatDiedBeforeTheFirstLookIsToldOf() throws Exception {
        ClusterDir dir = ClusterDir.of(home, "demo");
        Process process = new ProcessBuilder("sleep", "100").start();
        dir.write("n1", new NodeRun(ProcessRef.self(), State.RUNNING, 0));
        dir.write("n2", new NodeRun(ProcessRef.of(process.pid()).orElseThrow(), State.RUNNING, 0));
        process.destroyForcibly().waitFor();
        List<String> told = new CopyOnWriteArrayList<>();
        NodeWatch watch = new NodeWatch(
                dir, List.of("n1", "n2"), (node, from, to, pid) -> told.add(node + " " + from + " " + to + " " + pid));
        try {
            await().until(() -> !told.isEmpty());
        } finally {
            watch.close();
        }
        assertThat(told).containsExactly("n2 RUNNING DIED " + process.pid());
    }
}
