package kvctl.cli.launch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;
import kvctl.node.Topology;
import kvctl.node.TopologyException;

/**
 * What {@code cluster up} would start: found and checked without changing anything.
 *
 * @param known the cluster has been up before, with the same members: its data is used again
 */
record UpPlan(ClusterDir dir, Topology topology, boolean known) {
    static final String DEFAULT_NAME = "demo";
    static final int DEFAULT_NODES = 3;
    static final int DEFAULT_GROUPS = 2;

    /** A killed process keeps its port for a moment after nobody can see it any more. */
    private static final long DYING_NANOS = TimeUnit.SECONDS.toNanos(5);

    /**
     * What the user asked for; null where nothing was said.
     *
     * @param name of the cluster, over the one in the file
     */
    record Wish(Path file, String name, Integer nodes, Integer groups, Integer basePort) {
        boolean nothingOfTheShape() {
            return file == null && nodes == null && groups == null && basePort == null;
        }
    }

    /** @throws CliException if the wish contradicts itself, the file, or the data that the cluster already has */
    static UpPlan of(Path home, Wish wish) {
        if (wish.file() != null && (wish.nodes() != null || wish.groups() != null || wish.basePort() != null)) {
            throw CliException.usage("--nodes, --groups and --base-port are for a start without a file.", null);
        }
        try {
            Topology asked = wish.file() == null ? null : Topology.read(wish.file());
            String name = wish.name() != null ? wish.name() : asked != null ? asked.cluster() : DEFAULT_NAME;
            ClusterDir dir = ClusterDir.of(home, name);
            boolean known = dir.exists();
            Topology recorded = known ? Topology.read(dir.topologyFile()) : null;
            if (known && wish.nothingOfTheShape()) {
                return new UpPlan(dir, recorded, true);
            }
            Topology topology = asked != null ? asked.withCluster(name) : defaults(name, wish, recorded);
            if (known && !sameMembers(topology, recorded)) {
                throw new CliException(
                        ExitCode.CONFIG,
                        "Cluster '" + name + "' was made with other nodes, groups or shards; its data in " + dir.root()
                                + " does not fit.",
                        "kvctl cluster down " + name + " --purge, or choose another --name");
            }
            return new UpPlan(dir, topology, known);
        } catch (TopologyException e) {
            throw invalid(e);
        }
    }

    private static Topology defaults(String name, Wish wish, Topology recorded) {
        int basePort = wish.basePort() != null
                ? wish.basePort()
                : recorded != null ? recorded.nodes().get(0).port() : Topology.DEFAULT_BASE_PORT;
        int nodes = wish.nodes() != null
                ? wish.nodes()
                : recorded != null ? recorded.nodes().size() : DEFAULT_NODES;
        int groups = wish.groups() != null
                ? wish.groups()
                : recorded != null ? recorded.groups().size() : DEFAULT_GROUPS;
        return Topology.defaults(name, nodes, groups, basePort);
    }

    static CliException invalid(TopologyException e) {
        return new CliException(ExitCode.CONFIG, e.getMessage(), null, e);
    }

    /** Ports, heaps and the like may change between two starts; who holds which data may not. */
    private static boolean sameMembers(Topology a, Topology b) {
        return a.shards() == b.shards()
                && a.groups().equals(b.groups())
                && a.controller().equals(b.controller())
                && a.nodes().stream()
                        .map(Topology.Node::name)
                        .toList()
                        .equals(b.nodes().stream().map(Topology.Node::name).toList());
    }

    boolean sameAsRecorded() {
        return known && Topology.read(dir.topologyFile()).equals(topology);
    }

    /** Writes down what is about to be started, for every other command. */
    void record(Launch launch) throws IOException {
        ClusterDir.writeAtomically(dir.topologyFile(), topology.toYaml().getBytes(StandardCharsets.UTF_8));
        dir.write(endpoints(System.currentTimeMillis()));
        dir.write(launch);
    }

    List<String> names() {
        return topology.nodes().stream().map(Topology.Node::name).toList();
    }

    private Endpoints endpoints(long startedMs) {
        return new Endpoints(
                topology.cluster(),
                topology.shards(),
                startedMs,
                topology.nodes().stream()
                        .map(node -> new Endpoints.Node(node.id(), node.name(), node.host(), node.port()))
                        .toList());
    }

    /** @throws CliException if a node could not listen or could not have its data for itself */
    void checkFree() {
        for (Topology.Node node : topology.nodes()) {
            checkFree(dir, node);
        }
    }

    static void checkFree(ClusterDir dir, Topology.Node node) {
        checkLoopback(node);
        Path data = dir.dataDir(node.name());
        Optional<Leftover> owner = Leftover.of(data);
        if (owner.isPresent()) {
            throw new CliException(
                    ExitCode.CONFIG, data + " is locked by pid " + owner.get().pid() + ".", "kvctl cluster clean");
        }
        checkPort(node);
    }

    private static void checkLoopback(Topology.Node node) {
        try {
            if (InetAddress.getByName(node.host()).isLoopbackAddress()) {
                return;
            }
        } catch (UnknownHostException e) {
            throw new CliException(
                    ExitCode.CONFIG, "Host '" + node.host() + "' of " + node.name() + " is unknown.", null, e);
        }
        throw new CliException(
                ExitCode.CONFIG,
                "'cluster up' starts nodes of this machine that only it can reach; " + node.name() + " is to listen on "
                        + node.address() + ".",
                "leave out its host, or start it there: kvctl node run --topology FILE --node " + node.name());
    }

    private static void checkPort(Topology.Node node) {
        Optional<PortHolder> found;
        try {
            long until = System.nanoTime() + DYING_NANOS;
            do {
                if (PortHolder.free(node.host(), node.port())) {
                    return;
                }
                found = PortHolder.of(node.port());
                LockSupport.parkNanos(DYING_NANOS / 100);
            } while (found.isEmpty() && System.nanoTime() < until);
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.CONFIG,
                    node.name() + " cannot listen on " + node.address() + ": " + e.getMessage() + ".",
                    null,
                    e);
        }
        String holder = found.map(process -> " by pid " + process.pid() + " (" + process.command() + ")")
                .orElse("");
        throw new CliException(
                ExitCode.CONFIG,
                "Port " + node.port() + " for " + node.name() + " is in use" + holder + ".",
                "kvctl cluster status --all, or other ports: --base-port, or base_port in the topology file");
    }
}
