package kvctl.node.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import kvctl.node.kv.KvMachine;
import kvctl.protocol.Configuration;
import kvctl.protocol.Request;
import kvctl.protocol.ShardMap;
import kvctl.protocol.Shards;
import kvctl.raft.RaftConfig;
import kvctl.raft.Turn;
import kvctl.raft.Waiter;
import kvctl.storage.Identity;
import kvctl.storage.MemoryDisk;
import kvctl.storage.Storage;
import kvctl.storage.StorageConfig;
import org.junit.jupiter.api.Test;

class MigratorTest {
    private static final int SHARDS = 4_096;
    private static final int GROUP = 1;
    private static final int TURNS = 2_000;

    private final ShardMap map =
            ControllerBox.first(SHARDS, List.of(new Configuration.Group(GROUP, "g1", List.of(1), 1)));
    private final Storage storage =
            Storage.inMemory(new MemoryDisk(), new Identity("id", "n1", 1), 1, StorageConfig.DEFAULT);
    private final Turn turn = new Turn(1, storage, (group, to, message) -> {});
    private final TreeMap<Integer, KvMachine> machines = new TreeMap<>();
    private final Migrator migrator = new Migrator(1, Pace.DEFAULT, turn, new OneGroup(), () -> map, (to, note) -> {});
    private long nowMs;

    private final class OneGroup implements Migrator.Replicas {
        private final Room room = new Room(1, (to, note) -> {});

        @Override
        public Room room() {
            return room;
        }

        @Override
        public SortedMap<Integer, KvMachine> machines() {
            return machines;
        }

        @Override
        public Controller controller() {
            return null;
        }
    }

    private void turn() {
        turn.prepare(++nowMs);
        turn.save();
        turn.finish(nowMs);
        migrator.tick(nowMs);
    }

    /** It is called after every turn of the loop, so it must cost nothing, however many shards there are. */
    @Test
    void shardsAreNotLookedAtWhileNothingMoves() {
        KvMachine machine = new KvMachine(
                GROUP,
                storage.tables(GROUP),
                new TreeSet<>(IntStream.range(0, SHARDS).boxed().toList()));
        machines.put(GROUP, machine);
        turn.add(GROUP, new RaftConfig(1, List.of(1)), machine, new SplittableRandom(1), nowMs);
        while (turn.leaderId(GROUP) == 0) {
            turn();
        }
        IntStream.range(0, 10).forEach(i -> turn());
        long before = migrator.rounds();
        int[] written = new int[1];
        for (int i = 1; i <= TURNS; i++) {
            Request.Put put = new Request.Put(new Request.Tag(1, 9, i, i), new byte[] {(byte) i}, new byte[10]);
            turn.propose(GROUP, KvMachine.command(put, Shards.of(put.key(), SHARDS)), new Waiter() {
                @Override
                public void done(long index, Object reply) {
                    written[0]++;
                }

                @Override
                public void failed(Failure why) {
                    throw new AssertionError(why);
                }
            });
            turn();
        }
        assertThat(written[0]).isGreaterThan(TURNS - 10);
        assertThat(before).isBetween(1L, 20L);
        assertThat(migrator.rounds()).isEqualTo(before);
        assertThat(migrator.nextDeadlineMs()).as("it wants no turn of its own").isEqualTo(Long.MAX_VALUE);
    }
}
