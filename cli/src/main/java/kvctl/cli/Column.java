package kvctl.cli;

import java.util.Locale;

/**
 * One column of a result.
 *
 * @param name as in JSON and in the header row of csv and tsv; frozen once released
 * @param heading as in tables
 * @param kind what stands in it
 */
public record Column(String name, String heading, Kind kind) {
    /** What a column holds, and so how it is shown. */
    public enum Kind {
        /** Text. */
        TEXT,
        /** A whole number. */
        NUMBER,
        /** A key or a value: {@code byte[]}. */
        BYTES,
        /** A number of bytes; tables show KiB and MiB. */
        SIZE,
        /** A number of milliseconds; tables show seconds and minutes. */
        MS,
        /** True or false. */
        FLAG
    }

    public static Column text(String name) {
        return new Column(name, heading(name), Kind.TEXT);
    }

    public static Column number(String name) {
        return new Column(name, heading(name), Kind.NUMBER);
    }

    public static Column bytes(String name) {
        return new Column(name, heading(name), Kind.BYTES);
    }

    public static Column flag(String name) {
        return new Column(name, heading(name), Kind.FLAG);
    }

    /** @param name ends with {@code _bytes} */
    public static Column size(String name, String heading) {
        return new Column(name, heading, Kind.SIZE);
    }

    /** @param name ends with {@code _ms} */
    public static Column ms(String name, String heading) {
        return new Column(name, heading, Kind.MS);
    }

    /** The same under another heading. */
    public Column as(String newHeading) {
        return new Column(name, newHeading, kind);
    }

    boolean alignsRight() {
        return kind == Kind.NUMBER || kind == Kind.SIZE || kind == Kind.MS;
    }

    private static String heading(String name) {
        return name.toUpperCase(Locale.ROOT).replace('_', ' ');
    }

    /** A cell of a table. */
    String shown(Object cell) {
        if (cell == null) {
            return "";
        }
        return switch (kind) {
            case BYTES -> Bytes.shown((byte[]) cell, false);
            case SIZE -> size(((Number) cell).longValue());
            case MS -> Durations.text(((Number) cell).longValue());
            case TEXT -> Bytes.shown(Bytes.of(cell.toString()), false);
            case NUMBER, FLAG -> cell.toString();
        };
    }

    /** Short text for humans: {@code 512 B}, {@code 9.2 MiB}. */
    public static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 4) {
            value /= 1024;
            unit++;
        }
        return String.format(
                Locale.ROOT,
                value < 10 && value != Math.rint(value) ? "%.1f %ciB" : "%.0f %ciB",
                value,
                "KMGTP".charAt(unit));
    }
}
