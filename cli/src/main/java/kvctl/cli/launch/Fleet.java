package kvctl.cli.launch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import kvctl.cli.launch.NodeRun.State;

/**
 * The processes of one cluster, as anyone on this machine can see and signal them, whoever started them. What was done is
 * recorded before it is done: whoever watches knows a wanted end from an accident.
 */
final class Fleet {
    private static final long STEP_MS = 10;
    private static final long KILL_WAIT_MS = 5_000;

    private final ClusterDir dir;

    Fleet(ClusterDir dir) {
        this.dir = dir;
    }

    State state(String node) {
        return dir.state(node);
    }

    /** The pid of the node's process; 0 if none exists. */
    long pid(String node) {
        return dir.run(node)
                .filter(run -> run.now().alive())
                .map(run -> run.process().pid())
                .orElse(0L);
    }

    List<String> alive(List<String> nodes) {
        return nodes.stream().filter(node -> state(node).alive()).toList();
    }

    /** Ends the nodes at once (SIGKILL) and waits until they are gone. */
    void kill(List<String> nodes) throws IOException {
        List<NodeRun> runs = record(nodes, State.KILLED);
        runs.forEach(run -> run.process().kill());
        List<NodeRun> left = awaitGone(runs, KILL_WAIT_MS);
        if (!left.isEmpty()) {
            throw new IOException("process " + left.get(0).process().pid() + " does not end although it was killed");
        }
    }

    /**
     * Asks the nodes to stop (SIGTERM), waits, and kills those that are not gone in time.
     *
     * @return the names of those that had to be killed
     */
    List<String> stop(List<String> nodes, long waitMs) throws IOException {
        List<NodeRun> runs = record(nodes, State.STOPPED);
        for (NodeRun run : runs) {
            run.process().terminate();
            if (run.process().life() == ProcessRef.Life.PAUSED) {
                run.process().resume();
            }
        }
        awaitGone(runs, waitMs);
        List<String> stubborn = alive(nodes);
        kill(stubborn);
        return stubborn;
    }

    /** Asks a process that nobody recorded to end, waits, and kills it if it is not gone in time. */
    static void end(ProcessRef process, long waitMs) throws IOException {
        NodeRun run = new NodeRun(process, State.STOPPED, 0);
        process.terminate();
        if (process.life() == ProcessRef.Life.PAUSED) {
            process.resume();
        }
        if (!awaitGone(List.of(run), waitMs).isEmpty()) {
            process.kill();
            awaitGone(List.of(run), KILL_WAIT_MS);
        }
    }

    void pause(String node) throws IOException {
        signal(node, State.PAUSED, ProcessRef.Life.PAUSED);
    }

    void resume(String node) throws IOException {
        signal(node, State.RUNNING, ProcessRef.Life.RUNNING);
    }

    private void signal(String node, State wanted, ProcessRef.Life life) throws IOException {
        for (NodeRun run : record(List.of(node), wanted)) {
            if (wanted == State.PAUSED) {
                run.process().pause();
            } else {
                run.process().resume();
            }
            long deadline = System.nanoTime() + KILL_WAIT_MS * 1_000_000;
            while (run.process().life() != life && System.nanoTime() < deadline && step()) {
                // A signal takes its time to be felt.
            }
        }
    }

    private List<NodeRun> record(List<String> nodes, State state) throws IOException {
        List<NodeRun> runs = new ArrayList<>();
        for (String node : nodes) {
            Optional<NodeRun> run = dir.run(node);
            if (run.isPresent() && run.get().now().alive()) {
                runs.add(run.get());
                dir.write(node, run.get().with(state, System.currentTimeMillis()));
            }
        }
        return runs;
    }

    private static List<NodeRun> awaitGone(List<NodeRun> runs, long waitMs) {
        long deadline = System.nanoTime() + waitMs * 1_000_000;
        List<NodeRun> left = runs;
        do {
            left = left.stream()
                    .filter(run -> run.process().life() != ProcessRef.Life.GONE)
                    .toList();
        } while (!left.isEmpty() && System.nanoTime() < deadline && step());
        return left;
    }

    /** Waits a moment; false if the thread is to end. */
    private static boolean step() {
        try {
            Thread.sleep(STEP_MS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
