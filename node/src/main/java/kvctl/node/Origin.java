package kvctl.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * What a node's data was made for: shards, and the members of every group. A small file, beside the data directory if that
 * is called {@code data}, else in it. Who edits the topology's groups or shards would otherwise get two majorities or keys
 * that are not found (HAZARDS M11), and who empties a data directory a node that has forgotten its votes (D11).
 */
final class Origin {
    private static final String FENCE = "promises";

    private final Path dataDirectory;
    private final Path file;
    private final String text;

    Origin(Path dataDirectory, Topology topology) {
        this.dataDirectory = dataDirectory.toAbsolutePath();
        this.file = this.dataDirectory.endsWith("data")
                ? this.dataDirectory.resolveSibling("origin")
                : this.dataDirectory.resolve("origin");
        this.text = text(topology);
    }

    private static String text(Topology topology) {
        StringBuilder text = new StringBuilder("shards " + topology.shards() + "\n");
        topology.nodes()
                .forEach(node -> text.append("node ")
                        .append(node.id())
                        .append(' ')
                        .append(node.name())
                        .append('\n'));
        topology.groups()
                .forEach(group -> text.append("group ")
                        .append(group.id())
                        .append(' ')
                        .append(group.name())
                        .append(' ')
                        .append(group.nodeIds())
                        .append('\n'));
        return text.toString();
    }

    /**
     * Before the storage is opened.
     *
     * @throws NodeException if the data is of another membership, or gone
     */
    void check() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        String made = Files.readString(file);
        if (!made.equals(text)) {
            throw new NodeException(
                    dataDirectory + " was made for other nodes, groups or shards than the topology has now" + " (now: "
                            + firstDifference(made) + "); they are fixed when a cluster is created");
        }
        if (!Files.exists(dataDirectory.resolve(FENCE))) {
            throw new NodeException(dataDirectory + " is empty, but held this node's data before: started so, the node"
                    + " would have forgotten its votes. Restore the directory, or purge the whole cluster");
        }
    }

    private String firstDifference(String made) {
        return text.lines()
                .filter(line -> !made.lines().toList().contains(line))
                .findFirst()
                .orElse("something is missing");
    }

    /** After the storage is open: from now on the data is expected to be there. Durable on return. */
    void record() throws IOException {
        if (Files.exists(file)) {
            return;
        }
        Path next = file.resolveSibling("origin.new");
        try (FileChannel channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        for (Path directory = file.getParent(); directory != null; directory = directory.getParent()) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true); // the whole way up may have been made just now (HAZARDS D9)
            } catch (java.nio.file.AccessDeniedException e) {
                return; // not ours, so not made by us
            }
        }
    }
}
