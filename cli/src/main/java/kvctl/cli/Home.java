package kvctl.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** Where kvctl keeps state on this machine. */
public final class Home {
    private Home() {}

    /** {@code $KVCTL_HOME}, else {@code $XDG_STATE_HOME/kvctl}, else {@code ~/.local/state/kvctl}. It may not exist. */
    public static Path of(Map<String, String> env) {
        String home = env.getOrDefault("KVCTL_HOME", "");
        if (!home.isEmpty()) {
            return Path.of(home).toAbsolutePath();
        }
        String state = env.getOrDefault("XDG_STATE_HOME", "");
        return state.isEmpty()
                ? user(env).resolve(Path.of(".local", "state", "kvctl"))
                : Path.of(state).toAbsolutePath().resolve("kvctl");
    }

    /** The user's home, where his shell has it; what Java says is from the list of users. */
    public static Path user(Map<String, String> env) {
        String home = env.getOrDefault("HOME", "");
        return Path.of(home.isEmpty() ? System.getProperty("user.home") : home).toAbsolutePath();
    }

    /** Creates the directory and its parents where they are missing; only the user may look into it (0700). */
    public static void createPrivate(Path dir) throws IOException {
        if (Files.isDirectory(dir)) {
            return;
        }
        if (dir.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(
                    dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectories(dir);
        }
    }
}
