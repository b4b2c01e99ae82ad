package kvctl.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import kvctl.protocol.ShardMap;

/**
 * What a cluster is made of: validated and immutable. Node and group ids count from 1 in the order of the file.
 *
 * @param cluster name, also the name of its state directory
 * @param shards number of shards, {@value #MIN_SHARDS} to {@value #MAX_SHARDS}; fixed when the cluster is created
 * @param nodes all nodes; the id of the first is 1
 * @param controller ids of the nodes that will hold the shard controller
 * @param groups Raft groups; the id of the first is 1
 */
public record Topology(String cluster, int shards, List<Node> nodes, List<Integer> controller, List<Group> groups) {
    public static final int MIN_SHARDS = 1;
    public static final int MAX_SHARDS = 4096;
    public static final int DEFAULT_SHARDS = 16;
    public static final int MAX_NODES = 128;
    public static final int MAX_GROUPS = 256;
    public static final int MAX_REPLICAS = 9;
    public static final int DEFAULT_BASE_PORT = 7101;
    public static final String DEFAULT_HOST = "127.0.0.1";

    /** Name of the group that holds the configurations; no other group may have it. */
    public static final String CONTROLLER = "controller";

    private static final int MAX_FILE_BYTES = 1 << 20;

    /** One process. Address and name are free; the id is what the other nodes and the stored state go by. */
    public record Node(int id, String name, String host, int port, Settings settings) {
        public String address() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** One Raft group; {@code nodeIds} are its voters in the order of the file. */
    public record Group(int id, String name, List<Integer> nodeIds) {
        public Group {
            nodeIds = List.copyOf(nodeIds);
        }
    }

    /**
     * How one node runs.
     *
     * @param heapBytes largest Java heap of the process
     * @param snapshotEntries the log is cut after so many applied entries
     * @param snapshotBytes the log is cut after so many bytes of applied entries
     * @param heartbeatMs a leader is heard at least this often
     * @param electionMs shortest silence after which a follower asks for votes; drawn between it and twice as much
     * @param faults the node obeys commands that break its links
     */
    public record Settings(
            long heapBytes, long snapshotEntries, long snapshotBytes, int heartbeatMs, int electionMs, boolean faults) {
        public static final Settings DEFAULT = new Settings(128L << 20, 10_000, 16L << 20, 100, 500, false);

        /** Longest silence before an election, in ms. */
        public int electionMaxMs() {
            return 2 * electionMs;
        }

        /**
         * Flags for the JVM of a node, to stand before {@code -jar}: a small machine each, because many share one. The
         * jar's manifest opens sun.nio.ch, so a node is always started by {@code -jar}. Off-heap buffers are Netty's.
         */
        public List<String> jvmFlags() {
            return List.of(
                    "-Xms16m",
                    "-Xmx" + heapBytes,
                    "-XX:MaxDirectMemorySize=" + Math.max(64L << 20, heapBytes / 2),
                    "-Xss512k",
                    "-XX:+UseSerialGC",
                    "-XX:-UsePerfData",
                    "-XX:+ExitOnOutOfMemoryError",
                    "-Xshare:auto",
                    "-Djava.awt.headless=true");
        }
    }

    public Topology {
        nodes = List.copyOf(nodes);
        controller = List.copyOf(controller);
        groups = List.copyOf(groups);
    }

    /**
     * Reads and checks a file.
     *
     * @throws TopologyException with every problem of the file, in its order
     */
    public static Topology read(Path file) {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw TopologyException.of(file + " is larger than 1 MiB: that is no topology.");
            }
            return parse(file.getFileName().toString(), Files.readString(file));
        } catch (NoSuchFileException e) {
            throw TopologyException.of("There is no file " + file + ".");
        } catch (IOException e) {
            throw TopologyException.of("Can't read " + file + ": " + e.getMessage());
        }
    }

    /**
     * Checks a text.
     *
     * @param fileName what problems are reported under
     * @throws TopologyException with every problem of the text, in its order
     */
    public static Topology parse(String fileName, String yaml) {
        return new TopologyReader(fileName, yaml).read();
    }

    /**
     * What a start without a file gets: nodes n1.. on 127.0.0.1 and ports that follow each other, groups g1.. on up to
     * three nodes each (a single group on up to five), spread evenly.
     *
     * @throws TopologyException if a number or the name is out of bounds
     */
    public static Topology defaults(String name, int nodes, int groups, int basePort) {
        check(
                TopologyValues.NAME.matcher(name).matches(),
                "'" + name + "' is no cluster name: " + TopologyValues.NAME_RULE);
        check(nodes >= 1 && nodes <= MAX_NODES, "The number of nodes is 1 to " + MAX_NODES + ", not " + nodes + ".");
        check(
                groups >= 1 && groups <= MAX_GROUPS,
                "The number of groups is 1 to " + MAX_GROUPS + ", not " + groups + ".");
        check(
                basePort >= 1 && basePort + nodes - 1 <= 65535,
                "Ports " + basePort + " to " + (basePort + nodes - 1) + " are not all between 1 and 65535.");
        Settings local = Settings.DEFAULT;
        Settings settings = new Settings(
                local.heapBytes, local.snapshotEntries, local.snapshotBytes, local.heartbeatMs, local.electionMs, true);
        List<Node> made = IntStream.rangeClosed(1, nodes)
                .mapToObj(id -> new Node(id, "n" + id, DEFAULT_HOST, basePort + id - 1, settings))
                .toList();
        int replicas = groups == 1 && nodes >= 5 ? 5 : Math.min(nodes, 3);
        List<Group> spread = new ArrayList<>();
        for (int g = 0; g < groups; g++) {
            int first = g * replicas;
            spread.add(new Group(
                    g + 1,
                    "g" + (g + 1),
                    IntStream.range(0, replicas)
                            .mapToObj(r -> (first + r) % nodes + 1)
                            .sorted()
                            .toList()));
        }
        return new Topology(name, DEFAULT_SHARDS, made, firstNodes(nodes), spread);
    }

    /** Who holds the controller unless said otherwise: the first three nodes. */
    static List<Integer> firstNodes(int nodes) {
        return IntStream.rangeClosed(1, Math.min(nodes, 3)).boxed().toList();
    }

    /**
     * The same under another cluster name.
     *
     * @throws TopologyException if it is no name
     */
    public Topology withCluster(String name) {
        check(
                TopologyValues.NAME.matcher(name).matches(),
                "'" + name + "' is no cluster name: " + TopologyValues.NAME_RULE);
        return new Topology(name, shards, nodes, controller, groups);
    }

    /** @throws TopologyException if there is no such node, with the nearest name */
    public Node node(String name) {
        for (Node node : nodes) {
            if (node.name().equals(name)) {
                return node;
            }
        }
        List<String> names = nodes.stream().map(Node::name).toList();
        throw TopologyException.of(
                "Cluster '" + cluster + "' has no node '" + name + "'." + TopologyReader.didYouMean(name, names));
    }

    /** @param id from 1 */
    public Node node(int id) {
        return nodes.get(id - 1);
    }

    /** Groups that have a replica on the node, in order. */
    public List<Group> groupsOn(int nodeId) {
        return groups.stream().filter(g -> g.nodeIds().contains(nodeId)).toList();
    }

    /**
     * The first map: configuration 1, shards split evenly over the groups in order, so that no group has more than one
     * shard more than another, and the controller. Leaders are not known.
     */
    public ShardMap shardMap() {
        int[] shardGroups = new int[shards];
        for (int shard = 0; shard < shards && !groups.isEmpty(); shard++) {
            shardGroups[shard] = groups.get(shard * groups.size() / shards).id();
        }
        List<ShardMap.Group> all = new ArrayList<>();
        all.add(new ShardMap.Group(ShardMap.CONTROLLER, CONTROLLER, controller, 0));
        groups.forEach(g -> all.add(new ShardMap.Group(g.id(), g.name(), g.nodeIds(), 0)));
        return new ShardMap(
                0,
                1,
                cluster,
                shardGroups,
                new int[shards],
                all,
                nodes.stream()
                        .map(n -> new ShardMap.Node(n.id(), n.name(), n.host(), n.port()))
                        .toList(),
                ShardMap.Steering.FREE);
    }

    /** What works but is hardly meant, one line each. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (Group group : groups) {
            int size = group.nodeIds().size();
            if (size % 2 == 0) {
                warnings.add(
                        "Group '" + group.name() + "' has " + size + " replicas: that survives no more failures than "
                                + (size - 1) + " and needs one more answer for each write.");
            }
        }
        if (groups.size() > shards) {
            warnings.add(groups.size() - shards + " of " + groups.size() + " groups get no shard: there are only "
                    + shards + ".");
        }
        return warnings;
    }

    /** A complete file: {@link #parse} of it gives an equal topology. */
    public String toYaml() {
        return TopologyWriter.write(this);
    }

    private static void check(boolean condition, String message) {
        if (!condition) {
            throw TopologyException.of(message);
        }
    }
}
