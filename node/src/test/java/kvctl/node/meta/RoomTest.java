package kvctl.node.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;
import kvctl.raft.Entry;
import kvctl.raft.Message;
import org.junit.jupiter.api.Test;

/** When a node says that its disk is full, and what it takes then (HAZARDS D12). */
class RoomTest {
    private static final long PLENTY = 1L << 40;
    private static final long LITTLE = NodeStatus.LITTLE_ROOM_BYTES - 1;

    private final List<String> sent = new ArrayList<>();
    private final Room room = new Room(1, (to, note) -> sent.add(to + " " + ((Note.RoomLeft) note).level()));
    private final ShardMap map = new ShardMap(
            1,
            1,
            "id",
            new int[] {1},
            new int[1],
            List.of(new ShardMap.Group(1, "g1", List.of(1, 2, 3), 1)),
            Stream.of(1, 2, 3)
                    .map(id -> new ShardMap.Node(id, "n" + id, "h", id))
                    .toList(),
            ShardMap.Steering.FREE);
    private long nowMs = 10;

    private void look(long freeBytes) {
        room.look(freeBytes, map, nowMs);
    }

    private String full() {
        return room.fullNode(map, 1, false);
    }

    @Test
    void tellsTheOthersOnceAndAgainWhileThereIsLittle() {
        look(PLENTY);
        assertThat(sent).isEmpty();
        look(LITTLE);
        look(LITTLE);
        assertThat(sent).containsExactly("2 LITTLE", "3 LITTLE");
        nowMs += Room.TELL_MS;
        look(LITTLE);
        assertThat(sent).hasSize(4);
        sent.clear();
        look(PLENTY);
        look(PLENTY);
        assertThat(sent).containsExactly("2 ENOUGH", "3 ENOUGH");
    }

    @Test
    void changesItsMindOnlyWhenThereIsClearlyMore() {
        look(LITTLE);
        look(NodeStatus.LITTLE_ROOM_BYTES);
        assertThat(room.of(1)).isEqualTo(Room.Level.LITTLE);
        look(NodeStatus.LITTLE_ROOM_BYTES + (8 << 20));
        assertThat(room.of(1)).isEqualTo(Room.Level.ENOUGH);
    }

    @Test
    void aGroupTakesWritesIfItsLeaderAndAMajorityCan() {
        look(PLENTY);
        assertThat(full()).isNull();
        room.hear(2, new Note.RoomLeft(Room.Level.NONE));
        assertThat(full()).isNull();
        room.hear(3, new Note.RoomLeft(Room.Level.LITTLE));
        assertThat(full()).isEqualTo("n2");
        assertThat(room.fullNode(map, 1, true)).isNull();
        nowMs += Room.HEARD_MS + 1;
        look(PLENTY);
        assertThat(full()).as("who is silent counts as able").isNull();
        look(LITTLE);
        assertThat(full()).isEqualTo("n1");
        assertThat(room.fullNode(map, 1, true)).isNull();
        look(0);
        assertThat(room.fullNode(map, 1, true)).isEqualTo("n1");
    }

    @Test
    void atTheVeryEndOnlyWhatIsTinyIsTakenOfAnotherLeader() {
        Message big = append(List.of(Entry.command(1, 1, new byte[2000])));
        Message tiny = append(List.of(Entry.noop(1, 1)));
        look(LITTLE);
        assertThat(room.takes(big)).isTrue();
        look(0);
        assertThat(room.takes(big)).isFalse();
        assertThat(room.takes(tiny)).isTrue();
        assertThat(room.takes(append(List.of()))).isTrue();
        assertThat(room.takes(new Message.InstallSnapshot(1, 2, 1, 1, 1, 0, new byte[1], false, 0, 1)))
                .isFalse();
    }

    private static Message append(List<Entry> entries) {
        return new Message.AppendEntries(1, 2, 0, 0, entries, 0, 0, 1);
    }
}
