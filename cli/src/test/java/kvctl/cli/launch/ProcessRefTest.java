package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import kvctl.cli.launch.ProcessRef.Life;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With real processes: a shell that waits. */
class ProcessRefTest {
    private Process child;

    @AfterEach
    void end() throws InterruptedException {
        if (child != null) {
            child.destroyForcibly().waitFor();
        }
    }

    @Test
    void aProcessIsRunningUntilItEnds() throws Exception {
        ProcessRef ref = start();
        assertThat(ref.life()).isEqualTo(Life.RUNNING);
        ref.kill();
        assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ref.life()).isEqualTo(Life.GONE);
    }

    @Test
    void aRecycledPidIsAnotherProcess() throws Exception {
        ProcessRef now = start();
        ProcessRef before = new ProcessRef(now.pid(), now.startMs() - 600_000, olderTick(now.born()));
        assertThat(before.life()).isEqualTo(Life.GONE);
        before.kill();
        before.terminate();
        assertThatThrownBy(before::pause).isInstanceOf(IOException.class);
        assertThat(now.life()).isEqualTo(Life.RUNNING);
        assertThat(child.isAlive()).isTrue();
    }

    @Test
    void withoutATickTheStartTimeTellsProcessesApart() throws Exception {
        ProcessRef now = start();
        assertThat(new ProcessRef(now.pid(), now.startMs() + 1_000, "").life()).isEqualTo(Life.RUNNING);
        assertThat(new ProcessRef(now.pid(), now.startMs() - 60_000, "").life()).isEqualTo(Life.GONE);
    }

    @Test
    void aStepOfTheWallClockDoesNotMakeAProcessAnother() throws Exception {
        ProcessRef now = start();
        assertThat(new ProcessRef(now.pid(), now.startMs() - 3_600_000, now.born()).life())
                .isEqualTo(Life.RUNNING);
    }

    @Test
    void aPausedProcessIsSeenAsPausedAndGoesOnWhenResumed() throws Exception {
        ProcessRef ref = start();
        ref.pause();
        await().until(() -> ref.life() == Life.PAUSED);
        ref.resume();
        await().until(() -> ref.life() == Life.RUNNING);
    }

    @Test
    void whatWasRecordedIsCorrectedByWhatIs() throws Exception {
        ProcessRef ref = start();
        NodeRun run = new NodeRun(ref, NodeRun.State.RUNNING, 0);
        ref.pause();
        await().until(() -> run.now() == NodeRun.State.PAUSED);
        ref.kill();
        child.waitFor();
        assertThat(run.now()).isEqualTo(NodeRun.State.DIED);
        assertThat(run.with(NodeRun.State.KILLED, 1).now()).isEqualTo(NodeRun.State.KILLED);
        assertThat(run.with(NodeRun.State.STOPPED, 1).now()).isEqualTo(NodeRun.State.STOPPED);
    }

    @Test
    void theHolderOfAPortIsFound() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
            assertThat(PortHolder.free("127.0.0.1", port)).isFalse();
            assertThat(PortHolder.of(port).orElseThrow().pid())
                    .isEqualTo(ProcessHandle.current().pid());
        }
        assertThat(PortHolder.free("127.0.0.1", port)).isTrue();
        assertThat(PortHolder.of(port)).isEmpty();
    }

    @Test
    void aHostThatIsNotThisMachineIsNoPortInUse() {
        assertThatThrownBy(() -> PortHolder.free("192.0.2.1", 7101)).isInstanceOf(IOException.class);
    }

    private ProcessRef start() throws IOException {
        child = new ProcessBuilder("/bin/sh", "-c", "while :; do sleep 0.1; done").start();
        return ProcessRef.of(child.pid()).orElseThrow();
    }

    private static String olderTick(String born) {
        int slash = born.indexOf('/');
        return born.substring(0, slash + 1) + (Long.parseLong(born.substring(slash + 1)) - 60_000);
    }
}
