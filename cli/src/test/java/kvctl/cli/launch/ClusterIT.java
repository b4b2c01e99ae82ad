package kvctl.cli.launch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import kvctl.cli.launch.NodeRun.State;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clusters of real processes, started and broken as a user does it. */
final class ClusterIT {
    private static final List<String> NODES = List.of("n1", "n2", "n3");

    @TempDir
    Path temp;

    private Kvctl kvctl;
    private ClusterDir demo;
    private Fleet fleet;

    @BeforeEach
    void takeAHome() throws IOException {
        kvctl = new Kvctl(temp.resolve("a home"));
        demo = kvctl.cluster("demo");
        fleet = new Fleet(demo);
    }

    @AfterEach
    void leaveNothing() throws Exception {
        kvctl.cleanUp();
        assertThat(Leftover.all()).noneMatch(found -> found.dataDir().startsWith(temp));
    }

    @Test
    void aDetachedClusterServesAndKeepsItsDataUntilItIsPurged() throws Exception {
        Kvctl.Ran up = up("--detach");
        up.succeeds();
        assertThat(up.out().lines()).hasSize(4).startsWith("node\taddr\tpid");
        assertThat(up.err()).contains("Cluster 'demo' is up: 3 nodes, 1 group,").doesNotContain("\u001b");
        kvctl.run("put", "a", "1").succeeds();
        kvctl.run("append", "a", "2").succeeds();
        assertThat(kvctl.run("get", "a").succeeds().out()).isEqualTo("12");

        assertThat(kvctl.run("cluster", "down").succeeds().out()).endsWith("demo\t3\t0\tfalse\n");
        assertThat(states()).containsOnly(State.STOPPED);
        assertThat(kvctl.run("get", "a").fails(4).err()).isNotEmpty();

        Kvctl.Ran again = kvctl.run("cluster", "up", "-d", "-o", "json").succeeds();
        assertThat(again.out())
                .startsWith("{\"schema\":\"kvctl/cluster-up/1\"")
                .contains(":" + kvctl.basePort() + "\"");
        assertThat(kvctl.run("get", "a").succeeds().out()).isEqualTo("12");

        assertThat(kvctl.run("cluster", "down", "--purge").fails(9).err()).contains("--yes");
        assertThat(states()).containsOnly(State.RUNNING);
        kvctl.run("cluster", "down", "demo", "--purge", "--yes").succeeds();
        assertThat(demo.root()).doesNotExist();
        assertThat(kvctl.run("-c", "demo", "get", "a").fails(4).err())
                .startsWith("No cluster 'demo' is running here.\nhint: kvctl cluster up");
    }

    @Test
    void aSecondUpFindsTheFirst() throws Exception {
        up("-d").succeeds();
        List<Long> pids = pids();
        assertThat(kvctl.run("cluster", "up", "-d").succeeds().err()).contains("already running");
        assertThat(kvctl.run("cluster", "up").fails(8).err())
                .startsWith("Cluster 'demo' is already running (3 of 3 nodes).");
        assertThat(up("-d", "--name", "other").fails(8).err())
                .startsWith("Port " + kvctl.basePort() + " for n1 is in use by pid " + pids.get(0) + " (java).");
        assertThat(kvctl.cluster("other").exists()).isFalse();
        assertThat(pids()).isEqualTo(pids);
    }

    @Test
    void nodesCanBeKilledPausedAndStartedOneByOne() throws Exception {
        up("-d").succeeds();
        kvctl.run("put", "k", "v").succeeds();
        List<Long> pids = pids();

        assertThat(kvctl.run("pause", "n2").succeeds().out())
                .contains("n2\tpaused\t" + pids.get(1) + "\t" + pids.get(1));
        assertThat(demo.state("n2")).isEqualTo(State.PAUSED);
        assertThat(kvctl.run("pause", "n2").fails(7).err()).startsWith("n2 is paused (pid " + pids.get(1) + ")");
        assertThat(kvctl.run("cluster", "status").succeeds().out()).contains("n2\tpaused");
        kvctl.run("resume", "n2").succeeds();
        assertThat(demo.state("n2")).isEqualTo(State.RUNNING);

        Kvctl.Ran kill = kvctl.run("kill", "leader(g1)", "-o", "json").succeeds();
        assertThat(kill.out())
                .startsWith("{\"schema\":\"kvctl/node-kill/1\"")
                .containsPattern("\"leaders_lost\":\\[[^]]*\"g1\"");
        assertThat(states()).containsExactlyInAnyOrder(State.RUNNING, State.RUNNING, State.KILLED);
        assertThat(kvctl.run("get", "k", "--timeout", "20s").succeeds().out()).isEqualTo("v");

        String killed = NODES.get(states().indexOf(State.KILLED));
        assertThat(kvctl.run("kill", killed).fails(7).err()).startsWith(killed + " is killed: nothing to kill.");
        assertThat(kvctl.run("start", "all").succeeds().out()).contains(killed + "\tstarted\t\t");
        assertThat(kvctl.run("start", "n1").fails(7).err()).startsWith("n1 is running (pid ");

        long before = fleet.pid("n3");
        kvctl.run("restart", "n3").succeeds();
        assertThat(fleet.pid("n3")).isNotEqualTo(before).isPositive();
        assertThat(kvctl.run("stop", "n1", "n2").succeeds().out()).contains("g1\n");
        assertThat(kvctl.run("kill", "n9").fails(2).err()).contains("no node 'n9'");
    }

    @Test
    void aLauncherKilledOutrightLeavesNoOrphans() throws Exception {
        Kvctl.Running launcher = foreground();
        List<Long> pids = pids();
        launcher.process().destroyForcibly();
        await().atMost(30, SECONDS).until(() -> pids.stream().allMatch(ClusterIT::isGone));
        assertThat(states()).containsOnly(State.DIED);
        assertThat(kvctl.run("cluster", "up", "-d").succeeds().code()).isZero();
    }

    @Test
    void aTerminatedLauncherStopsItsNodesInOrder() throws Exception {
        Kvctl.Running launcher = foreground();
        kvctl.run("put", "k", "v").succeeds();
        launcher.process().destroy();
        Kvctl.Ran ran = launcher.end().fails(143);
        assertThat(ran.err()).contains("Data is kept in " + demo.root());
        assertThat(states()).containsOnly(State.STOPPED);
    }

    @Test
    void aNodeThatDiesIsAnEventAndTheRestServes() throws Exception {
        Kvctl.Running launcher = foreground();
        long pid = fleet.pid("n2");
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        await().atMost(20, SECONDS).until(() -> launcher.said().contains("n2 died (pid " + pid + ", exit code 137)"));
        kvctl.run("put", "k", "v", "--timeout", "20s").succeeds();
        kvctl.run("start", "n2").succeeds();
        await().atMost(20, SECONDS)
                .until(() -> launcher.said().contains("n2 runs again (pid " + fleet.pid("n2") + ")"));

        // A node that another command started is tied to the same launcher.
        long second = fleet.pid("n2");
        kvctl.run("cluster", "down").succeeds();
        assertThat(launcher.end().succeeds().err()).contains("was brought down from elsewhere");
        assertThat(isGone(second)).isTrue();
    }

    @Test
    void D15_aLockedDataDirectoryNamesItsOwner() throws Exception {
        Path data = demo.dataDir("n2");
        ClusterDir.createDirectories(data);
        long self = ProcessHandle.current().pid();
        Files.writeString(data.resolve("lock"), Long.toString(self));
        try (FileChannel channel = FileChannel.open(data.resolve("lock"), StandardOpenOption.WRITE)) {
            assertThat(channel.tryLock()).isNotNull();
            assertThat(up("-d").fails(8).err()).contains(data + " is locked by pid " + self);
            assertThat(states()).noneMatch(State::alive);
        }
        up("-d").succeeds();
    }

    @Test
    void aNodeThatNoClusterKnowsIsFoundAndCleaned() throws Exception {
        up("-d").succeeds();
        long pid = fleet.pid("n2");
        Files.delete(demo.runFile("n2"));
        assertThat(kvctl.run("start", "n2").fails(8).err())
                .startsWith(demo.dataDir("n2") + " is locked by pid " + pid + ".\nhint: kvctl cluster clean");
        kvctl.run("cluster", "clean").fails(9);
        assertThat(isGone(pid)).isFalse();
        assertThat(kvctl.run("cluster", "clean", "--yes").succeeds().out()).contains("process " + pid);
        assertThat(isGone(pid)).isTrue();
        kvctl.run("start", "n2").succeeds();
    }

    @Test
    void aNodeThatCannotStartShowsWhyAndStopsTheRest() throws Exception {
        Kvctl.Ran ran = up("-d", "--jvm-arg=-XX:NoSuchFlag").fails(8);
        assertThat(ran.err()).contains("NoSuchFlag").contains("ended with exit code 1 while it started");
        assertThat(states()).noneMatch(State::alive);
        assertThat(demo.launch()).isEmpty();
    }

    @Test
    void aDryRunChangesNothing() throws Exception {
        Kvctl.Ran plan = up("--dry-run").succeeds();
        assertThat(plan.out().lines()).hasSize(4);
        assertThat(plan.out()).contains("node run --topology '" + demo.topologyFile() + "'");
        assertThat(demo.root()).doesNotExist();
    }

    @Test
    void afterSetupNodesStartFromAnArchiveOfTheirClasses() throws Exception {
        kvctl = new Kvctl(temp.resolve("a home"), Kvctl.JAR, temp.resolve("cache"));
        assertThat(up("--dry-run").succeeds().out()).doesNotContain("SharedArchiveFile");
        List<String> made = kvctl.run("setup").succeeds().out().lines().skip(1).toList();
        assertThat(made)
                .hasSize(2)
                .allSatisfy(row ->
                        assertThat(Path.of(row.substring(0, row.indexOf('\t')))).isRegularFile());
        String archive = made.get(0).substring(0, made.get(0).indexOf('\t'));
        assertThat(up("--dry-run").succeeds().out()).contains("-XX:SharedArchiveFile=" + archive);
        up("-d").succeeds();
        assertThat(Files.readString(Path.of("/proc", Long.toString(fleet.pid("n1")), "maps")))
                .contains(archive);
    }

    private Kvctl.Ran up(String... words) throws Exception {
        return kvctl.run(upWords(words));
    }

    private String[] upWords(String... words) {
        List<String> all = new java.util.ArrayList<>(List.of(
                "cluster",
                "up",
                "--groups",
                "1",
                "--base-port",
                Integer.toString(kvctl.basePort()),
                "--wait",
                "90s",
                Kvctl.QUICK_NODES));
        all.addAll(List.of(words));
        return all.toArray(String[]::new);
    }

    private Kvctl.Running foreground() throws Exception {
        Kvctl.Running launcher = kvctl.start(upWords());
        await().atMost(100, SECONDS).until(() -> launcher.said().contains("Ctrl-C stops the nodes."));
        return launcher;
    }

    private List<State> states() {
        return NODES.stream().map(demo::state).toList();
    }

    private List<Long> pids() {
        return NODES.stream().map(fleet::pid).toList();
    }

    private static boolean isGone(long pid) {
        return ProcessRef.of(pid).map(ref -> ref.life() == ProcessRef.Life.GONE).orElse(true);
    }
}
