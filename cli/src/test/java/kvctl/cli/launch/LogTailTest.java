package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {
    @TempDir
    Path temp;

    @Test
    void theLastLinesAreReadFromTheEndOfALongFile() throws IOException {
        Path file = temp.resolve("log");
        Files.write(
                file,
                IntStream.rangeClosed(1, 20_000).mapToObj(i -> "line " + i).toList());
        assertThat(new LogTail(file).last(3)).containsExactly("line 19998", "line 19999", "line 20000");
        assertThat(new LogTail(file).last(0)).isEmpty();
        assertThat(new LogTail(file).last(15_000)).hasSize(15_000).startsWith("line 5001");
    }

    @Test
    void aShortOrMissingFileGivesWhatThereIs() throws IOException {
        Path file = temp.resolve("log");
        assertThat(new LogTail(file).last(5)).isEmpty();
        Files.writeString(file, "one\ntwo\n");
        assertThat(new LogTail(file).last(5)).containsExactly("one", "two");
        assertThat(new LogTail(file).last(1)).containsExactly("two");
    }

    @Test
    void whatIsAddedFollowsInWholeLines() throws IOException {
        Path file = temp.resolve("log");
        Files.writeString(file, "old\n");
        LogTail tail = new LogTail(file);
        tail.last(1);
        Files.writeString(file, "new\nha", StandardOpenOption.APPEND);
        assertThat(tail.more()).containsExactly("new");
        Files.writeString(file, "lf\n", StandardOpenOption.APPEND);
        assertThat(tail.more()).containsExactly("half");
        assertThat(tail.more()).isEmpty();
    }

    @Test
    void aFileThatWasRolledOverIsReadFromItsBeginning() throws IOException {
        Path file = temp.resolve("log");
        Files.writeString(file, "a\nb\nc\n");
        LogTail tail = new LogTail(file);
        tail.last(9);
        Files.move(file, temp.resolve("log.1"));
        assertThat(tail.more()).isEmpty();
        Files.write(file, List.of("1", "2", "3", "4", "5"));
        assertThat(tail.more()).containsExactly("1", "2", "3", "4", "5");
    }

    @Test
    void skippedIsWhatWasThereBefore() throws IOException {
        Path file = temp.resolve("log");
        LogTail none = new LogTail(file);
        none.skipToEnd();
        Files.writeString(file, "old\n");
        assertThat(none.more()).containsExactly("old");
        LogTail tail = new LogTail(file);
        tail.skipToEnd();
        Files.writeString(file, "new\n", StandardOpenOption.APPEND);
        assertThat(tail.more()).containsExactly("new");
    }
}
