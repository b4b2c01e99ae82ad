package kvctl.cli.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;
import kvctl.cli.CliException;
import kvctl.cli.check.Schedule.Episode;
import kvctl.cli.check.Schedule.Kind;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Schedule.Stage FIVE =
            new Schedule.Stage(List.of("n1", "n2", "n3", "n4", "n5"), List.of("g1", "g2"), 16);

    private static Schedule draw(long seed, String kinds, boolean keepQuorum) {
        return Schedule.draw(seed, Schedule.kinds(kinds), FIVE, 120_000, 2_000, keepQuorum);
    }

    @Test
    void theSameSeedIsTheSameSchedule() {
        assertThat(draw(42, "all", true)).isEqualTo(draw(42, "all", true));
        assertThat(draw(42, "all", true)).isNotEqualTo(draw(43, "all", true));
    }

    @Test
    void everyKindHasItsTurnAndIsHealedBeforeTheNextBegins() {
        List<Episode> episodes = draw(7, "all", true).episodes();
        assertThat(episodes).hasSize(60);
        assertThat(episodes.stream().map(Episode::kind).collect(Collectors.toSet()))
                .isEqualTo(EnumSet.allOf(Kind.class));
        for (int i = 1; i < episodes.size(); i++) {
            Episode before = episodes.get(i - 1);
            assertThat(before.healAtMs()).isGreaterThan(before.atMs());
            assertThat(episodes.get(i).atMs() - before.healAtMs())
                    .as("rest after %s", before)
                    .isGreaterThan(500);
        }
        assertThat(episodes.get(59).healAtMs()).isLessThan(120_000);
    }

    @Test
    void aMajorityIsLeftUnlessSomebodyWantsItOtherwise() {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(draw(seed, "kill,pause,partition", true).episodes())
                    .allSatisfy(episode -> assertThat(episode.command())
                            .doesNotContain("all")
                            .doesNotContain("halves")
                            .doesNotContain(","));
        }
        assertThat(draw(1, "kill,pause,partition", false).script().toString()).contains("kill all", "halves");
    }

    @Test
    void theScriptHasTheSameTimes() {
        List<String> script = draw(7, "one-way,move", true).script();
        long slept = script.stream()
                .filter(line -> line.startsWith("sleep "))
                .mapToLong(line -> Long.parseLong(line.substring(6, line.length() - 2)))
                .peek(ms -> assertThat(ms).isNotNegative())
                .sum();
        List<Episode> episodes = draw(7, "one-way,move", true).episodes();
        Episode last = episodes.get(episodes.size() - 1);
        assertThat(slept).isEqualTo(last.heal() == null ? last.atMs() : last.healAtMs());
        assertThat(script)
                .filteredOn(line -> line.startsWith("cut "))
                .allSatisfy(line -> assertThat(line)
                        .matches("cut (all>(n[1-5]|leader\\(g[12]\\))|(n[1-5]|leader\\(g[12]\\))>all)"));
    }

    @Test
    void anUnknownFaultIsAUsageErrorThatNamesThem() {
        assertThatThrownBy(() -> Schedule.kinds("kill,flood")).isInstanceOfSatisfying(CliException.class, e -> {
            assertThat(e).hasMessage("There is no fault 'flood'.");
            assertThat(e.hint()).contains("one-way").contains("partition");
        });
        assertThat(Schedule.kinds("kill,kill,one-way")).containsExactly(Kind.KILL, Kind.ONE_WAY);
        assertThat(Schedule.kinds("cut,disk")).containsExactly(Kind.PARTITION, Kind.ISOLATE, Kind.ONE_WAY, Kind.DISK);
    }
}
