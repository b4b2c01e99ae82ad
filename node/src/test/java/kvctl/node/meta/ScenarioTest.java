package kvctl.node.meta;

import static kvctl.node.meta.ControllerBox.join;
import static kvctl.node.meta.ControllerBox.leave;
import static kvctl.node.meta.ControllerBox.move;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.raft.Entry;
import org.junit.jupiter.api.Test;

/** MIT 6.5840's shardctrler suite on state machines: ten shards, moves are completed at once. */
class ScenarioTest {
    private static final int SHARDS = 10;

    private final ControllerBox box = new ControllerBox(SHARDS, 0);

    @Test
    void basicJoinsAndLeavesOneByOne() {
        check();
        box.complete(join("a"));
        check("a");
        box.complete(join("b"));
        check("a", "b");
        box.complete(leave("a"));
        check("b");
        box.complete(join("a"));
        check("b", "a");
    }

    @Test
    void basicHistoricalQueriesAreTheSameOnEveryReplica() {
        List<Configuration> made = new ArrayList<>();
        made.add(box.controller().newest());
        made.add(box.complete(join("a")));
        made.add(box.complete(join("b")));
        made.add(box.complete(move(0, "b")));
        made.add(box.complete(leave("a")));
        made.add(box.complete(join("c", "d")));
        made.add(box.complete(leave("b", "d")));
        for (ControllerBox replica : replicas()) {
            for (Configuration configuration : made) {
                assertThat(replica.controller().configuration(configuration.number()))
                        .usingRecursiveComparison()
                        .isEqualTo(new Response.ConfigurationReply(configuration, 0));
            }
        }
    }

    @Test
    void basicMovesPinShards() {
        box.complete(join("a", "b"));
        for (int shard = 0; shard < SHARDS; shard++) {
            long number = box.controller().newest().number();
            String group = shard < SHARDS / 2 ? "b" : "a"; // who does not have it
            Configuration after = box.complete(move(shard, group));
            assertThat(after.number()).isEqualTo(number + 1);
            for (int pinned = 0; pinned <= shard; pinned++) {
                assertThat(after.shardGroups()[pinned])
                        .isEqualTo(after.group(pinned < SHARDS / 2 ? "b" : "a").groupId());
            }
        }
        box.restart();
        assertThat(box.controller().map().shardGroups()).containsExactly(2, 2, 2, 2, 2, 1, 1, 1, 1, 1);
    }

    /** Each of ten clients joins x + 1000, joins x and leaves x + 1000, and tries again whatever is in conflict. */
    @Test
    void basicConcurrentClients() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            ControllerBox each = new ControllerBox(SHARDS, 0);
            List<Client> clients =
                    IntStream.rangeClosed(1, 10).mapToObj(Client::new).toList();
            while (!clients.stream().allMatch(Client::isDone)) {
                List<Client> asking = clients.stream()
                        .filter(client -> !client.isDone() && random.nextInt(3) == 0)
                        .toList();
                List<Object> replies = asking.isEmpty()
                        ? List.of()
                        : each.applyAll(asking.stream()
                                .map(client -> client.request(each))
                                .toArray(byte[][]::new));
                for (int i = 0; i < asking.size(); i++) {
                    asking.get(i).answered((Response) replies.get(i));
                }
                if (random.nextBoolean()) {
                    each.arriveAll();
                }
            }
            each.arriveAll();
            check(each, "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10");
            assertThat(each.controller().newest().number()).as("seed %d", seed).isEqualTo(1 + 30);
        }
    }

    private static final class Client {
        private final List<Change> steps;
        private int step;

        Client(int x) {
            steps = List.of(join("x" + (x + 1000)), join("x" + x), leave("x" + (x + 1000)));
        }

        boolean isDone() {
            return step == steps.size();
        }

        byte[] request(ControllerBox to) {
            return Controller.reconfigure(to.request(steps.get(step)));
        }

        void answered(Response response) {
            if (response instanceof Response.Reconfigured) {
                step++;
            } else if (!(response instanceof Response.Refused refused)
                    || refused.code() != Response.Code.CONFLICT
                            // the last group has to wait for another one's
                            && !refused.message().startsWith("Nobody is left")) {
                throw new AssertionError(response);
            }
        }
    }

    @Test
    void basicFiveJoinsAndFiveLeavesMoveNothingBetweenSurvivors() {
        box.complete(join("a", "b"));
        for (int i = 1; i <= 5; i++) {
            Configuration before = box.controller().newest();
            Configuration after = box.complete(join("new" + i));
            assertNothingMovesBetweenSurvivors(before, after);
        }
        for (int i = 1; i <= 5; i++) {
            Configuration before = box.controller().newest();
            Configuration after = box.complete(leave("new" + i));
            assertNothingMovesBetweenSurvivors(before, after);
        }
        check("a", "b");
    }

    @Test
    void multiJoinsAndLeavesSeveralAtATime() {
        box.complete(join("a", "b"));
        check("a", "b");
        box.complete(join("c", "d", "e"));
        check("a", "b", "c", "d", "e");
        box.complete(leave("a", "c"));
        check("b", "d", "e");
        Configuration before = box.controller().newest();
        Configuration after = box.complete(join("f", "g", "h", "i", "j", "k", "l", "m", "n"));
        check("b", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n");
        assertNothingMovesBetweenSurvivors(before, after);
        Configuration left = box.complete(leave("f", "g", "h", "i", "j", "k", "l", "m", "n"));
        check("b", "d", "e");
        assertNothingMovesBetweenSurvivors(after, left);
    }

    @Test
    void multiNextLeaderHasTheIdenticalConfiguration() {
        box.complete(join("a", "b", "c"));
        box.change(leave("a", "b"));
        box.apply(Controller.moved(0, 3));
        for (ControllerBox next : replicas()) {
            assertThat(next.controller().map())
                    .usingRecursiveComparison()
                    .isEqualTo(box.controller().map());
            next.arriveAll();
            check(next, "c");
        }
    }

    @Test
    void R15_sameEntriesInOtherBatchesGiveTheSameStateAndReplies() {
        for (int seed = 0; seed < 15; seed++) {
            Random random = new Random(seed);
            List<byte[]> commands = randomCommands(random);
            ControllerBox one = new ControllerBox(SHARDS, 2);
            List<Object> replies = new ArrayList<>();
            commands.forEach(command -> replies.add(one.apply(command)));
            assertThat(replies).hasAtLeastOneElementOfType(Response.Reconfigured.class);
            for (int other = 0; other < 2; other++) {
                ControllerBox box = new ControllerBox(SHARDS, 2);
                List<Object> same = new ArrayList<>();
                for (int at = 0; at < one.log.size(); ) {
                    int to = Math.min(one.log.size(), at + 1 + random.nextInt(9));
                    same.addAll(box.apply(one.log.subList(at, to)));
                    at = to;
                    if (random.nextInt(4) == 0) {
                        box.restart();
                    }
                }
                assertThat(same).as("seed %d", seed).usingRecursiveComparison().isEqualTo(replies);
                assertThat(box.rows()).as("seed %d", seed).isEqualTo(one.rows());
                assertThat(box.stateBytes()).as("seed %d", seed).isEqualTo(one.stateBytes());
            }
        }
    }

    /** Anything goes: changes that fit and that don't, arrivals in time and late, repeats, steering. */
    private static List<byte[]> randomCommands(Random random) {
        ControllerBox guide = new ControllerBox(SHARDS, 2);
        List<byte[]> commands = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            String name = "g" + (1 + random.nextInt(6));
            long number = guide.controller().newest().number();
            byte[] command = switch (random.nextInt(10)) {
                case 0 -> Controller.reconfigure(guide.request(join(name, 1 + random.nextInt(3), 1, 2)));
                case 1 -> Controller.reconfigure(guide.request(leave(name)));
                case 2 -> Controller.reconfigure(guide.request(number, move(random.nextInt(SHARDS), name)));
                case 3 -> Controller.reconfigure(guide.request(number - 1, join(name)));
                case 4 ->
                    Controller.steer(new Request.SteerMoves(
                            random.nextBoolean() ? null : random.nextBoolean(), random.nextInt(3) - 1));
                case 5 -> commands.isEmpty() ? Controller.moved(0, 1) : commands.get(random.nextInt(commands.size()));
                default -> Controller.moved(random.nextInt(SHARDS), number - random.nextInt(8) / 7);
            };
            guide.apply(command);
            commands.add(command);
        }
        return commands;
    }

    @Test
    void S2_snapshotOnAnotherReplicaGoesOnWhereTheFirstWas() {
        box.complete(join("a", "b", "c"));
        byte[] repeated = Controller.reconfigure(box.request(leave("b")));
        Response answer = box.apply(repeated);
        box.apply(Controller.steer(new Request.SteerMoves(true, 77)));
        box.apply(Controller.moved(8, 3));

        ControllerBox other = new ControllerBox(SHARDS, 0);
        other.complete(join("old"));
        other.controller().map();
        other.installFrom(box, 50);
        assertThat(other.rows()).isEqualTo(box.rows());
        for (int round = 0; round < 2; round++) {
            assertThat(other.stateBytes()).isEqualTo(box.stateBytes());
            assertThat(other.configuration(2)).usingRecursiveComparison().isEqualTo(box.configuration(2));
            assertThat(other.apply(repeated)).usingRecursiveComparison().isEqualTo(answer);
            box.apply(repeated);
            other.restart();
        }
        box.arriveAll();
        other.arriveAll();
        assertThat(other.complete(join("d")).group("d").groupId()).isEqualTo(4);
        box.complete(join("d"));
        assertThat(other.stateBytes()).isEqualTo(box.stateBytes());
    }

    @Test
    void restartGoesOnInTheMiddleOfTheMoves() {
        box.complete(join("a", "b"));
        box.change(leave("a"));
        box.apply(Controller.moved(0, 3));
        byte[] before = box.stateBytes();
        box.restart();
        assertThat(box.stateBytes()).isEqualTo(before);
        assertThat(box.controller().map().moves()).isEqualTo(4);
        box.arriveAll();
        check("b");
    }

    /** The log again on three machines, each with other batches: what the other servers of the suite are. */
    private List<ControllerBox> replicas() {
        List<ControllerBox> replicas = new ArrayList<>();
        for (int batch : new int[] {1, 3, 1000}) {
            ControllerBox replica = new ControllerBox(SHARDS, 0);
            for (int at = 0; at < box.log.size(); at += batch) {
                List<Entry> entries = box.log.subList(at, Math.min(box.log.size(), at + batch));
                replica.apply(entries);
            }
            replicas.add(replica);
        }
        return replicas;
    }

    private void check(String... names) {
        check(box, names);
    }

    /** The suite's check: members exact, no shard of a missing group, shares differ by one at most. */
    private static void check(ControllerBox box, String... names) {
        Configuration newest = box.controller().newest();
        assertThat(newest.groups()).extracting(Configuration.Group::name).containsExactlyInAnyOrder(names);
        ShardMap map = box.controller().map();
        assertThat(map.dataGroups()).extracting(ShardMap.Group::name).containsExactlyInAnyOrder(names);
        assertThat(map.moves()).isZero();
        assertThat(map.shardGroups()).isEqualTo(newest.shardGroups());
        if (names.length == 0) {
            assertThat(newest.shardGroups()).containsOnly(ShardMap.NO_GROUP);
            return;
        }
        assertThat(Arrays.stream(newest.shardGroups())).allMatch(groupId -> newest.group(groupId) != null);
        List<Long> counts = newest.groups().stream()
                .map(group -> Arrays.stream(newest.shardGroups())
                        .filter(groupId -> groupId == group.groupId())
                        .count())
                .sorted()
                .toList();
        assertThat(counts.get(counts.size() - 1) - counts.get(0)).isLessThanOrEqualTo(1);
    }

    private static void assertNothingMovesBetweenSurvivors(Configuration before, Configuration after) {
        assertThat(before.movesTo(after))
                .allMatch(moved -> after.group(moved.fromGroupId()) == null || before.group(moved.toGroupId()) == null);
    }
}
