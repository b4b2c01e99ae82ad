package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import kvctl.cli.CliException;
import kvctl.cli.Words;

/** All cases, and how they are called: by suite, by name, or by both as in {@code kvraft/Basic}; in any case of letters. */
final class Catalogue {
    private static final int NEAREST = 3;

    private Catalogue() {}

    static List<Scenario> all() {
        return Stream.of(
                        RaftCases.all(),
                        RsmCases.all(),
                        KvSrvCases.all(),
                        KvRaftCases.all(),
                        ShardControllerCases.all(),
                        ShardKvCases.all(),
                        LockCases.all())
                .flatMap(List::stream)
                .toList();
    }

    /**
     * The cases that these words mean, in the order of the words, each once. A name that two suites have means both.
     *
     * @throws CliException (usage) if a word means none
     */
    static List<Scenario> find(List<String> words) {
        List<Scenario> all = all();
        Set<Scenario> found = new LinkedHashSet<>();
        for (String word : words) {
            List<Scenario> meant = all.stream()
                    .filter(each -> word.equalsIgnoreCase(each.name())
                            || word.equalsIgnoreCase(each.fullName())
                            || word.equalsIgnoreCase(each.suite().word()))
                    .toList();
            if (meant.isEmpty()) {
                throw unknown(word, all);
            }
            found.addAll(meant);
        }
        return List.copyOf(found);
    }

    private static CliException unknown(String word, List<Scenario> all) {
        TreeMap<String, String> names = new TreeMap<>();
        for (Scenario each : all) {
            for (String name :
                    List.of(each.name(), each.fullName(), each.suite().word())) {
                names.put(name.toLowerCase(Locale.ROOT), name);
            }
        }
        List<String> near = new ArrayList<>();
        String lower = word.toLowerCase(Locale.ROOT);
        names.keySet().stream()
                .filter(name -> lower.length() > 3 && name.contains(lower) && name.indexOf('/') < 0)
                .limit(NEAREST)
                .forEach(name -> near.add(names.get(name)));
        String nearest = Words.nearest(lower, names.keySet());
        if (nearest != null && !near.contains(names.get(nearest))) {
            near.add(0, names.get(nearest));
        }
        return CliException.usage(
                "There is no case '" + word + "'."
                        + (near.isEmpty() ? "" : " Did you mean '" + String.join("', '", near) + "'?"),
                "kvctl verify --list");
    }

    /** For completion. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Stream.concat(
                            Stream.of(Suite.values()).map(Suite::word),
                            all().stream()
                                    .filter(Scenario::isReal)
                                    .map(Scenario::name)
                                    .distinct())
                    .iterator();
        }
    }
}
