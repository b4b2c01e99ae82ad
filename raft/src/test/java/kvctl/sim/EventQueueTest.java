package kvctl.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EventQueueTest {
    private record Event(long timeUs, int number) {}

    /** Against a list that is sorted: many events at few times, more than the arrays begin with, taken out in between. */
    @Test
    void eventsComeByTimeAndThenInTheOrderInWhichTheyWereAdded() {
        SplittableRandom random = new SplittableRandom(1);
        EventQueue queue = new EventQueue();
        List<Event> expected = new ArrayList<>();
        List<Event> came = new ArrayList<>();
        List<Event> inOrder = new ArrayList<>();
        for (int number = 0; number < 20_000; number++) {
            Event event = new Event(random.nextInt(1 + number / 50), number);
            expected.add(event);
            queue.add(event.timeUs(), () -> came.add(event));
            if (number % 5_000 == 4_999) {
                expected.sort(Comparator.comparingLong(Event::timeUs).thenComparingInt(Event::number));
                int taken = number == 19_999 ? expected.size() : expected.size() / 2;
                for (int i = 0; i < taken; i++) {
                    assertThat(queue.nextUs()).isEqualTo(expected.get(i).timeUs());
                    queue.remove().run();
                }
                inOrder.addAll(expected.subList(0, taken));
                expected.subList(0, taken).clear();
            }
        }
        assertThat(queue.isEmpty()).isTrue();
        assertThat(came).isEqualTo(inOrder);
    }

    @Test
    void aRunThatIsTooLongSaysSo() {
        EventQueue queue = new EventQueue();
        queue.add((1L << 33) - 1, () -> {});
        assertThat(queue.nextUs()).isEqualTo((1L << 33) - 1);
        assertThatThrownBy(() -> queue.add(1L << 33, () -> {})).hasMessageContaining("too long");
    }
}
