package kvctl.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped files as real processes: the command, the same file under {@code java -jar}, and what is in the jar. */
final class CommandIT {
    private static final Path JAR = Path.of(System.getProperty("kvctl.jar"));
    private static final Path COMMAND = Path.of(System.getProperty("kvctl.command"));
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** What a one-shot command may not even load; each costs more than the command has. */
    private static final List<String> HEAVY = List.of(
            "io.netty.",
            "com.fasterxml.",
            "org.yaml.",
            "org.jline.",
            "org.slf4j.",
            "ch.qos.logback.",
            "jetbrains.",
            "kotlin.",
            "kvctl.raft.",
            "kvctl.storage.");

    @TempDir
    Path home;

    @Test
    void commandRunsByItself() throws Exception {
        Ran ran = run(Map.of("KVCTL_JAVA", JAVA), COMMAND.toString(), "--version");
        assertThat(ran.err).isEmpty();
        assertThat(ran.out).startsWith("kvctl 0.");
        assertThat(ran.code).isZero();
    }

    @Test
    void commandIsAJarToo() throws Exception {
        Ran ran = run(Map.of(), JAVA, "-jar", COMMAND.toString(), "--version");
        assertThat(ran.err).isEmpty();
        assertThat(ran.out).startsWith("kvctl 0.");
    }

    @Test
    void dataVerbsStartFromTheArchiveThatSetupMakes() throws Exception {
        Map<String, String> env = Map.of("KVCTL_JAVA", JAVA, "XDG_CACHE_HOME", home.toString());
        assertThat(run(env, COMMAND.toString(), "setup").code).isZero();
        Map<String, String> verbose = new TreeMap<>(env);
        verbose.put("KVCTL_JAVA_OPTS", "-Xlog:class+load");
        Ran ran = run(verbose, COMMAND.toString(), "get", "a");
        assertThat(ran.out).contains("kvctl.cli.Main source: shared objects file");
    }

    @Test
    void tooLongAValueOnStandardInputIsRefused() throws Exception {
        for (String put : List.of("head -c 5000000 /dev/zero | %s put a -", "%s put a - </dev/zero")) {
            Ran ran = run(Map.of("KVCTL_JAVA", JAVA), "sh", "-c", put.formatted(COMMAND));
            assertThat(ran.err).isEqualTo("Standard input is over the limit of a value, 4 MiB.\n");
            assertThat(ran.code).isEqualTo(2);
        }
        // What fits is read: only then it turns out that no cluster is there.
        Ran fits = run(Map.of("KVCTL_JAVA", JAVA), "sh", "-c", "echo hi | " + COMMAND + " put a -");
        assertThat(fits.err).startsWith("No cluster is running here.");
        assertThat(fits.code).isEqualTo(4);
    }

    @Test
    void commandIsFoundThroughPathAndLinks() throws Exception {
        Files.createSymbolicLink(home.resolve("kv-link"), COMMAND);
        String path = home + ":" + System.getenv("PATH");
        Ran ran = run(Map.of("KVCTL_JAVA", JAVA, "PATH", path), "sh", "-c", "kv-link --version");
        assertThat(ran.out).startsWith("kvctl 0.");
    }

    @Test
    void wrongJavaIsOneLineWithAHint() throws Exception {
        Ran missing = run(Map.of("KVCTL_JAVA", "/nowhere/java"), COMMAND.toString(), "--version");
        assertThat(missing.code).isEqualTo(127);
        assertThat(missing.err.lines()).singleElement().asString().contains("/nowhere/java", "unset it");

        Path old = jdkThatCallsItself("11.0.2");
        Ran tooOld = run(Map.of("KVCTL_JAVA", old.toString()), COMMAND.toString(), "--version");
        assertThat(tooOld.code).isEqualTo(127);
        assertThat(tooOld.err.lines()).singleElement().asString().contains("Java 11", "17 or newer");
    }

    @Test
    void javaHomeThatIsTooOldIsPassedOver() throws Exception {
        Path old = jdkThatCallsItself("1.8.0_402").getParent().getParent();
        String path = Path.of(JAVA).getParent() + ":" + System.getenv("PATH");
        Ran ran = run(Map.of("JAVA_HOME", old.toString(), "PATH", path), COMMAND.toString(), "--version");
        assertThat(ran.out).startsWith("kvctl 0.");
    }

    @Test
    void argumentsArriveAsTheyAre() throws Exception {
        String odd = "a b  *\"'$HOME\\n";
        Ran ran = run(Map.of("KVCTL_JAVA", fakeJavaThatPrintsItsArguments()), COMMAND.toString(), "put", odd, "");
        assertThat(ran.out)
                .contains("<kvctl.cli.Main>")
                .endsWith("<put>\n<" + odd + ">\n<>\n")
                .contains("<-Dkvctl.tty=>");
    }

    @Test
    void nodesGetTheFullCompilerAndHeap() throws Exception {
        Map<String, String> fake = Map.of("KVCTL_JAVA", fakeJavaThatPrintsItsArguments());
        assertThat(run(fake, COMMAND.toString(), "get", "k").out).contains("TieredStopAtLevel=1");
        assertThat(run(fake, COMMAND.toString(), "node", "run", "n1").out).doesNotContain("TieredStopAtLevel", "-Xmx");
    }

    @Test
    void oneShotCommandsLoadNothingHeavy() throws Exception {
        for (List<String> command : List.of(List.of("--version"), List.of("get", "k"), List.of("put", "k", "v"))) {
            Path loaded = home.resolve("loaded");
            List<String> line = Stream.concat(
                            Stream.of(JAVA, "-Xlog:class+load:file=" + loaded, "-jar", JAR.toString()),
                            command.stream())
                    .toList();
            run(Map.of(), line.toArray(String[]::new));
            try (Stream<String> lines = Files.lines(loaded)) {
                assertThat(lines.map(CommandIT::className).filter(CommandIT::isHeavy))
                        .as("heavy classes loaded by %s", command)
                        .isEmpty();
            }
        }
    }

    @Test
    void jarHoldsWhatItNeedsAndNothingThatHurts() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            List<String> names = jar.stream().map(each -> each.getName()).toList();
            assertThat(names).doesNotHaveDuplicates();
            assertThat(names)
                    .contains(
                            "META-INF/jline/providers/jni",
                            "META-INF/services/jetbrains.exodus.io.DataReaderWriterProvider",
                            "META-INF/services/org.slf4j.spi.SLF4JServiceProvider",
                            "org/jline/jansi/Ansi.class",
                            "META-INF/LICENSE");
            assertThat(names)
                    .noneMatch(each -> each.endsWith("module-info.class")
                            || each.matches("META-INF/[^/]*\\.(SF|RSA|DSA)")
                            || each.startsWith("org/jline/terminal/impl/ffm/"));
            Attributes manifest = jar.getManifest().getMainAttributes();
            assertThat(manifest.getValue("Multi-Release")).isEqualTo("true");
            assertThat(manifest.getValue("Add-Opens")).isEqualTo("java.base/sun.nio.ch");
            assertThat(manifest.getValue("Enable-Native-Access")).isEqualTo("ALL-UNNAMED");
        }
    }

    private static String className(String logLine) {
        int name = logLine.lastIndexOf("] ") + 2;
        int end = logLine.indexOf(' ', name);
        return end < 0 ? logLine.substring(name) : logLine.substring(name, end);
    }

    private static boolean isHeavy(String className) {
        return HEAVY.stream().anyMatch(className::startsWith);
    }

    private Path jdkThatCallsItself(String version) throws IOException {
        Path jdk = Files.createDirectories(home.resolve("jdk-" + version));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return script(Files.createDirectories(jdk.resolve("bin")).resolve("java"), "exit 99");
    }

    private String fakeJavaThatPrintsItsArguments() throws IOException {
        Path java = jdkThatCallsItself("21.0.1");
        return script(java, "for each in \"$@\"; do printf '<%s>\\n' \"$each\"; done")
                .toString();
    }

    private static Path script(Path file, String text) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }

    private Ran run(Map<String, String> env, String... command) throws IOException, InterruptedException {
        Path out = home.resolve("out");
        Path err = home.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(each -> each.startsWith("KVCTL_") || each.equals("JAVA_HOME"));
        builder.environment().put("KVCTL_HOME", home.resolve("state").toString());
        builder.environment().putAll(env);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(30, SECONDS)).as("ends in time").isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Ran(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    }

    private record Ran(int code, String out, String err) {}
}
