package kvctl.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import kvctl.TestSources;
import kvctl.cli.CliException;
import org.junit.jupiter.api.Test;

/** What the catalogue holds, how its cases are called, and what they need. */
final class CatalogueTest {
    /** The tests of the course, as they are called there without the word Test and the number of the lab. */
    private static final Map<Suite, String> COURSE = Map.of(
            Suite.RAFT, """
            InitialElection ReElection ManyElections BasicAgree RPCBytes FollowerFailure LeaderFailure FailAgree FailNoAgree
            ConcurrentStarts Rejoin Backup Count Persist1 Persist2 Persist3 Figure8 UnreliableAgree Figure8Unreliable
            ReliableChurn UnreliableChurn SnapshotBasic SnapshotInstall SnapshotInstallUnreliable SnapshotInstallCrash
            SnapshotInstallUnCrash SnapshotAllCrash SnapshotInit
            """,
            Suite.RSM, """
            Basic Concurrent LeaderFailure LeaderPartition RestartReplay Shutdown RestartSubmit Snapshot
            """,
            Suite.KVSRV, "ReliablePut PutConcurrentReliable MemPutManyClientsReliable UnreliableNet",
            Suite.KVRAFT, """
            Basic Speed Concurrent Unreliable UnreliableOneKey OnePartition ManyPartitionsOneClient ManyPartitionsManyClients
            PersistOneClient PersistConcurrent PersistConcurrentUnreliable PersistPartition PersistPartitionUnreliable
            PersistPartitionUnreliableLinearizable SnapshotRPC SnapshotSize SnapshotRecover SnapshotRecoverManyClients
            SnapshotUnreliable SnapshotUnreliableRecover SnapshotUnreliableRecoverConcurrentPartition
            SnapshotUnreliableRecoverConcurrentPartitionLinearizable
            """,
            Suite.SHARDCTRLER, "TestBasic TestMulti",
            Suite.SHARDKV, """
            StaticShards JoinLeave Snapshot MissChange Concurrent1 Concurrent2 Concurrent3 Unreliable1 Unreliable2 Unreliable3
            Challenge1Delete Challenge2Unaffected Challenge2Partial
            """,
            Suite.LOCK, "OneClientReliable ManyClientsReliable OneClientUnreliable ManyClientsUnreliable");

    @Test
    void everyTestOfTheCourseHasACaseOfItsName() {
        Map<Suite, Set<String>> names = new EnumMap<>(Suite.class);
        Catalogue.all()
                .forEach(each -> assertThat(names.computeIfAbsent(each.suite(), suite -> new TreeSet<>())
                                .add(each.name()))
                        .as("%s is there once", each.fullName())
                        .isTrue());
        COURSE.forEach((suite, course) -> assertThat(names.get(suite))
                .containsExactlyInAnyOrder(course.strip().split("\\s+")));
        assertThat(names).containsOnlyKeys(COURSE.keySet());
    }

    @Test
    void aCaseIsFoundByNameBySuiteOrByBothWhateverItsLetters() {
        assertThat(names("initialelection", "RAFT/ReElection"))
                .containsExactly("raft/InitialElection", "raft/ReElection");
        assertThat(names("LOCK")).hasSize(4).allMatch(name -> name.startsWith("lock/"));
        assertThat(names("basic")).as("two suites have one").containsExactly("rsm/Basic", "kvraft/Basic");
        assertThat(names("kvraft/Basic", "basic")).as("each once").containsExactly("kvraft/Basic", "rsm/Basic");
    }

    private static List<String> names(String... words) {
        return Catalogue.find(List.of(words)).stream().map(Scenario::fullName).toList();
    }

    @Test
    void anUnknownNameIsAUsageErrorThatNamesTheNearest() {
        assertThatThrownBy(() -> names("Persist1", "InitalElection"))
                .isInstanceOf(CliException.class)
                .hasMessage("There is no case 'InitalElection'. Did you mean 'InitialElection'?");
        assertThatThrownBy(() -> names("election"))
                .hasMessageContaining("'InitialElection'")
                .hasMessageContaining("'ReElection'");
        assertThatThrownBy(() -> names("xyzzyplugh")).hasMessage("There is no case 'xyzzyplugh'.");
    }

    @Test
    void aCaseThatIsNotDoneHereNamesATestThatExists() throws IOException {
        Set<String> tests = TestSources.read().stream()
                .map(test -> test.className() + "#" + test.name())
                .collect(Collectors.toSet());
        List<Scenario> simulated =
                Catalogue.all().stream().filter(each -> !each.isReal()).toList();
        assertThat(simulated).hasSize(5);
        for (Scenario each : simulated) {
            String name = each.test().replaceFirst("\\$\\w+", "").replace("*", "");
            assertThat(tests).as(each.fullName()).anyMatch(test -> test.startsWith(name));
        }
    }

    @Test
    void aCaseSaysWhatTheClusterLacks() {
        Needs needs = Needs.of(5, Needs.Power.KILLS, Needs.Power.FAULTS);
        assertThat(needs.text()).isEqualTo("5 nodes, faults, kills");
        assertThat(needs.missing(stage(3, Needs.Power.values())))
                .as("done to three of them")
                .isNull();
        assertThat(needs.missing(stage(2, Needs.Power.values()))).isEqualTo("it takes 3 nodes");
        assertThat(needs.missing(stage(5, Needs.Power.FAULTS))).contains("no processes");
        assertThat(needs.missing(stage(5, Needs.Power.KILLS))).contains("obey no faults");
        assertThat(Needs.of(3, Needs.Power.MOVES).missing(stage(5))).contains("moves are paused");
        assertThat(Needs.of(3).missing(stage(3))).isNull();
    }

    private static Needs.Stage stage(int nodes, Needs.Power... powers) {
        return new Needs.Stage(nodes, Set.of(powers));
    }

    @Test
    void figuresKeepTheLargestAndStandBesideTheirBounds() {
        Figures figures = new Figures();
        figures.add("leader_ms", 812);
        figures.add("leader_ms", 1_500);
        figures.add("leader_ms", 3);
        figures.bound("leader_ms", 5_000);
        figures.add("log_bytes", 2_048);
        figures.add("most_shares_apart", 1);
        assertThat(figures.text()).isEqualTo("leader 1.5 s (bound 5.0 s), log 2 KiB, most shares apart 1");
    }
}
