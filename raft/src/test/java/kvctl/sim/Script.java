package kvctl.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import kvctl.raft.Entry;
import kvctl.raft.HardState;
import kvctl.raft.RaftConfig;

/**
 * A scenario as a text that a person can read: commands, one per line, and after each block of them a line of dashes and
 * the trace of what they caused. Links take 1 ms, disks 0.2 ms, and nobody rolls dice: who times out first is written down.
 *
 * <pre>
 *   nodes N [one-entry]      a group of N servers; one-entry: one entry per message
 *   log Sx TERM: T T T ...   Sx starts in TERM with a log whose entries have these terms
 *   start                    all servers
 *   first Sx                 from the next reset of timers on, Sx times out first
 *   elect Sx                 the same; until it leads
 *   propose Sx [N]           N commands
 *   crash Sx | start Sx | isolate Sx | cut Sx Sy | heal | lose Sx Sy   (the next message from Sx to Sy)
 *   run MS                   lets time pass
 *   until Sx last N | until Sx commit N | until equal
 *   show                     the logs as in the paper's figures: terms, * = committed
 * </pre>
 */
final class Script {
    private static final long LIMIT_MS = 5_000;

    private SimCluster cluster;
    private int favourite;
    private final StringBuilder shown = new StringBuilder();

    /** Runs a block of commands and returns the trace they caused. */
    String run(List<String> commands) {
        for (String command : commands) {
            execute(command.trim().split("\\s+"));
        }
        String rows = cluster.simulation().trace().takeRows() + shown;
        shown.setLength(0);
        return rows;
    }

    private void execute(String[] words) {
        switch (words[0]) {
            case "nodes" -> create(Integer.parseInt(words[1]), words.length > 2);
            case "log" -> preload(words);
            case "start" -> start(words);
            case "elect" -> elect(server(words[1]));
            case "first" -> favourite = server(words[1]);
            case "propose" -> propose(words);
            case "crash" -> cluster.crash(server(words[1]));
            case "isolate" -> cluster.isolate(server(words[1]));
            case "cut" -> cluster.network().cut(server(words[1]), server(words[2]));
            case "lose" -> cluster.network().loseNext(server(words[1]), server(words[2]));
            case "heal" -> cluster.heal();
            case "run" -> cluster.runFor(Long.parseLong(words[1]));
            case "until" -> until(words);
            case "show" -> show();
            default -> throw new IllegalArgumentException("no such command: " + words[0]);
        }
    }

    private static int server(String word) {
        return Integer.parseInt(word.substring(1));
    }

    private void create(int nodes, boolean oneEntry) {
        RaftConfig.Limits d = RaftConfig.Limits.DEFAULT;
        RaftConfig.Limits limits = new RaftConfig.Limits(
                oneEntry ? 1 : d.messageBytes(),
                d.inflightMessages(),
                d.inflightBytes(),
                d.uncommittedBytes(),
                d.waitingReads(),
                d.applyBytes(),
                d.snapshotEntries(),
                d.snapshotBytes(),
                d.keptEntries(),
                d.chunkBytes());
        cluster = new SimCluster(new Simulation(1), new SimCluster.Options(nodes, 1, 100, 300, 600, limits, 0));
        cluster.timeouts(this::chosenTimeouts);
        cluster.network().faults(new LinkFaults(1_000, 0, 0, 0, 0, 0, 0));
        cluster.nodes().forEach(node -> node.disk().latency(200, 0));
        cluster.recordTrace();
    }

    /** The favourite times out first, the others late and one after the other. */
    private RandomGenerator chosenTimeouts(SimNode node) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                throw new IllegalStateException("only timeouts are drawn");
            }

            @Override
            public int nextInt(int origin, int bound) {
                return node.nodeId() == favourite ? origin : bound - 10 * node.nodeId();
            }
        };
    }

    private void preload(String[] words) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 3; i < words.length; i++) {
            int index = i - 2;
            long term = Long.parseLong(words[i]);
            byte[] command =
                    ByteBuffer.allocate(8).putLong(-(1_000L * index + term)).array();
            entries.add(Entry.command(index, term, command));
        }
        long term = Long.parseLong(words[2].replace(":", ""));
        cluster.node(server(words[1])).disk().preload(SimCluster.GROUP, new HardState(term, 0), entries);
    }

    private void start(String[] words) {
        if (words.length > 1) {
            cluster.start(server(words[1]));
        } else {
            cluster.startAll();
        }
    }

    private void elect(int nodeId) {
        favourite = nodeId;
        reach(() -> cluster.leader() == nodeId, "S" + nodeId + " leads");
    }

    private void propose(String[] words) {
        int count = words.length > 2 ? Integer.parseInt(words[2]) : 1;
        for (int i = 0; i < count; i++) {
            cluster.propose(server(words[1]), 8);
        }
    }

    private void until(String[] words) {
        String goal = String.join(" ", words);
        if (words[1].equals("equal")) {
            cluster.awaitEqual(LIMIT_MS);
            return;
        }
        SimNode node = cluster.node(server(words[1]));
        long index = Long.parseLong(words[3]);
        if (words[2].equals("last")) {
            reach(() -> node.disk().durable(SimCluster.GROUP).lastIndex() >= index, goal);
        } else {
            reach(() -> node.status(SimCluster.GROUP).commitIndex() >= index, goal);
        }
    }

    private void reach(BooleanSupplier goal, String what) {
        if (!cluster.until(goal, LIMIT_MS)) {
            throw new AssertionError("not reached: " + what + ", " + cluster);
        }
    }

    private void show() {
        for (SimNode node : cluster.nodes()) {
            DiskImage.Group log = node.disk().current(SimCluster.GROUP);
            StringBuilder line = new StringBuilder(String.format("     log of S%d  ", node.nodeId()));
            long committed = node.up() ? node.status(SimCluster.GROUP).commitIndex() : 0;
            for (long index = log.start.index() + 1; index <= log.lastIndex(); index++) {
                line.append(String.format("%3d%s", log.term(index), index <= committed ? "*" : " "));
            }
            shown.append(line.toString().stripTrailing())
                    .append(node.up() ? "" : "   (down)")
                    .append('\n');
        }
    }
}
