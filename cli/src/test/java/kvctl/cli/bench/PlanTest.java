package kvctl.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import kvctl.cli.Console;
import kvctl.cli.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code kvctl bench} understands, and how it says what it does not. */
final class PlanTest {
    @TempDir
    Path home;

    @Test
    void mixIsReadsThenWrites() {
        assertThat(Plan.readPercent("95/5")).isEqualTo(95);
        assertThat(Plan.readPercent("0/100")).isZero();
        assertThat(Plan.readPercent("100/0")).isEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(strings = {"95", "95/6", "/100", "100/", "-1/101", "a/b", "95/5/0", ""})
    void otherMixesAreRefused(String mix) {
        assertThatThrownBy(() -> Plan.readPercent(mix)).hasMessageStartingWith("'" + mix + "' is not right for --mix");
    }

    @Test
    void shardsAreNumbersEachOnce() {
        assertThat(Plan.shards("1,2, 5,2")).containsExactly(1, 2, 5);
        for (String bad : new String[] {"", "1,", "a", "1-3", "-1", "99999"}) {
            assertThatThrownBy(() -> Plan.shards(bad)).as(bad).hasMessageContaining("--shards");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--clients 0          | --clients is 1 to 16384, not 0.",
                "--clients many       | 'many' is not right for --clients: it takes a number.",
                "--connections 65     | --connections is 1 to 64, not 65.",
                "--clients 1025 --connections 1 | --clients 1025 is too many for --connections 1: one carries 1024.",
                "--keys 0             | --keys is 1 to 1000000, not 0.",
                "--key-size 1025      | --key-size is 1 to 1024, not 1025.",
                "--key-size 6         | --key-size 6 leaves no room behind --prefix 'bench:'.",
                "--value-size 4194305 | --value-size is 0 to 4194304, not 4194305.",
                "--mix 1/1            | '1/1' is not right for --mix: it takes percent of reads and writes, 100 together.",
                "--ops 0              | --ops is 1 or more, not 0.",
                "--ops 5 --duration 1s | --ops and --duration exclude each other.",
                "--fill --ops 5       | --fill and --mix, --ops, --duration or --warmup exclude each other.",
                "--fill --mix 0/100   | --fill and --mix, --ops, --duration or --warmup exclude each other.",
                "--duration soon      | 'soon' is not a duration.",
                "--duration 0         | --duration is more than nothing.",
                "--warmup -1          | '-1' is not a duration.",
                "--shards x           | 'x' is not right for --shards: it takes numbers with commas.",
                "--shard 1            | Unknown option '--shard'. Did you mean '--shards'?",
                "-o raw               | 'bench' cannot be written as raw."
            })
    void wrongOptionsAreOneLineAndExitCodeTwo(String options, String message) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(
                new ByteArrayInputStream(new byte[0]),
                out,
                err,
                Console.Terminals.NONE,
                Map.of("KVCTL_HOME", home.toString()));
        int code = Main.run(console, ("bench " + options).split(" "));
        assertThat(err.toString(StandardCharsets.UTF_8).lines().findFirst()).contains(message);
        assertThat(code).isEqualTo(2);
        assertThat(out.size()).isZero();
    }

    @Test
    void withoutAClusterItEndsAtOnce() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(
                new ByteArrayInputStream(new byte[0]),
                new ByteArrayOutputStream(),
                err,
                Console.Terminals.NONE,
                Map.of("KVCTL_HOME", home.toString()));
        assertThat(Main.run(console, "bench")).isEqualTo(4);
        assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("No cluster is running here.");
    }
}
