package kvctl.cli.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.Durations;
import kvctl.cli.ExitCode;
import kvctl.cli.Format;
import kvctl.cli.Home;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.node.Topology;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "up",
        header = "Start a cluster of node processes on this machine.",
        description = {
            "Without a file: three nodes on ports 7101 to 7103, or the cluster as it was when it was up before.",
            "In front of a terminal the REPL opens, and the nodes stop when it ends; elsewhere the command waits for",
            "SIGINT or SIGTERM and then stops them. --detach returns at once and leaves them running. Data is kept.",
            "A cluster that runs already as wished is success with --detach and exit code 8 without."
        },
        footer = {
            "  kvctl cluster up",
            "  kvctl cluster up -f topology.yaml --detach",
            "  kvctl cluster up --name big --nodes 5 --groups 3 --base-port 7201 -d"
        })
final class UpCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "Topology (YAML).")
    private Path file;

    @Option(names = "--name", paramLabel = "NAME", description = "Name of the cluster, over the one in the file.")
    private String name;

    @Option(
            names = {"-d", "--detach"},
            description = "Leave the nodes running and return.")
    private boolean detach;

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            defaultValue = "30s",
            description = "Most time until every group has a leader (default 30s); 0 does not wait at all.")
    private String wait;

    @Option(names = "--dry-run", description = "Show what would be started, and start nothing.")
    private boolean dryRun;

    @Option(names = "--nodes", paramLabel = "N", description = "Number of nodes, without a file (default 3).")
    private Integer nodes;

    @Option(names = "--groups", paramLabel = "G", description = "Number of groups, without a file (default 2).")
    private Integer groups;

    @Option(names = "--base-port", paramLabel = "P", description = "Port of the first node, without a file.")
    private Integer basePort;

    @Option(names = "--no-repl", description = "Open no REPL; wait for Ctrl-C.")
    private boolean noRepl;

    @Option(
            names = "--jvm-arg",
            paramLabel = "ARG",
            description = "One more argument for each node's Java machine; repeatable.")
    private List<String> jvmArgs;

    UpCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        long waitMs = Durations.parseMs(wait);
        Path home = Home.of(session.console().env());
        String wanted = name != null || file != null ? name : session.settings().cluster();
        UpPlan plan = UpPlan.of(home, new UpPlan.Wish(file, wanted, nodes, groups, basePort));
        plan.topology().warnings().forEach(session::note);
        if (dryRun) {
            return showPlan(plan);
        }
        Fleet fleet = new Fleet(plan.dir());
        try (Interrupts interrupts = new Interrupts(() -> giveUp(fleet, plan))) {
            BootProgress progress = new BootProgress(session);
            Boot boot = ClusterLock.holding(plan.dir(), () -> start(plan, waitMs, interrupts, progress));
            if (boot == null) {
                return interrupts.code();
            }
            show(plan, boot.groups(), progress.elapsedMs());
            if (session.isRepl()) {
                session.base(session.base().withCluster(plan.dir().name()));
            }
            if (detach) {
                return 0;
            }
            if (session.isRepl()) {
                session.note("The nodes stop when this prompt ends; --detach leaves them running.");
                return 0;
            }
            return new Foreground(session, plan, boot.processes(), interrupts).run(opensRepl());
        }
    }

    private boolean opensRepl() {
        boolean terminal = session.console().inIsTty() && session.console().outIsTty();
        return terminal && !noRepl && session.settings().format() == Format.AUTO;
    }

    /** @return null if a signal ended it, or all runs already as it should */
    private Boot start(UpPlan plan, long waitMs, Interrupts interrupts, BootProgress progress) throws IOException {
        Fleet fleet = new Fleet(plan.dir());
        if (isUp(plan, fleet)) {
            show(plan, plan.topology().groups().size(), 0);
            return null;
        }
        plan.checkFree();
        Launch launch = launch();
        plan.record(launch);
        Boot boot = new Boot(plan.dir(), plan.topology(), launch, progress);
        boolean ready = false;
        try {
            boot.start(plan.topology().nodes());
            ready = waitMs == 0 || boot.await(group -> true, waitMs, () -> interrupts.code() != 0);
            return ready ? boot : null;
        } finally {
            if (!ready) {
                fleet.stop(plan.names(), DownCommand.STOP_MS);
                plan.dir().forgetLaunch();
            }
        }
    }

    /** @throws CliException if it runs in another way than this command wants it */
    private boolean isUp(UpPlan plan, Fleet fleet) {
        List<String> alive = fleet.alive(plan.names());
        if (alive.isEmpty()) {
            return false;
        }
        boolean whole = alive.size() == plan.names().size();
        boolean detached =
                plan.dir().launch().map(known -> known.launcher().isEmpty()).orElse(false);
        if (whole && detach && detached && plan.sameAsRecorded()) {
            session.note("Cluster '" + plan.dir().name() + "' is already running.");
            return true;
        }
        String missing = plan.names().stream()
                .filter(node -> !alive.contains(node))
                .findFirst()
                .map(node -> "kvctl start " + node + " -c " + plan.dir().name())
                .orElse("kvctl -c " + plan.dir().name() + " talks to it");
        throw new CliException(
                ExitCode.CONFIG,
                "Cluster '" + plan.dir().name() + "' is already running (" + alive.size() + " of "
                        + plan.names().size() + " nodes).",
                missing + "; kvctl cluster down " + plan.dir().name() + " stops it");
    }

    private static void giveUp(Fleet fleet, UpPlan plan) {
        try {
            fleet.kill(plan.names());
        } catch (IOException e) {
            // The process ends now in any case, and nodes that are tied to it end with it.
        }
        Runtime.getRuntime().halt(ExitCode.INTERRUPTED.code());
    }

    private void show(UpPlan plan, int groups, long readyMs) {
        ClusterDir dir = plan.dir();
        Topology topology = plan.topology();
        Fleet fleet = new Fleet(dir);
        if (readyMs > 0) {
            session.note(String.format(
                    "Cluster '%s' is up: %s, %s, %s, ready in %s.",
                    dir.name(),
                    count(topology.nodes().size(), "node"),
                    count(groups, "group"),
                    count(topology.shards(), "shard"),
                    Durations.text(readyMs)));
        }
        try (Rows rows =
                Rows.many(session, "cluster-up", Column.text("node"), Column.text("addr"), Column.number("pid"))) {
            for (Topology.Node node : topology.nodes()) {
                rows.row(node.name(), node.address(), fleet.pid(node.name()));
            }
            rows.after("cluster", dir.name());
            rows.after("data_dir", dir.root().toString());
            rows.after("ready_ms", readyMs);
        }
        session.note("data  " + dir.dataDir("NODE"));
        session.note("logs  " + NodeLauncher.logFile(dir, "NODE"));
        session.note("next  kvctl put city delhi");
        session.note("      kvctl cluster status");
        session.note("      kvctl cluster down " + dir.name());
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    private int showPlan(UpPlan plan) {
        NodeLauncher launcher = new NodeLauncher(plan.dir(), new Launch(Optional.empty(), launch().jvmArgs()));
        try (Rows rows = Rows.many(
                session,
                "cluster-plan",
                Column.text("node"),
                Column.text("addr"),
                Column.text("groups"),
                Column.text("data_dir"),
                Column.text("command"))) {
            for (Topology.Node node : plan.topology().nodes()) {
                rows.row(
                        node.name(),
                        node.address(),
                        plan.topology().groupsOn(node.id()).stream()
                                .map(Topology.Group::name)
                                .toList(),
                        plan.dir().dataDir(node.name()).toString(),
                        shellWords(launcher.command(node)));
            }
            rows.after("cluster", plan.dir().name());
        }
        return 0;
    }

    /** The words so that a shell reads them back as they are. */
    private static String shellWords(List<String> words) {
        return words.stream()
                .map(word -> word.matches("[A-Za-z0-9_./:=,+@-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }

    private Launch launch() {
        Optional<ProcessRef> launcher = detach ? Optional.empty() : Optional.of(ProcessRef.self());
        return new Launch(launcher, jvmArgs == null ? List.of() : jvmArgs);
    }
}
