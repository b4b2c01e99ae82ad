package kvctl.cli.check;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import kvctl.check.History;
import kvctl.check.Recorder;
import kvctl.client.KvClient;

/** A load that is written down, with or without a nemesis, from its start until it is ended. */
final class Check implements AutoCloseable {
    private static final int CONNECTIONS = 4;
    private static final long LOOK_MS = 200;

    /** For answers after the end; requests time out by themselves before that. */
    private static final long GRACE_MS = 10_000;

    private final Subject subject;
    private final List<KvClient> connections = new ArrayList<>();
    private final Recorder recorder = new Recorder(System::nanoTime);
    private final Watch watch = new Watch(System::nanoTime);
    private final Thread watching = new Thread(this::watch, "kvctl-watch");
    private final long startNs;
    private final CheckLoad load;
    private final Nemesis nemesis;
    private final Troubles troubles;
    private volatile boolean ended;

    /** What came of it. */
    record Outcome(History history, Timeline timeline, int faults) {}

    /**
     * Starts it.
     *
     * @param schedule null: it breaks nothing itself
     * @param troubles what is broken meanwhile, by this check or by others
     */
    Check(Subject subject, CheckLoad.Options options, Schedule schedule, Consumer<String> told, Troubles troubles) {
        this.subject = subject;
        this.troubles = troubles;
        for (int i = 0; i < Math.min(CONNECTIONS, options.clients()); i++) {
            connections.add(subject.connect());
        }
        watching.setDaemon(true);
        watching.start();
        startNs = System.nanoTime();
        load = CheckLoad.start(recorder, connections, options);
        nemesis = schedule == null ? null : new Nemesis(schedule, subject, told, troubles);
    }

    private void watch() {
        try {
            while (!ended) {
                watch.saw(subject.look());
                TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One line about how it stands. */
    String progress() {
        return load.answered() + " operations, " + load.failed() + " failed, " + load.unknown() + " unknown"
                + (nemesis == null ? "" : ", " + nemesis.done() + " faults");
    }

    /** Heals everything, ends the load, and hands over what was seen. */
    Outcome end() throws InterruptedException {
        if (nemesis != null) {
            nemesis.close();
        }
        ended = true;
        watching.join();
        long endNs = System.nanoTime();
        load.stop();
        load.await(GRACE_MS);
        Timeline timeline = watch.end(startNs, endNs, troubles.between(startNs, endNs));
        return new Outcome(recorder.history(), timeline, nemesis == null ? 0 : nemesis.done());
    }

    @Override
    public void close() {
        ended = true;
        load.stop();
        connections.forEach(KvClient::close);
        subject.close();
    }
}
