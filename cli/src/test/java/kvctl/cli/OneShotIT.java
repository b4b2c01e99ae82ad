package kvctl.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One-shot commands as processes of their own, before a fake node: what they load, their bytes and their signals. */
final class OneShotIT {
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final String JAR = System.getProperty("kvctl.jar");

    /** Of the JDK and of ours; each costs time, and a library that sneaks in costs hundreds. Measured: about 1,150. */
    private static final int CLASSES_MOST = 1_400;

    private static final List<String> HEAVY = List.of(
            "picocli.",
            "org.jline.",
            "com.fasterxml.",
            "io.netty.",
            "ch.qos.logback.",
            "org.slf4j.",
            "jetbrains.",
            "kvctl.node.",
            "kvctl.raft.",
            "kvctl.storage.");

    private final FakeNode node = new FakeNode();

    @TempDir
    Path dir;

    @AfterEach
    void disconnect() throws IOException {
        node.close();
    }

    @Test
    void plainGetAndPutLoadLittle() throws Exception {
        for (List<String> words : List.of(List.of("put", "a", "1"), List.of("append", "a", "2"), List.of("get", "a"))) {
            Path log = dir.resolve("loaded");
            Process process = start(List.of("-Xlog:class+load:file=" + log), words, "C.UTF-8");
            assertThat(end(process)).as("%s: %s", words, said("err")).isZero();
            List<String> loaded;
            try (Stream<String> lines = Files.lines(log)) {
                loaded = lines.map(line -> line.replaceFirst("^.*] ", "").replaceFirst(" .*$", ""))
                        .toList();
            }
            assertThat(loaded).as("classes of %s", words).hasSizeLessThan(CLASSES_MOST);
            assertThat(loaded.stream().filter(name -> HEAVY.stream().anyMatch(name::startsWith)))
                    .as("heavy classes of %s", words)
                    .isEmpty();
        }
        assertThat(said("out")).isEqualTo("12");
    }

    @Test
    void textIsUtf8WhateverTheLocaleSays() throws Exception {
        assertThat(end(start(List.of(), List.of("put", "straße", "grün 東京"), "C")))
                .isZero();
        assertThat(end(start(List.of(), List.of("get", "straße"), "POSIX"))).isZero();
        assertThat(said("out")).isEqualTo("grün 東京");
    }

    @Test
    void readerThatGoesAwayEndsTheScanQuietly() throws Exception {
        TestConsole kv = new TestConsole();
        kv.env.put("KVCTL_CLUSTER", node.address());
        for (int i = 0; i < 200; i++) {
            assertThat(kv.run("put", "k" + i, "v".repeat(2_000))).isZero();
        }
        String pipe = "{ '" + JAVA + "' -jar '" + JAR + "' scan; echo $? >'" + dir.resolve("code") + "'; } | head -1";
        Process shell = builder(List.of("sh", "-c", pipe), "C.UTF-8").start();
        assertThat(end(shell)).isZero();
        assertThat(said("out")).isEqualTo("key\tversion\tvalue\n");
        assertThat(said("err")).isEmpty();
        assertThat(Files.readString(dir.resolve("code")).strip()).isEqualTo("0");
    }

    @Test
    void signalsHaveTheirExitCodesAndTellThatAWriteMayHaveHappened() throws Exception {
        node.mood(FakeNode.Mood.SILENT);
        for (String signal : List.of("INT", "TERM")) {
            long before = node.writesTaken();
            Process process = start(List.of(), List.of("--timeout", "1m", "put", "a", "1"), "C.UTF-8");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> node.writesTaken() > before || !process.isAlive());
            assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
            assertThat(end(process)).isEqualTo(signal.equals("INT") ? 130 : 143);
            assertThat(said("err")).contains("put 'a' was interrupted: outcome unknown, it may still be applied.");
        }
    }

    private Process start(List<String> flags, List<String> words, String locale) throws IOException {
        // A process that was started in the background ignores SIGINT, and so do its children; this undoes it.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(List.of(JAVA, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(flags);
        command.addAll(List.of("-jar", JAR));
        command.addAll(words);
        return builder(command, locale).start();
    }

    private ProcessBuilder builder(List<String> command, String locale) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(dir.resolve("out").toFile())
                .redirectError(dir.resolve("err").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("KVCTL_") || name.startsWith("LC_"));
        builder.environment().put("LANG", locale);
        builder.environment().put("KVCTL_HOME", dir.resolve("home").toString());
        builder.environment().put("KVCTL_CLUSTER", node.address());
        return builder;
    }

    private static int end(Process process) throws InterruptedException {
        try {
            assertThat(process.waitFor(90, SECONDS)).as("ends in time").isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    private String said(String stream) throws IOException {
        return Files.readString(dir.resolve(stream), UTF_8);
    }
}
