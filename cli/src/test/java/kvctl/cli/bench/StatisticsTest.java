package kvctl.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import kvctl.client.KvClient;
import kvctl.client.KvException;
import org.junit.jupiter.api.Test;

/** What is counted how, on a clock that the test turns. */
final class StatisticsTest {
    private static final long MS = 1_000_000;

    /** A clock may begin anywhere. */
    private static final long BEGIN = -50 * MS;

    private final Statistics statistics = new Statistics(BEGIN);

    @Test
    void percentilesOfReadsAndWritesAreApart() {
        for (int i = 1; i <= 1000; i++) {
            statistics.answered(true, true, BEGIN, BEGIN + i * MS);
        }
        for (int i = 0; i < 1000; i++) {
            statistics.answered(false, true, BEGIN, BEGIN + 2_000 * MS);
        }
        Figures figures = statistics.figures(BEGIN + 2_000 * MS);
        assertThat(figures.reads().count()).isEqualTo(1000);
        assertThat(figures.reads().p50Us()).isCloseTo(500_000L, within(500L));
        assertThat(figures.reads().p90Us()).isCloseTo(900_000L, within(900L));
        assertThat(figures.reads().p99Us()).isCloseTo(990_000L, within(990L));
        assertThat(figures.reads().p999Us()).isCloseTo(999_000L, within(999L));
        assertThat(figures.reads().maxUs()).isCloseTo(1_000_000L, within(1_000L));
        assertThat(figures.writes().p50Us()).isCloseTo(2_000_000L, within(2_000L));
        assertThat(figures.all().count()).isEqualTo(2000);
        assertThat(figures.all().p90Us()).isCloseTo(2_000_000L, within(2_000L));
        assertThat(figures.perSecond(figures.all().count())).isEqualTo(1000);
    }

    @Test
    void nothingAnsweredHasNoPercentilesAndNoGap() {
        Figures figures = statistics.figures(BEGIN + 100 * MS);
        assertThat(figures.all()).isEqualTo(new Figures.Latency(0, null, null, null, null, null));
        assertThat(figures.longestGapMs()).isZero();
        assertThat(figures.perSecond(0)).isZero();
    }

    @Test
    void gapBeginsWithTheFirstAnswerAndEndsWithTheNextOfAnyKind() {
        answer(true, 500);
        assertThat(gapMs(500)).isZero();
        answer(false, 520);
        answer(true, 560);
        answer(true, 570);
        assertThat(gapMs(571)).isEqualTo(40);
    }

    @Test
    void gapThatIsStillOpenCounts() {
        answer(true, 10);
        answer(true, 20);
        assertThat(gapMs(320)).isEqualTo(300);
        statistics.end(BEGIN + 420 * MS);
        assertThat(gapMs(5_000)).isEqualTo(400);
    }

    @Test
    void failuresDoNotEndAGap() {
        answer(true, 10);
        statistics.failed(bug());
        answer(true, 110);
        assertThat(gapMs(110)).isEqualTo(100);
    }

    @Test
    void aPartOfAMillisecondIsRoundedUp() {
        statistics.answered(true, true, BEGIN, BEGIN);
        statistics.answered(true, true, BEGIN, BEGIN + MS + 1);
        assertThat(statistics.figures(BEGIN + MS + 1).longestGapMs()).isEqualTo(2);
    }

    @Test
    void answersThatOvertakeEachOtherMakeNoGap() {
        answer(true, 10);
        answer(true, 12);
        answer(true, 11);
        answer(true, 13);
        assertThat(gapMs(13)).isEqualTo(2);
    }

    @Test
    void whatIsAnsweredAfterTheEndCountsButIsNoGap() {
        answer(true, 10);
        statistics.end(BEGIN + 100 * MS);
        statistics.end(BEGIN + 900 * MS);
        statistics.answered(false, true, BEGIN + 90 * MS, BEGIN + 1_090 * MS);
        Figures figures = statistics.figures(BEGIN + 2_000 * MS);
        assertThat(figures.durationNs()).isEqualTo(100 * MS);
        assertThat(figures.longestGapMs()).isEqualTo(90);
        assertThat(figures.writes().maxUs()).isCloseTo(1_000_000L, within(1_000L));
    }

    @Test
    void errorsUnknownOutcomesAndMissingKeysAreApart() {
        answer(true, 1);
        statistics.answered(true, false, BEGIN, BEGIN + 2 * MS);
        assertThat(statistics.failures()).isNull();
        statistics.failed(refused());
        statistics.failed(bug());
        statistics.failed(refused());
        Figures figures = statistics.figures(BEGIN + 3 * MS);
        assertThat(figures.reads().count()).isEqualTo(2);
        assertThat(figures.notFound()).isEqualTo(1);
        assertThat(figures.errors()).isEqualTo(2);
        assertThat(figures.unknown()).isEqualTo(1);
        assertThat(statistics.failures()).isEqualTo("2 BAD_REQUEST, 1 INTERNAL; the last: A key can't be empty.");
        assertThat(statistics.lastFailure().code()).isEqualTo(KvException.Code.BAD_REQUEST);
    }

    private void answer(boolean read, long atMs) {
        statistics.answered(read, true, BEGIN + (atMs - 1) * MS, BEGIN + atMs * MS);
    }

    private long gapMs(long atMs) {
        return statistics.figures(BEGIN + atMs * MS).longestGapMs();
    }

    /** Without effect. */
    private static KvException refused() {
        try (KvClient client = KvClient.connect("127.0.0.1:1")) {
            return client.getAsync(new byte[0])
                    .handle((result, error) -> KvClient.failure(error))
                    .join();
        }
    }

    /** With an unknown outcome. */
    private static KvException bug() {
        return KvClient.failure(new IllegalStateException("odd"));
    }
}
