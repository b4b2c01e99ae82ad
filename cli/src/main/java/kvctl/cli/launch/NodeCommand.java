package kvctl.cli.launch;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.Durations;
import kvctl.cli.ExitCode;
import kvctl.cli.Home;
import kvctl.cli.NodeSelector;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.cli.launch.NodeRun.State;
import kvctl.node.Topology;
import kvctl.node.TopologyException;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** kill, stop, start, restart, pause and resume: one {@link NodeVerb}, done to some nodes of this machine. */
@Command
final class NodeCommand implements Callable<Integer> {
    private static final int ASK_MS = 500;

    private final Session session;
    private final NodeVerb verb;

    @Parameters(
            paramLabel = "NODE",
            arity = "1..*",
            description = "Names, all, random, leader(GROUP) or follower(GROUP); GROUP may be the number of a shard.")
    private List<String> words;

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            defaultValue = "30s",
            description = "Most time until a started node has joined its groups (default 30s); 0 does not wait.")
    private String wait;

    NodeCommand(Session session, NodeVerb verb) {
        this.session = session;
        this.verb = verb;
    }

    @Override
    public Integer call() throws IOException {
        long waitMs = Durations.parseMs(wait);
        ClusterDir dir = ClusterDir.selected(
                Home.of(session.console().env()), session.settings().cluster());
        Topology topology = topology(dir);
        Survey before = Survey.of(dir.endpoints().clusterId(), running(dir), ASK_MS);
        List<Topology.Node> chosen = new NodeSelector(before.nodes(topology), RandomGenerator.getDefault())
                .select(words).stream().map(topology::node).toList();
        return ClusterLock.holding(dir, () -> {
            List<Topology.Node> nodes = possible(dir, chosen);
            List<String> names = nodes.stream().map(Topology.Node::name).toList();
            Set<String> working =
                    running(dir).stream().map(Endpoints.Node::name).collect(Collectors.toSet());
            Fleet fleet = new Fleet(dir);
            Map<String, Long> oldPids = new LinkedHashMap<>();
            names.forEach(node -> oldPids.put(node, fleet.pid(node)));
            act(dir, topology, nodes, waitMs);
            Cost cost = Cost.NOTHING;
            Map<String, List<String>> led = new TreeMap<>();
            if (verb.interrupts()) {
                cost = Cost.of(topology, before, Set.copyOf(names), working, verb != NodeVerb.RESTART);
                names.forEach(node -> led.put(node, before.leads(node)));
            }
            show(fleet, oldPids, led, cost);
            return 0;
        });
    }

    private static Topology topology(ClusterDir dir) {
        try {
            return Topology.read(dir.topologyFile());
        } catch (TopologyException e) {
            throw UpPlan.invalid(e);
        }
    }

    private static List<Endpoints.Node> running(ClusterDir dir) {
        return dir.endpoints().nodes().stream()
                .filter(node -> dir.state(node.name()) == State.RUNNING)
                .toList();
    }

    /**
     * The nodes that are not yet as the verb would have them.
     *
     * @throws CliException naming the first that is, unless the user said {@code all} and there are others
     */
    private List<Topology.Node> possible(ClusterDir dir, List<Topology.Node> chosen) {
        List<Topology.Node> possible = chosen.stream()
                .filter(node -> verb.suits(dir.state(node.name())))
                .toList();
        if (possible.size() == chosen.size() || (words.contains("all") && !possible.isEmpty())) {
            return possible;
        }
        String node = chosen.stream()
                .filter(each -> !possible.contains(each))
                .findFirst()
                .orElseThrow()
                .name();
        State state = dir.state(node);
        long pid = new Fleet(dir).pid(node);
        String now = state == State.NEW ? "was never started" : "is " + state.text();
        throw new CliException(
                ExitCode.CONFLICT,
                node + " " + now + (pid == 0 ? "" : " (pid " + pid + ")") + ": nothing to " + verb.word() + ".",
                hint(state, node));
    }

    private String hint(State state, String node) {
        return switch (state) {
            case RUNNING -> verb == NodeVerb.START ? "kvctl restart " + node : null;
            case PAUSED -> "kvctl resume " + node;
            default -> verb == NodeVerb.START ? null : "kvctl start " + node;
        };
    }

    private void act(ClusterDir dir, Topology topology, List<Topology.Node> chosen, long waitMs) throws IOException {
        Fleet fleet = new Fleet(dir);
        List<String> names = chosen.stream().map(Topology.Node::name).toList();
        switch (verb) {
            case KILL -> fleet.kill(names);
            case STOP -> tellKilled(fleet.stop(names, DownCommand.STOP_MS));
            case PAUSE -> {
                for (String name : names) {
                    fleet.pause(name);
                }
            }
            case RESUME -> {
                for (String name : names) {
                    fleet.resume(name);
                }
            }
            case RESTART -> {
                tellKilled(fleet.stop(fleet.alive(names), DownCommand.STOP_MS));
                start(dir, topology, chosen, waitMs);
            }
            case START -> start(dir, topology, chosen, waitMs);
        }
    }

    private void tellKilled(List<String> killed) {
        if (!killed.isEmpty()) {
            session.console().note(String.join(", ", killed) + " did not stop in time and had to be killed.");
        }
    }

    /** Whoever watched over the nodes before watches over the new processes, if he still lives. */
    private void start(ClusterDir dir, Topology topology, List<Topology.Node> chosen, long waitMs) throws IOException {
        for (Topology.Node node : chosen) {
            UpPlan.checkFree(dir, node);
        }
        Launch launch = dir.launch().map(Launch::now).orElse(new Launch(Optional.empty(), List.of()));
        dir.write(launch);
        Boot boot = new Boot(dir, topology, launch, new BootProgress(session));
        boot.start(chosen);
        if (waitMs > 0) {
            boot.await(group -> isElectable(dir, topology, group), waitMs, session::isCancelled);
        }
    }

    /** A majority of its nodes runs: only then can it have a leader to wait for. */
    private static boolean isElectable(ClusterDir dir, Topology topology, ShardMap.Group group) {
        long running = group.nodeIds().stream()
                .filter(id -> dir.state(topology.node(id).name()) == State.RUNNING)
                .count();
        return running > group.nodeIds().size() / 2;
    }

    private void show(Fleet fleet, Map<String, Long> oldPids, Map<String, List<String>> led, Cost cost) {
        try (Rows rows = Rows.many(
                session,
                "node-" + verb.word(),
                Column.text("node"),
                Column.text("state"),
                Column.number("old_pid"),
                Column.number("new_pid"),
                Column.text("leaders_lost"),
                Column.text("without_quorum"))) {
            oldPids.forEach((name, old) -> {
                long now = fleet.pid(name);
                rows.row(
                        name,
                        verb.done(),
                        old == 0 ? null : old,
                        now == 0 ? null : (Object) now,
                        led.getOrDefault(name, List.of()),
                        cost.noQuorum());
            });
        }
        if (!cost.leaderOf().isEmpty()) {
            session.note("Led " + String.join(", ", cost.leaderOf()) + ": a new leader must be elected.");
        }
        if (!cost.noQuorum().isEmpty()) {
            session.note("Without quorum now: " + String.join(", ", cost.noQuorum()) + ".");
        }
        if (verb.undo() != null) {
            session.note("undo: kvctl " + verb.undo().word() + " " + String.join(" ", oldPids.keySet()));
        }
    }
}
