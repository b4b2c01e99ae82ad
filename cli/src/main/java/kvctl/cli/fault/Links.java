package kvctl.cli.fault;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import kvctl.cli.CliException;
import kvctl.cli.NodeSelector;

/**
 * Which links a user means. A link has a direction: {@code A>B} is what A sends to B, {@code A-B} both directions. A and B
 * are nodes as {@link NodeSelector} knows them, or several with commas between; nobody has a link to itself.
 */
final class Links {
    private static final String QUOTE = "a link is 'A>B' (one way) or A-B (both ways), in quotes in a shell";

    private final List<String> nodes;
    private final NodeSelector selector;

    /** One direction between two nodes, by name. */
    record Link(String from, String to) {}

    /** @param nodes names of all nodes */
    Links(List<String> nodes, NodeSelector selector) {
        this.nodes = nodes;
        this.selector = selector;
    }

    /**
     * The links of some words such as {@code n1>n2,n3} or {@code leader(g1)-all}; {@code all} alone is every link.
     *
     * @throws CliException if a word is no link
     */
    Set<Link> of(List<String> words) {
        Set<Link> links = new LinkedHashSet<>();
        for (String word : words) {
            if (word.equals("all")) {
                links.addAll(between(nodes, nodes));
            } else if (word.indexOf('>') >= 0) {
                int at = word.indexOf('>');
                links.addAll(between(side(word.substring(0, at)), side(word.substring(at + 1))));
            } else {
                int at = hyphen(word);
                List<String> left = side(word.substring(0, at));
                List<String> right = side(word.substring(at + 1));
                links.addAll(between(left, right));
                links.addAll(between(right, left));
            }
        }
        if (links.isEmpty()) {
            throw CliException.usage("'" + String.join(" ", words) + "' is no link between two nodes.", QUOTE);
        }
        return links;
    }

    /** Nodes of one side, commas or spaces between them. */
    List<String> side(String words) {
        List<String> each = new ArrayList<>();
        for (String word : words.trim().split("[,\\s]+")) {
            if (!word.isEmpty()) {
                each.add(word);
            }
        }
        if (each.isEmpty()) {
            throw CliException.usage("A node is missing.", QUOTE);
        }
        return selector.select(each);
    }

    /** Names may have hyphens, too: the one with nodes on both sides is meant. */
    private int hyphen(String word) {
        List<Integer> found = new ArrayList<>();
        for (int at = word.indexOf('-'); at >= 0; at = word.indexOf('-', at + 1)) {
            if (isSide(word.substring(0, at)) && isSide(word.substring(at + 1))) {
                found.add(at);
            }
        }
        if (found.size() == 1) {
            return found.get(0);
        }
        throw CliException.usage(
                found.isEmpty() ? "'" + word + "' is no link." : "'" + word + "' can be read in more than one way.",
                QUOTE);
    }

    private boolean isSide(String words) {
        for (String word : words.split(",", -1)) {
            boolean known = nodes.contains(word) || word.equals("all") || word.equals("random");
            if (!known && !NodeSelector.isRole(word)) {
                return false;
            }
        }
        return true;
    }

    private static Set<Link> between(List<String> from, List<String> to) {
        Set<Link> links = new LinkedHashSet<>();
        for (String a : from) {
            for (String b : to) {
                if (!a.equals(b)) {
                    links.add(new Link(a, b));
                }
            }
        }
        return links;
    }

    /** Few words that mean these links, as {@link #of} reads them. */
    String text(Set<Link> links) {
        if (links.containsAll(between(nodes, nodes))) {
            return "all";
        }
        boolean hyphens = nodes.stream().anyMatch(node -> node.indexOf('-') >= 0);
        Set<Link> left = new LinkedHashSet<>(links);
        Map<String, List<String>> bothWays = new LinkedHashMap<>();
        for (Link link : hyphens ? Set.<Link>of() : links) {
            Link back = new Link(link.to(), link.from());
            if (left.contains(link) && left.contains(back)) {
                left.removeAll(Set.of(link, back));
                bothWays.computeIfAbsent(link.from(), from -> new ArrayList<>()).add(link.to());
            }
        }
        Map<String, List<String>> oneWay = new LinkedHashMap<>();
        left.forEach(link ->
                oneWay.computeIfAbsent(link.from(), from -> new ArrayList<>()).add(link.to()));
        List<String> words = new ArrayList<>();
        words.addAll(words(bothWays, "-", ""));
        words.addAll(words(oneWay, ">", "'"));
        return String.join(" ", words);
    }

    /** Those that lead to the same nodes in one word. */
    private static List<String> words(Map<String, List<String>> targets, String sign, String quote) {
        Map<String, List<String>> sources = new LinkedHashMap<>();
        targets.forEach((from, to) -> sources.computeIfAbsent(String.join(",", to), all -> new ArrayList<>())
                .add(from));
        List<String> words = new ArrayList<>();
        sources.forEach((to, from) -> words.add(quote + String.join(",", from) + sign + to + quote));
        return words;
    }

    // --- partitions ---

    /**
     * The links between sides: nobody reaches another side. Nodes that are on no side are one more side of their own.
     *
     * @param oneWay only what the first side sends is cut
     */
    Set<Link> apart(List<List<String>> sides, boolean oneWay) {
        List<List<String>> all = new ArrayList<>(sides);
        List<String> rest = new ArrayList<>(nodes);
        sides.forEach(rest::removeAll);
        if (!rest.isEmpty()) {
            all.add(rest);
        }
        Set<Link> links = new LinkedHashSet<>();
        for (List<String> from : oneWay ? all.subList(0, 1) : all) {
            for (List<String> to : all) {
                if (from != to) {
                    if (!Collections.disjoint(from, to)) {
                        throw CliException.usage("A node is on two sides.", "kvctl partition 'n1,n2 | n3'");
                    }
                    links.addAll(between(from, to));
                }
            }
        }
        if (links.isEmpty()) {
            throw CliException.usage("All nodes are on one side.", "kvctl partition 'n1,n2 | n3'");
        }
        return links;
    }

    /** Two sides, drawn; of an odd number of nodes the second one is the majority. */
    List<List<String>> halves(long seed) {
        List<String> drawn = shuffled(seed);
        int half = drawn.size() / 2;
        return List.of(drawn.subList(0, half), drawn.subList(half, drawn.size()));
    }

    /** Two halves that reach each other through one node only, drawn. */
    Set<Link> bridge(long seed) {
        List<String> drawn = shuffled(seed);
        int half = (drawn.size() - 1) / 2;
        List<String> left = drawn.subList(0, half);
        List<String> right = drawn.subList(half, drawn.size() - 1);
        Set<Link> links = between(left, right);
        links.addAll(between(right, left));
        if (links.isEmpty()) {
            throw CliException.usage("A bridge takes 3 nodes.", null);
        }
        return links;
    }

    /** Each node reaches a majority, and no two the same one: those next to it on a ring, drawn. */
    Set<Link> ring(long seed) {
        List<String> drawn = shuffled(seed);
        int size = drawn.size();
        int reach = (size / 2 + 1) / 2; // so many on each side of it
        Set<Link> links = new LinkedHashSet<>();
        for (int a = 0; a < size; a++) {
            for (int b = 0; b < size; b++) {
                int apart = Math.min(Math.floorMod(a - b, size), Math.floorMod(b - a, size));
                if (apart > reach) {
                    links.add(new Link(drawn.get(a), drawn.get(b)));
                }
            }
        }
        if (links.isEmpty()) {
            throw CliException.usage("A ring of majorities takes 4 nodes.", null);
        }
        return links;
    }

    private List<String> shuffled(long seed) {
        List<String> drawn = new ArrayList<>(nodes);
        Collections.shuffle(drawn, new Random(new SplittableRandom(seed).nextLong()));
        return drawn;
    }
}
