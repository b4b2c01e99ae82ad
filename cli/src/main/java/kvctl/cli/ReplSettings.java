package kvctl.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code \set} shows and changes. */
final class ReplSettings {
    static final String PROMPT = "{cluster} {up}/{nodes} s{served}/{shards}{problems}> ";

    private static final Map<String, String> DEFAULTS = new LinkedHashMap<>();

    static {
        DEFAULTS.put("prompt", PROMPT);
        DEFAULTS.put("timing", "on");
        DEFAULTS.put("notices", "on");
        DEFAULTS.put("suggest", "on");
        DEFAULTS.put("format", "auto");
        DEFAULTS.put("vertical", "off");
        DEFAULTS.put("timeout", "2s");
    }

    private final Map<String, String> values = new LinkedHashMap<>(DEFAULTS);

    static List<String> names() {
        return List.copyOf(DEFAULTS.keySet());
    }

    String get(String name) {
        return values.get(name);
    }

    boolean isOn(String name) {
        return values.get(name).equals("on");
    }

    /** @throws CliException if there is no such setting or it cannot have that value */
    void set(String name, String value) {
        if (!DEFAULTS.containsKey(name)) {
            String near = Words.nearest(name, DEFAULTS.keySet());
            throw CliException.usage(
                    "There is no setting '" + name + "'." + (near == null ? "" : " Did you mean '" + near + "'?"),
                    "\\set lists them");
        }
        switch (name) {
            case "timing", "notices", "suggest", "vertical" -> {
                String word = value.toLowerCase(Locale.ROOT);
                if (!word.equals("on") && !word.equals("off")) {
                    throw CliException.usage("'" + name + "' is on or off, not '" + value + "'.", null);
                }
                values.put(name, word);
            }
            case "format" -> values.put(name, format(value).word());
            case "timeout" -> {
                Durations.parseMs(value);
                values.put(name, value);
            }
            default -> values.put(name, value);
        }
    }

    static Format format(String word) {
        for (Format format : Format.values()) {
            if (format.word().equals(word.toLowerCase(Locale.ROOT))) {
                return format;
            }
        }
        throw CliException.usage("'" + word + "' is no format.", "auto, table, json, ndjson, csv, tsv or raw");
    }

    /** One row per setting: name, value, default. */
    List<String[]> rows() {
        List<String[]> rows = new ArrayList<>();
        values.forEach((name, value) -> rows.add(new String[] {name, value, DEFAULTS.get(name)}));
        return rows;
    }
}
