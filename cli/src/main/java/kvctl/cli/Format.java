package kvctl.cli;

/** How results are written ({@code -o}). */
public enum Format {
    /** A table on a terminal, TSV otherwise. */
    AUTO,
    /** Aligned columns for humans. */
    TABLE,
    /** One document. */
    JSON,
    /** One document per row. */
    NDJSON,
    /** RFC 4180, with a header row. */
    CSV,
    /** Tab separated, with a header row and backslash escapes. */
    TSV,
    /** The bytes themselves. */
    RAW;

    /** The word that a user types. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    boolean isJson() {
        return this == JSON || this == NDJSON;
    }
}
