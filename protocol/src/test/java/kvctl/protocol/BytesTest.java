package kvctl.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BytesTest {
    @Test
    void varintsKeepAllSixtyFourBits() throws Exception {
        BytesWriter out = new BytesWriter(1);
        for (int shift = 0; shift < 64; shift++) {
            out.varint(1L << shift);
            out.varint((1L << shift) - 1);
        }
        out.varint(-1);
        BytesReader in = new BytesReader(out.toBytes());
        for (int shift = 0; shift < 64; shift++) {
            assertThat(in.varint()).isEqualTo(1L << shift);
            assertThat(in.varint()).isEqualTo((1L << shift) - 1);
        }
        assertThat(in.varint()).isEqualTo(-1);
        in.end();
    }

    @Test
    void aNumberHasOneFormOnly() {
        refuses(0x80, 0x00);
        refuses(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02);
        refuses(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00);
        refuses(0x80);
    }

    @Test
    void aLengthThatTheRestCannotHoldIsRefusedBeforeMemoryIsTaken() {
        BytesWriter out = new BytesWriter();
        out.varint(Integer.MAX_VALUE);
        BytesReader in = new BytesReader(out.toBytes());
        assertThatThrownBy(in::bytes)
                .isInstanceOf(ProtocolException.class)
                .hasMessage("2147483647 items announced, 0 bytes left");
    }

    @Test
    void textThatIsNotUtf8IsRefused() {
        BytesReader in = new BytesReader(new byte[] {1, (byte) 0xff});
        assertThatThrownBy(in::string).isInstanceOf(ProtocolException.class);
    }

    private static void refuses(int... bytes) {
        byte[] array = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            array[i] = (byte) bytes[i];
        }
        assertThatThrownBy(() -> new BytesReader(array).varint()).isInstanceOf(ProtocolException.class);
    }
}
