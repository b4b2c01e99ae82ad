package kvctl.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import kvctl.check.Histories.Form;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A minute of 2,000 operations a second on 200 keys, some three at a time on each; one core, the times are printed. */
@Tag("slow")
class ScaleTest {
    private static final int KEYS = 200;
    private static final int PER_KEY = 600;

    private static History history(int valueCount, Form form, int unknownPercent) {
        List<Operation> all = new ArrayList<>();
        for (int key = 0; key < KEYS; key++) {
            all.addAll(new Histories(key, valueCount, form).good("k" + key, PER_KEY, 300, unknownPercent));
        }
        return new History(all);
    }

    @Test
    void aMinutesLoadIsCheckedByItsVersionsInTenSeconds() {
        Map<String, List<Operation>> keys = history(0, Form.VERSIONS, 0).byKey();
        long startNs = System.nanoTime();
        for (Map.Entry<String, List<Operation>> entry : keys.entrySet()) {
            Verdict verdict = Versioned.check(entry.getKey(), entry.getValue());
            assertThat(verdict).as(entry.getKey()).isEqualTo(Verdict.OK);
        }
        report("versions, 120,000 operations", startNs, Duration.ofSeconds(10));
    }

    @Test
    void aMinutesLoadIsCheckedBySearchInAMinute() {
        for (Form form : List.of(Form.VERSIONS, Form.PLAIN, Form.FOREIGN)) {
            for (int valueCount : new int[] {0, 5}) {
                Map<String, List<Operation>> keys = history(valueCount, form, 1).byKey();
                long startNs = System.nanoTime();
                keys.forEach((key, operations) -> {
                    Verdict verdict = Linearizability.search(key, operations, Budget.USUAL);
                    assertThat(verdict).as(key).isEqualTo(Verdict.OK);
                });
                String what = "search, 120,000 operations, 1 %% unknown, %s, %s"
                        .formatted(form, valueCount == 0 ? "every value once" : valueCount + " values");
                report(what, startNs, Duration.ofSeconds(60));
            }
        }
    }

    @Test
    void aMinutesLoadWithUnknownOutcomesIsCheckedInTenSeconds() {
        History history = history(0, Form.ALL, 1);
        long startNs = System.nanoTime();
        Verdict verdict = Linearizability.check(history);
        assertThat(verdict.kind()).as(verdict.toString()).isEqualTo(Verdict.Kind.OK);
        report("all engines, 120,000 operations, 1 % unknown, " + verdict.counts(), startNs, Duration.ofSeconds(10));
    }

    private static void report(String what, long startNs, Duration most) {
        Duration took = Duration.ofNanos(System.nanoTime() - startNs);
        System.out.println("check: " + what + ": " + took.toMillis() + " ms");
        assertThat(took).isLessThan(most);
    }
}
