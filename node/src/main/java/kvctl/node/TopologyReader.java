package kvctl.node;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import kvctl.node.Topology.Group;
import kvctl.node.Topology.Node;
import kvctl.node.Topology.Settings;
import kvctl.node.TopologyException.Problem;
import kvctl.node.TopologyTree.Field;
import kvctl.node.TopologyTree.Item;
import kvctl.node.TopologyTree.Mapping;
import kvctl.node.TopologyTree.Place;
import kvctl.node.TopologyTree.Scalar;
import kvctl.node.TopologyTree.Sequence;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Turns one YAML text into a topology. Goes on after a mistake, so that one run reports all of them. */
final class TopologyReader {
    private static final String[] TOP = {"cluster", "shards", "base_port", "nodes", "controller", "groups", "node"};
    private static final String[] SETTINGS = {"heap", "snapshot", "heartbeat", "election", "faults"};
    private static final String[] NODE = {"host", "port", "heap", "snapshot", "heartbeat", "election", "faults"};
    private static final long MIN_HEAP_BYTES = 32L << 20;
    private static final long MAX_HEAP_BYTES = 1L << 40;

    private final String fileName;
    private final String yaml;
    private final String[] lines;
    private final List<Problem> problems = new ArrayList<>();

    /** Every node that the file names, well or badly made, to its id. */
    private final Map<String, Integer> nodeIds = new LinkedHashMap<>();

    TopologyReader(String fileName, String yaml) {
        this.fileName = fileName;
        this.yaml = yaml;
        this.lines = yaml.split("\r?\n", -1);
    }

    Topology read() {
        Map<String, Field> top = fields(tree(), "a topology", TOP);
        String cluster =
                top.containsKey("cluster") ? value(top, "cluster", "", TopologyValues::name) : missing("cluster", "");
        int shards = value(
                top,
                "shards",
                Topology.DEFAULT_SHARDS,
                text -> TopologyValues.wholeNumber(text, Topology.MIN_SHARDS, Topology.MAX_SHARDS));
        Settings settings = settings(section(top, "node", "'node'", SETTINGS), Settings.DEFAULT);
        List<Node> nodes = nodes(top, settings);
        List<Integer> controller = top.containsKey("controller")
                ? replicas(top.get("controller"), "'controller'")
                : Topology.firstNodes(nodes.size());
        List<Group> groups = groups(top);
        if (!problems.isEmpty()) {
            problems.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
            throw new TopologyException(problems);
        }
        return new Topology(cluster, shards, nodes, controller, groups);
    }

    private Mapping tree() {
        try {
            Item root = TopologyTree.read(yaml);
            if (root instanceof Mapping mapping) {
                return mapping;
            }
            Place at = root == null ? new Place(1, 1) : root.at();
            problem(at, "a topology begins with fields such as 'cluster: demo', 'nodes:' and 'groups:'.");
        } catch (JsonProcessingException e) {
            notYaml(e);
        } catch (IOException e) {
            problem(new Place(1, 1), "this is no YAML: " + firstLine(e.getMessage()) + ".");
        }
        throw new TopologyException(problems);
    }

    /** SnakeYAML knows better than Jackson what is wrong and where. */
    private void notYaml(JsonProcessingException e) {
        if (e.getCause() instanceof MarkedYAMLException why && why.getProblemMark() != null) {
            Place at = new Place(
                    why.getProblemMark().getLine() + 1, why.getProblemMark().getColumn() + 1);
            problem(at, "this is no YAML: " + firstLine(why.getProblem()) + ".");
        } else {
            JsonLocation at = e.getLocation();
            Place place = at == null ? new Place(1, 1) : new Place(at.getLineNr(), at.getColumnNr());
            problem(place, "this is no YAML: " + firstLine(e.getOriginalMessage()) + ".");
        }
    }

    private List<Node> nodes(Map<String, Field> top, Settings settings) {
        int basePort = value(top, "base_port", Topology.DEFAULT_BASE_PORT, TopologyReader::port);
        List<Node> nodes = new ArrayList<>();
        Map<String, String> ports = new LinkedHashMap<>();
        Map<String, String> lowerCase = new LinkedHashMap<>();
        for (Field field : named(top, "nodes", Topology.MAX_NODES)) {
            int id = nodeIds.size() + 1;
            String name = field.name();
            nodeIds.put(name, id);
            String twin = lowerCase.putIfAbsent(name.toLowerCase(Locale.ROOT), name);
            if (twin != null) {
                problem(
                        field.at(),
                        "node '" + name + "' differs from node '" + twin
                                + "' only in case: their directories are the same on some machines.");
            }
            Map<String, Field> own = field.value() instanceof Scalar s && s.text() == null
                    ? Map.of()
                    : fields(field.value(), "node '" + name + "'", NODE);
            String host = value(own, "host", Topology.DEFAULT_HOST, TopologyValues::host);
            int port = value(own, "port", Math.min(basePort + id - 1, 65535), TopologyReader::port);
            String address =
                    (host.equals("localhost") ? Topology.DEFAULT_HOST : host.toLowerCase(Locale.ROOT)) + ":" + port;
            String taken = ports.putIfAbsent(address, name);
            if (taken != null) {
                Place at = own.containsKey("port") ? own.get("port").value().at() : field.at();
                problem(
                        at,
                        "port " + port + " of node '" + name + "' is already that of node '" + taken + "' on " + host
                                + ".");
            }
            nodes.add(new Node(id, name, host, port, settings(own, settings)));
        }
        return nodes;
    }

    private static int port(String text) {
        return TopologyValues.wholeNumber(text, 1, 65535);
    }

    /** Settings in {@code own}, the rest from {@code otherwise}. */
    private Settings settings(Map<String, Field> own, Settings otherwise) {
        Map<String, Field> snapshot = section(own, "snapshot", "'snapshot'", "entries", "bytes");
        Settings settings = new Settings(
                value(own, "heap", otherwise.heapBytes(), t -> TopologyValues.bytes(t, MIN_HEAP_BYTES, MAX_HEAP_BYTES)),
                value(snapshot, "entries", otherwise.snapshotEntries(), t ->
                        (long) TopologyValues.wholeNumber(t, 1, 1_000_000_000)),
                value(snapshot, "bytes", otherwise.snapshotBytes(), t -> TopologyValues.bytes(t, 1 << 10, 1L << 32)),
                value(own, "heartbeat", otherwise.heartbeatMs(), t -> TopologyValues.durationMs(t, 1, 10_000)),
                value(own, "election", otherwise.electionMs(), t -> TopologyValues.durationMs(t, 10, 60_000)),
                value(own, "faults", otherwise.faults(), TopologyValues::yesOrNo));
        Field timing = own.getOrDefault("election", own.get("heartbeat"));
        if (timing != null && settings.electionMs() < 2 * settings.heartbeatMs()) {
            problem(
                    timing.value().at(),
                    "'election' (" + settings.electionMs() + "ms) must be at least twice 'heartbeat' ("
                            + settings.heartbeatMs() + "ms), or one late heartbeat deposes a leader.");
        }
        return settings;
    }

    private List<Group> groups(Map<String, Field> top) {
        List<Group> groups = new ArrayList<>();
        for (Field field : named(top, "groups", Topology.MAX_GROUPS)) {
            if (field.name().equals(Topology.CONTROLLER)) {
                problem(
                        field.at(),
                        "'controller' is the name of the group that holds the configurations; take another.");
            }
            groups.add(new Group(groups.size() + 1, field.name(), replicas(field, "group '" + field.name() + "'")));
        }
        return groups;
    }

    /** A list of node names as ids. */
    private List<Integer> replicas(Field field, String where) {
        List<Integer> ids = new ArrayList<>();
        if (!(field.value() instanceof Sequence sequence)) {
            problem(
                    placeOf(field),
                    where + " must be a list of nodes, as [" + String.join(", ", nodeIds.keySet()) + "].");
            return ids;
        }
        if (sequence.items().isEmpty()) {
            problem(field.at(), where + " is empty: name at least one node.");
        }
        if (sequence.items().size() > Topology.MAX_REPLICAS) {
            problem(
                    field.at(),
                    where + " has " + sequence.items().size() + " replicas, more than " + Topology.MAX_REPLICAS + ".");
        }
        for (Item item : sequence.items()) {
            String name = item instanceof Scalar scalar ? scalar.text() : null;
            Integer id = name == null ? null : nodeIds.get(name);
            if (name == null) {
                problem(item.at(), where + " must be a list of names of nodes.");
            } else if (id == null) {
                problem(
                        item.at(),
                        "unknown node '" + name + "' in " + where + "." + didYouMean(name, nodeIds.keySet()));
            } else if (ids.contains(id)) {
                problem(item.at(), "node '" + name + "' is twice in " + where + ".");
            } else {
                ids.add(id);
            }
        }
        return ids;
    }

    /** The fields of a mapping whose names are the user's: nodes or groups. */
    private Collection<Field> named(Map<String, Field> top, String name, int most) {
        Field field = top.get(name);
        if (field == null) {
            return missing(name, List.of());
        }
        if (!(field.value() instanceof Mapping mapping)) {
            problem(placeOf(field), "'" + name + "' must be a mapping from names, as '" + name + ": { a: ... }'.");
            return List.of();
        }
        if (mapping.fields().isEmpty() || mapping.fields().size() > most) {
            problem(
                    field.at(),
                    "'" + name + "' has " + mapping.fields().size() + " entries; 1 to " + most + " are possible.");
        }
        Collection<Field> fields = unique(mapping).values();
        for (Field each : fields) {
            if (!TopologyValues.NAME.matcher(each.name()).matches()) {
                problem(each.at(), "'" + each.name() + "' is no name: " + TopologyValues.NAME_RULE + ".");
            }
        }
        return fields;
    }

    private Map<String, Field> section(Map<String, Field> from, String name, String where, String... known) {
        Field field = from.get(name);
        return field == null ? Map.of() : fields(field.value(), where, known);
    }

    /** The fields of a mapping whose names are ours. */
    private Map<String, Field> fields(Item item, String where, String... known) {
        if (!(item instanceof Mapping mapping)) {
            problem(item.at(), where + " must have fields: " + String.join(", ", known) + ".");
            return Map.of();
        }
        Map<String, Field> fields = unique(mapping);
        List<String> names = List.of(known);
        for (Field field : fields.values()) {
            if (!names.contains(field.name())) {
                String hint = didYouMean(field.name(), names);
                problem(
                        field.at(),
                        "unknown field '" + field.name() + "'."
                                + (hint.isEmpty() ? " Known here: " + String.join(", ", known) + "." : hint));
            }
        }
        return fields;
    }

    private Map<String, Field> unique(Mapping mapping) {
        Map<String, Field> fields = new LinkedHashMap<>();
        for (Field field : mapping.fields()) {
            Field first = fields.putIfAbsent(field.name(), field);
            if (first != null) {
                problem(
                        field.at(),
                        "duplicate field '" + field.name() + "', first in line "
                                + first.at().line() + ".");
            }
        }
        return fields;
    }

    private <T> T value(Map<String, Field> fields, String name, T otherwise, Function<String, T> parse) {
        Field field = fields.get(name);
        if (field == null) {
            return otherwise;
        }
        if (!(field.value() instanceof Scalar scalar) || scalar.text() == null) {
            problem(placeOf(field), "'" + name + "' must be a single value.");
            return otherwise;
        }
        try {
            return parse.apply(scalar.text());
        } catch (IllegalArgumentException e) {
            problem(scalar.at(), "'" + name + "' " + e.getMessage());
            return otherwise;
        }
    }

    private <T> T missing(String name, T otherwise) {
        problem(new Place(1, 1), "missing field '" + name + "'.");
        return otherwise;
    }

    /** Where a value stands; of a value that is not there, where its field stands. */
    private static Place placeOf(Field field) {
        return field.value() instanceof Scalar scalar && scalar.text() == null
                ? field.at()
                : field.value().at();
    }

    private void problem(Place at, String message) {
        String source = at.line() >= 1 && at.line() <= lines.length ? lines[at.line() - 1] : "";
        problems.add(new Problem(fileName, Math.max(1, at.line()), Math.max(1, at.column()), message, source));
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("unreadable");
    }

    /** {@code " Did you mean 'x'?"} with the nearest candidate, or nothing if none is near. */
    static String didYouMean(String name, Collection<String> candidates) {
        String nearest = null;
        int best = Math.max(1, name.length() / 3) + 1;
        for (String candidate : candidates) {
            int distance = distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            if (distance < best) {
                best = distance;
                nearest = candidate;
            }
        }
        return nearest == null ? "" : " Did you mean '" + nearest + "'?";
    }

    /** Fewest letters to insert, delete, replace or swap with their neighbour. */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
