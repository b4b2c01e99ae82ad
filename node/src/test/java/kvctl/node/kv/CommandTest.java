package kvctl.node.kv;

import static kvctl.node.kv.KvBox.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import org.junit.jupiter.api.Test;

class CommandTest {
    private static final int SHARD = 11;
    private static final Request.Tag TAG = new Request.Tag(1_700_000_000_000L, -5, 300, 298);

    private static final List<Request.Write> WRITES = List.of(
            new Request.Put(TAG, bytes("key"), bytes("value")),
            new Request.Append(TAG, bytes("key"), bytes("value")),
            new Request.Delete(TAG, bytes("key")),
            new Request.Cas(TAG, bytes("key"), 12345, bytes("value")));

    @Test
    void commandsReadBackAsTheyWereWritten() {
        Command.Op[] ops = {Command.Op.PUT, Command.Op.APPEND, Command.Op.DELETE, Command.Op.CAS};
        for (int i = 0; i < ops.length; i++) {
            Command command = Command.decode(Command.encode(WRITES.get(i), SHARD));
            assertThat(command.op()).isEqualTo(ops[i]);
            assertThat(command.shardId()).isEqualTo(SHARD);
            assertThat(command.tag()).isEqualTo(TAG);
            assertThat(command.key()).isEqualTo(bytes("key"));
            assertThat(command.value()).isEqualTo(bytes(ops[i] == Command.Op.DELETE ? "" : "value"));
            assertThat(command.expectedVersion()).isEqualTo(ops[i] == Command.Op.CAS ? 12345 : 0);
        }
    }

    /** Logs on disk hold these bytes: a change needs a new operation code. */
    @Test
    void bytesOfACommandStayTheSame() {
        byte[] cas = Command.encode(WRITES.get(3), 1507);
        assertThat(HexFormat.of().formatHex(cas))
                .isEqualTo("04" + "e30b" + "80d095ffbc31" + "fffffffffffffffb" + "ac02" + "02" + "036b6579" + "b960"
                        + "76616c7565");
    }

    /** As above. */
    @Test
    void bytesOfAMoveStayTheSame() {
        HexFormat hex = HexFormat.of();
        assertThat(hex.formatHex(KvMachine.copy(300, 7, 2))).isEqualTo("05" + "ac02" + "07" + "02");
        assertThat(hex.formatHex(KvMachine.freeze(300, 7))).isEqualTo("06" + "ac02" + "07");
        assertThat(hex.formatHex(KvMachine.install(ShardChunk.empty(300, 7), 2)))
                .isEqualTo("07" + "ac02" + "07" + "02" + "ac02" + "07" + "00" + "03020000" + "01" + "00" + "00" + "00"
                        + "12" + "b9d21041" + "05" + "0000000000" + "0000000000000000");
        assertThat(hex.formatHex(KvMachine.drop(300, 7))).isEqualTo("08" + "ac02" + "07");
        assertThat(MoveCommand.is(Command.encode(WRITES.get(3), SHARD))).isFalse();
        assertThat(MoveCommand.is(new byte[] {9})).isFalse();
    }

    @Test
    void brokenCommandIsNeverTakenForAnother() {
        for (Request.Write write : WRITES) {
            byte[] good = Command.encode(write, SHARD);
            int fixed = good.length - (write instanceof Request.Delete ? 0 : 5);
            for (int length = 0; length < fixed; length++) {
                byte[] cut = Arrays.copyOf(good, length);
                assertThatThrownBy(() -> Command.decode(cut)).isInstanceOf(IllegalStateException.class);
            }
            for (int code : new int[] {0, 5, 255}) {
                byte[] other = good.clone();
                other[0] = (byte) code;
                assertThatThrownBy(() -> Command.decode(other)).hasMessageContaining("unknown operation");
            }
        }
        byte[] longDelete = Arrays.copyOf(Command.encode(WRITES.get(2), SHARD), 100);
        assertThatThrownBy(() -> Command.decode(longDelete)).hasMessageContaining("out of its range");
    }

    @Test
    void randomBytesGiveACommandOrAnErrorAndNothingElse() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(60)];
            random.nextBytes(bytes);
            if (bytes.length > 0) {
                bytes[0] = (byte) (1 + random.nextInt(4));
            }
            try {
                Command command = Command.decode(bytes);
                assertThat(command.key()).hasSizeBetween(1, Limits.KEY_MAX_BYTES);
            } catch (IllegalStateException expected) {
                assertThat(expected).hasMessageStartingWith("an entry holds no command");
            }
        }
    }

    @Test
    void oversizedAndEmptyFieldsAreRefusedBeforeTheLog() {
        assertThatThrownBy(() -> Command.encode(new Request.Delete(TAG, new byte[0]), SHARD))
                .hasMessage("A key has 1 to 1024 bytes, not 0.");
        assertThatThrownBy(() -> Command.encode(new Request.Delete(TAG, new byte[1025]), SHARD))
                .hasMessage("A key has 1 to 1024 bytes, not 1025.");
        assertThatThrownBy(() -> Command.encode(new Request.Put(TAG, bytes("k"), new byte[(4 << 20) + 1]), SHARD))
                .hasMessage("The value has 4194305 bytes; the limit is 4194304.");
        assertThat(Command.decode(Command.encode(new Request.Put(TAG, new byte[1024], new byte[4 << 20]), SHARD))
                        .value())
                .hasSize(4 << 20);
    }

    @Test
    void senselessTagsAreRefusedBeforeTheLog() {
        for (Request.Tag tag : List.of(
                new Request.Tag(0, 1, 1, 1),
                new Request.Tag(-1, 1, 1, 1),
                new Request.Tag(1, 1, 0, 0),
                new Request.Tag(1, 1, 5, 6),
                new Request.Tag(1, 1, 5, -1))) {
            assertThatThrownBy(() -> Command.encode(new Request.Delete(tag, bytes("k")), SHARD))
                    .hasMessageContaining("makes no sense");
        }
    }
}
