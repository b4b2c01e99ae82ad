package kvctl.cli.launch;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import kvctl.cli.Durations;
import kvctl.cli.Repl;
import kvctl.cli.Session;
import kvctl.cli.launch.NodeRun.State;
import kvctl.node.Topology;

/** The life of {@code cluster up} after the start, when it was not told to detach. */
final class Foreground {
    private static final long STEP_MS = 200;
    private static final long EXIT_CODE_MS = 1_000;

    private final Session session;
    private final UpPlan plan;
    private final Map<Topology.Node, Process> processes;
    private final Interrupts interrupts;

    Foreground(Session session, UpPlan plan, Map<Topology.Node, Process> processes, Interrupts interrupts) {
        this.session = session;
        this.plan = plan;
        this.processes = processes;
        this.interrupts = interrupts;
    }

    /** @param openRepl lets the user talk to the cluster, and ends when he leaves; else waits for a signal */
    int run(boolean openRepl) throws IOException {
        if (openRepl) {
            session.base(session.base().withCluster(plan.dir().name()));
            Repl.run(session, repl -> interrupts.onFirst(repl::end));
        } else {
            session.note("Ctrl-C stops the nodes.");
            NodeWatch watch = new NodeWatch(plan.dir(), plan.names(), this::tell);
            try {
                awaitEnd();
            } finally {
                watch.close();
            }
        }
        int code = interrupts.code();
        interrupts.nextIsSecond();
        return stop(code);
    }

    private void awaitEnd() {
        try {
            while (!interrupts.await(STEP_MS)) {
                if (plan.dir()
                        .launch()
                        .flatMap(Launch::launcher)
                        .filter(ProcessRef.self()::equals)
                        .isEmpty()) {
                    session.note("Cluster '" + plan.dir().name() + "' was brought down from elsewhere.");
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops what runs; a second signal meanwhile kills it. */
    private int stop(int code) throws IOException {
        long startNs = System.nanoTime();
        Fleet fleet = new Fleet(plan.dir());
        List<String> alive = fleet.alive(plan.names());
        if (!alive.isEmpty()) {
            session.note("Stopping " + String.join(", ", alive) + " ...");
            List<String> killed = fleet.stop(alive, DownCommand.STOP_MS);
            String how = killed.isEmpty() ? "" : " (" + String.join(", ", killed) + " had to be killed)";
            long tookMs = (System.nanoTime() - startNs) / 1_000_000;
            session.note("Stopped in " + Durations.text(tookMs) + how + ". Data is kept in "
                    + plan.dir().root() + ".");
            session.note("kvctl cluster up --name " + plan.dir().name() + " starts it again.");
        }
        plan.dir().forgetLaunch();
        return code;
    }

    private void tell(String node, State from, State to, long pid) {
        switch (to) {
            case DIED ->
                session.note(node + " died" + exitCode(pid) + ". hint: kvctl start " + node + ", kvctl cluster logs "
                        + node);
            case RUNNING ->
                session.note(node + (from == State.PAUSED ? " goes on" : " runs again") + " (pid " + pid + ").");
            case PAUSED, STOPPED, KILLED -> session.note(node + " was " + to.text() + " (pid " + pid + ").");
            case NEW -> session.note(node + " is no longer known.");
        }
    }

    /** A process is gone a moment before its exit code is there. */
    private String exitCode(long pid) {
        try {
            for (Process process : processes.values()) {
                if (process.pid() == pid && process.waitFor(EXIT_CODE_MS, TimeUnit.MILLISECONDS)) {
                    return " (pid " + pid + ", exit code " + process.exitValue() + ")";
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return " (pid " + pid + ")";
    }
}
