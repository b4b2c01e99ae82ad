package kvctl.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class OutputTest {
    private static final byte[] BINARY = {(byte) 0xff, 'a', '\n'};
    private final TestConsole streams = new TestConsole();

    @Test
    void jsonIsOneDocumentWithItsSchema() {
        assertThat(written(Format.JSON))
                .isEqualTo("{\"schema\":\"kvctl/sample/1\",\"rows\":["
                        + "{\"key\":\"a\",\"size_bytes\":2048,\"note\":\"x,\\\"y\\\"\\t\"},"
                        + "{\"key_base64\":\"/2EK\",\"size_bytes\":null,\"note\":\"\"}],\"more\":true}\n");
    }

    @Test
    void ndjsonIsOneDocumentPerRow() {
        assertThat(written(Format.NDJSON).lines())
                .containsExactly(
                        "{\"schema\":\"kvctl/sample/1\",\"key\":\"a\",\"size_bytes\":2048,\"note\":\"x,\\\"y\\\"\\t\"}",
                        "{\"schema\":\"kvctl/sample/1\",\"key_base64\":\"/2EK\",\"size_bytes\":null,\"note\":\"\"}");
    }

    @Test
    void csvQuotesWhatItMust() {
        assertThat(written(Format.CSV)).isEqualTo("key,size_bytes,note\na,2048,\"x,\"\"y\"\"\t\"\nbase64:/2EK,,\n");
    }

    @Test
    void tsvEscapesSoThatItCanBeReadBack() {
        assertThat(written(Format.TSV)).isEqualTo("key\tsize_bytes\tnote\na\t2048\tx,\"y\"\\t\n\\xffa\\n\t\t\n");
    }

    @Test
    void autoIsTsvWhenPipedAndATableOnATerminal() {
        assertThat(written(Format.AUTO)).isEqualTo(written(Format.TSV));
        streams.onTerminal();
        assertThat(written(Format.AUTO)).isEqualTo(written(Format.TABLE));
    }

    @Test
    void tablesAreAlignedAndShowUnprintableBytes() {
        assertThat(written(Format.TABLE)).isEqualTo("""
                        KEY         SIZE  NOTE
                        a          2 KiB  x,"y"\\x09
                        \\xffa\\x0a
                        """);
    }

    @Test
    void headerCanBeLeftOut() {
        streams.env.put("KVCTL_NO_HEADER", "1");
        assertThat(written(Format.TSV)).startsWith("a\t2048");
    }

    @Test
    void verticalTablesHaveOneLinePerCell() {
        Session session = session(Format.TABLE);
        session.vertical(true);
        write(session);
        assertThat(streams.out()).startsWith("-- 1 --\nKEY   a\nSIZE  2 KiB\n");
    }

    @Test
    void wideCharactersKeepColumnsAligned() {
        Session session = session(Format.TABLE);
        try (Rows rows = Rows.many(session, "sample", Column.text("name"), Column.text("x"))) {
            rows.row("東京", "1");
            rows.row("e\u0301", "2");
        }
        assertThat(streams.out().lines()).containsExactly("NAME  X", "東京  1", "e\u0301     2");
    }

    @Test
    void formatThatACommandCannotGiveIsRefused() {
        assertThatThrownBy(() -> written(Format.RAW))
                .isInstanceOf(CliException.class)
                .extracting(e -> ((CliException) e).code())
                .isEqualTo(ExitCode.USAGE);
    }

    @Test
    void colorsFollowTheOrderOfPrecedence() {
        streams.terminals = new Console.Terminals(true, true, true);
        assertThat(colors("auto")).isTrue();
        streams.env.put("TERM", "dumb");
        assertThat(colors("auto")).isFalse();
        streams.env.put("FORCE_COLOR", "1");
        assertThat(colors("auto")).isTrue();
        streams.env.put("NO_COLOR", "");
        assertThat(colors("auto")).as("an empty NO_COLOR is none").isTrue();
        streams.env.put("NO_COLOR", "1");
        assertThat(colors("auto")).isFalse();
        assertThat(colors("always")).isTrue();
        streams.env.clear();
        streams.env.put("CLICOLOR", "0");
        assertThat(colors("auto")).isFalse();
        streams.piped();
        streams.env.clear();
        assertThat(colors("auto")).isFalse();
        assertThat(colors("never")).isFalse();
    }

    @Test
    void terminalDoesNotObeyStoredValues() {
        byte[] attack = Bytes.of("a\u001b[2Jb\u202ec\u0085");
        assertThat(Bytes.shown(attack, true)).isEqualTo("a\\x1b[2Jb\\xe2\\x80\\xaec\\xc2\\x85");
        assertThat(Bytes.shown(Bytes.of("né 東\n"), true)).isEqualTo("né 東\n");
    }

    @Test
    void sizesAndDurationsAreShort() {
        assertThat(Column.size(512)).isEqualTo("512 B");
        assertThat(Column.size(4 << 20)).isEqualTo("4 MiB");
        assertThat(Column.size(9_646_899)).isEqualTo("9.2 MiB");
        assertThat(Durations.parseMs("500ms")).isEqualTo(500);
        assertThat(Durations.parseMs("1.5s")).isEqualTo(1_500);
        assertThat(Durations.parseMs("2")).isEqualTo(2_000);
        assertThat(Durations.parseMs("3m")).isEqualTo(180_000);
        assertThat(Durations.text(2_040)).isEqualTo("2.0 s");
        for (String bad : List.of("", "s", "-1s", "1x", "1..2s", "99999h", "1e9")) {
            assertThatThrownBy(() -> Durations.parseMs(bad)).as(bad).isInstanceOf(CliException.class);
        }
    }

    private boolean colors(String choice) {
        Console console = streams.console();
        console.color(choice);
        return console.colorsOut();
    }

    private String written(Format format) {
        write(session(format));
        return streams.out();
    }

    private Session session(Format format) {
        streams.outBytes.reset();
        return new Session(streams.console(), Settings.of(streams.env).withFormat(format));
    }

    private static void write(Session session) {
        try (Rows rows = Rows.many(
                session, "sample", Column.bytes("key"), Column.size("size_bytes", "SIZE"), Column.text("note"))) {
            rows.row(Bytes.of("a"), 2048, "x,\"y\"\t");
            rows.row(BINARY, null, "");
            rows.after("more", true);
        }
    }
}
