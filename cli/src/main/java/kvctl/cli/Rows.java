package kvctl.cli;

import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Writes a result of rows and columns in the format that the user chose. Rows are written as they come; only a table
 * waits, for its widths, and at most for {@value #TABLE_PAGE} rows.
 */
public final class Rows implements AutoCloseable {
    static final int TABLE_PAGE = 500;

    private final Console console;
    private final Settings settings;
    private final Format format;
    private final String kind;
    private final boolean single;
    private final List<Column> columns;
    private final Table table;
    private final Json json = new Json();
    private boolean begun;
    private boolean ended;

    private Rows(Session session, String kind, boolean single, List<Column> columns) {
        this.console = session.console();
        this.settings = session.settings();
        this.format = formatOf(session, kind);
        this.kind = kind;
        this.single = single;
        this.columns = columns;
        this.table = format == Format.TABLE ? new Table(console, columns, session.vertical()) : null;
    }

    /** @param kind names the result; JSON carries {@code kvctl/<kind>/1} */
    public static Rows many(Session session, String kind, Column... columns) {
        return new Rows(session, kind, false, List.of(columns));
    }

    /** For a result of exactly one row, whose columns stand at the top of the JSON document. */
    public static Rows one(Session session, String kind, Column... columns) {
        return new Rows(session, kind, true, List.of(columns));
    }

    private static Format formatOf(Session session, String kind) {
        Format format = session.settings().format();
        if (format == Format.RAW) {
            throw CliException.usage(
                    "'" + kind + "' cannot be written as raw.", "it can be table, json, ndjson, csv or tsv");
        }
        if (format != Format.AUTO) {
            return format;
        }
        return session.console().outIsTty() ? Format.TABLE : Format.TSV;
    }

    /** Writes one row; cells in the order of the columns, null where there is nothing, lists and maps to numbers too. */
    public void row(Object... cells) {
        row(List.of(), cells);
    }

    /** As above; inks colour the cells of a table, null or absent for none. */
    public void row(List<Ink> inks, Object... cells) {
        begin();
        switch (format) {
            case TABLE -> table.row(inks, cells);
            case JSON -> jsonRow(cells);
            case NDJSON -> ndjsonRow(cells);
            case CSV -> separated(cells, ',');
            default -> separated(cells, '\t');
        }
    }

    private void begin() {
        if (begun) {
            return;
        }
        begun = true;
        if (format == Format.JSON) {
            json.open('{').name("schema").text("kvctl/" + kind + "/1");
            if (!single) {
                json.name("rows").open('[');
            }
        } else if ((format == Format.CSV || format == Format.TSV) && settings.header()) {
            StringBuilder line = new StringBuilder();
            for (Column column : columns) {
                line.append(line.isEmpty() ? "" : format == Format.CSV ? "," : "\t")
                        .append(column.name());
            }
            console.line(line.toString());
        }
    }

    private void jsonRow(Object[] cells) {
        if (!single) {
            json.open('{');
        }
        fields(cells);
        if (!single) {
            json.close('}');
        }
        console.print(json.take());
    }

    private void ndjsonRow(Object[] cells) {
        json.open('{').name("schema").text("kvctl/" + kind + "/1");
        fields(cells);
        console.line(json.close('}').take());
        json.restart();
    }

    private void fields(Object[] cells) {
        for (int i = 0; i < columns.size(); i++) {
            String name = columns.get(i).name();
            if (cells[i] instanceof byte[] bytes) {
                json.bytes(name, bytes);
            } else if (cells[i] instanceof Number number) {
                json.name(name).number(number.longValue());
            } else if (cells[i] instanceof Boolean flag) {
                json.name(name).bool(flag);
            } else if (cells[i] instanceof List<?> list) {
                json.name(name).open('[');
                list.forEach(item -> json.text(item.toString()));
                json.close(']');
            } else if (cells[i] instanceof Map<?, ?> map) {
                json.name(name).open('{');
                map.forEach((key, value) -> json.name(key.toString()).number(((Number) value).longValue()));
                json.close('}');
            } else {
                json.name(name).text(cells[i] == null ? null : cells[i].toString());
            }
        }
    }

    private void separated(Object[] cells, char separator) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < columns.size(); i++) {
            if (i > 0) {
                line.append(separator);
            }
            line.append(separator == ',' ? csv(cells[i]) : tsv(cells[i]));
        }
        console.line(line.toString());
    }

    /** RFC 4180; bytes that are not UTF-8 as {@code base64:...}. */
    private static String csv(Object cell) {
        String text;
        if (cell instanceof byte[] bytes) {
            String utf8 = Bytes.utf8OrNull(bytes);
            text = utf8 != null ? utf8 : "base64:" + Base64.getEncoder().encodeToString(bytes);
        } else {
            text = plain(cell);
        }
        boolean quote = text.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return quote ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }

    /** Backslash, tab, line feed and carriage return are escaped, bytes that are not UTF-8 are {@code \xHH}: reversible. */
    private static String tsv(Object cell) {
        String text = cell instanceof byte[] bytes ? Bytes.text(bytes) : plain(cell);
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\t' -> out.append("\\t");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                default -> {
                    if (Words.isByte(text, i)) {
                        Bytes.escape(out, (byte) (c - 0xdc00));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.toString();
    }

    private static String plain(Object cell) {
        if (cell instanceof List<?> list) {
            return String.join(" ", list.stream().map(Object::toString).toList());
        } else if (cell instanceof Map<?, ?> map) {
            return map(map);
        }
        return cell == null ? "" : cell.toString();
    }

    /** Names and numbers in one cell. */
    static String map(Map<?, ?> map) {
        return String.join(
                " ",
                map.entrySet().stream()
                        .map(each -> each.getKey() + "=" + each.getValue())
                        .toList());
    }

    /**
     * Adds a field to the end of a JSON document; other formats have no place for it.
     *
     * @param value a number, a flag, bytes or text
     */
    public void after(String name, Object value) {
        if (format != Format.JSON) {
            return;
        }
        end();
        if (value instanceof byte[] bytes) {
            json.bytes(name, bytes);
        } else if (value instanceof Number number) {
            json.name(name).number(number.longValue());
        } else if (value instanceof Boolean flag) {
            json.name(name).bool(flag);
        } else {
            json.name(name).text(value == null ? null : value.toString());
        }
    }

    private void end() {
        begin();
        if (!ended && format == Format.JSON && !single) {
            json.close(']');
        }
        ended = true;
    }

    /** Writes what is left. */
    @Override
    public void close() {
        end();
        if (format == Format.TABLE) {
            table.finish(settings.pager());
        } else if (format == Format.JSON) {
            console.line(json.close('}').take());
        }
        console.flush();
    }
}
