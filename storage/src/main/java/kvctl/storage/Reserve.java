package kvctl.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that only takes up space, and is given up when the disk is full: so that a node can still write its votes and
 * terms while it takes nothing else (HAZARDS D12). It is made anew when there is plenty again. One thread uses it.
 */
final class Reserve {
    static final int BYTES = 4 << 20;

    /** With less than this free, the file goes; it is made with at least sixteen times as much. */
    private static final long NEEDED_BYTES = 2L * BYTES;

    private static final long PLENTY_BYTES = 16 * NEEDED_BYTES;

    private final Path file;
    private boolean there;

    Reserve(Path file) {
        this.file = file;
        there = Files.exists(file);
    }

    /** @param freeBytes what the disk can still take, the file not counted */
    void look(long freeBytes) {
        if (there ? freeBytes < NEEDED_BYTES : freeBytes > PLENTY_BYTES) {
            try {
                change();
            } catch (IOException e) {
                there = Files.exists(file); // Nothing rests on it: without it a full disk stops the node sooner.
            }
        }
    }

    private void change() throws IOException {
        if (there) {
            Files.deleteIfExists(file);
        } else {
            Files.write(file, new byte[BYTES], StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        }
        there = !there;
    }
}
