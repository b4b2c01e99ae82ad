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
    private int dead;

    private void look(long freeBytes) {
        room.look(freeBytes, map, nowMs);
    }

    private String full() {
        return room.fullNode(map, 1, false, id -> id != dead);
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
        nowMs += Room.BETTER_MS;
        look(PLENTY);
        look(PLENTY);
        assertThat(sent).containsExactly("2 ENOUGH", "3 ENOUGH");
    }

    @Test
    void changesItsMindAtOnceForTheWorseAndLaterForTheBetter() {
        look(LITTLE);
        look(PLENTY);
        nowMs += Room.BETTER_MS - 1;
        look(PLENTY);
        assertThat(room.of(1)).isEqualTo(Room.Level.LITTLE);
        look(LITTLE);
        nowMs += 1;
        look(PLENTY);
        assertThat(room.of(1)).isEqualTo(Room.Level.LITTLE);
        look(0);
        assertThat(room.of(1)).isEqualTo(Room.Level.NONE);
        nowMs += Room.BETTER_MS;
        look(PLENTY);
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
        assertThat(room.fullNode(map, 1, true, id -> id != dead)).isNull();
        nowMs += Room.HEARD_MS + 1;
        look(PLENTY);
        assertThat(full()).as("who is silent counts as able").isNull();
        look(LITTLE);
        assertThat(full()).isEqualTo("n1");
        assertThat(room.fullNode(map, 1, true, id -> id != dead)).isNull();
        look(0);
        assertThat(room.fullNode(map, 1, true, id -> id != dead)).isEqualTo("n1");
    }

    @Test
    void aMemberThatIsDownCountsAsFullIfAnotherOneIs() {
        look(PLENTY);
        dead = 3;
        assertThat(full())
                .as("nobody is full: what can't be committed is for the leader to find out")
                .isNull();
        room.hear(2, new Note.RoomLeft(Room.Level.NONE));
        assertThat(full()).isEqualTo("n2");
    }

    @Test
    void atTheVeryEndOnlySoMuchIsTakenOfAnotherLeader() {
        Message snapshot = new Message.InstallSnapshot(1, 2, 1, 1, 1, 0, new byte[1], false, 0, 1);
        Message entries = append(List.of(Entry.command(1, 1, new byte[100])));
        look(PLENTY);
        assertThat(room.takes(snapshot)).isTrue();
        look(LITTLE);
        assertThat(room.takes(snapshot)).isFalse();
        assertThat(room.takes(entries)).isTrue();
        look(0);
        int taken = 0;
        while (room.takes(entries)) {
            taken++;
        }
        assertThat(taken).isBetween(100, (int) Room.LAST_TAKEN_BYTES / 4096);
        assertThat(room.takes(append(List.of(Entry.noop(1, 1))))).isTrue();
        assertThat(room.takes(append(List.of()))).isTrue();
        assertThat(room.takes(snapshot)).isFalse();
        nowMs += Room.BETTER_MS;
        look(PLENTY);
        look(0);
        assertThat(room.takes(entries)).isTrue();
    }

    @Test
    void whoHasNoRoomIsSentEntriesNowAndThenOnly() {
        Message entries = append(List.of(Entry.command(1, 1, new byte[100])));
        look(PLENTY);
        room.hear(2, new Note.RoomLeft(Room.Level.NONE));
        assertThat(room.sends(2, entries)).isTrue();
        assertThat(room.sends(2, entries)).isFalse();
        assertThat(room.sends(2, append(List.of()))).isTrue();
        assertThat(room.sends(3, entries)).isTrue();
        nowMs += 1000;
        look(PLENTY);
        assertThat(room.sends(2, entries)).isTrue();
    }

    private static Message append(List<Entry> entries) {
        return new Message.AppendEntries(1, 2, 0, 0, entries, 0, 0, 1);
    }
}
