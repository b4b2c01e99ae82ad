package kvctl.node.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import kvctl.protocol.Fault;
import org.junit.jupiter.api.Test;

/** What rules do to what is under way, on a clock that the test turns. */
class HeldTest {
    private static final int THINGS = 10_000;

    private final Faults faults = new Faults(1, 3, true);
    private final Held<Integer> held = new Held<>(faults);
    private final List<Integer> out = new ArrayList<>();
    private List<Rule> made;

    private LinkRules rules(Fault... kinds) {
        SplittableRandom dice = new SplittableRandom(42);
        made = new ArrayList<>();
        for (Fault kind : kinds) {
            made.add(new Rule(kind, dice.split()));
        }
        return new LinkRules(made, Rule.Traffic.MESSAGES);
    }

    private void takeAll(LinkRules rules, int count) {
        for (int i = 0; i < count; i++) {
            held.take(rules, i, 10, 0);
        }
    }

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    @Test
    void A5_lossIsAsOftenAsItWasAskedForAndIsCounted() {
        for (int chance : List.of(100, 1000, 5000, 9000)) {
            LinkRules rules = rules(new Fault.Drop(1, 2, chance));
            out.clear();
            takeAll(rules, THINGS);
            held.release(rules, 0, out::add);
            int lost = THINGS - out.size();
            assertThat(lost).isBetween(chance - 200, chance + 200);
            assertThat(made.get(0).hits()).isEqualTo(lost);
            assertThat(out).isSorted();
        }
        LinkRules all = rules(new Fault.Drop(1, 2, Fault.CERTAIN));
        takeAll(all, 100);
        assertThat(held.isEmpty()).isTrue();
    }

    @Test
    void theSameSeedLosesTheSame() {
        List<Integer> first = new ArrayList<>();
        for (List<Integer> each : List.of(first, out)) {
            LinkRules rules = rules(new Fault.Drop(1, 2, 5000));
            takeAll(rules, 100);
            held.release(rules, 0, each::add);
        }
        assertThat(out).isEqualTo(first).isNotEqualTo(numbers(100));
    }

    @Test
    void aDelayIsNeverShorterThanAskedAndKeepsTheOrder() {
        LinkRules rules = rules(new Fault.Delay(1, 2, 80, 0));
        takeAll(rules, 100);
        held.release(rules, 79, out::add);
        assertThat(out).isEmpty();
        assertThat(held.nextDueMs(rules)).isEqualTo(80);
        held.release(rules, 80, out::add);
        assertThat(out).isEqualTo(numbers(100));
        assertThat(held.nextDueMs(rules)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void jitterStaysWithinItsBoundsAndKeepsTheOrder() {
        LinkRules rules = rules(new Fault.Delay(1, 2, 80, 20));
        TreeMap<Long, Integer> when = new TreeMap<>();
        for (int i = 0; i < 200; i++) {
            held.take(rules, i, 10, 1000L * i);
            for (long now = 1000L * i; now < 1000L * (i + 1); now++) {
                int before = out.size();
                held.release(rules, now, out::add);
                if (out.size() > before) {
                    when.merge(now - 1000L * i, 1, Integer::sum);
                }
            }
        }
        assertThat(when.firstKey()).isBetween(60L, 65L);
        assertThat(when.lastKey()).isBetween(95L, 100L);
        takeAll(rules, 100);
        out.clear();
        for (long now = 0; now <= 100; now++) {
            held.release(rules, now, out::add);
        }
        assertThat(out).isEqualTo(numbers(100));
    }

    @Test
    void A5_duplicatesComeRightBehindAndAsOftenAsAsked() {
        LinkRules rules = rules(new Fault.Duplicate(1, 2, 3000));
        takeAll(rules, THINGS);
        held.release(rules, 0, out::add);
        assertThat(out.size() - THINGS).isBetween(2800, 3200);
        assertThat(out).isSorted();
        assertThat(made.get(0).hits()).isEqualTo(out.size() - THINGS);
    }

    @Test
    void A5_reorderingHoldsSomeBackAndLosesNone() {
        LinkRules rules = rules(new Fault.Reorder(1, 2, 1000, 50));
        takeAll(rules, THINGS);
        held.release(rules, 0, out::add);
        assertThat(THINGS - out.size()).as("held back").isBetween(800, 1200);
        assertThat(out).as("the others keep their order").isSorted();
        held.release(rules, 50, out::add);
        assertThat(out).isNotEqualTo(numbers(THINGS)).containsExactlyInAnyOrderElementsOf(numbers(THINGS));
        assertThat(held.isEmpty()).isTrue();
    }

    @Test
    void aClogHoldsAndDeliversInOrderWhenItIsHealed() {
        LinkRules rules = rules(new Fault.Clog(1, 2));
        takeAll(rules, 100);
        held.release(rules, 1_000_000, out::add);
        assertThat(out).isEmpty();
        assertThat(held.nextDueMs(rules)).as("only a heal releases it").isEqualTo(Long.MAX_VALUE);
        held.release(null, 1_000_000, out::add);
        assertThat(out).isEqualTo(numbers(100));
    }

    @Test
    void A10_whatIsUnderWayWhenALinkIsCutDoesNotArrive() {
        LinkRules delay = rules(new Fault.Delay(1, 2, 80, 0));
        takeAll(delay, 10);
        LinkRules cut = rules(new Fault.Delay(1, 2, 80, 0), new Fault.Cut(1, 2));
        held.release(cut, 40, out::add);
        held.take(cut, 11, 10, 40);
        held.release(null, 200, out::add);
        assertThat(out).isEmpty();
    }

    @Test
    void A1_whatIsHeldIsBoundedPerLinkAndInAllAndTheRestIsLostAndCounted() {
        LinkRules rules = rules(new Fault.Clog(1, 2));
        int size = 64 << 10;
        List<Held<Integer>> links = new ArrayList<>();
        for (int link = 0; link < 10; link++) {
            links.add(new Held<>(faults));
            for (int i = 0; i < 1000; i++) {
                links.get(link).take(rules, i, size, 0);
            }
        }
        assertThat(links.get(0).size()).isEqualTo((int) (Held.MAX_BYTES / (size + 64)));
        assertThat(faults.heldBytes().get()).isBetween(Held.ALL_MAX_BYTES - 2L * size, Held.ALL_MAX_BYTES);
        int kept = links.stream().mapToInt(Held::size).sum();
        assertThat(made.get(0).lost()).isEqualTo(10_000 - kept);
        assertThat(made.get(0).hits()).isEqualTo(10_000);
        links.forEach(link -> link.release(null, 0, out::add));
        assertThat(out).hasSize(kept);
        assertThat(faults.heldBytes().get()).isZero();
        links.forEach(link -> link.take(rules, 1, size, 0));
        links.forEach(Held::clear);
        assertThat(faults.heldBytes().get()).isZero();
    }

    @Test
    void C8_aClockThatIsBentJumpsOnlyWhereItIsTold() {
        Skew jumped = Skew.NONE.change(1000, 1000, 5000);
        assertThat(jumped.at(1100)).isEqualTo(6100);
        Skew fast = jumped.change(1100, 1500, 5000);
        assertThat(fast.at(1100)).isEqualTo(6100);
        assertThat(fast.at(1200)).isEqualTo(6250);
        Skew healed = fast.change(1200, 1000, 0);
        assertThat(healed.at(1200))
                .as("the jump is taken back, what it ran ahead stays")
                .isEqualTo(1250);
        assertThat(healed.at(1300)).isEqualTo(1350);
    }
}
