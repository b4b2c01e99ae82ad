package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import kvctl.node.kv.ShardChunk;
import kvctl.node.meta.Note;
import kvctl.node.meta.Room;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.ProtocolException;
import kvctl.raft.Entry;
import kvctl.raft.Message;
import org.junit.jupiter.api.Test;

class PeerCodecTest {
    private static final long BIG = Long.MAX_VALUE;

    private static List<Message> samples() {
        List<Entry> entries = List.of(
                Entry.noop(8, 3), Entry.command(9, 3, new byte[0]), Entry.command(10, 4, new byte[] {1, 2, -1}));
        return List.of(
                new Message.PreVote(0, 1, 0, 0),
                new Message.PreVote(BIG, Integer.MAX_VALUE, BIG, BIG),
                new Message.PreVoteReply(7, true),
                new Message.RequestVote(7, 2, 127, 128, true),
                new Message.RequestVoteReply(300, false),
                new Message.AppendEntries(4, 1, 7, 3, entries, 6, 10, 77),
                new Message.AppendEntries(4, 1, 7, 3, List.of(), 6, 10, 77),
                new Message.AppendEntriesReply(4, true, 10, 0, 0, 77, true),
                new Message.AppendEntriesReply(4, false, 5, 2, 3, 78, false),
                new Message.InstallSnapshot(4, 1, 100, 3, 9, 1 << 20, new byte[] {5, 6}, true, -123456, 80),
                new Message.InstallSnapshot(4, 1, 100, 3, 9, 0, new byte[0], false, 0, 80),
                new Message.InstallSnapshotReply(4, 9, 1 << 20, 80, true),
                new Message.TimeoutNow(4, 1, 10));
    }

    private static List<Note> notes() {
        return List.of(
                new Note.MapWanted(BIG),
                new Note.MapNews(Topology.defaults("demo", 5, 3, 7101).shardMap()),
                new Note.Pull(7, BIG, 1, Integer.MAX_VALUE, 2, new byte[] {1, 2}),
                new Note.Piece(7, 3, 1, 2, true, null),
                new Note.Piece(7, 3, 1, 2, false, ShardChunk.empty(7, 3)),
                new Note.Arrived(4095, 9),
                new Note.Probe(BIG),
                new Note.RoomLeft(Room.Level.LITTLE));
    }

    private static byte[] written(List<Message> messages) {
        return written(messages, List.of());
    }

    private static byte[] written(List<Message> messages, List<Note> notes) {
        BytesWriter out = new BytesWriter();
        int groupId = 1;
        for (Message message : messages) {
            PeerCodec.write(out, groupId++, message);
        }
        notes.forEach(note -> PeerCodec.write(out, note));
        return out.toBytes();
    }

    private static List<Mail> read(byte[] bytes) throws ProtocolException {
        return PeerCodec.readAll(new BytesReader(bytes), 3);
    }

    @Test
    void everyMessageComesBackAsItWas() throws ProtocolException {
        List<Mail> mails = read(written(samples()));
        assertThat(mails).hasSize(samples().size());
        int bytes = 0;
        for (int i = 0; i < mails.size(); i++) {
            assertThat(mails.get(i).from()).isEqualTo(3);
            assertThat(mails.get(i).groupId()).isEqualTo(i + 1);
            assertThat(mails.get(i).message())
                    .usingRecursiveComparison()
                    .isEqualTo(samples().get(i));
            bytes += mails.get(i).bytes();
        }
        assertThat(bytes).isEqualTo(written(samples()).length);
    }

    @Test
    void everyNoteComesBackAsItWas() throws ProtocolException {
        List<Mail> mails = read(written(samples().subList(0, 1), notes()));
        assertThat(mails).hasSize(1 + notes().size());
        for (int i = 0; i < notes().size(); i++) {
            assertThat(mails.get(1 + i).note()).usingRecursiveComparison().isEqualTo(notes().get(i));
        }
    }

    @Test
    void everyKindOfMessageAndNoteIsAmongTheSamples() {
        List<Class<?>> kinds = new ArrayList<>();
        samples().forEach(m -> kinds.add(m.getClass()));
        assertThat(kinds).contains(Message.class.getPermittedSubclasses());
        kinds.clear();
        notes().forEach(note -> kinds.add(note.getClass()));
        assertThat(kinds).contains(Note.class.getPermittedSubclasses());
    }

    @Test
    void A6_aFrameThatEndsEarlyIsRefused() {
        List<byte[]> frames = new ArrayList<>();
        samples().forEach(message -> frames.add(written(List.of(message))));
        notes().forEach(note -> frames.add(written(List.of(), List.of(note))));
        for (byte[] whole : frames) {
            for (int length = 1; length < whole.length; length++) {
                byte[] part = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> read(part)).isInstanceOf(ProtocolException.class);
            }
        }
    }

    @Test
    void A6_noiseIsRefusedOrReadsAsSomethingThatWritesTheSameBytes() {
        Random random = new Random(1);
        byte[] good = written(samples(), notes());
        for (int round = 0; round < 50_000; round++) {
            byte[] bytes = good.clone();
            int changes = 1 + random.nextInt(3);
            for (int i = 0; i < changes; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            List<Mail> mails;
            try {
                mails = read(bytes);
            } catch (ProtocolException e) {
                continue;
            }
            BytesWriter again = new BytesWriter();
            for (Mail mail : mails) {
                if (mail.note() == null) {
                    PeerCodec.write(again, mail.groupId(), mail.message());
                } else {
                    PeerCodec.write(again, mail.note());
                }
            }
            assertThat(again.toBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void A6_aLengthBeyondTheFrameAllocatesNothing() {
        BytesWriter out = new BytesWriter();
        PeerCodec.write(out, 1, new Message.AppendEntries(4, 1, 7, 3, List.of(), 6, 10, 77));
        byte[] bytes = out.toBytes();
        byte[] huge = Arrays.copyOf(bytes, bytes.length + 4);
        for (int i = bytes.length - 1; i < huge.length - 1; i++) {
            huge[i] = (byte) 0xff;
        }
        huge[huge.length - 1] = 7;
        assertThatThrownBy(() -> read(huge)).isInstanceOf(ProtocolException.class);
    }
}
