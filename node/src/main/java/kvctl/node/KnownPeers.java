package kvctl.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.TreeMap;

/**
 * Which data directory each peer had when it was first met, by its incarnation. A peer that comes back with another one
 * was wiped: it has forgotten votes and entries that others count on, so it is not listened to under its old name
 * (HAZARDS D11). Kept in a small file, a line {@code nodeId incarnation} per peer, written before the first talk with a
 * peer. Safe for use by many threads.
 */
public final class KnownPeers {
    private final Path file;
    private final TreeMap<Integer, Long> incarnations = new TreeMap<>();

    /**
     * Reads the file, if it is there.
     *
     * @param file null to remember in memory only
     * @throws NodeException if it can't be understood
     */
    public KnownPeers(Path file) {
        this.file = file;
        if (file == null || !Files.exists(file)) {
            return;
        }
        try {
            for (String line : Files.readAllLines(file)) {
                String[] words = line.split(" ");
                incarnations.put(Integer.parseInt(words[0]), Long.parseLong(words[1]));
            }
        } catch (IOException | RuntimeException e) {
            throw new NodeException(file + " can't be read: " + e.getMessage());
        }
    }

    /** True if the peer is new or the same as ever. */
    public synchronized boolean accepts(int nodeId, long incarnation) {
        Long known = incarnations.get(nodeId);
        if (known != null) {
            return known == incarnation;
        }
        TreeMap<Integer, Long> next = new TreeMap<>(incarnations);
        next.put(nodeId, incarnation);
        if (file != null) {
            write(next);
        }
        incarnations.put(nodeId, incarnation);
        return true;
    }

    private void write(TreeMap<Integer, Long> all) {
        StringBuilder text = new StringBuilder();
        all.forEach((nodeId, incarnation) ->
                text.append(nodeId).append(' ').append(incarnation).append('\n'));
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try {
            try (FileChannel channel = FileChannel.open(
                    next, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                channel.write(ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.US_ASCII)));
                channel.force(true);
            }
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
                directory.force(true);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
