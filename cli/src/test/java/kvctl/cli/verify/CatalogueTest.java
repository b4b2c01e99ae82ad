package kvctl.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kvctl.cli.CliException;
import org.junit.jupiter.api.Test;

/** What the catalogue holds, how its cases are called, and what they need. */
final class CatalogueTest {
    @Test
    void everySuiteIsThereWithAllItsCases() {
        assertThat(Catalogue.all().stream()
                        .collect(Collectors.groupingBy(Scenario::suite, Collectors.counting())))
                .containsEntry(Suite.RAFT, 28L)
                .containsEntry(Suite.RSM, 8L)
                .containsEntry(Suite.KVSRV, 4L)
                .containsEntry(Suite.KVRAFT, 22L)
                .containsEntry(Suite.SHARDCTRLER, 2L)
                .containsEntry(Suite.SHARDKV, 13L)
                .containsEntry(Suite.LOCK, 4L);
        assertThat(Catalogue.all()).extracting(Scenario::fullName).doesNotHaveDuplicates();
    }

    @Test
    void aCaseIsFoundByNameBySuiteOrByBothWhateverItsLetters() {
        assertThat(names("initialelection", "RAFT/ReElection")).containsExactly("raft/InitialElection", "raft/ReElection");
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
    void whatIsOnlySimulatedNamesATestThatExists() throws IOException {
        List<Scenario> simulated =
                Catalogue.all().stream().filter(each -> !each.isReal()).toList();
        assertThat(simulated).isNotEmpty();
        for (Scenario each : simulated) {
            String type = each.test().split("[$#]")[0];
            String method = each.test().substring(each.test().indexOf('#') + 1).replace("*", "");
            assertThat(source(type)).as(each.fullName()).contains("void " + method);
        }
    }

    private static String source(String type) throws IOException {
        for (String module : List.of("raft", "node")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src/test/java"))) {
                Path found = files.filter(file -> file.endsWith(type + ".java"))
                        .findFirst()
                        .orElse(null);
                if (found != null) {
                    return Files.readString(found);
                }
            }
        }
        throw new AssertionError("no test " + type);
    }

    @Test
    void aCaseSaysWhatTheClusterLacks() {
        Needs needs = Needs.of(5, Needs.Power.KILLS, Needs.Power.FAULTS);
        assertThat(needs.text()).isEqualTo("5 nodes, faults, kills");
        assertThat(needs.missing(stage(3, Needs.Power.values()))).as("done to three of them").isNull();
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
