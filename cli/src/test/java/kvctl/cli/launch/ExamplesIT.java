package kvctl.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the README and examples/ show, run as it stands against a real cluster. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class ExamplesIT {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path EXAMPLES = ROOT.resolve("examples");

    @TempDir
    Path temp;

    private Kvctl kvctl;

    @BeforeEach
    void takeAHome() throws IOException {
        kvctl = new Kvctl(temp.resolve("home"));
    }

    @AfterEach
    void leaveNothing() throws Exception {
        kvctl.cleanUp();
    }

    @Test
    void theTourEndsWell() throws Exception {
        kvctl.run("cluster", "up", "-f", movedTopology("five-cities.yaml"), "--detach")
                .succeeds();
        Kvctl.Ran tour = kvctl.run("-f", EXAMPLES.resolve("tour.kv").toString()).succeeds();
        assertThat(tour.out()).contains("hello, world", "INDIA GATE", "That was the tour.");
    }

    @Test
    void theWordCountIsRight() throws Exception {
        kvctl.run("cluster", "up", "-f", movedTopology("three-nodes.yaml"), "--detach")
                .succeeds();
        kvctl.run("-f", EXAMPLES.resolve("wordcount.kv").toString()).succeeds();
        assertThat(kvctl.run("get", "word:cruel").succeeds().out()).isEqualTo("I");
    }

    @Test
    void theReadmesJavaPutsAndGets() throws Exception {
        kvctl.run("cluster", "up", "--base-port", "" + kvctl.basePort(), "--detach")
                .succeeds();
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve("README.md")));
        assertThat(block.find()).isTrue();
        Path source = temp.resolve("Hello.java");
        Files.writeString(source, block.group(1).replace("7101", "" + kvctl.basePort()));
        String jar = System.getProperty("kvctl.jar");
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, "-cp", jar, source.toString()))
                .isZero();
        Path out = temp.resolve("hello.out");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process hello = new ProcessBuilder(java, "-cp", jar + ":" + temp, "Hello")
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(hello.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(out)).isEqualTo("Delhi\n");
    }

    /** The example on ports that are free here. */
    private String movedTopology(String name) throws IOException {
        Matcher ports = Pattern.compile("port: (\\d+)").matcher(Files.readString(EXAMPLES.resolve(name)));
        int[] next = {kvctl.basePort()};
        Path moved = temp.resolve(name);
        Files.writeString(moved, ports.replaceAll(found -> "port: " + next[0]++));
        return moved.toString();
    }
}
