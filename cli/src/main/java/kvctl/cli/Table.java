package kvctl.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Aligned columns for humans: two blanks between them, no boxes. */
final class Table {
    private static final int GAP = 2;

    private final Console console;
    private final List<Column> columns;
    private final boolean vertical;
    private final List<String[]> rows = new ArrayList<>();
    private final List<List<Ink>> inks = new ArrayList<>();
    private int[] widths;
    private long written;

    /** @param vertical one line per cell, as {@code \x} switches on */
    Table(Console console, List<Column> columns, boolean vertical) {
        this.console = console;
        this.columns = columns;
        this.vertical = vertical;
    }

    void row(List<Ink> rowInks, Object... cells) {
        String[] row = new String[columns.size()];
        for (int i = 0; i < row.length; i++) {
            row[i] = columns.get(i).shown(joined(cells[i]));
        }
        rows.add(row);
        inks.add(rowInks);
        if (rows.size() == Rows.TABLE_PAGE) {
            String text = page();
            console.print(text);
            console.flush();
        }
    }

    private static Object joined(Object cell) {
        if (cell instanceof List<?> list) {
            return String.join(" ", list.stream().map(Object::toString).toList());
        }
        return cell instanceof Map<?, ?> map ? Rows.map(map) : cell;
    }

    void finish(boolean mayPage) {
        boolean whole = written == 0;
        String text = page();
        if (whole && mayPage && Pager.show(console, text)) {
            return;
        }
        console.print(text);
        console.flush();
    }

    /** The rows at hand, below a header if it is the first page. */
    private String page() {
        StringBuilder out = new StringBuilder();
        if (vertical) {
            verticalPage(out);
        } else if (!rows.isEmpty()) {
            boolean first = widths == null;
            measure();
            if (first) {
                line(out, null, columns.stream().map(Column::heading).toArray(String[]::new));
            }
            for (int i = 0; i < rows.size(); i++) {
                line(out, inks.get(i), rows.get(i));
            }
        }
        written += rows.size();
        rows.clear();
        inks.clear();
        return out.toString();
    }

    private void verticalPage(StringBuilder out) {
        int width = columns.stream().mapToInt(c -> width(c.heading())).max().orElse(0);
        for (int i = 0; i < rows.size(); i++) {
            out.append(console.paint(Ink.DIM, "-- " + (written + i + 1) + " --"))
                    .append('\n');
            for (int c = 0; c < columns.size(); c++) {
                String heading = columns.get(c).heading();
                out.append(console.paint(Ink.BOLD, heading)).append(" ".repeat(width - width(heading) + GAP));
                out.append(rows.get(i)[c]).append('\n');
            }
        }
    }

    private void measure() {
        if (widths == null) {
            widths = columns.stream().mapToInt(c -> width(c.heading())).toArray();
        }
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], width(row[i]));
            }
        }
    }

    /** @param rowInks null for the header */
    private void line(StringBuilder out, List<Ink> rowInks, String[] cells) {
        StringBuilder line = new StringBuilder();
        int used = 0;
        for (int i = 0; i < cells.length; i++) {
            boolean last = i == cells.length - 1;
            String cell = last ? cut(cells[i], console.width() - used) : cells[i];
            String pad = " ".repeat(Math.max(0, widths[i] - width(cell)));
            Ink ink = rowInks == null ? Ink.BOLD : i < rowInks.size() ? rowInks.get(i) : null;
            String painted = ink == null || cell.isEmpty() ? cell : console.paint(ink, cell);
            boolean right = columns.get(i).alignsRight();
            line.append(right ? pad + painted : painted + (last ? "" : pad)).append(last ? "" : " ".repeat(GAP));
            used += widths[i] + GAP;
        }
        out.append(line.toString().stripTrailing()).append('\n');
    }

    /** @param room columns that are left on the terminal; below 10 it is unknown or not worth cutting for */
    private static String cut(String text, int room) {
        if (room < 10 || width(text) <= room) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        int used = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            used += width(c);
            if (used > room - 1) {
                break;
            }
            out.appendCodePoint(c);
            i += Character.charCount(c);
        }
        return out.append('…').toString();
    }

    /** Columns that the text takes on a terminal. */
    static int width(String text) {
        int width = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            width += width(c);
            i += Character.charCount(c);
        }
        return width;
    }

    private static int width(int c) {
        if (c < 0x300) {
            return 1;
        }
        int type = Character.getType(c);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT) {
            return 0;
        }
        boolean wide = c >= 0x1100 && c <= 0x115f
                || c >= 0x2e80 && c <= 0xa4cf && c != 0x303f
                || c >= 0xac00 && c <= 0xd7a3
                || c >= 0xf900 && c <= 0xfaff
                || c >= 0xfe30 && c <= 0xfe6f
                || c >= 0xff00 && c <= 0xff60
                || c >= 0xffe0 && c <= 0xffe6
                || c >= 0x1f300 && c <= 0x1f64f
                || c >= 0x1f900 && c <= 0x1f9ff
                || c >= 0x20000 && c <= 0x3fffd;
        return wide ? 2 : 1;
    }
}
