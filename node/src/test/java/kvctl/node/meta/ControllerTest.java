package kvctl.node.meta;

import static kvctl.node.meta.ControllerBox.join;
import static kvctl.node.meta.ControllerBox.leave;
import static kvctl.node.meta.ControllerBox.move;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import kvctl.protocol.Configuration;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.raft.Entry;
import org.junit.jupiter.api.Test;

class ControllerTest {
    private final ControllerBox box = new ControllerBox(8, 2);

    @Test
    void beginsWithTheTopology() {
        Configuration newest = box.controller().newest();
        assertThat(newest.number()).isEqualTo(1);
        assertThat(newest.shardGroups()).containsExactly(1, 1, 1, 1, 2, 2, 2, 2);
        assertThat(newest.groups()).extracting(Configuration.Group::name).containsExactly("g1", "g2");
        assertThat(box.controller().map()).usingRecursiveComparison().isEqualTo(box.first());
        assertThat(box.controller().configuration(1)).isEqualTo(new Response.ConfigurationReply(newest, 0));
        assertThat(box.controller().lastApplied()).isZero();
    }

    @Test
    void joinTakesItsShareOneShardAfterTheOther() {
        Response.Reconfigured reply = (Response.Reconfigured) box.change(join("g3", 1, 7, 8));
        assertThat(reply.before().number()).isEqualTo(1);
        assertThat(reply.after().number()).isEqualTo(2);
        assertThat(reply.after().shardGroups()).containsExactly(1, 1, 1, 3, 2, 2, 2, 3);
        assertThat(reply.after().groups())
                .contains(
                        new Configuration.Group(3, "g3", List.of(7, 8), 1),
                        reply.before().groups().get(0));
        assertThat(reply.why())
                .isEqualTo("g3 must get 2 shards and can have them only from others: 2 moves are the fewest.");

        ShardMap map = box.controller().map();
        assertThat(map.revision()).isEqualTo(1);
        assertThat(map.number()).isEqualTo(2);
        assertThat(map.shardGroups()).containsExactly(1, 1, 1, 1, 2, 2, 2, 2);
        assertThat(map.movingTo()).containsExactly(0, 0, 0, 3, 0, 0, 0, 3);
        assertThat(map.groups()).extracting(ShardMap.Group::name).containsExactly("controller", "g1", "g2", "g3");
        assertThat(map.nodes()).isEqualTo(box.first().nodes());
        assertThat(movesLeft(2)).isEqualTo(2);

        assertThat(box.apply(Controller.moved(7, 2))).isEqualTo(new Response.Ok());
        map = box.controller().map();
        assertThat(map.revision()).isEqualTo(2);
        assertThat(map.shardGroups()).containsExactly(1, 1, 1, 1, 2, 2, 2, 3);
        assertThat(map.movingTo()).containsExactly(0, 0, 0, 3, 0, 0, 0, 0);
        assertThat(box.controller().isPending(3, 2)).isTrue();
        assertThat(box.controller().isPending(7, 2)).isFalse();
        assertThat(movesLeft(0)).isEqualTo(1);
        assertThat(movesLeft(1)).isZero();
    }

    @Test
    void G11_whoLeavesStaysInTheMapUntilEverythingHasArrived() {
        box.complete(join("g3"));
        Response.Reconfigured reply = (Response.Reconfigured) box.change(leave("g3"));
        assertThat(reply.after().groups()).extracting(Configuration.Group::name).containsExactly("g1", "g2");
        assertThat(reply.why()).isEqualTo("g3 leaves 2 shards that must go to others: 2 moves are the fewest.");
        assertThat(box.controller().map().group("g3")).isNotNull();
        box.apply(Controller.moved(3, 3));
        assertThat(box.controller().map().group("g3")).isNotNull();
        box.apply(Controller.moved(7, 3));
        assertThat(box.controller().map().group("g3")).isNull();
        assertThat(box.controller().map().moves()).isZero();
    }

    @Test
    void whoLeavesWithoutShardsIsGoneAtOnce() {
        ControllerBox small = new ControllerBox(2, 2);
        assertThat(small.complete(join("g3")).shardGroups()).containsExactly(1, 2);
        assertThat(small.complete(leave("g3")).groups()).hasSize(2);
        assertThat(small.controller().map().group("g3")).isNull();
        Response.Reconfigured reply = (Response.Reconfigured) small.change(join("g3"));
        assertThat(reply.why()).isEmpty();
    }

    @Test
    void M6_groupIdsAreNeverUsedAgain() {
        box.complete(join("g3", "g4"));
        box.complete(leave("g3", "g4"));
        box.restart();
        Configuration after = box.complete(join("g3", "again"));
        assertThat(after.group("g3").groupId()).isEqualTo(5);
        assertThat(after.group("again").groupId()).isEqualTo(6);
    }

    @Test
    void weightsEnterWithTheJoin() {
        Configuration after = box.complete(join("big", 2, 1, 2));
        assertThat(after.shardGroups()).containsExactly(1, 1, 3, 3, 2, 2, 3, 3);
        assertThat(box.complete(leave("g2")).shardGroups()).containsExactly(1, 1, 3, 3, 1, 3, 3, 3);
    }

    @Test
    void moveStaysUntilTheGroupsChange() {
        Response.Reconfigured reply = (Response.Reconfigured) box.change(move(0, "g2"));
        assertThat(reply.after().number()).isEqualTo(2);
        assertThat(reply.after().shardGroups()).containsExactly(2, 1, 1, 1, 2, 2, 2, 2);
        assertThat(reply.why()).isEqualTo("Shard 0 goes to g2, and nothing else moves: 1 move.");
        box.arriveAll();
        assertThat(box.complete(move(1, "g2")).shardGroups()).containsExactly(2, 2, 1, 1, 2, 2, 2, 2);
        Response.Reconfigured anew = (Response.Reconfigured) box.change(join("g3"));
        assertThat(anew.after().shardGroups()).containsExactly(2, 2, 1, 1, 2, 3, 3, 3);
        assertThat(anew.why())
                .isEqualTo("In a balanced configuration 5 of 8 shards can stay where they are, not more:"
                        + " 3 moves are the fewest.");
    }

    @Test
    void firstGroupsTakeWhatNobodyHas() {
        ControllerBox empty = new ControllerBox(3, 0);
        Response.Reconfigured reply = (Response.Reconfigured) empty.change(join("a", "b"));
        assertThat(reply.after().shardGroups()).containsExactly(1, 1, 2);
        assertThat(reply.why()).isEqualTo("3 shards have no group yet: 3 moves are the fewest.");
        assertThat(empty.controller().map().shardGroups()).containsExactly(0, 0, 0);
        assertThat(empty.controller().map().movingTo()).containsExactly(1, 1, 2);
    }

    @Test
    void arrivalsCountOnceAndOnlyForTheNewestConfiguration() {
        box.complete(join("g3"));
        box.change(leave("g3"));
        ShardMap before = box.controller().map();
        for (byte[] command : List.of(
                Controller.moved(3, 2), // of an older configuration
                Controller.moved(3, 4),
                Controller.moved(0, 3), // does not move
                Controller.moved(4000, 3))) {
            assertThat(box.apply(command)).isEqualTo(new Response.Ok());
        }
        assertThat(box.controller().map()).isSameAs(before);
        box.applyAll(Controller.moved(3, 3), Controller.moved(3, 3));
        assertThat(box.controller().map().revision()).isEqualTo(before.revision() + 5);
        assertThat(movesLeft(3)).isEqualTo(1);
        assertThat(box.controller().isPending(-1, 3)).isFalse();
        assertThat(box.controller().isPending(5000, 3)).isFalse();
    }

    @Test
    void repeatGetsTheFirstAnswerWhateverHappenedSince() {
        byte[] request = Controller.reconfigure(box.request(1, join("g3")));
        Response first = box.apply(request);
        box.arriveAll();
        box.complete(leave("g1"));
        long number = box.controller().newest().number();
        for (int round = 0; round < 2; round++) {
            assertThat(box.apply(request)).usingRecursiveComparison().isEqualTo(first);
            assertThat(box.controller().newest().number()).isEqualTo(number);
            box.restart();
        }
        assertThat(box.configuration(2).group("g3")).isNotNull();
    }

    @Test
    void repeatInTheSameBatchChangesNothing() {
        byte[] request = Controller.reconfigure(box.request(join("g3")));
        List<Object> replies = box.applyAll(request, request);
        assertThat(replies.get(1)).usingRecursiveComparison().isEqualTo(replies.get(0));
        assertThat(box.controller().newest().number()).isEqualTo(2);
    }

    @Test
    void refusalIsNotRemembered() {
        box.change(join("g3"));
        byte[] request = Controller.reconfigure(box.request(join("g4")));
        assertThat(box.apply(request)).isInstanceOf(Response.Refused.class);
        box.arriveAll();
        assertThat(box.apply(request)).isInstanceOf(Response.Reconfigured.class);
    }

    @Test
    void planIsTheAnswerWithoutItsEffect() {
        Request.Reconfigure request = box.request(1, join("g3"));
        byte[] before = box.stateBytes();
        Response plan = box.controller().plan(request);
        assertThat(box.stateBytes()).isEqualTo(before);
        assertThat(box.apply(Controller.reconfigure(request)))
                .usingRecursiveComparison()
                .isEqualTo(plan);
    }

    @Test
    void missingConfigurationIsRefused() {
        box.complete(join("g3"));
        for (long number : new long[] {3, 999, -1}) {
            assertThat(box.controller().configuration(number))
                    .isEqualTo(new Response.Refused(
                            Response.Code.BAD_REQUEST,
                            "There is no configuration " + number + "; the newest is 2.",
                            0));
        }
    }

    @Test
    void steeringIsKeptAndOnlyAChangeOfItIsOne() {
        steer(null, -1, ShardMap.Steering.FREE, 0);
        steer(true, -1, new ShardMap.Steering(true, 0), 2);
        steer(null, 5000, new ShardMap.Steering(true, 5000), 3);
        steer(true, 5000, new ShardMap.Steering(true, 5000), 3);
        box.restart();
        steer(false, -7, new ShardMap.Steering(false, 5000), 5);
        box.change(join("g3"));
        steer(null, 0, ShardMap.Steering.FREE, 7);
    }

    private void steer(Boolean paused, long bytesPerS, ShardMap.Steering then, long revision) {
        Response reply = box.apply(Controller.steer(new Request.SteerMoves(paused, bytesPerS)));
        assertThat(reply).isEqualTo(new Response.Ok());
        assertThat(box.controller().map().steering()).isEqualTo(then);
        assertThat(box.controller().map().revision()).isEqualTo(revision);
    }

    @Test
    void mapIsTheSameObjectUntilItChanges() {
        ShardMap map = box.controller().map();
        box.apply(List.of(Entry.noop(1, 1)));
        box.change(join("g1"));
        assertThat(box.controller().map().revision()).isZero();
        ShardMap later = box.controller().map();
        assertThat(later).usingRecursiveComparison().isEqualTo(map);
        assertThat(box.controller().map()).isSameAs(later);
        box.change(join("g3"));
        assertThat(box.controller().map()).isNotSameAs(later);
        assertThat(later.movingTo()).containsOnly(0);
    }

    @Test
    void noOpsOnlyMoveLastApplied() {
        assertThat(box.apply(List.of(Entry.noop(1, 3)))).containsExactly((Object) null);
        assertThat(box.controller().lastApplied()).isEqualTo(1);
        assertThat(box.controller().lastAppliedTerm()).isEqualTo(3);
        box.restart();
        assertThat(box.controller().lastAppliedTerm()).isEqualTo(3);
        assertThat(box.controller().newest().number()).isEqualTo(1);
    }

    @Test
    void gapInTheLogStopsTheMachine() {
        assertThatThrownBy(() -> box.applyUnsaved(List.of(Entry.noop(2, 1))))
                .hasStackTraceContaining("entries follow each other");
    }

    @Test
    void commandOfAnotherVersionStopsTheMachine() {
        for (byte[] bytes : List.of(new byte[] {9}, new byte[] {2, 1}, new byte[] {2, 1, 1, 1}, new byte[0])) {
            assertThatThrownBy(() -> new ControllerBox(8, 2).apply(bytes))
                    .hasStackTraceContaining("an entry holds no command of this version");
        }
    }

    @Test
    void damagedRowsStopTheMachine() {
        box.complete(join("g3"));
        box.complete(join("g4"));
        box.complete(join("g5"));
        box.restart();
        box.damage("configurations", Rows.key(1));
        assertThatThrownBy(() -> box.controller().configuration(1)).hasMessageContaining("configuration 1 is damaged");
        box.displace("configurations", Rows.key(3), Rows.key(2));
        assertThatThrownBy(() -> box.controller().configuration(2)).hasMessageContaining("configuration 2 is damaged");
        box.damage("state", Rows.key(0));
        assertThatThrownBy(box::restart).hasMessageContaining("the state is damaged");
    }

    @Test
    void firstMapMustBeOne() {
        ShardMap withoutController =
                new ShardMap(0, 1, "id", new int[4], new int[4], List.of(), List.of(), ShardMap.Steering.FREE);
        assertThatThrownBy(() -> new Controller(null, withoutController, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private int movesLeft(long number) {
        return ((Response.ConfigurationReply) box.controller().configuration(number)).movesLeft();
    }
}
