package kvctl.cli.launch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import kvctl.cli.CliException;
import kvctl.cli.Durations;
import kvctl.cli.ExitCode;
import kvctl.node.Topology;
import kvctl.protocol.ShardMap;

/** Starts nodes, all at once, and waits until they are of use. */
final class Boot {
    private static final long STEP_MS = 25;
    private static final int ASK_MS = 300;
    private static final int TAIL_LINES = 10;

    private final ClusterDir dir;
    private final NodeLauncher launcher;
    private final BootProgress progress;
    private final Map<Topology.Node, Process> processes = new LinkedHashMap<>();
    private final Map<Topology.Node, LogTail> outs = new LinkedHashMap<>();

    private final Topology topology;
    private int groups;

    Boot(ClusterDir dir, Topology topology, Launch launch, BootProgress progress) {
        this.dir = dir;
        this.topology = topology;
        this.groups = topology.groups().size();
        this.launcher = new NodeLauncher(dir, launch);
        this.progress = progress;
    }

    /** What {@link #start} started, by node. */
    Map<Topology.Node, Process> processes() {
        return processes;
    }

    /** How many groups the cluster has besides the controller: as the nodes said, once somebody waited for them. */
    int groups() {
        return groups;
    }

    void start(List<Topology.Node> nodes) throws IOException {
        for (Topology.Node node : nodes) {
            LogTail out = new LogTail(NodeLauncher.outFile(dir, node.name()));
            out.skipToEnd();
            outs.put(node, out);
            Process process = launcher.start(node);
            processes.put(node, process);
            progress.say(node.name(), "started, pid " + process.pid());
        }
    }

    /**
     * Waits until each started node answers and has joined its groups, and each of the groups that can have a leader has
     * one. Which groups there are is what the nodes say: some may have joined or left since the topology was written.
     *
     * @param electable whether a group can have a leader
     * @param cancelled asked between two looks; true ends the waiting
     * @return false if it was cancelled
     * @throws CliException if a started node ends, or the time is over
     */
    boolean await(Predicate<ShardMap.Group> electable, long waitMs, BooleanSupplier cancelled) throws IOException {
        List<Endpoints.Node> nodes = dir.endpoints().nodes();
        String clusterId = dir.endpoints().clusterId();
        List<String> started =
                processes.keySet().stream().map(Topology.Node::name).toList();
        while (!cancelled.getAsBoolean()) {
            checkAlive();
            Survey survey = Survey.of(clusterId, nodes, ASK_MS);
            List<ShardMap.Group> all = survey.mapOr(topology).dataGroups();
            List<ShardMap.Group> awaited = all.stream().filter(electable).toList();
            groups = all.size();
            report(survey, awaited);
            boolean joined = started.stream().allMatch(survey::joined);
            if (joined && awaited.stream().allMatch(group -> survey.leader(group.name()) != null)) {
                return true;
            }
            if (progress.elapsedMs() > waitMs) {
                throw late(survey, awaited, waitMs);
            }
            if (!pause()) {
                return false;
            }
        }
        return false;
    }

    private void report(Survey survey, List<ShardMap.Group> awaited) {
        for (Topology.Node node : processes.keySet()) {
            if (survey.joined(node.name())) {
                progress.say(node.name(), "joined");
            } else if (survey.answers().containsKey(node.name())) {
                progress.say(node.name(), "listening on " + node.address());
            }
        }
        for (ShardMap.Group group : awaited) {
            String leader = survey.leader(group.name());
            if (leader != null) {
                progress.say(group.name(), "leader " + leader);
            }
        }
    }

    private void checkAlive() throws IOException {
        for (Map.Entry<Topology.Node, Process> started : processes.entrySet()) {
            Process process = started.getValue();
            if (!process.isAlive()) {
                throw ended(started.getKey().name(), process.exitValue(), outs.get(started.getKey()));
            }
        }
    }

    /** A node that refuses to start says why in one line; that line is the error. Else its last lines are shown. */
    private CliException ended(String node, int exitCode, LogTail out) throws IOException {
        List<String> said = out.more();
        if (said.size() == 1) {
            String line = said.get(0);
            return new CliException(ExitCode.CONFIG, node + " did not start: " + line, null);
        }
        List<String> lines = new ArrayList<>(said);
        if (lines.isEmpty()) {
            lines.addAll(new LogTail(NodeLauncher.logFile(dir, node)).last(TAIL_LINES));
        }
        lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size())
                .forEach(line -> progress.tell(node + " | " + line));
        return new CliException(
                ExitCode.CONFIG,
                node + " ended with exit code " + exitCode + " while it started.",
                "kvctl cluster logs " + node);
    }

    private CliException late(Survey survey, List<ShardMap.Group> awaited, long waitMs) {
        List<String> silent = processes.keySet().stream()
                .map(Topology.Node::name)
                .filter(name -> !survey.answers().containsKey(name))
                .toList();
        List<String> leaderless = awaited.stream()
                .map(ShardMap.Group::name)
                .filter(name -> survey.leader(name) == null)
                .toList();
        String what = !silent.isEmpty()
                ? "no answer from " + String.join(", ", silent)
                : !leaderless.isEmpty()
                        ? "no leader in " + String.join(", ", leaderless)
                        : "not every node knows its leaders";
        return new CliException(
                silent.isEmpty() ? ExitCode.NO_QUORUM : ExitCode.UNREACHABLE,
                "Cluster '" + dir.name() + "' is not ready after " + Durations.text(waitMs) + ": " + what + ".",
                "kvctl cluster logs " + (silent.isEmpty() ? "" : silent.get(0) + " ") + "-c " + dir.name()
                        + ", or wait longer with --wait");
    }

    private static boolean pause() {
        try {
            Thread.sleep(STEP_MS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
