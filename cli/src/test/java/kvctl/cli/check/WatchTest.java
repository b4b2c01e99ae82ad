package kvctl.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WatchTest {
    private long nowNs;
    private final Watch watch = new Watch(() -> nowNs);

    private void saw(long atNs, String leader, long term, String... owners) {
        nowNs = atNs;
        watch.saw(new Subject.Look(Map.of("g1", new Subject.Leader(leader, term)), owners));
    }

    @Test
    void looksBecomeWhoLedAndWhoOwnedFromWhenToWhen() {
        saw(10, "n1", 1, "g1", "g1");
        saw(20, "n1", 1, "g1", "g2");
        watch.saw(null);
        saw(30, null, 0, "g1", "g2");
        saw(40, "n2", 2, "g1", "g2");
        Timeline timeline = watch.end(5, 50, List.of(new Timeline.Trouble("kill n1", 25, 45)));
        assertThat(timeline.leaders())
                .containsExactly(
                        new Timeline.Lead("g1", "n1", 1, 10, 30),
                        new Timeline.Lead("g1", null, 0, 30, 40),
                        new Timeline.Lead("g1", "n2", 2, 40, 50));
        assertThat(timeline.owners())
                .containsExactly(
                        new Timeline.Owner(1, "g1", 10, 20),
                        new Timeline.Owner(0, "g1", 10, 50),
                        new Timeline.Owner(1, "g2", 20, 50));
        assertThat(timeline.moves()).isEqualTo(1);
        assertThat(timeline.startNs()).isEqualTo(5);
        assertThat(timeline.endNs()).isEqualTo(50);
    }

    @Test
    void anotherTermOfTheSameLeaderIsAnotherLead() {
        saw(10, "n1", 1);
        saw(20, "n1", 2);
        assertThat(watch.end(0, 30, List.of()).leaders()).hasSize(2);
    }
}
