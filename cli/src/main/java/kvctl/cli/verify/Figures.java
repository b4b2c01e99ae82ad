package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kvctl.cli.Column;
import kvctl.cli.Durations;

/** What a case measured, beside what the suite allows. Of what is measured more than once the largest is kept. */
final class Figures {
    private final Map<String, Long> values = new LinkedHashMap<>();
    private final Map<String, Long> bounds = new LinkedHashMap<>();

    /** @param name ends with {@code _ms} or {@code _bytes} if it is not a plain number */
    void add(String name, long value) {
        values.merge(name, value, Math::max);
    }

    void bound(String name, long most) {
        bounds.put(name, most);
    }

    Map<String, Long> values() {
        return values;
    }

    /** The most that the suite allows, where it says something. */
    Map<String, Long> bounds() {
        return bounds;
    }

    /** For people: {@code leader 812 ms (bound 5.0 s), writes 50}. */
    String text() {
        List<String> words = new ArrayList<>();
        values.forEach((name, value) -> {
            Long most = bounds.get(name);
            words.add(plain(name) + " " + amount(name, value)
                    + (most == null ? "" : " (bound " + amount(name, most) + ")"));
        });
        return String.join(", ", words);
    }

    private static String plain(String name) {
        return name.replaceFirst("_(ms|bytes)$", "").replace('_', ' ');
    }

    static String amount(String name, long value) {
        if (name.endsWith("_ms")) {
            return Durations.text(value);
        }
        return name.endsWith("_bytes") ? Column.size(value) : Long.toString(value);
    }
}
