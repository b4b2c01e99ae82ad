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
        kvctl.up("-f", movedTopology("five-cities.yaml"));
        Kvctl.Ran tour = kvctl.run("-f", EXAMPLES.resolve("tour.kv").toString()).succeeds();
        assertThat(tour.out()).contains("hello, world", "INDIA GATE", "That was the tour.");
    }

    @Test
    void theWordCountIsRight() throws Exception {
        kvctl.up("-f", movedTopology("three-nodes.yaml"));
        kvctl.run("-f", EXAMPLES.resolve("wordcount.kv").toString()).succeeds();
        assertThat(kvctl.run("get", "word:cruel").succeeds().out()).isEqualTo("I");
    }

    /** Three groups of three: the second and third join under load, then the first leaves and its nodes stop. */
    @Test
    void scalingOutLosesNoKeyAndFailsNoRequest() throws Exception {
        kvctl.up("-f", movedTopology("nine-nodes.yaml"));
        Kvctl.Ran ran = kvctl.script(EXAMPLES.resolve("scale-out.sh")).succeeds();
        Matcher moved = Pattern.compile("(?m)^(\\d+) shards? moved in").matcher(ran.err());
        Matcher fewest = Pattern.compile("(\\d+) moves are the fewest").matcher(ran.err());
        assertThat(moved.results().map(each -> each.group(1))).containsExactly("16", "10", "1", "10");
        assertThat(fewest.results().map(each -> each.group(1))).containsExactly("16", "10", "10");
        assertThat(ran.out())
                .contains("All 50,000 keys are there", "\"errors\":0,\"unknown\":0,")
                .contains("\ng1\t1\tn1 n2 n3\t32\t0-31\n")
                .contains("\ng2\t1\tn4 n5 n6\t16\t");
        assertThat(kvctl.run("scan", "load:", "--count").succeeds().out()).isEqualTo("50000\n");
        assertThat(kvctl.run("cluster", "status", "--no-header")
                        .succeeds()
                        .out()
                        .lines())
                .filteredOn(line -> line.contains("\tstopped\t"))
                .hasSize(3);
    }

    @Test
    void theReadmesJavaPutsAndGets() throws Exception {
        kvctl.up();
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
