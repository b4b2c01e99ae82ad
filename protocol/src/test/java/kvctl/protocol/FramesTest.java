package kvctl.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FramesTest {
    @Test
    void everyFrameComesBackAsItWas() throws Exception {
        for (long seed = 0; seed < 30; seed++) {
            for (Frame frame : new Samples(seed).all()) {
                byte[] bytes = bytesOf(frame);
                Frame back = Frames.read(bytes, 8, Frames.bodyLength(bytes, 0, Limits.FRAME_MAX_BYTES));
                assertThat(back).isInstanceOf(frame.getClass());
                assertThat(bytesOf(back)).isEqualTo(bytes);
                if (!(frame instanceof Frame.Peer)) {
                    assertThat(back).usingRecursiveComparison().isEqualTo(frame);
                }
            }
        }
    }

    @Test
    void theSamplesHoldEveryTypeOfTheVocabulary() {
        Set<Class<?>> seen = new HashSet<>();
        for (Frame frame : new Samples(1).all()) {
            seen.add(frame.getClass());
            if (frame instanceof Frame.Ask ask) {
                seen.add(ask.request().getClass());
            } else if (frame instanceof Frame.Answer answer) {
                seen.add(answer.response().getClass());
            }
        }
        for (Class<?> sealed :
                List.of(Frame.class, Request.class, Request.Write.class, Request.OfFaults.class, Response.class)) {
            for (Class<?> type : sealed.getPermittedSubclasses()) {
                assertThat(type.isInterface() || seen.contains(type))
                        .as(type.getName())
                        .isTrue();
            }
        }
    }

    @Test
    void aFrameThatIsCutAnywhereIsRefused() {
        for (Frame frame : new Samples(3).all()) {
            byte[] bytes = bytesOf(frame);
            if (frame instanceof Frame.Peer || frame instanceof Hello hello && hello.at() != 0) {
                continue;
            }
            for (int length = 1; length < bytes.length - 8; length++) {
                byte[] cut = sealed(Arrays.copyOfRange(bytes, 8, 8 + length));
                assertThatThrownBy(() -> Frames.read(cut, 8, cut.length - 8)).isInstanceOf(ProtocolException.class);
            }
        }
    }

    @Test
    void aFrameWithATailIsRefusedUnlessItIsAHello() throws Exception {
        for (Frame frame : new Samples(4).all()) {
            byte[] bytes = bytesOf(frame);
            byte[] longer = sealed(Arrays.copyOfRange(bytes, 8, bytes.length + 1));
            if (frame instanceof Hello) {
                assertThat(Frames.read(longer, 8, longer.length - 8)).isEqualTo(frame);
            } else if (!(frame instanceof Frame.Peer)) {
                assertThatThrownBy(() -> Frames.read(longer, 8, longer.length - 8))
                        .isInstanceOf(ProtocolException.class);
            }
        }
    }

    @Test
    void aHelloWithoutItsLastFieldIsThatOfAClientThatIsNowhere() throws Exception {
        Hello plain = Hello.ofClient("test", "c");
        byte[] older = bytesOf(plain);
        byte[] placed = bytesOf(plain.placedAt(3));
        assertThat(Frames.read(older, 8, older.length - 8)).isEqualTo(plain);
        assertThat(Frames.read(placed, 8, placed.length - 8)).isEqualTo(plain.placedAt(3));
        assertThat(Arrays.copyOfRange(placed, 8, older.length)).isEqualTo(Arrays.copyOfRange(older, 8, older.length));
    }

    @Test
    void A10_moreFaultsRulesOrProbesThanTheLimitAreRefused() throws Exception {
        List<Fault> rules = java.util.Collections.nCopies(Limits.FAULT_RULES_MAX, new Fault.Cut(1, 2));
        Frame most = new Frame.Ask(1, 1, new Request.InjectFault("f1", "", rules, 0, 0));
        assertThat(Frames.read(bytesOf(most), 8, bytesOf(most).length - 8)).isEqualTo(most);
        List<Fault> more = java.util.Collections.nCopies(Limits.FAULT_RULES_MAX + 1, new Fault.Cut(1, 2));
        FaultStatus status = new FaultStatus("f1", "", 0, 0, 0, List.of());
        List<FaultStatus> faults = java.util.Collections.nCopies(Limits.FAULTS_MAX + 1, status);
        List<Response.Probe> probes = java.util.Collections.nCopies(Limits.PROBES_MAX + 1, new Response.Probe(1, 1, 1));
        for (Frame tooMuch : List.of(
                new Frame.Ask(1, 1, new Request.InjectFault("f1", "", more, 0, 0)),
                new Frame.Answer(1, new Response.FaultsReply(faults)),
                new Frame.Answer(1, new Response.ProbesReply(probes)))) {
            byte[] bytes = bytesOf(tooMuch);
            assertThatThrownBy(() -> Frames.read(bytes, 8, bytes.length - 8))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("is the limit");
        }
    }

    @Test
    void A6_randomBytesAreRefusedAndNothingElse() {
        SplittableRandom random = new SplittableRandom(20260101);
        int read = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] body = new byte[1 + random.nextInt(80)];
            random.nextBytes(body);
            body[0] = (byte) random.nextInt(8);
            if (body.length > 1 && random.nextBoolean()) {
                body[1] = (byte) random.nextInt(12);
            }
            read += readsOrRefuses(sealed(body)) ? 1 : 0;
        }
        assertThat(read).isBetween(1_000, 99_000);
    }

    @Test
    void A6_framesWithFlippedBytesAreRefusedOrStillWellFormed() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 3_000; round++) {
            for (Frame frame : new Samples(round % 50).all()) {
                byte[] bytes = bytesOf(frame);
                byte[] body = Arrays.copyOfRange(bytes, 8, bytes.length);
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
                readsOrRefuses(sealed(body));
            }
        }
    }

    @Test
    void A6_everyFlippedBitIsFoundByTheChecksum() {
        for (Frame frame : new Samples(5).all()) {
            byte[] bytes = bytesOf(frame);
            for (int bit = 32; bit < bytes.length * 8; bit++) {
                byte[] flipped = bytes.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                assertThatThrownBy(() -> Frames.read(flipped, 8, flipped.length - 8))
                        .isInstanceOf(ProtocolException.class)
                        .hasMessageContaining("wrong checksum");
            }
        }
    }

    @Test
    void aBodyOverTheLimitIsNotWritten() {
        BytesWriter out = new BytesWriter();
        Frames.write(out, new Frame.Failure("before"));
        int size = out.size();
        Frame tooLong = new Frame.Peer(new BytesReader(new byte[Limits.FRAME_MAX_BYTES]));
        assertThatThrownBy(() -> Frames.write(out, tooLong))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("frame of 16777217 bytes; allowed are 1 to 16777216");
        assertThat(out.size()).isEqualTo(size);
    }

    @Test
    void theBytesOfAGetAreTheOnesTheDocumentationShows() {
        byte[] bytes = bytesOf(new Frame.Ask(5, 2000, new Request.Get(new byte[] {'a'})));
        assertThat(java.util.HexFormat.of().formatHex(bytes)).isEqualTo("00000007" + "42255c3e" + "0305d00f010161");
    }

    private static boolean readsOrRefuses(byte[] bytes) {
        try {
            Frame frame = Frames.read(bytes, 8, bytes.length - 8);
            if (!(frame instanceof Hello)) {
                assertThat(bytesOf(frame)).isEqualTo(bytes);
            }
            return true;
        } catch (ProtocolException expected) {
            return false;
        } catch (RuntimeException | OutOfMemoryError e) {
            return fail("not refused but failed: " + java.util.HexFormat.of().formatHex(bytes), e);
        }
    }

    static byte[] bytesOf(Frame frame) {
        BytesWriter out = new BytesWriter();
        Frames.write(out, frame);
        return out.toBytes();
    }

    /** A frame with this body and the checksum that belongs to it. */
    static byte[] sealed(byte[] body) {
        BytesWriter out = new BytesWriter();
        int start = Frames.begin(out, body[0]);
        out.raw(body, 1, body.length - 1);
        Frames.end(out, start);
        return out.toBytes();
    }
}
