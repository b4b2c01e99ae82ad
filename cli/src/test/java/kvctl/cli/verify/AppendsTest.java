package kvctl.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What must be in a key after appends that were acknowledged, failed, or have no known outcome. */
final class AppendsTest {
    @Test
    void acknowledgedOnesOnceAndInOrderIsRight() {
        assertThat(Appends.problem(List.of(), Set.of(), List.of())).isNull();
        assertThat(Appends.problem(List.of(0, 1, 3), Set.of(), List.of(0, 1, 3)))
                .isNull();
    }

    @Test
    void anUnknownOneMayBeThereOnceAnywhere() {
        assertThat(Appends.problem(List.of(0, 2), Set.of(1), List.of(0, 2))).isNull();
        assertThat(Appends.problem(List.of(0, 2), Set.of(1), List.of(0, 2, 1))).isNull();
        assertThat(Appends.problem(List.of(0, 2), Set.of(1), List.of(1, 0, 1, 2)))
                .isEqualTo("an append whose outcome was unknown is there twice: [1, 1]");
    }

    @Test
    void oneThatIsLostDoubledSwappedOrFailedIsFound() {
        assertThat(Appends.problem(List.of(0, 1, 2), Set.of(), List.of(0, 2)))
                .isEqualTo("2 of 3 acknowledged ones; behind the first 1 comes 2 where 1 should be");
        assertThat(Appends.problem(List.of(0, 1), Set.of(), List.of(0, 1, 1)))
                .endsWith("comes 1 where nothing should be");
        assertThat(Appends.problem(List.of(0, 1), Set.of(), List.of(1, 0))).contains("behind the first 0");
        assertThat(Appends.problem(List.of(0), Set.of(), List.of(0, 1))).contains("where nothing should be");
        assertThat(Appends.problem(List.of(0), Set.of(), List.of())).contains("comes nothing where 0 should be");
    }
}
