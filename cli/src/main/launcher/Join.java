import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Writes a script and a jar into one file that is both. The build runs it from source: {@code java Join.java SCRIPT JAR
 * OUT}. Java finds its way in a zip with bytes in front of it anyhow, but unzip and jar complain about offsets that are
 * off by the length of the script, so every offset is moved by it.
 */
final class Join {
    private static final int END_OF_DIRECTORY = 0x06054b50;
    private static final int DIRECTORY_ENTRY = 0x02014b50;

    private Join() {}

    public static void main(String[] args) throws IOException {
        byte[] script = Files.readAllBytes(Path.of(args[0]));
        ByteBuffer zip = ByteBuffer.wrap(Files.readAllBytes(Path.of(args[1]))).order(LITTLE_ENDIAN);
        move(zip, script.length);
        Path whole = Path.of(args[2]);
        Path out = Path.of(args[2] + ".tmp");
        try (OutputStream to = Files.newOutputStream(out)) {
            to.write(script);
            to.write(zip.array());
        }
        if (!out.toFile().setExecutable(true, false)) {
            throw new IOException("cannot make " + out + " executable");
        }
        // A new file in the old one's place: processes that run from the old one keep it.
        Files.move(out, whole, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void move(ByteBuffer zip, int by) throws IOException {
        int end = zip.capacity() - 22; // our own jar has no comment, so the record is exactly at the end
        int entries = zip.getShort(end + 10) & 0xffff;
        if (zip.getInt(end) != END_OF_DIRECTORY || entries == 0xffff) {
            throw new IOException("not a plain zip");
        }
        int at = zip.getInt(end + 16);
        zip.putInt(end + 16, at + by);
        for (int i = 0; i < entries; i++) {
            if (zip.getInt(at) != DIRECTORY_ENTRY) {
                throw new IOException("no directory entry at " + at);
            }
            zip.putInt(at + 42, zip.getInt(at + 42) + by);
            at += 46 + zip.getShort(at + 28) + zip.getShort(at + 30) + zip.getShort(at + 32);
        }
    }
}
