package kvctl.cli.launch;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads a log file from its end, and what is added to it later. Survives that the file is rolled over. One thread. */
final class LogTail {
    private static final int BLOCK_BYTES = 16 << 10;
    private static final int MAX_READ_BYTES = 1 << 20;

    private final Path file;
    private long at;
    private Object identity;

    LogTail(Path file) {
        this.file = file;
    }

    /**
     * The last whole lines of the file; later calls of {@link #more} go on behind them.
     *
     * @return at most {@code count}, none if there is no file
     */
    List<String> last(int count) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            identity = identity();
            long end = in.length();
            long from = end;
            int breaks = 0;
            byte[] block = new byte[BLOCK_BYTES];
            // One line break more than lines: the one before the first of them.
            while (from > 0 && breaks <= count && end - from < MAX_READ_BYTES) {
                int length = (int) Math.min(BLOCK_BYTES, from);
                from -= length;
                in.seek(from);
                in.readFully(block, 0, length);
                for (int i = 0; i < length; i++) {
                    breaks += block[i] == '\n' ? 1 : 0;
                }
            }
            at = from;
            List<String> lines = read(in);
            return lines.subList(Math.max(0, lines.size() - count), lines.size());
        }
    }

    /** From now on only what is added. */
    void skipToEnd() throws IOException {
        at = Files.exists(file) ? Files.size(file) : 0;
        identity = identity();
    }

    /** Whole lines that were added since. */
    List<String> more() throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        Object now = identity();
        if (identity != null && now != null && !identity.equals(now) || Files.size(file) < at) {
            at = 0;
        }
        identity = now;
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            return read(in);
        }
    }

    private Object identity() throws IOException {
        return Files.exists(file)
                ? Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class)
                        .fileKey()
                : null;
    }

    private List<String> read(RandomAccessFile in) throws IOException {
        List<String> lines = new ArrayList<>();
        in.seek(at);
        int length = (int) Math.min(in.length() - at, MAX_READ_BYTES);
        if (length <= 0) {
            return lines;
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        int whole = length;
        while (whole > 0 && bytes[whole - 1] != '\n') {
            whole--;
        }
        // A line that is longer than what is read at once is cut rather than waited for.
        int used = whole == 0 && length == MAX_READ_BYTES ? length : whole;
        at += used;
        if (used > 0) {
            new String(bytes, 0, used, StandardCharsets.UTF_8).lines().forEach(lines::add);
        }
        return lines;
    }
}
