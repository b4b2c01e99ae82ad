package kvctl.node.meta;

import static kvctl.node.meta.ControllerBox.join;
import static kvctl.node.meta.ControllerBox.leave;
import static kvctl.node.meta.ControllerBox.move;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import kvctl.protocol.Change;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import org.junit.jupiter.api.Test;

/** What is refused, and in which words. */
class RulesTest {
    private static final String NAME_RULE =
            " is no group name: 1 to 63 of A-Z a-z 0-9 . _ - beginning with a letter or a digit.";

    private final ControllerBox box = new ControllerBox(16, 2);

    @Test
    void joinOfANameThatIsTaken() {
        refused(join("g1"), "Group 'g1' exists already; choose another name.");
        refused(join("controller"), "Group 'controller' exists already; choose another name.");
        refused(join("a", "b", "a"), "The join names group 'a' twice.");
        refused(join(), "A join names at least one group.");
    }

    @Test
    void joinOfABadName() {
        refused(join(""), "''" + NAME_RULE);
        refused(join("-a"), "'-a'" + NAME_RULE);
        refused(join("a b"), "'a b'" + NAME_RULE);
        refused(join("a\nb\u2028"), "'a?b?'" + NAME_RULE);
        refused(join("x".repeat(64)), "'" + "x".repeat(64) + "'" + NAME_RULE);
        refused(join("x".repeat(65)), "'" + "x".repeat(64) + "...'" + NAME_RULE);
        assertThat(box.change(join("x".repeat(63)))).isInstanceOf(Response.Reconfigured.class);
    }

    @Test
    void joinWithBadNodes() {
        refused(join("a", 1, 1, 42), "Group 'a' can't be on node 42: there is no such node.");
        refused(join("a", 1, 1, 2, 1), "Node 'n1' is twice in group 'a'.");
        refused(join("a", 1), "Group 'a' has 1 to 9 nodes, not 0.");
        refused(join("a", 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "Group 'a' has 1 to 9 nodes, not 10.");
        assertThat(box.change(join("a", 1, 1, 2, 3, 4, 5, 6, 7, 8, 9))).isInstanceOf(Response.Reconfigured.class);
    }

    @Test
    void joinWithBadWeight() {
        refused(join("a", 0, 1), "The weight of group 'a' is a whole number from 1, not 0.");
    }

    @Test
    void joinOfTooMany() {
        refused(join(names(255)), "256 groups are the most; there are 2, and 255 more are too many.");
        assertThat(box.complete(join(names(254))).groups()).hasSize(256);
        refused(join("one-more"), "256 groups are the most; there are 256, and 1 more are too many.");
        refused(
                leave("nobody"),
                "There is no group 'nobody'; the groups are g1, g2, a1, a2, a3, a4, a5, a6 and 248 more.");
    }

    @Test
    void leaveOfWhoIsNotThere() {
        refused(leave("g3"), "There is no group 'g3'; the groups are g1, g2.");
        refused(leave("controller"), "There is no group 'controller'; the groups are g1, g2.");
        refused(leave("g1", "g1"), "The leave names group 'g1' twice.");
        refused(leave(), "A leave names at least one group.");
    }

    @Test
    void leaveOfTheLastGroup() {
        refused(leave("g2", "g1"), "Nobody is left to take 16 shards from g1, g2; join another group first.");
        box.complete(leave("g2"));
        refused(leave("g1"), "Nobody is left to take 16 shards from g1; join another group first.");
    }

    @Test
    void moveOfOrToWhatIsNotThere() {
        refused(move(0, "g3"), "There is no group 'g3'; the groups are g1, g2.");
        refused(move(16, "g1"), "There is no shard 16; shards are 0 to 15.");
        assertThat(new ControllerBox(4, 0).change(move(0, "g1")))
                .isEqualTo(refusal(Response.Code.BAD_REQUEST, "There is no group 'g1'."));
    }

    @Test
    void moveToWhoHasItMakesNoConfiguration() {
        byte[] before = box.stateBytes();
        Response.Reconfigured reply = (Response.Reconfigured) box.change(move(0, "g1"));
        assertThat(reply.before())
                .isSameAs(reply.after())
                .isSameAs(box.controller().newest());
        assertThat(reply.why()).isEqualTo("Shard 0 belongs to g1 already: nothing is changed.");
        assertThat(box.stateBytes()).isEqualTo(before);
    }

    @Test
    void G3_changeOfAnotherConfigurationThanExpected() {
        box.complete(join("g3"));
        for (long expected : new long[] {1, 3, -1}) {
            Response reply = box.apply(Controller.reconfigure(box.request(expected, join("g4"))));
            assertThat(reply)
                    .isEqualTo(refusal(
                            Response.Code.CONFLICT,
                            "The configuration is 2, not " + expected + "; look at it (kvctl query) and try again."));
        }
        assertThat(box.controller().newest().number()).isEqualTo(2);
        assertThat(box.apply(Controller.reconfigure(box.request(2, join("g4")))))
                .isInstanceOf(Response.Reconfigured.class);
    }

    @Test
    void G1_changeWhileMovesAreUnderWay() {
        box.change(leave("g2"));
        box.applyAll(Controller.moved(9, 2), Controller.moved(11, 2));
        String underWay = " left; kvctl wait migrated, then try again.";
        conflict(join("g3"), "Configuration 2 is being carried out: 6 of 8 moves are" + underWay);
        conflict(move(0, "g1"), "Configuration 2 is being carried out: 6 of 8 moves are" + underWay);
        refused(move(16, "g1"), "There is no shard 16; shards are 0 to 15.");
        box.applyAll(IntStream.of(8, 10, 12, 13, 14)
                .mapToObj(shard -> Controller.moved(shard, 2))
                .toArray(byte[][]::new));
        conflict(join("g3"), "Configuration 2 is being carried out: 1 of 8 moves is" + underWay);
        box.apply(Controller.moved(15, 2));
        assertThat(box.change(join("g3"))).isInstanceOf(Response.Reconfigured.class);
    }

    @Test
    void whatIsTooLongOrOnlyAPlanIsNeverProposed() {
        Request.Reconfigure tooLong = box.request(join("x".repeat(70_000)));
        assertThatThrownBy(() -> Controller.reconfigure(tooLong))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("A change has at most 65536 bytes, not 70");
        Request.Reconfigure plan = new Request.Reconfigure(1, 1, 0, true, join("g3"));
        assertThatThrownBy(() -> Controller.reconfigure(plan)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatCouldNotBeReadBackIsNeverProposed() {
        for (Change change : List.of(join("a", -3, 1), join("a", 1, -1), move(-1, "g1"))) {
            Request.Reconfigure request = box.request(change);
            assertThatThrownBy(() -> Controller.reconfigure(request))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("A number of the change is out of its range.");
        }
        assertThatThrownBy(() -> Controller.moved(4096, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void largestJoinThatIsAllowedCanBeProposed() {
        List<Change.NewGroup> groups = IntStream.range(0, 256)
                .mapToObj(i -> new Change.NewGroup(
                        "x".repeat(60) + (100 + i),
                        List.of(120, 121, 122, 123, 124, 125, 126, 127, 128),
                        Integer.MAX_VALUE))
                .toList();
        assertThat(Controller.reconfigure(box.request(new Change.Join(groups)))).hasSizeLessThan(Command.MAX_BYTES / 2);
    }

    private static String[] names(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> "a" + i).toArray(String[]::new);
    }

    private void refused(Change change, String message) {
        isRefused(change, Response.Code.BAD_REQUEST, message);
    }

    private void conflict(Change change, String message) {
        isRefused(change, Response.Code.CONFLICT, message);
    }

    /** Refused when planned and when applied, and nothing is changed by it. */
    private void isRefused(Change change, Response.Code code, String message) {
        byte[] before = box.stateBytes();
        assertThat(box.controller().plan(box.request(change))).isEqualTo(refusal(code, message));
        assertThat(box.change(change)).isEqualTo(refusal(code, message));
        assertThat(box.stateBytes()).isEqualTo(before);
    }

    private static Response refusal(Response.Code code, String message) {
        return new Response.Refused(code, message, 0);
    }
}
