package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartArchiveTest {
    @TempDir
    Path temp;

    @Test
    void onlyAnArchiveThatIsNewerThanTheJarIsUsed() throws IOException {
        Path jar = Files.writeString(temp.resolve("kvctl"), "jar");
        StartArchive archive =
                new StartArchive(Map.of("XDG_CACHE_HOME", temp.resolve("cache").toString()), jar);
        assertThat(archive.nodeFlag()).isEmpty();
        Files.createDirectories(archive.node().getParent());
        Files.writeString(archive.node(), "archive");
        Files.setLastModifiedTime(jar, FileTime.fromMillis(1_000));
        assertThat(archive.nodeFlag()).contains("-XX:SharedArchiveFile=" + archive.node());
        Files.setLastModifiedTime(archive.node(), FileTime.fromMillis(500));
        assertThat(archive.nodeFlag()).isEmpty();
    }

    @Test
    void eachJarAndEachJavaHasItsOwn() throws IOException {
        Map<String, String> env = Map.of("XDG_CACHE_HOME", temp.toString());
        Path node = new StartArchive(env, Path.of("/opt/a b/kvctl")).node();
        assertThat(node.getParent()).isEqualTo(temp.resolve("kvctl/opt/a b/kvctl"));
        assertThat(node.getFileName().toString()).isEqualTo("node-" + System.getProperty("java.version") + ".jsa");
    }
}
