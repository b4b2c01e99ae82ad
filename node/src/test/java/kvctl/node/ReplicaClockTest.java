package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReplicaClockTest {
    @Test
    void C9_aStandstillCountsAsOneStep() {
        ReplicaClock clock = new ReplicaClock(1000);
        assertThat(clock.read(1050, 50)).isEqualTo(1050);
        long after = clock.read(61_050, 50);
        assertThat(after).isEqualTo(1050 + 50 + ReplicaClock.LONGEST_STEP_MS);
        assertThat(clock.read(61_060, 0)).isEqualTo(after + 10);
    }

    @Test
    void C8_aClockThatAFaultBendsJumpsAheadByOneStepAtMost() {
        long[] ahead = {0};
        ReplicaClock clock = new ReplicaClock(1000, ms -> ms + ahead[0]);
        assertThat(clock.read(1010, 10)).isEqualTo(1010);
        ahead[0] = 3_600_000;
        assertThat(clock.read(1020, 10)).isEqualTo(1020 + ReplicaClock.LONGEST_STEP_MS);
    }

    @Test
    void sleepAndSmallDelaysCountInFull() {
        ReplicaClock clock = new ReplicaClock(0);
        assertThat(clock.read(1000, 1000)).isEqualTo(1000);
        assertThat(clock.read(1199, 0)).isEqualTo(1199);
        assertThat(clock.read(1210, 1000)).as("woken early").isEqualTo(1210);
    }

    @Test
    void C8_aClockThatJumpsHoldsUpNoTimer() {
        long[] jumpMs = {0};
        ReplicaClock clock = new ReplicaClock(1000, realMs -> realMs + jumpMs[0]);
        assertThat(clock.read(1010, 0)).isEqualTo(1010);
        jumpMs[0] = -3_600_000;
        assertThat(clock.read(1020, 0)).as("an hour back").isEqualTo(1010);
        assertThat(clock.read(1030, 0)).isEqualTo(1020);
        jumpMs[0] = 3_600_000;
        long ahead = clock.read(1040, 0);
        assertThat(ahead).as("two hours ahead").isEqualTo(1020 + ReplicaClock.LONGEST_STEP_MS);
        assertThat(clock.read(1050, 0)).isEqualTo(ahead + 10);
    }
}
