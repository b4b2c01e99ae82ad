package kvctl.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kvctl.cli.verify.Appends.Seen;
import org.junit.jupiter.api.Test;

/** What must be in a key after appends that were acknowledged, failed, or have no known outcome, and what reads may see. */
final class AppendsTest {
    private static Seen append(long from, long to, String element) {
        return new Seen(from, to, element, "");
    }

    private static Seen read(long from, long to, String value) {
        return new Seen(from, to, null, value);
    }

    private static String problem(String last, Seen... seen) {
        return Appends.problem(List.of(seen), last);
    }

    @Test
    void eachOnceInAnOrderThatAgreesWithTimeIsRight() {
        assertThat(problem("")).isNull();
        assertThat(problem("a;b;", append(1, 2, "a;"), append(3, 4, "b;"))).isNull();
        assertThat(problem("b;a;", append(1, 3, "a;"), append(2, 4, "b;")))
                .as("at once")
                .isNull();
        assertThat(problem("a;b;", append(1, 2, "a;"), read(1, 3, ""), read(3, 5, "a;"), append(4, 6, "b;")))
                .isNull();
    }

    @Test
    void anUnknownOneMayBeThereOnceAnyTimeAfterItBegan() {
        Seen unknown = append(3, Seen.NEVER, "x;");
        assertThat(problem("a;b;", append(1, 2, "a;"), unknown, append(4, 5, "b;")))
                .isNull();
        assertThat(problem("a;b;x;", append(1, 2, "a;"), unknown, append(4, 5, "b;")))
                .isNull();
        assertThat(problem("a;x;x;", append(1, 2, "a;"), unknown)).isEqualTo("the append x; is there twice");
        assertThat(problem("x;a;", append(1, 2, "a;"), unknown))
                .isEqualTo("the append x; stands before the append a;, which had ended when it began");
    }

    @Test
    void oneThatIsLostDoubledSwappedOrFailedIsFound() {
        Seen a = append(1, 2, "a;");
        Seen b = append(3, 4, "b;");
        assertThat(problem("b;", a, b)).isEqualTo("the append a; was acknowledged, and is not there");
        assertThat(problem("a;b;a;", a, b)).isEqualTo("the append a; is there twice");
        assertThat(problem("b;a;", a, b)).contains("the append b; stands before the append a;");
        assertThat(problem("a;f;b;", a, b)).isEqualTo("the append [f;] failed, and is there");
    }

    @Test
    void aReadThatIsStaleOrAheadOrOfSomethingElseIsFound() {
        Seen a = append(1, 2, "a;");
        Seen b = append(5, 6, "b;");
        assertThat(problem("a;b;", a, read(3, 4, ""), b))
                .startsWith("a read of 0 elements stands before the append a;");
        assertThat(problem("a;b;", a, read(3, 4, "a;b;"), b)).startsWith("the append b; stands before a read of 2");
        assertThat(problem("a;b;", a, b, read(7, 8, "b;")))
                .isEqualTo("a read of 1 elements that are not those in the end");
        assertThat(problem("a;b;", read(3, 4, "a;"), read(5, 6, ""), append(1, 9, "a;"), append(1, 9, "b;")))
                .startsWith("a read of 0 elements stands before a read of 1");
    }
}
