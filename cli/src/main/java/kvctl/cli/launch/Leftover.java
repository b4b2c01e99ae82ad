package kvctl.cli.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A node process, found by its command line: perhaps one that no run file knows.
 *
 * @param pid of the process
 * @param dataDir what it was started with
 */
record Leftover(long pid, Path dataDir) {
    /** All node processes of this user on this machine. */
    static List<Leftover> all() {
        List<Leftover> found = new ArrayList<>();
        ProcessHandle.allProcesses()
                .forEach(handle -> ProcessRef.commandLine(handle.pid())
                        .flatMap(Leftover::dataDir)
                        .filter(dir -> ProcessRef.of(handle.pid())
                                .map(ref -> ref.life() != ProcessRef.Life.GONE)
                                .orElse(false))
                        .ifPresent(dir -> found.add(new Leftover(handle.pid(), dir))));
        return found;
    }

    /** The process that was started on that data directory. */
    static Optional<Leftover> of(Path dataDir) {
        return all().stream().filter(found -> found.dataDir().equals(dataDir)).findFirst();
    }

    /** What stands behind --data in {@code ... -jar kvctl node run ... --data DIR ...}. */
    static Optional<Path> dataDir(String[] command) {
        List<String> words = Arrays.asList(command);
        int node = words.indexOf("node");
        int data = words.indexOf("--data");
        boolean runs =
                node > 0 && node + 1 < words.size() && words.get(node + 1).equals("run");
        return runs && data > node && data + 1 < words.size()
                ? Optional.of(Path.of(words.get(data + 1)))
                : Optional.empty();
    }
}
