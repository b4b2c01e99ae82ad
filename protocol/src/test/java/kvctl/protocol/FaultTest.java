package kvctl.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FaultTest {
    private static Fault parse(String text) {
        return Fault.parse(text, name -> {
            if (!name.startsWith("n")) {
                throw new IllegalArgumentException("There is no node '" + name + "'.");
            }
            return Integer.parseInt(name.substring(1));
        });
    }

    private static String print(Fault fault) {
        return fault.text(id -> "n" + id);
    }

    @Test
    void theVocabularyReadsAsItIsWritten() {
        List<String> texts = List.of(
                "cut n1>n2",
                "delay n1>n2 80ms",
                "delay n1>n2 80ms jitter 20ms",
                "delay n1>n2 1h",
                "drop n1>n2 10%",
                "drop n1>n2 0.5%",
                "drop n1>n2 12.25%",
                "drop n1>n2 100%",
                "duplicate n3>n2 50%",
                "reorder n1>n2 10% 50ms",
                "clog n1>n2",
                "disk n2 slow 50ms",
                "disk n2 full",
                "disk n2 error",
                "clock n1 +5s",
                "clock n1 -90s",
                "clock n1 +0ms",
                "clock n1 rate 1.5",
                "clock n1 rate 0.01",
                "clock n1 rate 100");
        for (String text : texts) {
            assertThat(print(parse(text))).isEqualTo(text);
        }
        assertThat(parse(" delay  n1>n2   80ms  jitter 20ms ")).isEqualTo(new Fault.Delay(1, 2, 80, 20));
        assertThat(parse("drop n1>n2 0.5%")).isEqualTo(new Fault.Drop(1, 2, 50));
        assertThat(parse("clock n1 rate 1.5")).isEqualTo(new Fault.ClockRate(1, 1500));
        assertThat(parse("clock n1 -5s")).isEqualTo(new Fault.ClockJump(1, -5000));
        assertThat(print(parse("delay n1>n2 90000ms"))).isEqualTo("delay n1>n2 90s");
    }

    @Test
    void everyKindPrintsAndReadsBackEqual() {
        Set<Class<?>> kinds = new HashSet<>();
        for (long seed = 0; seed < 200; seed++) {
            for (Fault fault : new Samples(seed).faults()) {
                kinds.add(fault.getClass());
                assertThat(parse(print(fault))).isEqualTo(fault);
            }
        }
        assertThat(kinds).contains(Fault.OfLink.class.getPermittedSubclasses());
        assertThat(kinds).contains(Fault.OfNode.class.getPermittedSubclasses());
    }

    @Test
    void whatMakesNoSenseIsRefusedInOneLine() {
        for (String text : List.of(
                "",
                "cut",
                "cut n1",
                "cut n1>",
                "cut >n2",
                "cut n1>n1",
                "cut n1>n2 now",
                "cut x>n2",
                "cut n0>n2",
                "delay n1>n2",
                "delay n1>n2 80",
                "delay n1>n2 0ms",
                "delay n1>n2 -5ms",
                "delay n1>n2 2h",
                "delay n1>n2 80ms jitter 81ms",
                "delay n1>n2 80ms 20ms",
                "delay n1>n2 80ms or 20ms",
                "drop n1>n2 0%",
                "drop n1>n2 101%",
                "drop n1>n2 10",
                "drop n1>n2 1.234%",
                "reorder n1>n2 10%",
                "sever n1>n2",
                "disk n2",
                "disk n2 slow",
                "disk n2 slow 61s",
                "disk n2 slow 5ms now",
                "disk n2 gone",
                "clock n1 5s",
                "clock n1 +2h",
                "clock n1 rate 0",
                "clock n1 rate 1.5s",
                "clock n1 rate 101")) {
            assertThatThrownBy(() -> parse(text))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageMatching("[^\\n]+\\.|[^\\n]+rate 1\\.5");
        }
    }

    @Test
    void aRuleConcernsTheNodesAtBothEnds() {
        Fault cut = new Fault.Cut(1, 2);
        assertThat(cut.concerns(1) && cut.concerns(2)).isTrue();
        assertThat(cut.concerns(3)).isFalse();
        assertThat(new Fault.FullDisk(3).concerns(3)).isTrue();
        assertThat(new Fault.FullDisk(3).concerns(1)).isFalse();
    }
}
