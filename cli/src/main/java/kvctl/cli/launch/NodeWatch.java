package kvctl.cli.launch;

import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import kvctl.cli.launch.NodeRun.State;

/** Notices what happens to the nodes of a cluster, whoever does it. Looks at a few small files four times a second. */
final class NodeWatch {
    private static final long STEP_MS = 250;

    /** Told in the watch's own thread. */
    interface Listener {
        /** @param pid the process that now is, or the one that ended */
        void changed(String node, State from, State to, long pid);
    }

    private final ClusterDir dir;
    private final Listener listener;
    private final Map<String, State> known = new LinkedHashMap<>();
    private final Thread thread;
    private volatile boolean ended;

    /** @param nodes all were seen running; one that does not any more is told of at once */
    NodeWatch(ClusterDir dir, List<String> nodes, Listener listener) {
        this.dir = dir;
        this.listener = listener;
        nodes.forEach(node -> known.put(node, State.RUNNING));
        thread = new Thread(this::run, "kvctl-watch");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (!ended) {
            known.replaceAll(this::look);
            try {
                Thread.sleep(STEP_MS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private State look(String node, State before) {
        try {
            Optional<NodeRun> run = dir.run(node);
            State now = run.map(NodeRun::now).orElse(State.NEW);
            if (now != before && !ended) {
                listener.changed(
                        node, before, now, run.map(r -> r.process().pid()).orElse(0L));
            }
            return now;
        } catch (UncheckedIOException e) {
            return before;
        }
    }

    void close() {
        ended = true;
        thread.interrupt();
    }
}
